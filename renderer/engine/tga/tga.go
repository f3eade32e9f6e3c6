// Package tga reads and writes Truevision TGA pictures: true colour, grey and mapped ones, plain or run-length encoded.
package tga

import (
	"encoding/binary"
	"errors"
	"image"
	"image/color"
)

// ErrInvalid is the error of a file that is damaged or ends early.
var ErrInvalid = errors.New("tga: the file is damaged")

// Info is what the header says.
type Info struct {
	Width, Height int
	Alpha, Gray   bool
}

const headerSize = 18

// header is the fixed part of a file.
type header struct {
	Info
	kind               byte
	depth, mapDepth    int
	mapFirst, mapCount int
	// mirrored: the first column is the right one; fromTop: the first row is the top one.
	mirrored, fromTop bool
	// body is where the colour map begins.
	body int
}

// Header reads the header.
func Header(data []byte) (Info, error) {
	h, err := readHeader(data)
	return h.Info, err
}

func readHeader(data []byte) (header, error) {
	if len(data) < headerSize {
		return header{}, ErrInvalid
	}
	u16 := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	h := header{
		kind: data[2], depth: int(data[16]), mapDepth: int(data[7]), mapFirst: u16(3), mapCount: u16(5),
		mirrored: data[17]&0x10 != 0, fromTop: data[17]&0x20 != 0, body: headerSize + int(data[0]),
	}
	h.Width, h.Height = u16(12), u16(14)
	ok := h.Width > 0 && h.Height > 0
	switch h.kind {
	case 1, 9:
		ok = ok && h.depth == 8 && (h.mapDepth == 24 || h.mapDepth == 32)
		h.Alpha = h.mapDepth == 32
	case 2, 10:
		ok = ok && (h.depth == 24 || h.depth == 32)
		h.Alpha = h.depth == 32 && data[17]&0x0f != 0
	case 3, 11:
		ok = ok && h.depth == 8
		h.Gray = true
	default:
		ok = false
	}
	if !ok {
		return header{}, ErrInvalid
	}
	return h, nil
}

// Decode reads the picture.
func Decode(data []byte) (*image.NRGBA, error) {
	h, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	if h.body > len(data) {
		return nil, ErrInvalid
	}
	rest := data[h.body:]
	mapBytes := 0
	if data[1] == 1 {
		mapBytes = h.mapCount * ((h.mapDepth + 7) / 8)
	}
	if mapBytes > len(rest) {
		return nil, ErrInvalid
	}
	palette, rest := rest[:mapBytes], rest[mapBytes:]
	pixelBytes := h.depth / 8
	if h.kind >= 9 {
		if rest, err = unpack(rest, pixelBytes, h.Width*h.Height); err != nil {
			return nil, err
		}
	}
	if len(rest) < h.Width*h.Height*pixelBytes {
		return nil, ErrInvalid
	}
	out := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	for i := range h.Width * h.Height {
		x, y := i%h.Width, i/h.Width
		if h.mirrored {
			x = h.Width - 1 - x
		}
		if !h.fromTop {
			y = h.Height - 1 - y
		}
		c, ok := h.color(rest[i*pixelBytes:], palette)
		if !ok {
			return nil, ErrInvalid
		}
		out.SetNRGBA(x, y, c)
	}
	return out, nil
}

// color is the colour of a pixel; false when it is not in the palette.
func (h header) color(pixel, palette []byte) (color.NRGBA, bool) {
	if h.Gray {
		return color.NRGBA{R: pixel[0], G: pixel[0], B: pixel[0], A: 255}, true
	}
	if h.kind == 1 || h.kind == 9 {
		size := h.mapDepth / 8
		at := (int(pixel[0]) - h.mapFirst) * size
		if at < 0 || at+size > len(palette) {
			return color.NRGBA{}, false
		}
		pixel = palette[at:]
	}
	c := color.NRGBA{R: pixel[2], G: pixel[1], B: pixel[0], A: 255}
	if h.Alpha {
		c.A = pixel[3]
	}
	return c, true
}

// unpack undoes run-length encoding: a byte whose upper bit says "repeat the pixel that follows", else "take the
// pixels that follow", and whose other bits are their number less one.
func unpack(data []byte, size, pixels int) ([]byte, error) {
	out := make([]byte, 0, min(pixels*size, 64*len(data)*size))
	for len(out) < pixels*size {
		if len(data) == 0 {
			return nil, ErrInvalid
		}
		count := int(data[0]&0x7f) + 1
		repeats := data[0]&0x80 != 0
		data = data[1:]
		length := count * size
		if repeats {
			length = size
		}
		if len(data) < length {
			return nil, ErrInvalid
		}
		if repeats {
			for range count {
				out = append(out, data[:size]...)
			}
		} else {
			out = append(out, data[:length]...)
		}
		data = data[length:]
	}
	return out[:pixels*size], nil
}

// Encode writes pixels without compression; pixels holds RGB or RGBA rows from the top.
func Encode(pixels []byte, width, height, channels int) []byte {
	out := make([]byte, headerSize, headerSize+len(pixels))
	out[2], out[16], out[17] = 2, byte(8*channels), 0x20
	if channels == 4 {
		out[17] |= 8
	}
	binary.LittleEndian.PutUint16(out[12:], uint16(width))
	binary.LittleEndian.PutUint16(out[14:], uint16(height))
	for i := 0; i+channels <= len(pixels); i += channels {
		out = append(out, pixels[i+2], pixels[i+1], pixels[i])
		if channels == 4 {
			out = append(out, pixels[i+3])
		}
	}
	return out
}
