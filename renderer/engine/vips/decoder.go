package vips

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"syscall"

	govips "github.com/davidbyttow/govips/v2/vips"
	"github.com/sergeymakinen/go-bmp"

	"github.com/darkroom-media/darkroom/renderer/engine/psd"
	"github.com/darkroom-media/darkroom/renderer/engine/tga"
)

// decoder reads a type in Go.
type decoder struct {
	// header reads sizes without decoding pixels.
	header func(data []byte) (announced, error)
	// page decodes a page, from 0; pages of the same file may have sizes of their own.
	page func(data []byte, page int) (image.Image, error)
}

// announced is what the header of a file says.
type announced struct {
	size  size
	pages int
	alpha bool
	// names, layers and corners are those of the layers that the pages of a PSD are, from the bottom: how large they are, and
	// where they lie on the canvas.
	names   []string
	layers  []size
	corners []point
	// gray says that there are no colours.
	gray bool
}

var bmpDecoder = decoder{
	header: func(data []byte) (announced, error) {
		c, err := bmp.DecodeConfig(bytes.NewReader(data))
		return announced{size: size{c.Width, c.Height}, pages: 1, alpha: c.ColorModel == color.NRGBAModel}, err
	},
	page: func(data []byte, _ int) (image.Image, error) { return bmp.Decode(bytes.NewReader(data)) },
}

var tgaDecoder = decoder{
	header: func(data []byte) (announced, error) {
		h, err := tga.Header(data)
		return announced{size: size{h.Width, h.Height}, pages: 1, alpha: h.Alpha, gray: h.Gray}, err
	},
	page: func(data []byte, _ int) (image.Image, error) { return tga.Decode(data) },
}

// icoDecoder reads the largest picture of an icon.
var icoDecoder = decoder{
	header: func(data []byte) (announced, error) {
		entry, err := largestIcon(data)
		return announced{size: entry.size, pages: 1, alpha: true}, err
	},
	page: func(data []byte, _ int) (image.Image, error) {
		entry, err := largestIcon(data)
		if err != nil {
			return nil, err
		}
		if entry.png {
			return png.Decode(bytes.NewReader(entry.data))
		}
		return decodeIconBitmap(entry)
	},
}

// psdDecoder: page 0 is the merged picture, page n the layer n from the bottom.
var psdDecoder = decoder{
	header: func(data []byte) (announced, error) {
		f, err := psd.Open(data)
		if err != nil {
			return announced{}, err
		}
		a := announced{size: size{f.Width, f.Height}, pages: max(1, len(f.Layers)), alpha: f.Alpha, gray: f.Gray()}
		for _, l := range f.Layers {
			a.names, a.layers = append(a.names, l.Name), append(a.layers, size{l.Bounds.Dx(), l.Bounds.Dy()})
			a.corners = append(a.corners, point{l.Bounds.Min.X, l.Bounds.Min.Y})
		}
		return a, nil
	},
	page: func(data []byte, page int) (image.Image, error) {
		f, err := psd.Open(data)
		if err != nil {
			return nil, err
		}
		if page == 0 {
			return f.Merged()
		}
		return f.Layer(page - 1)
	},
}

// toImage hands decoded pixels to libvips: three or four channels of 8 bits. They are copied once, to memory outside of Go's,
// which is to be unmapped when the image is closed; Go's can then be given back, as large as it is.
func toImage(from image.Image, alpha bool) (made *govips.ImageRef, memory []byte, err error) {
	of := size{from.Bounds().Dx(), from.Bounds().Dy()}
	straight, ok := from.(*image.NRGBA)
	if !ok || straight.Stride != 4*of.w {
		straight = image.NewNRGBA(image.Rect(0, 0, of.w, of.h))
		draw.Draw(straight, straight.Rect, from, from.Bounds().Min, draw.Src)
	}
	channels := 3
	if alpha {
		channels = 4
	}
	if memory, err = mapMemory(channels * of.w * of.h); err != nil {
		return nil, nil, err
	}
	if alpha {
		copy(memory, straight.Pix)
	} else {
		for from, to := 0, 0; to+2 < len(memory); from, to = from+4, to+3 {
			copy(memory[to:to+3], straight.Pix[from:from+3])
		}
	}
	if made, err = fromMemory(memory, of, channels); err != nil {
		_ = syscall.Munmap(memory) // made here, unmapped once
		return nil, nil, fmt.Errorf("take over decoded pixels: %w", err)
	}
	return made, memory, nil
}
