package vips

import (
	"math"
	"testing"
)

func TestOutline(t *testing.T) {
	at := func(c *coverage, x, y int) byte { return c.alpha[y*c.size.w+x] }
	t.Run("corners are as large as their radius", func(t *testing.T) {
		c := rounded(size{200, 100}, [4]float64{10, 20, 30, 0}).coverage()
		for _, p := range []struct {
			x, y int
			want byte
		}{{0, 0, 0}, {10, 0, 255}, {0, 10, 255}, {199, 0, 0}, {195, 0, 0}, {175, 0, 255}, {199, 99, 0}, {0, 99, 255}, {100, 50, 255}} {
			if got := at(c, p.x, p.y); (got >= 250) != (p.want == 255) && (got <= 5) != (p.want == 0) {
				t.Errorf("%d,%d is %d, want %d", p.x, p.y, got, p.want)
			}
		}
	})
	t.Run("radii are capped at half the shorter side", func(t *testing.T) {
		o := rounded(size{200, 100}, [4]float64{1000, 10, 10, 10})
		if o.rx[0] != 50 || o.ry[0] != 50 {
			t.Errorf("radius %v", o.rx)
		}
	})
	t.Run("the area of an ellipse", func(t *testing.T) {
		sum := 0.0
		for _, v := range ellipse(size{300, 120}).coverage().alpha {
			sum += float64(v) / 255
		}
		if want := math.Pi * 150 * 60; math.Abs(sum-want) > want*0.002 {
			t.Errorf("area %v, want %v", sum, want)
		}
	})
	t.Run("grown and inner outlines add up", func(t *testing.T) {
		inner := rounded(size{60, 40}, [4]float64{12, 12, 12, 12})
		ring := inner.grown(5).coverage()
		full := inner.grown(5).coverage()
		in := inner.coverage()
		ring.without(in, 5, 5)
		for y := range 40 {
			for x := range 60 {
				sum := int(at(ring, x+5, y+5)) + int(at(in, x, y))
				if whole := int(at(full, x+5, y+5)); sum < whole-1 || sum > whole+1 {
					t.Fatalf("%d,%d adds up to %d of %d", x, y, sum, whole)
				}
			}
		}
	})
	t.Run("square corners stay square when grown", func(t *testing.T) {
		if o := rounded(size{60, 40}, [4]float64{}).grown(5); !o.square() {
			t.Errorf("radii %v", o.rx)
		}
	})
}
