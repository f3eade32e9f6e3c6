package hostile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Lies are pictures whose metadata is not what it says: EXIF, IPTC, XMP, ICC profiles, palettes, gamma, densities.
func Lies(whole map[string][]byte) []File {
	exif := func(body []byte) []byte { return segment(whole["jpg"], 0xe1, append([]byte("Exif\x00\x00"), body...)) }
	entry := func(tag, kind uint16, count, value uint32) []byte {
		out := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, tag), kind)
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, count), value)
	}
	directory := func(next uint32, entries ...[]byte) []byte {
		out := binary.LittleEndian.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(entries)))
		return binary.LittleEndian.AppendUint32(append(out, slices.Concat(entries...)...), next)
	}
	icc := func(length, tags uint32) []byte {
		out := make([]byte, 132)
		binary.BigEndian.PutUint32(out, length)
		copy(out[4:], "lcms\x04\x00\x00\x00mntrRGB XYZ ")
		copy(out[36:], "acsp")
		binary.BigEndian.PutUint32(out[128:], tags)
		return append(out, bytes.Repeat([]byte("rXYZ\xff\xff\xff\xf0\x00\x00\x00\x14"), 20)...)
	}
	profile := func(number, of byte, data []byte) []byte {
		return segment(whole["jpg"], 0xe2, append([]byte("ICC_PROFILE\x00"), append([]byte{number, of}, data...)...))
	}
	xmp := func(text string) []byte {
		return segment(whole["jpg"], 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+text))
	}
	return []File{
		{Name: "EXIF that goes in a circle", Data: exif(directory(8, entry(0x8769, 4, 1, 8), entry(0x8825, 4, 1, 8), entry(0x0112, 3, 1, 6)))},
		{Name: "EXIF that points outside", Data: exif(directory(0xfffffff0, entry(0x010f, 2, 0xffffffff, 0xfffffff0), entry(0x9286, 7, 0x7fffffff, 26)))},
		{Name: "EXIF of an orientation of 65535", Data: exif(directory(0, entry(0x0112, 3, 1, 65535)))},
		{Name: "EXIF of a density of 1 to 0", Data: exif(append(directory(0, entry(0x011a, 5, 1, 38), entry(0x011b, 5, 1, 38)), 1, 0, 0, 0, 0, 0, 0, 0))},
		{Name: "EXIF of a kind that there is not", Data: exif(directory(0, entry(0x0112, 99, 1, 6), entry(0x013b, 2, 4, 0x41414141)))},
		{Name: "EXIF of a preview that is not there", Data: exif(directory(26, entry(0x0201, 4, 1, 0xffffff00), entry(0x0202, 4, 1, 0xffffff00)))},
		{Name: "EXIF of 65535 entries", Data: exif([]byte("II*\x00\x08\x00\x00\x00\xff\xff"))},
		{Name: "EXIF in a PNG that goes in a circle", Data: pngWith("eXIf", directory(8, entry(0x8769, 4, 1, 8)))},
		{Name: "ICC longer than it is", Data: profile(1, 1, icc(0xfffffff0, 20))},
		{Name: "ICC of 2^32 tags", Data: profile(1, 1, icc(132, 0xffffffff))},
		{Name: "ICC in parts that are missing", Data: profile(200, 255, icc(132, 1))},
		{Name: "ICC in part 0 of 0", Data: profile(0, 0, icc(132, 1))},
		{Name: "ICC of grey for a colour picture", Data: profile(1, 1, bytes.Replace(icc(132, 0), []byte("RGB "), []byte("GRAY"), 1))},
		{Name: "ICC of random bytes", Data: profile(1, 1, flipped(make([]byte, 4000), 3))},
		{Name: "IPTC longer than it is", Data: segment(whole["jpg"], 0xed, []byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\xff\xff\xff\xff\x1c\x02\x74\xff\xff"))},
		{Name: "IPTC of records without length", Data: segment(whole["jpg"], 0xed, append([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\xea\x60"), bytes.Repeat([]byte("\x1c\x02\x74\x00\x00"), 12000)...))},
		{Name: "XMP of entities", Data: xmp(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x:xmpmeta>&c;</x:xmpmeta>`)},
		{Name: "XMP that reads a file", Data: xmp(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x:xmpmeta>&a;</x:xmpmeta>`)},
		{Name: "XMP ten thousand deep", Data: xmp(strings.Repeat("<a>", 10000))},
		{Name: "a comment of 64 KB of percent signs", Data: segment(whole["jpg"], 0xfe, bytes.Repeat([]byte("%n%s"), 16000))},
		{Name: "a thumbnail of 255 by 255 without pixels", Data: segment(whole["jpg"], 0xe0, []byte("JFIF\x00\x01\x01\x01\x00\x00\x00\x00\xff\xff"))},
		{Name: "a PNG of a gamma of 0", Data: pngWith("gAMA", make([]byte, 4))},
		{Name: "a PNG of white that is black", Data: pngWith("cHRM", make([]byte, 32))},
		{Name: "a PNG of 2^32 dots per meter", Data: pngWith("pHYs", bytes.Repeat([]byte{0xff}, 9))},
		{Name: "a PNG of an empty palette", Data: slices.Concat([]byte(pngSignature), pngHeader(8, 8, 8, 3, 0, 0, 0), chunk("PLTE", nil), chunk("IDAT", deflated(8*9)), chunk("IEND", nil))},
		{Name: "a PNG of indices beyond its palette", Data: slices.Concat([]byte(pngSignature), pngHeader(8, 8, 8, 3, 0, 0, 0), chunk("PLTE", []byte{1, 2, 3}), chunk("tRNS", make([]byte, 256)), chunk("IDAT", deflated(8*9)), chunk("IEND", nil))},
		{Name: "a PNG of a depth of 7", Data: slices.Concat([]byte(pngSignature), pngHeader(8, 8, 7, 2, 0, 0, 0), chunk("IDAT", deflated(8*25)), chunk("IEND", nil)), Refused: true},
		{Name: "a PNG without size", Data: pngBomb(0, 0, 0), Refused: true},
		{Name: "a PNG of two headers", Data: slices.Concat([]byte(pngSignature), pngHeader(8, 8, 8, 2, 0, 0, 0), pngHeader(30000, 30000, 8, 2, 0, 0, 0), chunk("IDAT", deflated(8*25)), chunk("IEND", nil))},
		{Name: "a JPEG of two frame headers", Data: segment(whole["jpg"], 0xc0, []byte("\x08\xff\xff\xff\xff\x01\x01\x11\x00"))},
		{Name: "a JPEG of factors of 15", Data: segment(whole["jpg"], 0xc0, []byte("\x08\x00\x10\x00\x10\x03\x01\xff\x00\x02\xff\x00\x03\x00\x00"))},
		{Name: "a JPEG of no components", Data: segment(whole["jpg"], 0xc0, []byte("\x08\x00\x10\x00\x10\x00"))},
	}
}

// segment puts a segment right behind the start of a JPEG.
func segment(whole []byte, marker byte, body []byte) []byte {
	header := []byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}
	return slices.Concat(whole[:2], header, body, whole[2:])
}
