package preview

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

// maxBoxes bounds how many boxes of a file are looked at.
const maxBoxes = 10_000

// ofCR3 looks through the boxes of a file of the ISO media family (ISO 14496-12) for JPEGs: previews and thumbnails are in
// boxes of their own, and the first track of a photo is the picture in full size, at the begin of the media data.
func ofCR3(data []byte) (jpeg []byte, orientation int) {
	orientation = 1
	count := 0
	var walk func(data []byte, depth int)
	walk = func(data []byte, depth int) {
		for len(data) >= 8 && count < maxBoxes {
			count++
			length, header := int64(binary.BigEndian.Uint32(data)), int64(8)
			name := string(data[4:8])
			switch {
			case length == 0:
				length = int64(len(data))
			case length == 1 && len(data) >= 16:
				length, header = int64(binary.BigEndian.Uint64(data[8:])), 16
			}
			if length < header || length > int64(len(data)) {
				return
			}
			body := data[header:length]
			switch name {
			case "moov", "trak", "mdia", "minf", "stbl":
				if depth < 8 {
					walk(body, depth+1)
				}
			case "uuid": // sixteen bytes that say what it is, and then boxes
				if depth < 8 && len(body) > 16 {
					walk(inner(body[16:]), depth+1)
				}
			case "CMT1": // EXIF's first directory
				if t := openTIFF(body); t != nil {
					orientation = t.orientation
				}
			case "PRVW", "THMB", "mdat":
				if found := firstJPEG(body); area(found) > area(jpeg) {
					jpeg = found
				}
			}
			data = data[length:]
		}
	}
	walk(data, 0)
	return jpeg, orientation
}

// inner skips the eight bytes that some boxes of Canon have before the boxes that they hold.
func inner(body []byte) []byte {
	if len(body) >= 16 && string(body[12:16]) == "PRVW" {
		return body[8:]
	}
	return body
}

// firstJPEG is what begins near the front of a box as a JPEG. Its end is found by whoever decodes it.
func firstJPEG(body []byte) []byte {
	at := bytes.Index(body[:min(len(body), 64)], []byte("\xff\xd8\xff"))
	if at < 0 {
		return nil
	}
	return body[at:]
}

// ofInDesign finds the largest preview in the XMP packet of a document: text of base 64, whose line ends are written as
// entities.
func ofInDesign(data []byte) []byte {
	const begin, end = "<xmpGImg:image>", "</xmpGImg:image>"
	var best []byte
	for range maxDirectories {
		_, rest, ok := bytes.Cut(data, []byte(begin))
		if !ok {
			break
		}
		text, after, ok := bytes.Cut(rest, []byte(end))
		if !ok {
			break
		}
		data = after
		for _, space := range []string{"&#xA;", "&#xD;", "&#10;", "&#13;", "\n", "\r", " ", "\t"} {
			text = bytes.ReplaceAll(text, []byte(space), nil)
		}
		decoded, err := base64.StdEncoding.DecodeString(string(text))
		if err == nil && area(decoded) > area(best) {
			best = decoded
		}
	}
	return best
}
