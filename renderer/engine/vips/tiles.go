package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

const (
	// tileView is the longest side of the picture that tiles are looked for on: up to there they are found to the pixel.
	tileView = 2000
	// gutterTolerance is by how much a channel of a gutter may differ from its colour, 0..255: what JPEG makes of it.
	gutterTolerance = 14
	// seamContrast is by how much a channel must differ across a seam, and seamShare of the seam's length must do so.
	seamContrast, seamShare = 24, 0.9
	// minTile is the shortest side of a tile, in shares of the shorter side of the picture.
	minTile = 0.05
	// maxTileDepth bounds how often tiles are split further.
	maxTileDepth = 12
)

// tileAnchor is around the largest tile of a picture that is composed of several; all of it when it is not.
func (s *stage) tileAnchor(a anchor) (anchor, error) {
	view, err := s.picture.preview(tileView)
	if err != nil {
		return a, err
	}
	defer view.Close()
	if err := view.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return a, err
	}
	pixels, err := view.image.ToBytes()
	if err != nil {
		return a, fmt.Errorf("read the picture: %w", err)
	}
	on, full := view.size(), s.picture.size()
	found := largestTile(pixels, on, view.image.Bands())
	if on != full {
		found = found.scaled(float64(full.w)/float64(on.w), float64(full.h)/float64(on.h)).intersect(full.full())
	}
	a.region = &found
	return a, nil
}

// largestTile finds the largest tile of a composition: it is cut along gutters of one colour, and where two pictures meet
// along a straight line, over and over until nothing is left to cut.
func largestTile(pixels []byte, on size, bands int) rect {
	c := &composition{pixels: pixels, on: on, bands: bands, pitch: bands, shortest: max(2, round(minTile*float64(min(on.w, on.h))))}
	c.split(on.full(), 0)
	if c.best.empty() {
		return on.full()
	}
	return c.best
}

// composition is a picture that is taken apart. Of the pitch bytes of a pixel, the first bands are looked at. best is the
// largest tile so far.
type composition struct {
	pixels       []byte
	on           size
	bands, pitch int
	shortest     int
	best         rect
}

// split cuts a part into rows or columns, or notes that it is a tile.
func (c *composition) split(part rect, depth int) {
	if part.w < c.shortest || part.h < c.shortest || part.area() <= c.best.area() {
		return
	}
	if depth < maxTileDepth {
		for _, across := range []bool{false, true} {
			if pieces := c.pieces(part, across); len(pieces) != 1 || pieces[0] != part {
				for _, piece := range pieces {
					c.split(piece, depth+1)
				}
				return
			}
		}
	}
	c.best = part
}

// pieces are what gutters and seams leave of a part: side by side when across, else one below the other.
func (c *composition) pieces(part rect, across bool) []rect {
	length := part.h
	if across {
		length = part.w
	}
	var pieces []rect
	start := -1 // of the piece that is open
	end := func(at int) {
		if start >= 0 && at-start >= c.shortest {
			piece := rect{part.x, part.y + start, part.w, at - start}
			if across {
				piece = rect{part.x + start, part.y, at - start, part.h}
			}
			pieces = append(pieces, piece)
		}
		start = -1
	}
	for i := range length {
		switch {
		case c.isGutter(part, i, across):
			end(i)
		case start < 0:
			start = i
		case c.isSeam(part, i, across):
			end(i)
			start = i
		}
	}
	end(length)
	return pieces
}

// line is where the pixels of the i-th row or column of a part are: the first one, how far one is from the next, how many,
// and how far the line before is.
func (c *composition) line(part rect, i int, across bool) (first, step, count, before int) {
	row := c.on.w * c.pitch
	if across {
		return (part.y*c.on.w + part.x + i) * c.pitch, row, part.h, c.pitch
	}
	return ((part.y+i)*c.on.w + part.x) * c.pitch, c.pitch, part.w, row
}

// isGutter tells whether a line has one colour.
func (c *composition) isGutter(part rect, i int, across bool) bool {
	return c.uniform(part, i, across, gutterTolerance)
}

// uniform tells whether no channel of a line differs from that of its first pixel by more than this.
func (c *composition) uniform(part rect, i int, across bool, tolerance int) bool {
	first, step, count, _ := c.line(part, i, across)
	for k := 1; k < count; k++ {
		if c.differ(first, first+k*step) > tolerance {
			return false
		}
	}
	return true
}

// isSeam tells whether a line is nearly everywhere unlike the one before.
func (c *composition) isSeam(part rect, i int, across bool) bool {
	first, step, count, before := c.line(part, i, across)
	like, allowed := 0, int(float64(count)*(1-seamShare))
	for k := range count {
		at := first + k*step
		if c.differ(at, at-before) >= seamContrast {
			continue
		}
		if like++; like > allowed {
			return false
		}
	}
	return true
}

// differ is the largest difference of a channel between two pixels.
func (c *composition) differ(a, b int) int {
	worst := 0
	for band := range c.bands {
		d := int(c.pixels[a+band]) - int(c.pixels[b+band])
		worst = max(worst, d, -d)
	}
	return worst
}
