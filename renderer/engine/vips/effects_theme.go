package vips

import (
	"slices"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	// themeBlock is the side of the squares that are told apart as flat or photographic, in pixels.
	themeBlock = 16
	// minPhotoBlocks is the shortest side of a photograph, in squares, and photoShare how much of its frame must be photographic:
	// the rest are smooth parts, such as sky.
	minPhotoBlocks, photoShare = 3, 0.45
	// plainTolerance is by how much a channel may differ along a line that belongs to the background around a photograph.
	plainTolerance = 10
)

// theme recolours a picture of flat colours, such as a screenshot, to another background: what is on the background
// keeps its contrast to it, so that dark text on white becomes light text on black. Photographs inside stay; the higher
// the photosensitivity (0..200), the more is taken for one.
func theme(s *stage, args arguments) error {
	sensitivity, err := args.number("photosensitivity")
	if err != nil {
		return err
	}
	wanted, err := transform.ParseColor(args.values["color"])
	if err != nil {
		return err
	}
	h, err := s.colors(false)
	if err != nil {
		return err
	}
	k := newLabConverter()
	change := rethemed(k.of(h.ranked()[0]), k.of(wanted))
	of := s.picture.size()
	return s.eachPixel(func(data []byte, bands int) {
		for i, flat := range flatPixels(data, of, bands, sensitivity) {
			if !flat {
				continue
			}
			pixel := data[i*bands : i*bands+3]
			for c, v := range k.rgb(change(k.lab(pixel[0], pixel[1], pixel[2]))) {
				pixel[c] = level(v)
			}
		}
	})
}

// rethemed maps lightness so that the old background becomes the new one and the lightness that is farthest from the old
// the one that is farthest from the new; the tint of the background goes over to what is as pale as that.
func rethemed(old, wanted lab) func(lab) lab {
	farthest := func(l float64) float64 {
		if l > 50 {
			return 0
		}
		return 100
	}
	slope := (farthest(wanted.l) - wanted.l) / (farthest(old.l) - old.l)
	return func(c lab) lab {
		pale := 1 - smooth(8, 30, lab{old.l, c.a, c.b}.distance(old))
		return lab{
			min(max(wanted.l+(c.l-old.l)*slope, 0), 100),
			c.a + (wanted.a-old.a)*pale,
			c.b + (wanted.b-old.b)*pale,
		}
	}
}

// flatPixels tells for each pixel whether it is none of a photograph. Squares of many colours that hang together are one
// photograph, and photographs are rectangles: those are kept whole, to the pixel. What is too small for one is kept by squares.
func flatPixels(data []byte, of size, bands int, sensitivity float64) []bool {
	blocks := photographicBlocks(data, of, bands, sensitivity)
	across, down := (of.w+themeBlock-1)/themeBlock, (of.h+themeBlock-1)/themeBlock
	flat := make([]bool, of.w*of.h)
	for i := range flat {
		flat[i] = true
	}
	keep := func(r rect) {
		for y := r.y; y < r.y+r.h; y++ {
			for x := r.x; x < r.x+r.w; x++ {
				flat[y*of.w+x] = false
			}
		}
	}
	var photographs, squares []rect
	for b, photographic := range blocks {
		if !photographic {
			continue
		}
		members := together(blocks, size{across, down}, b)
		frame := rect{b % across, b / across, 1, 1}
		for _, m := range members {
			frame = frame.union(rect{m % across, m / across, 1, 1})
		}
		if min(frame.w, frame.h) >= minPhotoBlocks && float64(len(members)) >= photoShare*float64(frame.area()) {
			frame = rect{frame.x * themeBlock, frame.y * themeBlock, frame.w * themeBlock, frame.h * themeBlock}
			photographs = append(photographs, fitted(data, of, bands, frame.intersect(of.full())))
			continue
		}
		for _, m := range members {
			squares = append(squares, rect{m % across * themeBlock, m / across * themeBlock, themeBlock, themeBlock}.intersect(of.full()))
		}
	}
	for _, p := range photographs {
		keep(p)
	}
	for _, s := range squares {
		// A square at the edge of a photograph has background in it, too.
		if !slices.ContainsFunc(photographs, func(p rect) bool { return !p.intersect(s).empty() }) {
			keep(s)
		}
	}
	return flat
}

// together are the squares that hang together with one, which are taken off the map.
func together(blocks []bool, of size, first int) []int {
	members := []int{first}
	blocks[first] = false
	for next := 0; next < len(members); next++ {
		x, y := members[next]%of.w, members[next]/of.w
		for i := range 9 {
			nx, ny := x+i%3-1, y+i/3-1
			if nx < 0 || ny < 0 || nx >= of.w || ny >= of.h || !blocks[ny*of.w+nx] {
				continue
			}
			blocks[ny*of.w+nx] = false
			members = append(members, ny*of.w+nx)
		}
	}
	return members
}

// fitted moves the sides of a frame that was found by squares to where lines of one colour end: smooth parts of a photograph
// are no such lines, and what is around it begins with one.
func fitted(data []byte, of size, bands int, frame rect) rect {
	c := &composition{pixels: data, on: of, bands: min(bands, 3), pitch: bands}
	plain := func(i int, columns bool) bool {
		if columns {
			return c.uniform(rect{0, frame.y, of.w, frame.h}, i, true, plainTolerance)
		}
		return c.uniform(rect{frame.x, 0, frame.w, of.h}, i, false, plainTolerance)
	}
	side := func(from, to int, columns bool, length int) (int, int) {
		for from < to-1 && plain(from, columns) {
			from++
		}
		for from > 0 && !plain(from-1, columns) {
			from--
		}
		for to > from+1 && plain(to-1, columns) {
			to--
		}
		for to < length && !plain(to, columns) {
			to++
		}
		return from, to
	}
	top, bottom := side(frame.y, frame.y+frame.h, false, of.h)
	frame.y, frame.h = top, bottom-top
	left, right := side(frame.x, frame.x+frame.w, true, of.w)
	frame.x, frame.w = left, right-left
	return frame
}

// photographicBlocks tells for each square whether it has many colours.
func photographicBlocks(data []byte, of size, bands int, sensitivity float64) []bool {
	across, down := (of.w+themeBlock-1)/themeBlock, (of.h+themeBlock-1)/themeBlock
	photographic := make([]bool, across*down)
	limit := 90 - 0.4*sensitivity // colours of a square of 256 pixels from which it is a photograph
	for b := range photographic {
		left, top := b%across*themeBlock, b/across*themeBlock
		seen, pixels := map[int]struct{}{}, 0
		for y := top; y < min(top+themeBlock, of.h); y++ {
			for x := left; x < min(left+themeBlock, of.w); x++ {
				p := data[(y*of.w+x)*bands:]
				seen[int(p[0]>>3)<<10|int(p[1]>>3)<<5|int(p[2]>>3)] = struct{}{}
				pixels++
			}
		}
		photographic[b] = float64(len(seen))*256 > limit*float64(pixels)
	}
	return photographic
}
