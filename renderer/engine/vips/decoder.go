package vips

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

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
	// names are those of the layers that the pages of a PSD are, from the bottom.
	names []string
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
			a.names = append(a.names, l.Name)
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

// toImage hands decoded pixels to libvips: three or four channels of 8 bits.
func toImage(from image.Image, alpha bool) (*govips.ImageRef, error) {
	of := size{from.Bounds().Dx(), from.Bounds().Dy()}
	straight, ok := from.(*image.NRGBA)
	if !ok || straight.Stride != 4*of.w {
		straight = image.NewNRGBA(image.Rect(0, 0, of.w, of.h))
		draw.Draw(straight, straight.Rect, from, from.Bounds().Min, draw.Src)
	}
	pixels, channels := straight.Pix, 4
	if !alpha {
		channels = 3
		opaque := make([]byte, 0, 3*of.w*of.h)
		for i := 0; i < len(pixels); i += 4 {
			opaque = append(opaque, pixels[i], pixels[i+1], pixels[i+2])
		}
		pixels = opaque
	}
	made, err := govips.NewImageFromMemory(pixels, of.w, of.h, channels, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return nil, fmt.Errorf("take over decoded pixels: %w", err)
	}
	return made, nil
}
