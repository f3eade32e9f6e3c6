package vips

import "bytes"

// Markers of JPEG (ITU T.81, table B.1).
const (
	markerStart       = 0xd8
	markerEnd         = 0xd9
	markerScan        = 0xda
	markerStuffedZero = 0x00
	markerRestart     = 0xd0
	markerTemporary   = 0x01
)

// completeJPEG says whether a JPEG goes on to its end marker. It follows the lengths of segments and looks for markers
// in scans, which finds whatever was cut off at a hundredth of the price of decoding; a wrong bit inside of a scan is no
// such thing, and is shown as decoders show it.
func completeJPEG(data []byte) bool {
	if len(data) < 2 || data[0] != 0xff || data[1] != markerStart {
		return false
	}
	scanned := false
	for data = data[2:]; ; {
		marker, rest, ok := nextMarker(data)
		if !ok {
			return false
		}
		data = rest
		switch {
		case marker == markerEnd:
			return scanned
		case marker == markerTemporary:
			continue
		}
		if len(data) < 2 {
			return false
		}
		length := int(data[0])<<8 | int(data[1])
		if length < 2 || length > len(data) {
			return false
		}
		data = data[length:]
		scanned = scanned || marker == markerScan
	}
}

// nextMarker finds the next marker, past the compressed data in front of it, and what follows it.
func nextMarker(data []byte) (marker byte, rest []byte, ok bool) {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 >= len(data) {
			return 0, nil, false
		}
		switch marker = data[i+1]; {
		case marker == 0xff: // A filler byte; the marker may follow it.
			data = data[i+1:]
		case marker == markerStuffedZero || isRestart(marker):
			data = data[i+2:]
		default:
			return marker, data[i+2:], true
		}
	}
}

func isRestart(marker byte) bool { return marker >= markerRestart && marker < markerRestart+8 }
