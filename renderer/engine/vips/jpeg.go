package vips

import "encoding/binary"

// withoutEXIF takes the EXIF segment out of a JPEG file. libvips writes one of its own invention wherever it writes a
// profile that a picture carries.
func withoutEXIF(data []byte) []byte {
	const marker, exif = 4, 0xe1
	if len(data) < 2 {
		return data
	}
	out := append(make([]byte, 0, len(data)), data[:2]...)
	rest := data[2:]
	for len(rest) >= marker && rest[0] == 0xff && rest[1] >= 0xe0 && rest[1] <= 0xef {
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length > len(rest) {
			break
		}
		if rest[1] != exif {
			out = append(out, rest[:length]...)
		}
		rest = rest[length:]
	}
	return append(out, rest...)
}

// withDensity puts a JFIF header with a resolution in dots per inch in front: libvips leaves it out together with
// metadata.
func withDensity(data []byte, dpi float64) []byte {
	const name, header = 6, 20
	if len(data) < header {
		return data
	}
	rest := data[2:]
	if string(data[name:name+5]) == "JFIF\x00" {
		rest = data[min(len(data), 4+int(binary.BigEndian.Uint16(data[4:]))):]
	}
	dots := uint16(clamp(round(dpi), 1, 65535))
	out := append(make([]byte, 0, len(data)+header), "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01"...)
	out = binary.BigEndian.AppendUint16(out, dots)
	out = append(binary.BigEndian.AppendUint16(out, dots), 0, 0)
	return append(out, rest...)
}
