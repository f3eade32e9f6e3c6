// Package hostile makes files that mean harm: pictures that announce more than they hold, that end early, whose bits were
// flipped, that are something else than they say, and drawings that want to run or to load something. All are made by
// code, so that none has to be kept.
package hostile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
)

// File is one of the corpus.
type File struct {
	Name string
	Data []byte
	// Refused says that the file must not be taken for a picture at all; others may be shown as far as they go.
	Refused bool
}

// Corpus is all files.
func Corpus() ([]File, error) {
	whole, err := pictures()
	if err != nil {
		return nil, err
	}
	files := []File{
		{"a PNG of 50000 by 50000", pngBomb(50000, 50000), true},
		{"a PNG of 2^31 by 2^31", pngBomb(1<<31-1, 1<<31-1), true},
		{"a JPEG of 65000 by 65000", jpegOf(whole["jpg"], 65000, 65000), true},
		{"a GIF of 65535 by 65535 in 100 frames", gifBomb(65535, 65535, 100), true},
		{"a GIF that never ends", gifBomb(1000, 1000, 20000), true},
		{"a BMP of 30000 by 30000", bmpBomb(30000, 30000), true},
		{"a BMP of negative width", bmpBomb(-5, 10), true},
		{"a PSD of 30000 by 30000", psdBomb(30000, 30000), true},
		{"a TGA of 65535 by 65535", tgaBomb(), true},
		{"a WebP that announces too much", webpBomb(), true},
		{"an icon that points outside", icoOutside(), true},
		{"a TIFF whose directory is itself", []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"), true},
		{"a PDF without pages", []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"), true},
		{"a PDF of a page of a kilometre", pdfOf("[0 0 2834645 2834645]"), true},
		{"an AVIF that is only a header", []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"), true},
		{"a JXL that is only a signature", []byte("\xff\x0a"), true},
		{"a JPEG 2000 that is only a signature", []byte("\x00\x00\x00\x0cjP  \r\n\x87\n"), true},
		{"an SVG of entities", svgEntities(), true},
		{"an SVG that reads a file", []byte(`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&x;</text></svg>`), true},
		{"an SVG of 10^9 by 10^9", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1000000000" height="1000000000"/>`), false},
		{"an SVG a thousand deep", []byte(strings.Repeat(`<svg xmlns="http://www.w3.org/2000/svg">`, 1000)), true},
		{"an SVG with everything outside", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="x()"><script href="http://169.254.169.254/"/><image href="http://169.254.169.254/x.png" width="9" height="9"/><style>@import "http://169.254.169.254/";</style><use href="http://169.254.169.254/#a"/></svg>`), false},
		{"an SVG that uses itself", svgUses(), false},
		{"a PostScript", []byte("%!PS-Adobe-3.0\n(/etc/passwd) (r) file"), true},
		{"an MVG", []byte("push graphic-context\nimage over 0,0 0,0 'ephemeral:/etc/passwd'\npop graphic-context"), true},
		{"a JPEG with a script behind it", append(bytes.Clone(whole["jpg"]), "<script>x()</script>"...), false},
		{"a GIF that is a script", []byte("GIF89a/*\x00\x00*/=1;alert(1)"), true},
		{"a PNG that is a PDF", append(pngBomb(9, 9)[:40], "%PDF-1.4"...), true},
	}
	for name, data := range whole {
		for _, cut := range []int{1, 8, 20, len(data) / 3, len(data) / 2, len(data) - 1} {
			files = append(files, File{"the beginning of a " + name, data[:min(cut, len(data))], false})
		}
		for seed := range 6 {
			files = append(files, File{"a " + name + " with flipped bits", flipped(data, seed), false})
		}
	}
	return files, nil
}

// pictures are whole ones of the formats that the standard library writes.
func pictures() (map[string][]byte, error) {
	picture := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.White, color.RGBA{R: 200, A: 255}})
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * i / 7 % 3)
	}
	var asJPEG, asPNG, asGIF bytes.Buffer
	if err := jpeg.Encode(&asJPEG, picture, nil); err != nil {
		return nil, err
	}
	if err := png.Encode(&asPNG, picture); err != nil {
		return nil, err
	}
	if err := gif.Encode(&asGIF, picture, nil); err != nil {
		return nil, err
	}
	return map[string][]byte{"jpg": asJPEG.Bytes(), "png": asPNG.Bytes(), "gif": asGIF.Bytes()}, nil
}

// flipped changes bits at places that follow from the seed.
func flipped(data []byte, seed int) []byte {
	out := bytes.Clone(data)
	state := uint32(seed*2654435761 + 1)
	for range 1 + len(out)/100 {
		state = state*1664525 + 1013904223
		out[8+int(state>>8)%(len(out)-8)] ^= 1 << (state >> 29)
	}
	return out
}

func pngBomb(w, h int) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(kind), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	chunk("IHDR", append(header, 8, 2, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	// A buffer takes everything.
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out
}

// jpegOf is a JPEG whose frame header says another size.
func jpegOf(whole []byte, w, h int) []byte {
	out := bytes.Clone(whole)
	at := bytes.Index(out, []byte("\xff\xc0"))
	binary.BigEndian.PutUint16(out[at+5:], uint16(h))
	binary.BigEndian.PutUint16(out[at+7:], uint16(w))
	return out
}

func gifBomb(w, h, frames int) []byte {
	out := []byte("GIF89a")
	out = binary.LittleEndian.AppendUint16(out, uint16(w))
	out = binary.LittleEndian.AppendUint16(out, uint16(h))
	out = append(out, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	for range frames {
		out = append(out, 0x2c, 0, 0, 0, 0)
		out = binary.LittleEndian.AppendUint16(out, uint16(w))
		out = binary.LittleEndian.AppendUint16(out, uint16(h))
		out = append(out, 0, 2, 2, 0x4c, 1, 0)
	}
	return append(out, ';')
}

func bmpBomb(w, h int32) []byte {
	out := append([]byte("BM"), make([]byte, 52)...)
	out[10], out[14], out[26], out[28] = 54, 40, 1, 24
	binary.LittleEndian.PutUint32(out[18:], uint32(w))
	binary.LittleEndian.PutUint32(out[22:], uint32(h))
	return out
}

func psdBomb(w, h int) []byte {
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = binary.BigEndian.AppendUint16(out, 3)
	out = binary.BigEndian.AppendUint32(out, uint32(h))
	out = binary.BigEndian.AppendUint32(out, uint32(w))
	return append(out, "\x00\x08\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"...)
}

func tgaBomb() []byte {
	return append([]byte{0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 24, 0}, 0xff, 1, 2, 3)
}

func webpBomb() []byte {
	return []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xffVP8 ")
}

func icoOutside() []byte {
	return []byte("\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x01\x00\x20\x00\xff\xff\xff\x7f\xff\xff\xff\x7f")
}

func pdfOf(box string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox" + box + ">>endobj\ntrailer<</Root 1 0 R>>")
}

func svgEntities() []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">`)
	for c := 'b'; c < 'k'; c++ {
		b.WriteString(`<!ENTITY ` + string(c) + ` "` + strings.Repeat("&"+string(c-1)+";", 10) + `">`)
	}
	b.WriteString(`]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&j;</text></svg>`)
	return []byte(b.String())
}

// svgUses draws ten times what draws ten times what …, 10^12 times in all.
func svgUses() []byte {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><g id="a0"><rect width="1" height="1"/></g>`)
	for i := range 12 {
		name, before := string(rune('b'+i)), string(rune('a'+i))
		if i == 0 {
			before = "a0"
		}
		b.WriteString(`<g id="` + name + `">` + strings.Repeat(`<use href="#`+before+`"/>`, 10) + `</g>`)
	}
	b.WriteString(`</defs><use href="#m"/></svg>`)
	return []byte(b.String())
}
