package upload

import (
	"bytes"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// kind is what a file's first bytes say it is.
type kind struct {
	// resourceType is image, video or raw.
	resourceType string
	// format is the canonical format of a video or sound; empty otherwise: the engine names those of pictures.
	format string
	// certain says that a picture or a video that cannot be read is a broken one, not a file of another kind.
	certain bool
}

// sniffLength is how many bytes are looked at.
const sniffLength = engine.VideoHead

func kindOf(head []byte) kind {
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	image := kind{resourceType: library.Image, certain: true}
	likelyImage := kind{resourceType: library.Image}
	if format, certain := engine.VideoFormat(head); format != "" {
		return kind{resourceType: library.Video, format: format, certain: certain}
	}
	switch {
	case at(0, "\xff\xd8\xff"), at(0, "\x89PNG\r\n\x1a\n"), at(0, "GIF87a"), at(0, "GIF89a"), at(0, "RIFF") && at(8, "WEBP"):
		return image
	case at(0, "II*\x00"), at(0, "MM\x00*"), at(0, "8BPS"), at(0, "\x00\x00\x01\x00"), at(0, "%PDF-"), at(0, "\xff\x0a"),
		at(0, "\x00\x00\x00\x0cJXL \r\n\x87\n"), at(0, "\x00\x00\x00\x0cjP  \r\n\x87\n"), at(0, "\x06\x06\xed\xf5\xd8\x1dF\xe5"), at(0, "II+\x00"), at(0, "MM\x00+"), at(0, "BM") && at(6, "\x00\x00\x00\x00"):
		return likelyImage
	case at(4, "ftyp"), bytes.Contains(head, []byte("<svg")):
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
