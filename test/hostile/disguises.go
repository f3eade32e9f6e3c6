package hostile

import (
	"bytes"
	"slices"
	"strings"
)

// Disguises are files that are something else than they say, that are two things at once, or whose names are attacks.
func Disguises(whole map[string][]byte) []File {
	const script = "<script>x()</script>"
	archive := "PK\x03\x04\x14\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 20) + "PK\x05\x06" + strings.Repeat("\x00", 18)
	files := []File{
		{Name: "a PostScript", Data: []byte("%!PS-Adobe-3.0\n(/etc/passwd) (r) file"), Refused: true},
		{Name: "a PostScript with a preview", Data: []byte("\xc5\xd0\xd3\xc6\x1e\x00\x00\x00\x20\x00\x00\x00%!PS-Adobe-3.0 EPSF-3.0\n"), Refused: true},
		{Name: "an MVG", Data: []byte("push graphic-context\nimage over 0,0 0,0 'ephemeral:/etc/passwd'\npop graphic-context"), Refused: true},
		{Name: "an MSL", Data: []byte(`<?xml version="1.0"?><image><read filename="/etc/passwd"/><write filename="/tmp/x"/></image>`), As: "x.msl", Refused: true},
		{Name: "a label", Data: []byte("label:@/etc/passwd"), As: "label:@/etc/passwd", Refused: true},
		{Name: "a playlist", Data: []byte("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"), As: "x.png", Refused: true},
		{Name: "a program", Data: []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100)), As: "x.jpg", Refused: true},
		{Name: "a page", Data: []byte("<!DOCTYPE html><html><body>" + script + "</body></html>"), As: "x.svg", Refused: true},
		{Name: "a page with a drawing", Data: []byte(`<html><svg xmlns="http://www.w3.org/2000/svg">` + script + `</svg></html>`), As: "x.svg", Refused: true},
		{Name: "an archive", Data: []byte(archive), As: "x.png", Refused: true},
		{Name: "an XCF", Data: []byte("gimp xcf v011\x00\x00\x00\xff\xff\x00\x00\xff\xff\x00\x00\x00\x00"), Refused: true},
		{Name: "an OpenEXR", Data: []byte("\x76\x2f\x31\x01\x02\x00\x00\x00channels\x00chlist\x00\xff\xff\xff\x7f"), Refused: true},
		{Name: "a Radiance picture", Data: []byte("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 99999 +X 99999\n"), Refused: true},
		{Name: "a PPM", Data: []byte("P6 99999 99999 255\n"), Refused: true},
		{Name: "a FITS", Data: []byte("SIMPLE  =                    T / x"), Refused: true},
		{Name: "a picture of libvips", Data: []byte("\x08\xf2\xa6\xb6" + strings.Repeat("\xff", 60)), Refused: true},
		{Name: "a CSV", Data: []byte("1,2,3\n4,5,6\n"), As: "x.csv", Refused: true},
		{Name: "a DICOM", Data: append(make([]byte, 128), "DICM"...), Refused: true},
		{Name: "an SVGZ of HTML", Data: gzipped("<html>"+script, 0), As: "x.svgz", Refused: true},
		{Name: "a JPEG with a script behind it", Data: append(bytes.Clone(whole["jpg"]), script...), As: "x.html"},
		{Name: "a JPEG with an archive behind it", Data: append(bytes.Clone(whole["jpg"]), archive...), As: "x.zip"},
		{Name: "a JPEG with PHP in a comment", Data: segment(whole["jpg"], 0xfe, []byte("<?php system($_GET['x']); ?>")), As: "x.php.jpg"},
		{Name: "a JPEG behind a page", Data: append([]byte("<html>"), whole["jpg"]...), Refused: true},
		{Name: "a JPEG behind zeros", Data: append(make([]byte, 16), whole["jpg"]...), Refused: true},
		{Name: "a GIF that is a script", Data: []byte("GIF89a/*\x00\x00*/=1;alert(1)"), As: "x.js", Refused: true},
		{Name: "a GIF whose comment is a page", Data: gifWith([]byte("\x21\xfe\x14" + script + "\x00")), As: "x.html"},
		{Name: "a BMP that is a script", Data: append([]byte("BM=0/*\x00\x00\x00\x00"), bytes.Repeat([]byte{0}, 60)...), As: "x.js", Refused: true},
		{Name: "a PNG that is a PDF", Data: append(pngBomb(9, 9, 0)[:40], "%PDF-1.4"...), Refused: true},
		{Name: "a PNG whose text is a page", Data: pngWith("tEXt", []byte("Comment\x00"+script)), As: "x.html"},
		{Name: "a PNG in a PNG", Data: pngWith("idAT", whole["png"])},
		{Name: "a PDF behind a kilobyte", Data: append(make([]byte, 1000), pdfOf("[0 0 9 9]")...), Refused: true},
		{Name: "a PDF that is an archive", Data: append(pdfOf("[0 0 9 9]"), archive...), As: "x.zip"},
		{Name: "a TIFF that is a program", Data: append([]byte("MZ\x00\x2a\x00\x00\x00\x08"), make([]byte, 64)...), Refused: true},
		{Name: "a WebP that is a WAVE", Data: []byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"), Refused: true},
		{Name: "a HEIC that is a film", Data: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mp42isom\x00\x00\x00\x08moov"), Refused: true},
		{Name: "a TGA that only says so at its end", Data: slices.Concat(make([]byte, 18), []byte("TRUEVISION-XFILE.\x00")), Refused: true},
		{Name: "nothing but zeros", Data: make([]byte, 5000), Refused: true},
		{Name: "nothing but ones", Data: bytes.Repeat([]byte{0xff}, 5000), Refused: true},
		{Name: "a single byte", Data: []byte{0x89}, Refused: true},
	}
	names := []string{
		"../../../etc/passwd", `..\..\windows\system32\x.png`, "/etc/passwd", "a\x00.png", "a\r\nX-Cld-Error: x.png", strings.Repeat("a", 5000) + ".png",
		"\u202egnp.exe", "..", ".png", "a.png/", "con.png", "a;rm -rf ~.png", "`id`.png", "%2e%2e%2fx.png", "<script>.png", "\xff\xfe.png", "v1/x.png", "?#.png",
	}
	for _, name := range names {
		files = append(files, File{Name: "a PNG by the name of " + strings.ToValidUTF8(strings.Map(printing, name[:min(len(name), 30)]), "_"), Data: whole["png"], As: name})
	}
	// Each picture under the extension of another one.
	formats := []string{"jpg", "png", "gif", "webp", "avif", "heic", "tiff", "pdf", "jxl", "jp2", "bmp", "ico", "tga", "psd", "svg"}
	for i, format := range formats {
		if data := whole[format]; data != nil {
			as := formats[(i+7)%len(formats)]
			files = append(files, File{Name: "a " + format + " by the name of a " + as, Data: data, As: "x." + as})
		}
	}
	return files
}

func printing(r rune) rune {
	if r < ' ' {
		return '_'
	}
	return r
}
