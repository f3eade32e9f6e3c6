// Package preview finds the pictures that cameras and layout programs put into their files for those that cannot read
// them: raw photos (DNG, NEF, ARW, CR2, CR3) and InDesign documents carry JPEGs. Developing raw photos takes a library of
// its own; what the camera shows on its display takes none.
package preview

import (
	"bytes"
	"encoding/binary"
)

// Preview is a JPEG out of a file.
type Preview struct {
	JPEG []byte
	// Orientation is the EXIF orientation that the file says, 1..8; 1 when it says none.
	Orientation int
}

// Kind is the canonical name of the format of a file: dng, nef, arw, cr2, cr3 or indd; empty for any other.
func Kind(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d")):
		return "indd"
	case len(data) > 12 && string(data[4:12]) == "ftypcrx ":
		return "cr3"
	}
	t := openTIFF(data)
	if t == nil {
		return ""
	}
	return t.kind()
}

// Find gives the largest picture that the file carries; false when it carries none.
func Find(data []byte) (Preview, bool) {
	found := Preview{Orientation: 1}
	switch Kind(data) {
	case "":
		return found, false
	case "indd":
		found.JPEG = ofInDesign(data)
	case "cr3":
		found.JPEG, found.Orientation = ofCR3(data)
	default:
		t := openTIFF(data)
		found.JPEG, found.Orientation = t.largest(), t.orientation
	}
	return found, found.JPEG != nil
}

// area is width times height of a JPEG that other decoders read (ISO 10918-1: a baseline or progressive frame of 8 bits
// per sample), 0 for anything else. Raw sensor data is packed as lossless JPEG, which is told apart by its frame.
func area(jpeg []byte) int {
	if !bytes.HasPrefix(jpeg, []byte("\xff\xd8\xff")) {
		return 0
	}
	for at := 2; at+9 <= len(jpeg) && jpeg[at] == 0xff; {
		marker, length := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		switch {
		case marker == 0xff:
			at++
			continue
		case marker >= 0xc0 && marker <= 0xc2:
			if jpeg[at+4] != 8 {
				return 0
			}
			return int(binary.BigEndian.Uint16(jpeg[at+5:])) * int(binary.BigEndian.Uint16(jpeg[at+7:]))
		case marker >= 0xc3 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc, marker == 0xda, length < 2:
			return 0
		}
		at += 2 + length
	}
	return 0
}
