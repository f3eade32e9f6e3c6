package vips

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// cube is a .cube file whose nodes are computed.
func cube(n int, node func(r, g, b float64) [3]float64) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# a comment\nTITLE \"test\"\nLUT_3D_SIZE %d\n", n)
	for b := range n {
		for g := range n {
			for r := range n {
				v := node(float64(r)/float64(n-1), float64(g)/float64(n-1), float64(b)/float64(n-1))
				fmt.Fprintf(&s, "%f %f %f\n", v[0], v[1], v[2])
			}
		}
	}
	return s.String()
}

// mesh is a .3dl file of two nodes per side; blue runs fastest.
func mesh(whole int, node func(r, g, b int) [3]int) string {
	s := fmt.Sprintf("3DMESH\nMesh 1 10\n0 %d\n", whole)
	for r := range 2 {
		for g := range 2 {
			for b := range 2 {
				v := node(r, g, b)
				s += fmt.Sprintf("%d %d %d\n", v[0]*whole, v[1]*whole, v[2]*whole)
			}
		}
	}
	return s + "LUT8\ngamma 1.0\n"
}

func TestLUT(t *testing.T) {
	invertRed := mesh(1023, func(r, g, b int) [3]int { return [3]int{1 - r, g, b} })
	for name, c := range map[string]struct {
		file, content string
		in, want      color.NRGBA
	}{
		"identity":           {"a.cube", cube(5, func(r, g, b float64) [3]float64 { return [3]float64{r, g, b} }), rgb(10, 130, 250), rgb(10, 130, 250)},
		"between nodes":      {"a.cube", cube(2, func(r, g, b float64) [3]float64 { return [3]float64{r * g * b, g, b} }), rgb(128, 128, 255), rgb(64, 128, 255)},
		"exchanged channels": {"a.cube", cube(3, func(r, g, b float64) [3]float64 { return [3]float64{b, r, g} }), rgb(255, 128, 0), rgb(0, 255, 128)},
		"3dl inverting red":  {"a.3dl", invertRed, rgb(10, 130, 250), rgb(245, 130, 250)},
		"3dl of 12 bits":     {"a.3dl", mesh(4095, func(r, g, b int) [3]int { return [3]int{b, g, r} }), rgb(10, 130, 250), rgb(250, 130, 10)},
		"a domain":           {"a.cube", "DOMAIN_MIN 0 0 0\nDOMAIN_MAX 0.5 0.5 0.5\n" + cube(2, func(r, g, b float64) [3]float64 { return [3]float64{r, g, b} }), rgb(64, 200, 0), rgb(128, 255, 0)},
		"transparency stays": {"a.3dl", invertRed, color.NRGBA{10, 130, 250, 100}, color.NRGBA{245, 130, 250, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			s := rendering{raw: "l_lut:" + c.file + "/fl_layer_apply", source: asset(t, pngOf(t, plain(20, 10, c.in))),
				layers: map[string]engine.Source{"upload/a": asset(t, []byte(c.content))}}.do(t)
			s.wantSize(t, 20, 10)
			s.wantAt(t, 19, 9, c.want, 1)
		})
	}
}

func TestLUTProblems(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"no table":        {"a.cube", "\x89PNG\r\n\x1a\nnothing of that kind", "three numbers"},
		"one dimension":   {"a.cube", "LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "three dimensions"},
		"too few lines":   {"a.cube", "LUT_3D_SIZE 2\n0 0 0\n1 1 1\n", "number of lines"},
		"too many lines":  {"a.cube", cube(2, func(r, g, b float64) [3]float64 { return [3]float64{} }) + "0 0 0\n", "number of lines"},
		"no size":         {"a.cube", "0 0 0\n", "number of lines"},
		"too large":       {"a.cube", "LUT_3D_SIZE 100000\n", "its size"},
		"not a number":    {"a.cube", "LUT_3D_SIZE 2\n0 0 nan\n", "three numbers"},
		"an empty domain": {"a.cube", "DOMAIN_MAX 0 0 0\n" + cube(2, func(r, g, b float64) [3]float64 { return [3]float64{} }), "domain"},
		"3dl backwards":   {"a.3dl", "1023 0\n" + strings.Repeat("0 0 0\n", 8), "do not grow"},
		"3dl cut":         {"a.3dl", "0 1023\n0 0 0\n", "number of lines"},
		"a long line":     {"a.3dl", strings.Repeat("1 ", 100_000), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := rendering{raw: "l_lut:" + c.file + "/fl_layer_apply", source: asset(t, pngOf(t, plain(20, 10, red))),
				layers: map[string]engine.Source{"upload/a": asset(t, []byte(c.content))}}.try(t)
			wantProblem(t, err, 400, "Invalid LUT file - a.", c.want)
		})
	}
}
