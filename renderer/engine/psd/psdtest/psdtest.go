// Package psdtest makes Photoshop documents for tests.
package psdtest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"unicode/utf16"
)

// Layer is a rectangle of one colour.
type Layer struct {
	Name   string
	Bounds image.Rectangle
	Color  color.NRGBA
	// Object is the name of the embedded file that the layer shows, if it is a smart object; Data is that file.
	Object string
	Data   []byte
}

// Merged is the colour of the picture that all layers together are said to make.
var Merged = color.NRGBA{R: 10, G: 20, B: 30, A: 255}

// Document is a PSD of RGB with layers from the bottom.
func Document(width, height int, layers ...Layer) []byte {
	var records, pixels, linked []byte
	for i, l := range layers {
		for _, side := range []int{l.Bounds.Min.Y, l.Bounds.Min.X, l.Bounds.Max.Y, l.Bounds.Max.X} {
			records = u32(records, side)
		}
		area := l.Bounds.Dx() * l.Bounds.Dy()
		records = u16(records, 3)
		for c, value := range []byte{l.Color.R, l.Color.G, l.Color.B} {
			records = u32(u16(records, c), 2+area)
			pixels = append(u16(pixels, 0), bytes.Repeat([]byte{value}, area)...)
		}
		records = append(records, "8BIMnorm\xff\x00\x00\x00"...)
		extra := append(make([]byte, 8), byte(len(l.Name)))
		extra = append(extra, l.Name...)
		extra = append(extra, make([]byte, (4-(1+len(l.Name))%4)%4)...)
		if l.Object != "" {
			id := "id-" + string(rune('a'+i))
			extra = append(extra, placement(id)...)
			linked = append(linked, file(id, l.Object, l.Data)...)
		}
		records = append(u32(records, len(extra)), extra...)
	}
	info := append(append(u16(nil, len(layers)), records...), pixels...)
	section := append(u32(nil, len(info)), info...)
	section = u32(section, 0) // no global mask
	if linked != nil {
		section = append(section, "8BIMlnk2"...)
		section = append(u32(section, len(linked)), linked...)
	}
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = u16(u16(u32(u32(u16(out, 3), height), width), 8), 3)
	out = u32(u32(out, 0), 0)
	out = append(u32(out, len(section)), section...)
	out = u16(out, 0)
	for _, value := range []byte{Merged.R, Merged.G, Merged.B} {
		out = append(out, bytes.Repeat([]byte{value}, width*height)...)
	}
	return out
}

// placement is the block of a layer that shows an embedded file, as newer versions write it: a descriptor.
func placement(id string) []byte {
	body := append([]byte("soLD"), 0, 0, 0, 4, 0, 0, 0, 16)
	body = append(text(body, ""), 0, 0, 0, 0)
	body = append(body, "null"...)
	body = u32(body, 3)
	body = append(u32(body, 0), "PgNmlong\x00\x00\x00\x01"...)
	body = append(u32(body, 0), "Anntenum"...)
	body = append(u32(body, 9), "annotType"...)
	body = append(u32(body, 0), "Anto"...)
	body = text(append(u32(body, 0), "IdntTEXT"...), id)
	body = append(body, make([]byte, len(body)%2)...)
	return append(u32([]byte("8BIMSoLd"), len(body)), body...)
}

// file is an embedded file with an open descriptor.
func file(id, name string, data []byte) []byte {
	body := append([]byte("liFD"), 0, 0, 0, 2, byte(len(id)))
	body = append(body, id...)
	body = text(body, name)
	body = append(body, "png 8BIM"...)
	body = append(u32(u32(body, 0), len(data)), 1, 0, 0, 0, 16)
	body = append(text(body, ""), 0, 0, 0, 0)
	body = append(body, "null\x00\x00\x00\x01\x00\x00\x00\x08compInfoObjc"...)
	body = append(text(body, ""), 0, 0, 0, 0)
	body = append(body, "null\x00\x00\x00\x01\x00\x00\x00\x06compIDlong\xff\xff\xff\xff"...)
	body = append(body, data...)
	out := append(u32(u32(nil, 0), len(body)), body...)
	return append(out, make([]byte, (4-len(body)%4)%4)...)
}

func text(b []byte, s string) []byte {
	units := utf16.Encode([]rune(s + "\x00"))
	b = u32(b, len(units))
	for _, u := range units {
		b = u16(b, int(u))
	}
	return b
}

func u16(b []byte, v int) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
func u32(b []byte, v int) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
