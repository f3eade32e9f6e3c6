package vips

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/image/vector"
)

// formatSVG is the format that only drawings are written in.
const formatSVG = "svg"

// drawing is a picture made of filled shapes, painted in order.
type drawing struct {
	size   size
	layers []drawnLayer
	// of is the image that shows the drawing: when a later step has made another one of it, the drawing is out of date.
	of unsafe.Pointer
}

// drawnLayer is all shapes of one colour: closed curves, what is inside of an odd number of them is filled.
type drawnLayer struct {
	color  [3]byte
	curves [][]bezier
}

// bezier is a piece of a curve: from where the piece before it ended, by two control points, to the end.
type bezier struct{ by1, by2, end place }

// curved lays a smooth curve through the points of a closed polygon. Where the direction changes by more than the angle
// (in radians), there is a corner.
func curved(polygon []place, corner float64) []bezier {
	n := len(polygon)
	at := func(i int) place { return polygon[(i%n+n)%n] }
	// tangent is the direction of the curve in a point, as long as a third of what lies before and behind allows.
	tangent := func(i int) (place, bool) {
		a, b, c := at(i-1), at(i), at(i+1)
		turn := math.Abs(math.Remainder(math.Atan2(c.y-b.y, c.x-b.x)-math.Atan2(b.y-a.y, b.x-a.x), 2*math.Pi))
		if turn > corner {
			return place{}, false
		}
		dx, dy := c.x-a.x, c.y-a.y
		length := math.Hypot(dx, dy)
		if length == 0 {
			return place{}, false
		}
		return place{dx / length, dy / length}, true
	}
	curve := make([]bezier, n)
	for i := range n {
		from, to := at(i), at(i+1)
		third := math.Hypot(to.x-from.x, to.y-from.y) / 3
		piece := bezier{from, to, to}
		if t, smooth := tangent(i); smooth {
			piece.by1 = place{from.x + t.x*third, from.y + t.y*third}
		}
		if t, smooth := tangent(i + 1); smooth {
			piece.by2 = place{to.x - t.x*third, to.y - t.y*third}
		}
		curve[i] = piece
	}
	return curve
}

// svg writes the drawing as a document of this size.
func (d *drawing) svg(shown size) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", shown.w, shown.h, d.size.w, d.size.h)
	for _, layer := range d.layers {
		fmt.Fprintf(&b, `<path fill="#%02x%02x%02x" fill-rule="evenodd" d="`, layer.color[0], layer.color[1], layer.color[2])
		for _, curve := range layer.curves {
			start := curve[len(curve)-1].end
			b.WriteString("M" + short(start))
			for _, piece := range curve {
				b.WriteString("C" + short(piece.by1) + " " + short(piece.by2) + " " + short(piece.end))
			}
			b.WriteString("Z")
		}
		b.WriteString(`"/>` + "\n")
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// short writes a point with a tenth of a pixel.
func short(p place) string {
	digits := func(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
	return digits(p.x) + " " + digits(p.y)
}

// paint draws RGBA pixels of a size.
func (d *drawing) paint(shown size) []byte {
	data := make([]byte, 4*shown.w*shown.h)
	fx, fy := float32(shown.w)/float32(d.size.w), float32(shown.h)/float32(d.size.h)
	mask := image.NewAlpha(image.Rect(0, 0, shown.w, shown.h))
	raster := vector.NewRasterizer(shown.w, shown.h)
	for _, layer := range d.layers {
		raster.Reset(shown.w, shown.h)
		for _, curve := range layer.curves {
			start := curve[len(curve)-1].end
			raster.MoveTo(float32(start.x)*fx, float32(start.y)*fy)
			for _, p := range curve {
				raster.CubeTo(float32(p.by1.x)*fx, float32(p.by1.y)*fy, float32(p.by2.x)*fx, float32(p.by2.y)*fy, float32(p.end.x)*fx, float32(p.end.y)*fy)
			}
			raster.ClosePath()
		}
		clear(mask.Pix)
		raster.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
		for i, share := range mask.Pix {
			paintOver(data[4*i:4*i+4], layer.color, int(share))
		}
	}
	return data
}

// paintOver lays a colour over an RGBA pixel by a share of 255.
func paintOver(pixel []byte, color [3]byte, share int) {
	if share == 0 {
		return
	}
	below := int(pixel[3]) * (255 - share) / 255
	alpha := share + below
	for c := range 3 {
		pixel[c] = byte((int(color[c])*share + int(pixel[c])*below + alpha/2) / alpha)
	}
	pixel[3] = byte(alpha)
}
