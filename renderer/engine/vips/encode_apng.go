package vips

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	govips "github.com/davidbyttow/govips/v2/vips"
)

var errNoPNG = errors.New("the encoder wrote no PNG")

// encodeAPNG writes an animated PNG: the frames as PNGs, whose pixel data are put behind each other with a control chunk
// before each (APNG specification 1.0). Programs that do not know it see the first frame.
func encodeAPNG(roll *govips.ImageRef, e encoding) ([]byte, error) {
	var out []byte
	sequence := uint32(0)
	shots := e.timeline.shots
	still := e
	still.progressive = false
	for i, shot := range shots {
		frame, err := frameOf(roll, i, e.frame)
		var data []byte
		if err == nil {
			data, err = encodePNG(frame, still)
			frame.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		chunks, err := readChunks(data)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out = append(out, data[:8]...)
		}
		control := binary.BigEndian.AppendUint32(nil, sequence)
		control = binary.BigEndian.AppendUint32(control, uint32(e.frame.w))
		control = binary.BigEndian.AppendUint32(control, uint32(e.frame.h))
		control = append(control, make([]byte, 8)...)
		control = binary.BigEndian.AppendUint16(control, uint16(min(shot.delay, 65535)))
		control = binary.BigEndian.AppendUint16(control, 1000)
		control = append(control, 0, 0) // nothing is disposed, the frame replaces what was there
		sequence++
		announced := false
		for _, c := range chunks {
			switch {
			case c.kind == "IDAT":
				if !announced {
					out = appendChunk(out, "fcTL", control)
					announced = true
				}
				if i == 0 {
					out = appendChunk(out, "IDAT", c.data)
				} else {
					out = appendChunk(out, "fdAT", append(binary.BigEndian.AppendUint32(nil, sequence), c.data...))
					sequence++
				}
			case i > 0, c.kind == "IEND":
			default:
				out = appendChunk(out, c.kind, c.data)
				if c.kind == "IHDR" {
					plays := binary.BigEndian.AppendUint32(nil, uint32(len(shots)))
					out = appendChunk(out, "acTL", binary.BigEndian.AppendUint32(plays, uint32(e.timeline.loop)))
				}
			}
		}
	}
	return appendChunk(out, "IEND", nil), nil
}

// chunk is a part of a PNG file.
type chunk struct {
	kind string
	data []byte
}

func readChunks(data []byte) ([]chunk, error) {
	const signature, frame = 8, 12
	if len(data) < signature {
		return nil, errNoPNG
	}
	var chunks []chunk
	for rest := data[signature:]; len(rest) >= frame; {
		length := int(binary.BigEndian.Uint32(rest))
		if length > len(rest)-frame {
			return nil, errNoPNG
		}
		chunks = append(chunks, chunk{string(rest[4:8]), rest[8 : 8+length]})
		rest = rest[frame+length:]
	}
	return chunks, nil
}

func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	start := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}
