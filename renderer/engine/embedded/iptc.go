package embedded

import (
	"bytes"
	"encoding/binary"
)

// readIPTC reads a block of IPTC: records of 0x1c, the record, the data set, a length of two bytes. JPEG wraps the block into
// a Photoshop resource.
func (t *Tags) readIPTC(data []byte) {
	records := IPTC(data)
	for len(records) >= 5 && records[0] == 0x1c {
		length := 5 + int(binary.BigEndian.Uint16(records[3:]))
		if length > len(records) {
			return
		}
		if name := recordNames[records[2]]; name != "" && records[1] == 2 {
			t.append(name, string(records[5:length]))
		}
		records = records[length:]
	}
}

// IPTC is the block of IPTC in what a file holds: the block itself, or the resource of Photoshop (8BIM, 0x0404) around it. It
// is nil when there is none.
func IPTC(data []byte) []byte {
	rest, wrapped := bytes.CutPrefix(data, []byte("Photoshop 3.0\x00"))
	if !wrapped {
		return data
	}
	const header = 12 // "8BIM", the number, an empty name, the length
	for len(rest) >= header && string(rest[:4]) == "8BIM" {
		length := int64(binary.BigEndian.Uint32(rest[8:]))
		if rest[6] != 0 || header+length > int64(len(rest)) {
			return nil
		}
		if binary.BigEndian.Uint16(rest[4:]) == 0x0404 {
			return rest[header : header+length]
		}
		rest = rest[min(int64(len(rest)), header+length+length%2):]
	}
	return nil
}
