package hostile

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Animations lie about frames, delays and loops.
func Animations(whole map[string][]byte) []File {
	frame := binary.BigEndian.AppendUint32
	control := func(w, h, x, y uint32, numerator, denominator uint16) []byte {
		out := frame(frame(frame(frame(frame(nil, 0), w), h), x), y)
		return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, numerator), denominator), 9, 9)
	}
	apng := func(frames, plays uint32, controls ...[]byte) []byte {
		out := slices.Concat([]byte(pngSignature), pngHeader(8, 8, 8, 2, 0, 0, 0), chunk("acTL", frame(frame(nil, frames), plays)))
		for _, c := range controls {
			out = append(out, chunk("fcTL", c)...)
		}
		return slices.Concat(out, chunk("IDAT", deflated(8*25)), chunk("IEND", nil))
	}
	files := []File{
		{Name: "an APNG of 2^31 frames", Data: apng(1<<31-1, 1<<31-1, control(8, 8, 0, 0, 1, 0))},
		{Name: "an APNG whose frame lies outside", Data: apng(2, 0, control(8, 8, 1<<31-1, 1<<31-1, 65535, 1))},
		{Name: "an APNG of no frames", Data: apng(0, 0)},
		{Name: "a GIF of the longest delays", Data: gifBomb(2, 2, 50, 65535)},
		{Name: "a GIF of no delays", Data: gifBomb(2, 2, 50, 0)},
		{Name: "a GIF whose frame lies outside", Data: []byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\xff\xff\xff\xff\xff\xff\xff\xff\x00\x02\x02\x4c\x01\x00;")},
		{Name: "a GIF of frames without size", Data: []byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x4c\x01\x00;")},
		{Name: "a GIF without size", Data: []byte("GIF89a\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x02\x4c\x01\x00;")},
		{Name: "a GIF with a code of 255 bits", Data: []byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x02\x00\x02\x00\x00\xff\x02\x4c\x01\x00;")},
		{Name: "a GIF with a code beyond its table", Data: []byte("GIF89a\x02\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x02\xff\xff\x00;")},
		{Name: "a GIF that loops in two ways", Data: gifWith([]byte("\x21\xff\x0bNETSCAPE2.0\x03\x01\xff\xff\x00\x21\xff\x0bNETSCAPE2.0\x03\x02\xff\xff\x00"))},
	}
	if moving := whole["moving.webp"]; moving != nil {
		// The header of a frame: x, y, width and height less one, duration, of three bytes each.
		at := bytes.Index(moving, []byte("ANMF")) + 8
		for name, patch := range map[string][2]int{"the longest delay": {12, 3}, "a frame that lies outside": {0, 6}, "a frame of 2^24 by 2^24": {6, 6}} {
			lie := bytes.Clone(moving)
			copy(lie[at+patch[0]:], bytes.Repeat([]byte{0xff}, patch[1]))
			files = append(files, File{Name: "a WebP with " + name, Data: lie})
		}
		canvas := bytes.Clone(moving)
		copy(canvas[bytes.Index(canvas, []byte("VP8X"))+12:], "\xff\x3f\x00\xff\x3f\x00")
		files = append(files, File{Name: "a WebP of frames on a canvas of 16384 by 16384", Data: canvas, Refused: true})
	}
	slices.SortFunc(files, func(a, b File) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return files
}
