package hostile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Fonts are files that are uploaded as fonts and are none, or that lie about their tables.
func Fonts() []File {
	table := func(tag string, offset, length uint32) []byte {
		out := append([]byte(tag), 0, 0, 0, 0)
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, offset), length)
	}
	sfnt := func(version string, tables ...[]byte) []byte {
		out := binary.BigEndian.AppendUint16([]byte(version), uint16(len(tables)))
		return append(append(out, make([]byte, 6)...), slices.Concat(tables...)...)
	}
	const trueType = "\x00\x01\x00\x00"
	return []File{
		{Name: "nothing", Data: []byte{0}},
		{Name: "a text", Data: []byte("this is no font")},
		{Name: "a page", Data: []byte("<html><script>x()</script></html>")},
		{Name: "a font of no tables", Data: sfnt(trueType)},
		{Name: "a font of 65535 tables", Data: append([]byte(trueType+"\xff\xff"), make([]byte, 6)...)},
		{Name: "a font whose tables lie outside", Data: sfnt(trueType, table("head", 0xfffffff0, 0x100), table("glyf", 1<<31, 1<<31), table("loca", 0, 0xffffffff))},
		{Name: "a font whose tables are each other", Data: sfnt(trueType, table("head", 0, 76), table("hhea", 0, 76), table("maxp", 0, 76), table("cmap", 0, 76), table("name", 0, 76), table("glyf", 0, 76))},
		{Name: "a font of outlines that are none", Data: append(sfnt("OTTO", table("CFF ", 28, 200), table("cmap", 28, 200)), bytes.Repeat([]byte{0xff}, 200)...)},
		{Name: "a collection of 2^32 fonts", Data: append([]byte("ttcf\x00\x02\x00\x00\xff\xff\xff\xff"), make([]byte, 100)...)},
		{Name: "a collection of itself", Data: []byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00")},
		{Name: "a packed font of 4 GB", Data: append([]byte("wOF2"+trueType+"\x00\x00\x00\x40\x00\x0a\x00\x00\xff\xff\xff\xff\x00\x00\x00\x10"), make([]byte, 40)...)},
		{Name: "a packed font of tables without end", Data: append([]byte("wOF2"+trueType+"\x00\x00\x00\x40\xff\xff\x00\x00\x00\x00\x10\x00\x00\x00\x00\x10"), bytes.Repeat([]byte{0xff}, 40)...)},
		{Name: "a font of Type 1", Data: []byte("%!PS-AdobeFont-1.0: x\n" + strings.Repeat("{", 5000) + "/FontMatrix [1 0 0 1 0 0] def currentfile eexec\n")},
		{Name: "a font of bitmaps", Data: []byte("STARTFONT 2.1\nFONTBOUNDINGBOX 99999 99999 0 0\nCHARS 99999999\nSTARTCHAR a\nBBX 99999 99999 0 0\nBITMAP\n")},
		{Name: "a font of Windows", Data: append([]byte("MZ"), bytes.Repeat([]byte{0xff}, 200)...)},
		{Name: "a list of fonts", Data: []byte("<?xml version=\"1.0\"?><!DOCTYPE fontconfig><fontconfig><dir>/etc</dir><include>/etc/passwd</include></fontconfig>")},
	}
}
