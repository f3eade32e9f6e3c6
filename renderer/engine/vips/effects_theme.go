package vips

import (
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// themeBlock is the side of the squares that are told apart as flat or photographic, in pixels.
const themeBlock = 16

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
		flat := flatBlocks(data, of, bands, sensitivity)
		across := (of.w + themeBlock - 1) / themeBlock
		for i := range len(data) / bands {
			share := flat[i/of.w/themeBlock*across+i%of.w/themeBlock]
			if share == 0 {
				continue
			}
			pixel := data[i*bands : i*bands+3]
			for c, v := range k.rgb(change(k.lab(pixel[0], pixel[1], pixel[2]))) {
				pixel[c] = level(between(float64(pixel[c]), v, share))
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

// flatBlocks tells for each square how flat it is: 1 for few colours, 0 for a photograph. A square whose neighbours are
// nearly all of the other kind goes with them.
func flatBlocks(data []byte, of size, bands int, sensitivity float64) []float64 {
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
	flat := make([]float64, len(photographic))
	for b := range flat {
		alike, others := 0, 0
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				x, y := b%across+dx, b/across+dy
				switch {
				case x < 0 || y < 0 || x >= across || y >= down || dx == 0 && dy == 0:
				case photographic[y*across+x]:
					others++
				default:
					alike++
				}
			}
		}
		is := !photographic[b]
		if others <= 1 && alike > 0 {
			is = true
		} else if alike <= 1 && others > 0 {
			is = false
		}
		if is {
			flat[b] = 1
		}
	}
	return flat
}
