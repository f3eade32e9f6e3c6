package vips

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// encodeWith encodes by our own encoder of a format.
func encodeWith(t testing.TB, i image.Image, format string) []byte {
	t.Helper()
	newWorker(t)
	v, err := govips.NewImageFromBuffer(pngOf(t, i))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	data, err := byName(formats(), format).encode(v, encoding{quality: 90, fullChroma: true})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cmykJPEG is a red CMYK picture without a profile.
func cmykJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	newWorker(t)
	v, err := govips.NewImageFromBuffer(pngOf(t, plain(w, h, rgb(200, 30, 30))))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.ToColorSpace(govips.InterpretationCMYK); err != nil {
		t.Fatal(err)
	}
	data, _, err := v.ExportJpeg(&govips.JpegExportParams{Quality: 95, StripMetadata: true})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// animation is a GIF with frames of different colours.
func animation(t testing.TB, w, h, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for f := range frames {
		i := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.NRGBA{uint8(f * 25), 0, 255, 255}})
		g.Image, g.Delay = append(g.Image, i), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withOrientation puts an EXIF block with an orientation into a JPEG.
func withOrientation(jpg []byte, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	exif = binary.BigEndian.AppendUint16(exif, orientation)
	exif = append(exif, 0, 0, 0, 0, 0, 0)
	return withSegment(jpg, 0xe1, exif)
}

// withSegment puts a marker segment behind the start of a JPEG.
func withSegment(jpg []byte, marker byte, body []byte) []byte {
	out := append([]byte{}, jpg[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	out = append(out, body...)
	return append(out, jpg[2:]...)
}

// withProfile puts an ICC profile into a JPEG.
func withProfile(jpg, profile []byte) []byte {
	return withSegment(jpg, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), profile...))
}

// swappedProfile is an RGB profile like sRGB (by gamma 2.2), but with the red and the blue primary exchanged: what it
// calls red is blue.
func swappedProfile(name string) []byte {
	xyz := func(x, y, z float64) []byte {
		b := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range []float64{x, y, z} {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(v*65536)))
		}
		return b
	}
	curve := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33\x00\x00")
	text := append([]byte("desc\x00\x00\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(name)+1))...)
	text = append(append(text, name...), make([]byte, 1+4+4+2+1+67)...)
	for len(text)%4 != 0 {
		text = append(text, 0)
	}
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", text}, {"cprt", []byte("text\x00\x00\x00\x00none\x00\x00\x00\x00")},
		{"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.1431, 0.0606, 0.7141)}, {"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, {"bXYZ", xyz(0.4360, 0.2225, 0.0139)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	start := 128 + 4 + 12*len(tags)
	for _, tag := range tags {
		table = append(table, tag.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(start+len(body)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tag.data)))
		body = append(body, tag.data...)
	}
	header := make([]byte, 128)
	binary.BigEndian.PutUint32(header, uint32(start+len(body)))
	copy(header[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	copy(header[36:], "acsp")
	copy(header[68:], xyz(0.9642, 1, 0.8249)[8:])
	return append(append(header, table...), body...)
}
