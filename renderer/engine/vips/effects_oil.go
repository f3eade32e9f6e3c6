package vips

// brushSide is the longest side of the picture that the brushes were made for: they grow and shrink with it.
const brushSide = 1000.0

// thickestBrush bounds the radius of brushes, in pixels. Wider strokes are painted on a smaller copy: the work grows with
// the radius, and nobody looks for detail in them.
const thickestBrush = 9

// oilPaint paints with the colour that is most frequent around each pixel.
func oilPaint(s *stage, args arguments) error {
	amount, err := args.number("level")
	if err != nil {
		return err
	}
	return s.brush(1 + amount/10)
}

// brush paints with a radius in pixels of a picture of brushSide.
func (s *stage) brush(radius float64) error {
	p, r := s.picture, max(1, radius*s.grown())
	full := p.size()
	of := full
	if r > thickestBrush {
		of = full.scaled(thickestBrush / r)
		r = thickestBrush
		if err := p.scale(of); err != nil {
			return err
		}
	}
	if err := s.eachPixel(func(data []byte, bands int) { paintOil(data, of, bands, round(r)) }); err != nil {
		return err
	}
	return p.scale(full)
}

// grown is how large the picture is, compared with the one that brushes and lines were made for.
func (s *stage) grown() float64 {
	of := s.picture.size()
	return float64(max(of.w, of.h)) / brushSide
}

// oilTones is how many tones are told apart when the most frequent is looked for.
const oilTones = 24

// oilCounts are the pixels under the brush by their tone: how many, and what their channels add up to.
type oilCounts [oilTones][4]int32

func (t *oilCounts) change(pixel []byte, tone uint8, by int32) {
	c := &t[tone]
	c[0] += by
	c[1] += by * int32(pixel[0])
	c[2] += by * int32(pixel[1])
	c[3] += by * int32(pixel[2])
}

// paintOil replaces each pixel by the mean colour of the most frequent tone in the square around it. The square slides
// along each row, so that only its sides are counted anew.
func paintOil(data []byte, of size, bands, radius int) {
	from := make([]byte, len(data))
	copy(from, data)
	toneOf := make([]uint8, of.w*of.h)
	for i := range toneOf {
		toneOf[i] = uint8(lumaOf(from[i*bands:]) * oilTones / 256)
	}
	for y := range of.h {
		top, bottom := max(0, y-radius), min(of.h-1, y+radius)
		counts := &oilCounts{}
		column := func(x int, by int32) {
			for at := top*of.w + x; at <= bottom*of.w+x; at += of.w {
				counts.change(from[at*bands:at*bands+3], toneOf[at], by)
			}
		}
		for x := range min(radius, of.w) {
			column(x, 1)
		}
		for x := range of.w {
			if x+radius < of.w {
				column(x+radius, 1)
			}
			if x-radius > 0 {
				column(x-radius-1, -1)
			}
			best := &counts[0]
			for i := 1; i < oilTones; i++ {
				if counts[i][0] > best[0] {
					best = &counts[i]
				}
			}
			at := (y*of.w + x) * bands
			n := best[0]
			for c := range 3 {
				data[at+c] = byte((best[c+1] + n/2) / n)
			}
		}
	}
}
