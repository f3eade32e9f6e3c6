package typeset

import "image"

// Bitmap is painted text: RGBA, not pre-multiplied, row by row.
type Bitmap struct {
	Pixels []byte
	Width  int
	Height int
}

// Trimmed is the bitmap without the rows and columns at its edges that are empty; itself when all of it is.
func (b *Bitmap) Trimmed() *Bitmap {
	used := image.Rectangle{}
	for y := range b.Height {
		left, right := -1, -1
		row := b.Pixels[4*y*b.Width : 4*(y+1)*b.Width]
		for x := range b.Width {
			if row[4*x+3] == 0 {
				continue
			}
			if left < 0 {
				left = x
			}
			right = x
		}
		if left >= 0 {
			used = used.Union(image.Rect(left, y, right+1, y+1))
		}
	}
	if used.Empty() {
		return b
	}
	return b.Cut(used)
}

// Cut is the part of the bitmap that lies in a box; what lies outside of the bitmap is transparent.
func (b *Bitmap) Cut(box image.Rectangle) *Bitmap {
	cut := &Bitmap{Pixels: make([]byte, 4*box.Dx()*box.Dy()), Width: box.Dx(), Height: box.Dy()}
	inside := box.Intersect(image.Rect(0, 0, b.Width, b.Height))
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		to := 4 * ((y-box.Min.Y)*cut.Width + inside.Min.X - box.Min.X)
		from := 4 * (y*b.Width + inside.Min.X)
		copy(cut.Pixels[to:], b.Pixels[from:from+4*inside.Dx()])
	}
	return cut
}

// Ground paints a colour under everything.
func (b *Bitmap) Ground(c Color) {
	under := int(c[3])
	for i := 0; i < len(b.Pixels); i += 4 {
		p := b.Pixels[i : i+4]
		over := int(p[3])
		// Both shares are of 255 × 255.
		top, bottom := over*255, under*(255-over)
		all := top + bottom
		if all == 0 {
			continue
		}
		for channel := range 3 {
			p[channel] = uint8((int(p[channel])*top + int(c[channel])*bottom + all/2) / all)
		}
		p[3] = uint8((all + 127) / 255)
	}
}
