package vips

import (
	"fmt"
	"math"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// TestScaleDownIsThatOfLibvips compares with the general way, for sizes around those where kernels change their length, for
// parts, and for one and three bands.
func TestScaleDownIsThatOfLibvips(t *testing.T) {
	newWorker(t)
	for _, bands := range []int{1, 3} {
		for _, c := range []struct {
			part rect
			to   size
		}{
			{rect{0, 0, 451, 300}, size{450, 299}}, {rect{0, 0, 451, 300}, size{451, 150}}, {rect{0, 0, 451, 300}, size{300, 200}},
			{rect{0, 0, 451, 300}, size{37, 25}}, {rect{0, 0, 451, 300}, size{40, 30}}, {rect{51, 20, 300, 211}, size{170, 100}},
			{rect{0, 0, 1, 1}, size{1, 1}}, {rect{450, 0, 1, 300}, size{1, 7}},
		} {
			t.Run(fmt.Sprintf("%d bands of %v to %v", bands, c.part, c.to), func(t *testing.T) {
				image := plane(t, size{451, 300}, bands)
				fast, err := scaleDown(image, c.part.box(), c.to)
				if err != nil {
					t.Fatal(err)
				}
				defer fast.Close()
				if got := (size{fast.Width(), fast.Height()}); got != c.to || fast.Bands() != bands {
					t.Fatalf("%v of %d bands, want %v", got, fast.Bands(), c.to)
				}
				general, err := image.Copy()
				if err != nil {
					t.Fatal(err)
				}
				defer general.Close()
				if err := general.ExtractArea(c.part.x, c.part.y, c.part.w, c.part.h); err != nil {
					t.Fatal(err)
				}
				cut, err := scaleDown(general, c.part.size().full().box(), c.to)
				if err != nil {
					t.Fatal(err)
				}
				defer cut.Close()
				if differ := mostDifferent(t, fast, cut); differ != 0 {
					t.Errorf("scaled where it is, it differs by %d from what is cut out first", differ)
				}
				if err := general.ResizeWithVScale(float64(c.to.w)/float64(c.part.w), float64(c.to.h)/float64(c.part.h), govips.KernelLanczos3); err != nil {
					t.Fatal(err)
				}
				if worst := mostDifferent(t, cut, general); worst > 3 {
					t.Errorf("a value differs by %d from that of libvips", worst)
				}
			})
		}
	}
}

// plane is a picture of waves, which no kernel can leave as they are.
func plane(t *testing.T, of size, bands int) *govips.ImageRef {
	t.Helper()
	pixels := make([]byte, of.w*of.h*bands)
	for i := range pixels {
		x, y, b := i/bands%of.w, i/bands/of.w, i%bands
		pixels[i] = byte(128 + 50*math.Sin(float64(x)/(9+float64(b))) + 50*math.Sin(float64(y)/13))
	}
	mapped, err := mapCopy(pixels)
	if err != nil {
		t.Fatal(err)
	}
	image, err := fromMemory(mapped, of, bands)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(image.Close)
	return image
}

func mostDifferent(t *testing.T, a, b *govips.ImageRef) int {
	t.Helper()
	first, err := pixelsOf(a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := pixelsOf(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != len(second) {
		t.Fatalf("%d values and %d", len(first), len(second))
	}
	worst := 0
	for i := range first {
		worst = max(worst, int(first[i])-int(second[i]), int(second[i])-int(first[i]))
	}
	return worst
}
