package vips

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"

	"github.com/sergeymakinen/go-bmp"
)

// Parts of an ICO file: a header of six bytes, entries of sixteen, then the pictures, each a PNG or a bitmap without
// its file header and with a mask of one bit per pixel behind the colours.
const (
	iconHeader   = 6
	iconEntry    = 16
	bitmapHeader = 40
)

// iconPicture is one picture of an ICO file.
type iconPicture struct {
	size size
	png  bool
	data []byte
}

var errIcon = errors.New("the icon is damaged")

// largestIcon finds the picture with the most pixels; of equal ones the one with the most bytes.
func largestIcon(data []byte) (iconPicture, error) {
	if len(data) < iconHeader {
		return iconPicture{}, errIcon
	}
	var best iconPicture
	for i := range int(binary.LittleEndian.Uint16(data[4:])) {
		at := iconHeader + i*iconEntry
		if at+iconEntry > len(data) {
			return iconPicture{}, errIcon
		}
		length, offset := int(binary.LittleEndian.Uint32(data[at+8:])), int(binary.LittleEndian.Uint32(data[at+12:]))
		if offset+length > len(data) || length < bitmapHeader {
			continue
		}
		entry, err := readIcon(data[offset : offset+length])
		if err != nil {
			continue
		}
		if p, b := entry.size.pixels(), best.size.pixels(); p > b || p == b && len(entry.data) > len(best.data) {
			best = entry
		}
	}
	if best.data == nil {
		return iconPicture{}, errIcon
	}
	return best, nil
}

func readIcon(data []byte) (iconPicture, error) {
	if bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		c, err := png.DecodeConfig(bytes.NewReader(data))
		return iconPicture{size{c.Width, c.Height}, true, data}, err
	}
	w, h := int(int32(binary.LittleEndian.Uint32(data[4:]))), int(int32(binary.LittleEndian.Uint32(data[8:])))/2
	const longest = 1024
	if binary.LittleEndian.Uint32(data) < bitmapHeader || w < 1 || h < 1 || w > longest || h > longest {
		return iconPicture{}, errIcon
	}
	return iconPicture{size{w, h}, false, data}, nil
}

// decodeIconBitmap reads a bitmap without a file header. Where its colours have no alpha, the mask behind them is it.
func decodeIconBitmap(entry iconPicture) (image.Image, error) {
	data, of := entry.data, entry.size
	header := int(binary.LittleEndian.Uint32(data))
	depth := int(binary.LittleEndian.Uint16(data[14:]))
	used := int(binary.LittleEndian.Uint32(data[32:]))
	if depth <= 8 && used == 0 {
		used = 1 << depth
	}
	if header > len(data) || used < 0 || used > 256 {
		return nil, errIcon
	}
	stride := (of.w*depth + 31) / 32 * 4
	maskStride := (of.w + 31) / 32 * 4
	colors := header + 4*used
	mask := colors + stride*of.h
	if mask > len(data) {
		return nil, errIcon
	}
	out := image.NewNRGBA(image.Rect(0, 0, of.w, of.h))
	hasMask := mask+maskStride*of.h <= len(data)
	if depth == 32 {
		var seen byte
		for y := range of.h {
			row := data[colors+(of.h-1-y)*stride:]
			for x := range of.w {
				p := row[4*x:]
				out.SetNRGBA(x, y, color.NRGBA{R: p[2], G: p[1], B: p[0], A: p[3]})
				seen |= p[3]
			}
		}
		if seen != 0 {
			return out, nil
		}
	} else {
		bare := make([]byte, 14, 14+mask)
		copy(bare, "BM")
		binary.LittleEndian.PutUint32(bare[2:], uint32(14+mask))
		binary.LittleEndian.PutUint32(bare[10:], uint32(14+colors))
		bare = append(bare, data[:mask]...)
		binary.LittleEndian.PutUint32(bare[14+8:], uint32(of.h))
		decoded, err := bmp.Decode(bytes.NewReader(bare))
		if err != nil {
			return nil, err
		}
		for y := range of.h {
			for x := range of.w {
				out.Set(x, y, decoded.At(x, y))
			}
		}
	}
	for y := range of.h {
		for x := range of.w {
			hidden := hasMask && data[mask+(of.h-1-y)*maskStride+x/8]&(0x80>>(x%8)) != 0
			out.Pix[out.PixOffset(x, y)+3] = 255 * byte(1-boolInt(hidden))
		}
	}
	return out, nil
}
