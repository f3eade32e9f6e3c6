package vips

import (
	"bytes"
	"encoding/binary"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/embedded"
)

// metadata is what a file tells about its picture beyond the pixels. It is left out of what we write unless a flag
// keeps it.
type metadata struct {
	exif, iptc, xmp []byte
	// attribution are the fields of EXIF that say whose the picture is, by libvips' name.
	attribution map[string]string
	// density is the resolution in dots per inch.
	density float64
}

// attributionFields are those of EXIF that name author and rights.
func attributionFields() []string { return []string{"exif-ifd0-Artist", "exif-ifd0-Copyright"} }

func readMetadata(image *govips.ImageRef) metadata {
	m := metadata{
		exif: blobField(image, fieldEXIF), iptc: blobField(image, fieldIPTC), xmp: blobField(image, fieldXMP),
		attribution: map[string]string{}, density: density(image),
	}
	for _, name := range attributionFields() {
		if text := textField(image, name); text != "" {
			m.attribution[name] = text
		}
	}
	return m
}

// keepAll puts all metadata onto an image that is about to be written. The orientation has been applied.
func (m *metadata) keepAll(image *govips.ImageRef) {
	for name, data := range map[string][]byte{fieldEXIF: m.exif, fieldIPTC: m.iptc, fieldXMP: m.xmp} {
		if len(data) > 0 {
			setBlob(image, name, data)
		}
	}
	setInt(image, fieldOrient, 1)
}

// keepAttribution puts only the fields that name author and rights onto an image.
func (m *metadata) keepAttribution(image *govips.ImageRef) {
	for name, text := range m.attribution {
		setText(image, name, text)
	}
	if kept := attributionIPTC(m.iptc); len(kept) > 0 {
		setBlob(image, fieldIPTC, kept)
	}
}

// attributionIPTC leaves in a block of IPTC only the records that name author, credit, source and rights (IIM 4: each
// is 0x1c, the record, the data set, a length of two bytes). The resource of Photoshop that JPEG wraps the block into is redone.
func attributionIPTC(block []byte) []byte {
	const photoshop = "Photoshop 3.0\x00"
	body, inside := embedded.IPTC(block), bytes.HasPrefix(block, []byte(photoshop))
	var kept []byte
	for len(body) >= 5 && body[0] == 0x1c {
		length := 5 + int(binary.BigEndian.Uint16(body[3:]))
		if length > len(body) {
			break
		}
		switch body[2] {
		case 80, 85, 110, 115, 116: // by-line and its title, credit, source, copyright notice
			if body[1] == 2 {
				kept = append(kept, body[:length]...)
			}
		}
		body = body[length:]
	}
	if !inside || len(kept) == 0 {
		return kept
	}
	wrapped := append([]byte(photoshop), "8BIM\x04\x04\x00\x00"...)
	wrapped = binary.BigEndian.AppendUint32(wrapped, uint32(len(kept)))
	return append(append(wrapped, kept...), make([]byte, len(kept)%2)...)
}
