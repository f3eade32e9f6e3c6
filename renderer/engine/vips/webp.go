package vips

import "encoding/binary"

// Parts of a WebP file: a RIFF header of twelve bytes, then chunks of a name, a length and as many bytes, padded to
// an even length. VP8X announces by flags what is there besides the picture.
const (
	riffHeader  = 12
	chunkHeader = 8
	flagEXIF    = 0x08
	flagXMP     = 0x04
)

// bareWebP takes EXIF and XMP out of a WebP file. libvips writes an EXIF block of its own invention even when it was
// told to write none. The bytes are changed in place.
func bareWebP(data []byte) []byte {
	if len(data) < riffHeader {
		return data
	}
	kept := data[:riffHeader]
	for rest := data[riffHeader:]; len(rest) >= chunkHeader; {
		length := chunkHeader + int(binary.LittleEndian.Uint32(rest[4:8]))
		length = min(length+length%2, len(rest))
		chunk := rest[:length]
		rest = rest[length:]
		switch string(chunk[:4]) {
		case "EXIF", "XMP ":
			continue
		case "VP8X":
			if chunk[chunkHeader] &^= flagEXIF | flagXMP; chunk[chunkHeader] == 0 {
				continue // a plain picture needs no announcement
			}
		}
		kept = append(kept, chunk...)
	}
	binary.LittleEndian.PutUint32(kept[4:8], uint32(len(kept)-chunkHeader))
	return kept
}
