package engine

import (
	"bytes"
	"slices"
)

// VideoHead is how many of the first bytes of a file VideoFormat wants to see.
const VideoHead = 512

// pictureBrands are the relatives of MP4 that are pictures.
var pictureBrands = []string{"avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "crx "}

// VideoFormat is the canonical format of a file of moving pictures or of sound by its first bytes; empty for any other file.
// certain says that the bytes are a signature, which no other kind of file begins with by chance.
func VideoFormat(head []byte) (format string, certain bool) {
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	// Packets that begin alike, every so many bytes.
	packets := func(first, length int) bool {
		return at(first, "G") && at(first+length, "G") && at(first+2*length, "G")
	}
	switch {
	case at(4, "ftyp"):
		return isoMedia(head), true
	case at(0, "\x1aE\xdf\xa3"):
		if bytes.Contains(head, []byte("webm")) {
			return "webm", true
		}
		return "mkv", true
	case at(0, "RIFF") && at(8, "AVI "):
		return "avi", true
	case at(0, "RIFF") && at(8, "WAVE"):
		return "wav", true
	case at(0, "FORM") && (at(8, "AIFF") || at(8, "AIFC")):
		return "aiff", true
	case at(0, "FLV\x01"):
		return "flv", true
	case at(0, "OggS"):
		return "ogg", true
	case at(0, "fLaC"):
		return "flac", true
	case at(0, "#!AMR"):
		return "amr", true
	case at(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
		return "wmv", true
	case at(0, "\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"):
		return "mxf", true
	case at(0, "\x00\x00\x01\xba"), at(0, "\x00\x00\x01\xb3"):
		return "mpeg", true
	case at(0, "ID3"):
		return "mp3", true
	case at(0, "\xff\xfb"), at(0, "\xff\xf3"), at(0, "\xff\xf2"):
		return "mp3", false
	case at(0, "\xff\xf1"), at(0, "\xff\xf9"):
		return "aac", false
	case packets(0, 188):
		return "ts", false
	case packets(4, 192):
		return "m2ts", false
	}
	return "", false
}

// isoMedia tells the relatives of MP4 apart by their brand.
func isoMedia(head []byte) string {
	if len(head) < 12 {
		return ""
	}
	switch brand := string(head[8:12]); {
	case slices.Contains(pictureBrands, brand):
		return ""
	case brand == "qt  ":
		return "mov"
	case brand == "M4A " || brand == "M4B ":
		return "m4a"
	case slices.Contains([]string{"3gp4", "3gp5", "3gp6", "3gs7", "3g2a"}, brand):
		return "3gp"
	}
	return "mp4"
}
