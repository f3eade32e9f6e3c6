package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// maxCarving bounds the work of taking seams out: pixels times seams. What is more is scaled.
const maxCarving = 400_000_000

// isLiquid says that the resize reaches its size by taking seams out (c_scale,g_liquid).
func (s *stage) isLiquid(w wish) bool {
	g := s.component.Position.Gravity
	return g != nil && g.Name == "liquid" && w.mode == transform.ModeScale
}

// carve scales the picture so that it covers the box, and takes what is too much out by seams: paths of pixels, one in
// each row, that are missed least. Faces are missed most (Avidan and Shamir: Seam Carving for Content-Aware Image
// Resizing, 2007).
func (s *stage) carve(box size) error {
	p := s.picture
	in := p.size()
	scaled := fill(in, box, anchor{}).scaled
	across := scaled.w - box.w
	if down := scaled.h - box.h; down > 0 {
		scaled.h = box.h + min(down, int(maxCarving/int64(scaled.w)/int64(scaled.h)))
	} else {
		scaled.w = box.w + min(across, int(maxCarving/int64(scaled.w)/int64(scaled.h)))
	}
	if err := checkCanvas(scaled, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	if err := firstError(s.apply(whole(in, scaled)), p.settle); err != nil {
		return err
	}
	if scaled == box {
		return nil
	}
	faces, err := s.facesNow()
	if err != nil {
		return err
	}
	if err := p.hold(); err != nil {
		return err
	}
	data, err := p.pixels()
	if err != nil {
		return fmt.Errorf("carve: %w", err)
	}
	grid := newCarving(data, scaled, p.image.Bands(), faces, scaled.h > box.h)
	for range max(scaled.w-box.w, scaled.h-box.h) {
		grid.removeSeam()
	}
	image, err := govips.NewImageFromMemory(grid.pixels(), box.w, box.h, p.image.Bands(), govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return fmt.Errorf("carve: %w", err)
	}
	p.replace(image)
	p.inMemory, p.track.lost = true, true
	return nil
}

// carving is a picture whose rows get shorter by a pixel with each seam. Seams that run from left to right are found on
// the picture turned over its diagonal.
type carving struct {
	width, height, stride int
	turned                bool
	bands                 int
	color                 []byte
	// luma is the brightness, weight how much a pixel is missed beside its contrast.
	luma, weight []int32
	// cost is the least that is missed from the top down to a pixel.
	cost []int32
	seam []int
}

// faceWeight is what a pixel of a face is missed more; the contrast of black and white is 255 in each direction.
const faceWeight = 400

func newCarving(data []byte, of size, bands int, faces []rect, turned bool) *carving {
	c := &carving{width: of.w, height: of.h, turned: turned, bands: bands}
	if turned {
		c.width, c.height = of.h, of.w
	}
	c.stride = c.width
	n := of.w * of.h
	c.color = make([]byte, n*bands)
	c.luma, c.weight, c.cost = make([]int32, n), make([]int32, n), make([]int32, n)
	c.seam = make([]int, c.height)
	place := func(x, y int) int {
		if turned {
			return x*c.stride + y
		}
		return y*c.stride + x
	}
	for y := range of.h {
		for x := range of.w {
			from, to := (y*of.w+x)*bands, place(x, y)
			copy(c.color[to*bands:(to+1)*bands], data[from:from+bands])
			c.luma[to] = int32(lumaOf(data[from:]))
		}
	}
	for _, face := range faces {
		face = face.intersect(of.full())
		for y := face.y; y < face.y+face.h; y++ {
			for x := face.x; x < face.x+face.w; x++ {
				c.weight[place(x, y)] = faceWeight
			}
		}
	}
	return c
}

// missed is how much a pixel would be missed: its contrast to the neighbours on both axes.
func (c *carving) missed(x, y int) int32 {
	at := y*c.stride + x
	left, right := at-min(x, 1), at+min(c.width-1-x, 1)
	above, below := at, at
	if y > 0 {
		above -= c.stride
	}
	if y < c.height-1 {
		below += c.stride
	}
	dx, dy := c.luma[right]-c.luma[left], c.luma[below]-c.luma[above]
	return max(dx, -dx) + max(dy, -dy) + c.weight[at]
}

func (c *carving) removeSeam() {
	for x := range c.width {
		c.cost[x] = c.missed(x, 0)
	}
	for y := 1; y < c.height; y++ {
		row, above := c.cost[y*c.stride:], c.cost[(y-1)*c.stride:]
		for x := range c.width {
			row[x] = c.missed(x, y) + above[c.cheapest(above, x)]
		}
	}
	last := c.cost[(c.height-1)*c.stride:]
	best := 0
	for x := 1; x < c.width; x++ {
		if last[x] < last[best] {
			best = x
		}
	}
	for y := c.height - 1; y >= 0; y-- {
		c.seam[y] = best
		if y > 0 {
			best = c.cheapest(c.cost[(y-1)*c.stride:], best)
		}
	}
	for y, x := range c.seam {
		at, end := y*c.stride+x, y*c.stride+c.width
		copy(c.luma[at:end], c.luma[at+1:end])
		copy(c.weight[at:end], c.weight[at+1:end])
		copy(c.color[at*c.bands:end*c.bands], c.color[(at+1)*c.bands:end*c.bands])
	}
	c.width--
}

// cheapest is where the path to a pixel comes from: above, or next to that.
func (c *carving) cheapest(above []int32, x int) int {
	best := x
	if x > 0 && above[x-1] < above[best] {
		best = x - 1
	}
	if x < c.width-1 && above[x+1] < above[best] {
		best = x + 1
	}
	return best
}

// pixels is what is left, row by row.
func (c *carving) pixels() []byte {
	out := make([]byte, 0, c.width*c.height*c.bands)
	if !c.turned {
		for y := range c.height {
			out = append(out, c.color[y*c.stride*c.bands:(y*c.stride+c.width)*c.bands]...)
		}
		return out
	}
	for y := range c.width {
		for x := range c.height {
			at := (x*c.stride + y) * c.bands
			out = append(out, c.color[at:at+c.bands]...)
		}
	}
	return out
}
