package upload

import (
	"bytes"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// kind is what a file's first bytes say it is.
type kind struct {
	// resourceType is image, video or raw.
	resourceType string
	// format is the canonical format of a video or sound; empty otherwise: the engine names those of pictures.
	format string
	// certain says that a picture that cannot be decoded is a broken picture, not a file of another kind.
	certain bool
}

// sniffLength is how many bytes are looked at.
const sniffLength = 512

func kindOf(head []byte) kind {
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	video := func(format string) kind { return kind{resourceType: library.Video, format: format} }
	image := kind{resourceType: library.Image, certain: true}
	likelyImage := kind{resourceType: library.Image}
	switch {
	case at(0, "\xff\xd8\xff"), at(0, "\x89PNG\r\n\x1a\n"), at(0, "GIF87a"), at(0, "GIF89a"), at(0, "RIFF") && at(8, "WEBP"):
		return image
	case at(0, "II*\x00"), at(0, "MM\x00*"), at(0, "8BPS"), at(0, "\x00\x00\x01\x00"), at(0, "%PDF-"), at(0, "\xff\x0a"),
		at(0, "\x00\x00\x00\x0cJXL \r\n\x87\n"), at(0, "\x00\x00\x00\x0cjP  \r\n\x87\n"), at(0, "\x06\x06\xed\xf5\xd8\x1dF\xe5"), at(0, "II+\x00"), at(0, "MM\x00+"), at(0, "BM") && at(6, "\x00\x00\x00\x00"):
		return likelyImage
	case at(4, "ftyp"):
		return isoMedia(head)
	case at(0, "\x1aE\xdf\xa3"):
		if bytes.Contains(head, []byte("webm")) {
			return video("webm")
		}
		return video("mkv")
	case at(0, "RIFF") && at(8, "AVI "):
		return video("avi")
	case at(0, "RIFF") && at(8, "WAVE"):
		return video("wav")
	case at(0, "FLV\x01"):
		return video("flv")
	case at(0, "OggS"):
		return video("ogg")
	case at(0, "fLaC"):
		return video("flac")
	case at(0, "ID3"), at(0, "\xff\xfb"), at(0, "\xff\xf3"), at(0, "\xff\xf2"):
		return video("mp3")
	case at(0, "\xff\xf1"), at(0, "\xff\xf9"):
		return video("aac")
	case at(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
		return video("wmv")
	case at(0, "\x00\x00\x01\xba"), at(0, "\x00\x00\x01\xb3"):
		return video("mpeg")
	case at(0, "G") && at(188, "G") && at(376, "G"):
		return video("ts")
	case bytes.Contains(head, []byte("<svg")):
		return likelyImage
	}
	return kind{resourceType: library.Raw}
}

// named corrects what the first bytes say by the extension that the file came with: Truevision pictures begin with no
// signature.
func (k kind) named(extension string) kind {
	if k.resourceType == library.Raw && extension == "tga" {
		return kind{resourceType: library.Image}
	}
	return k
}

// isoMedia tells the relatives of MP4 apart by their brand.
func isoMedia(head []byte) kind {
	if len(head) < 12 {
		return kind{resourceType: library.Raw}
	}
	switch string(head[8:12]) {
	case "avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "crx ":
		return kind{resourceType: library.Image}
	case "qt  ":
		return kind{resourceType: library.Video, format: "mov"}
	case "M4A ", "M4B ":
		return kind{resourceType: library.Video, format: "m4a"}
	case "3gp4", "3gp5", "3gp6", "3gs7", "3g2a":
		return kind{resourceType: library.Video, format: "3gp"}
	}
	return kind{resourceType: library.Video, format: "mp4"}
}
