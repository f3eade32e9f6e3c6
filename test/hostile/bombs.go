package hostile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
)

// Bombs are files that announce more than they hold, or that hold more than their length lets one think.
func Bombs(whole map[string][]byte) []File {
	return []File{
		{Name: "a PNG of 50000 by 50000", Data: pngBomb(50000, 50000, 0), Refused: true},
		{Name: "a PNG of 2^31 by 2^31", Data: pngBomb(1<<31-1, 1<<31-1, 0), Refused: true},
		{Name: "a PNG of a byte's height and all widths", Data: pngBomb(1<<31-1, 1, 0), Refused: true},
		{Name: "an empty PNG of 9999 by 9999", Data: pngBomb(9999, 9999, 9999*(3*9999+1))},
		{Name: "a PNG whose text is 200 MB", Data: pngWith("zTXt", append([]byte("Comment\x00\x00"), deflated(200<<20)...))},
		{Name: "a PNG whose profile is 200 MB", Data: pngWith("iCCP", append([]byte("x\x00\x00"), deflated(200<<20)...))},
		{Name: "a PNG of a hundred thousand chunks", Data: pngWith("teXt", nil, 100_000)},
		{Name: "a JPEG of 65000 by 65000", Data: jpegOf(whole["jpg"], 65000, 65000), Refused: true},
		{Name: "a JPEG of no height", Data: jpegOf(whole["jpg"], 64, 0), Refused: true},
		{Name: "a JPEG of 9000 by 9000 that ends early", Data: jpegOf(whole["jpg"], 9000, 9000)},
		{Name: "a JPEG of 9000 by 9000 in 500 scans", Data: scanBomb(9000, 9000, 500)},
		{Name: "a GIF of 65535 by 65535 in 100 frames", Data: gifBomb(65535, 65535, 100, 0), Refused: true},
		{Name: "a GIF that never ends", Data: gifBomb(1000, 1000, 20000, 0), Refused: true},
		{Name: "a GIF of 60000 frames of a pixel", Data: gifBomb(1, 1, 60000, 1)},
		{Name: "a GIF whose comment is 8 MB", Data: gifWith(append([]byte{0x21, 0xfe}, append(bytes.Repeat(append([]byte{255}, make([]byte, 255)...), 8<<12), 0)...))},
		{Name: "a BMP of 30000 by 30000", Data: bmpBomb(30000, 30000, 24, 0), Refused: true},
		{Name: "a BMP of negative width", Data: bmpBomb(-5, 10, 24, 0), Refused: true},
		{Name: "a BMP of the lowest height", Data: bmpBomb(5, -1<<31, 24, 0), Refused: true},
		{Name: "a BMP of 9000 by 9000 runs", Data: bmpBomb(9000, 9000, 8, 1), Refused: true},
		{Name: "a PSD of 30000 by 30000", Data: psdBomb(30000, 30000, 3, nil), Refused: true},
		{Name: "a PSD of 56 packed channels", Data: psdBomb(3000, 3000, 56, deflated(56*9000000))},
		{Name: "a PSD whose layers are larger than it", Data: psdLayers(4, 20000, 20000)},
		{Name: "a PSD of 8000 layers", Data: psdLayers(8000, 3, 3)},
		{Name: "a TGA of 65535 by 65535", Data: tgaBomb(65535, 65535, 1), Refused: true},
		{Name: "a TGA of 9000 by 9000 runs", Data: tgaBomb(9000, 9000, 9000*9000/128+1)},
		{Name: "a WebP that announces too much", Data: []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xffVP8 "), Refused: true},
		{Name: "an icon that points outside", Data: icon([]byte("\x20\x00\xff\xff\xff\x7f\xff\xff\xff\x7f")), Refused: true},
		{Name: "an icon of 65535 large pictures", Data: manyIcons(pngBomb(64, 64, 64*(3*64+1)))},
		{Name: "an icon of a PNG of 50000 by 50000", Data: manyIcons(pngBomb(50000, 50000, 0)), Refused: true},
		{Name: "a TIFF whose directory is itself", Data: []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"), Refused: true},
		{Name: "a TIFF of 60000 by 60000", Data: tiff(60000, 60000, 1, deflated(1<<20), 0), Refused: true},
		{Name: "a TIFF of 8000 by 8000 of nothing", Data: tiff(8000, 8000, 8000, deflated(8000*8000), 0)},
		{Name: "a TIFF in a circle of pages", Data: tiff(8, 8, 8, deflated(64), 8)},
		{Name: "a TIFF of 2^32 strips", Data: tiff(1<<31, 1<<31, 1, nil, 0), Refused: true},
		{Name: "an AVIF that is only a header", Data: []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"), Refused: true},
		{Name: "an AVIF of 2^31 by 2^31", Data: patched(whole["avif"], "ispe", 8, 0x7fffffff, 0x7fffffff)},
		{Name: "an AVIF in boxes in boxes", Data: nestedBoxes(whole["avif"], 5000)},
		{Name: "a HEIC of 2^31 by 2^31", Data: patched(whole["heic"], "ispe", 8, 0x7fffffff, 0x7fffffff)},
		{Name: "a JXL that is only a signature", Data: []byte("\xff\x0a"), Refused: true},
		{Name: "a JXL of 2^30 by 2^30", Data: []byte("\xff\x0a\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Refused: true},
		{Name: "a JPEG 2000 that is only a signature", Data: []byte("\x00\x00\x00\x0cjP  \r\n\x87\n"), Refused: true},
		{Name: "a JPEG 2000 of 2^31 by 2^31", Data: patched(whole["jp2"], "\xff\x4f\xff\x51", 8, 0x7fffffff, 0x7fffffff), Refused: true},
		{Name: "a JPEG 2000 of tiles of a pixel", Data: patched(whole["jp2"], "\xff\x4f\xff\x51", 24, 1, 1)},
		{Name: "a packed SVG of 1 GB", Data: gzipped(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!--`, 1<<30), Refused: true},
	}
}

// deflated is this many zeros, packed by zlib.
func deflated(length int) []byte {
	var packed bytes.Buffer
	// A buffer takes everything.
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	zeros := make([]byte, 1<<20)
	for length > 0 {
		_, _ = z.Write(zeros[:min(length, len(zeros))])
		length -= len(zeros)
	}
	_ = z.Close()
	return packed.Bytes()
}

// chunk is a part of a PNG file.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	body := append([]byte(kind), data...)
	return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
}

const pngSignature = "\x89PNG\r\n\x1a\n"

func pngHeader(w, h int, rest ...byte) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	return chunk("IHDR", append(header, rest...))
}

// pngBomb is a PNG of zeros, true colour; 0 bytes of them stand for a few that do not suffice.
func pngBomb(w, h, length int) []byte {
	if length == 0 {
		length = 1 << 20
	}
	return slices.Concat([]byte(pngSignature), pngHeader(w, h, 8, 2, 0, 0, 0), chunk("IDAT", deflated(length)), chunk("IEND", nil))
}

// pngWith is a small PNG with a chunk, as often as is said.
func pngWith(kind string, data []byte, times ...int) []byte {
	extra := chunk(kind, data)
	if len(times) > 0 {
		extra = bytes.Repeat(extra, times[0])
	}
	return slices.Concat([]byte(pngSignature), pngHeader(8, 8, 8, 2, 0, 0, 0), extra, chunk("IDAT", deflated(8*25)), chunk("IEND", nil))
}

// jpegOf is a JPEG whose frame header says another size.
func jpegOf(whole []byte, w, h int) []byte {
	out := bytes.Clone(whole)
	at := bytes.Index(out, []byte("\xff\xc0"))
	binary.BigEndian.PutUint16(out[at+5:], uint16(h))
	binary.BigEndian.PutUint16(out[at+7:], uint16(w))
	return out
}

// scanBomb is a progressive JPEG of many scans, each of which says in a few bytes that nothing comes for the whole picture.
func scanBomb(w, h, scans int) []byte {
	var b bytes.Buffer
	b.WriteString("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	b.Write([]byte{0xff, 0xc2, 0, 11, 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 1, 1, 0x11, 0})
	// One code of one bit: for the mean no difference, for the rest the longest run of empty blocks (2^14, then 14 bits).
	b.Write([]byte{0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	b.Write([]byte{0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0})
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	b.WriteString("\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00")
	b.Write(make([]byte, blocks/8+1))
	runs := bytes.Repeat([]byte{0x3f}, 2*(blocks>>14+1))
	for i := range scans {
		b.Write([]byte{0xff, 0xda, 0, 8, 1, 1, 0, byte(1 + i%63), byte(1 + i%63), 0})
		b.Write(runs)
	}
	b.WriteString("\xff\xd9")
	return b.Bytes()
}

func gifBomb(w, h, frames, delay int) []byte {
	out := []byte("GIF89a")
	out = binary.LittleEndian.AppendUint16(out, uint16(w))
	out = binary.LittleEndian.AppendUint16(out, uint16(h))
	out = append(out, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	for range frames {
		if delay > 0 {
			out = append(out, 0x21, 0xf9, 4, 0, byte(delay), byte(delay>>8), 0, 0)
		}
		out = append(out, 0x2c, 0, 0, 0, 0)
		out = binary.LittleEndian.AppendUint16(out, uint16(w))
		out = binary.LittleEndian.AppendUint16(out, uint16(h))
		out = append(out, 0, 2, 2, 0x4c, 1, 0)
	}
	return append(out, ';')
}

// gifWith is a GIF of a pixel behind an extension.
func gifWith(extension []byte) []byte {
	return slices.Concat([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"), extension, []byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00;"))
}

func bmpBomb(w, h int32, depth, compression byte) []byte {
	out := append([]byte("BM"), make([]byte, 52)...)
	out[10], out[14], out[26], out[28], out[30] = 54, 40, 1, depth, compression
	binary.LittleEndian.PutUint32(out[18:], uint32(w))
	binary.LittleEndian.PutUint32(out[22:], uint32(h))
	return out
}

// psdBomb is a PSD whose merged picture is packed by zlib.
func psdBomb(w, h, channels int, packed []byte) []byte {
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = binary.BigEndian.AppendUint16(out, uint16(channels))
	out = binary.BigEndian.AppendUint32(out, uint32(h))
	out = binary.BigEndian.AppendUint32(out, uint32(w))
	out = append(out, "\x00\x08\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"...)
	return append(out, packed...)
}

// psdLayers is a PSD of layers of a size, each a run of one byte.
func psdLayers(layers, w, h int) []byte {
	u16 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
	u32 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
	plane := deflated(w * h)
	info := u16(nil, layers)
	for range layers {
		info = u32(u32(u32(u32(info, 0), 0), h), w)
		info = u16(info, 3)
		for c := range 3 {
			info = u32(u16(info, c), 2+len(plane))
		}
		info = append(info, "8BIMnorm\x80\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x03one"...)
	}
	for range 3 * layers {
		info = append(u16(info, 2), plane...)
	}
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = u16(u16(u32(u32(u16(out, 3), 4), 4), 8), 3)
	out = u32(u32(out, 0), 0)
	out = append(u32(u32(out, len(info)+4), len(info)), info...)
	return append(u16(out, 0), make([]byte, 3*16)...)
}

// tgaBomb is a TGA of runs of 128 pixels.
func tgaBomb(w, h, runs int) []byte {
	out := []byte{0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(w), byte(w >> 8), byte(h), byte(h >> 8), 24, 0}
	return append(out, bytes.Repeat([]byte{0xff, 1, 2, 3}, runs)...)
}

// icon is an icon with one entry that ends in these bytes: depth, length and place.
func icon(entry []byte) []byte {
	return append([]byte{0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0}, entry...)
}

// manyIcons is an icon of 65535 entries, which are all the same picture.
func manyIcons(picture []byte) []byte {
	const entries = 65535
	out := []byte{0, 0, 1, 0, 0xff, 0xff}
	entry := binary.LittleEndian.AppendUint32([]byte{0, 0, 0, 0, 1, 0, 32, 0}, uint32(len(picture)))
	out = append(out, bytes.Repeat(binary.LittleEndian.AppendUint32(entry, 6+16*entries), entries)...)
	return append(out, picture...)
}

// tiff is a TIFF of grey pixels in one strip, packed by zlib, whose directory is followed by the one at next.
func tiff(w, h, rowsPerStrip int, strip []byte, next uint32) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00")
	entries := [][3]uint32{
		{256, 4, uint32(w)}, {257, 4, uint32(h)}, {258, 3, 8}, {259, 3, 8}, {262, 3, 1},
		{273, 4, 8 + 2 + 9*12 + 4}, {277, 3, 1}, {278, 4, uint32(rowsPerStrip)}, {279, 4, uint32(len(strip))},
	}
	out = binary.LittleEndian.AppendUint16(out, uint16(len(entries)))
	for _, e := range entries {
		out = binary.LittleEndian.AppendUint16(out, uint16(e[0]))
		out = binary.LittleEndian.AppendUint16(out, uint16(e[1]))
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = binary.LittleEndian.AppendUint32(out, e[2])
	}
	return append(binary.LittleEndian.AppendUint32(out, next), strip...)
}

// patched writes two numbers at a distance behind a mark.
func patched(whole []byte, mark string, distance int, numbers ...uint32) []byte {
	out := bytes.Clone(whole)
	at := bytes.Index(out, []byte(mark)) + distance
	for i, n := range numbers {
		binary.BigEndian.PutUint32(out[at+4*i:], n)
	}
	return out
}

// nestedBoxes puts boxes within boxes behind the header of a file of the ISO media family.
func nestedBoxes(whole []byte, depth int) []byte {
	header := int(binary.BigEndian.Uint32(whole))
	out := bytes.Clone(whole[:header])
	for i := range depth {
		out = binary.BigEndian.AppendUint32(out, uint32(8*(depth-i)))
		out = append(out, "meta"...)
	}
	return append(out, whole[header:]...)
}
