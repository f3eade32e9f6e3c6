package vips

import (
	"bytes"
	"encoding/binary"
	"image"

	govips "github.com/davidbyttow/govips/v2/vips"
	"github.com/sergeymakinen/go-bmp"

	"github.com/darkroom-media/darkroom/renderer/engine/tga"
)

func encodeBMP(from *govips.ImageRef, _ encoding) ([]byte, error) {
	pixels, err := pixelsOf(from)
	if err != nil {
		return nil, err
	}
	of, bands := size{from.Width(), from.Height()}, from.Bands()
	opaque := image.NewRGBA(image.Rect(0, 0, of.w, of.h))
	for i := range of.w * of.h {
		copy(opaque.Pix[4*i:4*i+3], pixels[bands*i:])
		opaque.Pix[4*i+3] = 255
	}
	var out bytes.Buffer
	err = bmp.Encode(&out, opaque)
	return out.Bytes(), err
}

// encodeICO writes an icon of one picture, a PNG.
func encodeICO(from *govips.ImageRef, e encoding) ([]byte, error) {
	picture, err := encodePNG(from, e)
	if err != nil {
		return nil, err
	}
	out := make([]byte, iconHeader+iconEntry, iconHeader+iconEntry+len(picture))
	out[2], out[4] = 1, 1
	out[6], out[7] = byte(from.Width()), byte(from.Height()) // 256 is written as 0
	out[10], out[12] = 1, 32
	binary.LittleEndian.PutUint32(out[14:], uint32(len(picture)))
	binary.LittleEndian.PutUint32(out[18:], iconHeader+iconEntry)
	return append(out, picture...), nil
}

func encodeTGA(from *govips.ImageRef, _ encoding) ([]byte, error) {
	pixels, err := pixelsOf(from)
	if err != nil {
		return nil, err
	}
	return tga.Encode(pixels, from.Width(), from.Height(), from.Bands()), nil
}
