package vips

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// textured is a picture of its own in a tile: no line of it has one colour, and none is unlike its neighbour all along.
func textured(number, x, y int) color.NRGBA {
	wave := uint8(30 + 29*math.Sin(float64(x)/9+float64(y)/17))
	base := [][3]uint8{{150, 20, 20}, {20, 140, 30}, {20, 30, 160}, {140, 130, 20}}[number]
	return rgb(base[0]+wave, base[1]+wave/2, base[2]+wave)
}

// composed draws tiles on a ground.
func composed(w, h int, ground color.NRGBA, tiles ...image.Rectangle) func(x, y int) color.NRGBA {
	return func(x, y int) color.NRGBA {
		for i, tile := range tiles {
			if (image.Point{X: x, Y: y}).In(tile) {
				return textured(i, x, y)
			}
		}
		return ground
	}
}

func TestLargestTile(t *testing.T) {
	at := image.Rect
	for name, test := range map[string]struct {
		w, h  int
		tiles []image.Rectangle
		want  image.Rectangle
	}{
		"one large, two small":  {600, 400, []image.Rectangle{at(10, 10, 390, 390), at(400, 10, 590, 195), at(400, 205, 590, 390)}, at(10, 10, 390, 390)},
		"no border":             {600, 400, []image.Rectangle{at(0, 0, 200, 400), at(210, 0, 600, 240), at(210, 250, 600, 400)}, at(210, 0, 600, 240)},
		"without gutters":       {600, 400, []image.Rectangle{at(0, 0, 220, 150), at(220, 0, 600, 150), at(0, 150, 600, 400)}, at(0, 150, 600, 400)},
		"one framed picture":    {600, 400, []image.Rectangle{at(50, 30, 570, 390)}, at(50, 30, 570, 390)},
		"no composition at all": {600, 400, []image.Rectangle{at(0, 0, 600, 400)}, at(0, 0, 600, 400)},
		"nothing in it":         {600, 400, nil, at(0, 0, 600, 400)},
		"larger than the view":  {4000, 3000, []image.Rectangle{at(40, 40, 2400, 2960), at(2440, 40, 3960, 2960)}, at(40, 40, 2400, 2960)},
	} {
		t.Run(name, func(t *testing.T) {
			drawn := painted(test.w, test.h, composed(test.w, test.h, rgb(255, 255, 255), test.tiles...))
			for _, data := range [][]byte{pngOf(t, drawn), jpegOf(t, drawn)} {
				s := render(t, "c_crop,g_cld-decompose_tile", data)
				slack := 2 * test.w / min(test.w, tileView)
				if got := s.size(); abs(got.w-test.want.Dx()) > slack || abs(got.h-test.want.Dy()) > slack {
					t.Errorf("the tile is %dx%d, want %dx%d", got.w, got.h, test.want.Dx(), test.want.Dy())
				}
				if test.tiles == nil {
					continue
				}
				for i, tile := range test.tiles {
					if tile == test.want {
						s.wantAt(t, s.size().w/2, s.size().h/2, textured(i, (tile.Min.X+tile.Max.X)/2, (tile.Min.Y+tile.Max.Y)/2), 80)
					}
				}
			}
		})
	}
	// With a size, the crop is put around the tile's middle.
	drawn := pngOf(t, painted(600, 400, composed(600, 400, rgb(255, 255, 255), at(10, 10, 390, 390), at(400, 10, 590, 390))))
	s := render(t, "c_fill,g_cld-decompose_tile,h_400,w_100", drawn)
	s.wantSize(t, 100, 400)
	s.wantAt(t, 50, 200, textured(0, 200, 200), 0)
}
