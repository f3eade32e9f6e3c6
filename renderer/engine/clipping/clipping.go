// Package clipping reads and writes the clipping paths that image editors store in pictures. Their source is Adobe's
// "Photoshop File Formats Specification": image resources 2000 to 2997 are paths, 2999 names the one that clips. JPEG carries
// the resources in segments APP13, TIFF in tag 34377, PSD in a section of its own. Numbers are big-endian.
package clipping

import (
	"bytes"
	"encoding/binary"
)

// Path is a closed outline of one or more parts.
type Path struct {
	Name  string
	Parts [][]Knot
}

// Knot is a point of a part with the control points of the curves before and after it.
type Knot struct{ Before, At, After Point }

// Point is a place on the stored picture, before orientation: fractions of its width and height.
type Point struct{ X, Y float64 }

// Paths are those of a picture.
type Paths struct {
	All []Path
	// Clipping is the name of the path that the picture is clipped by; empty when it says none.
	Clipping string
}

// Numbers of resources.
const (
	firstPath    = 2000
	lastPath     = 2997
	clippingName = 2999
)

// Records of a path are of this length: a kind, then lengths or three points.
const recordLength = 26

// Kinds of records.
const (
	closedLength   = 0
	closedLinked   = 1
	closedUnlinked = 2
	fillRule       = 6
	initialFill    = 8
)

// limits that no picture comes near; what is beyond is left out.
const (
	maxPaths = 1000
	maxKnots = 100_000
)

// Read finds the paths of a JPEG, TIFF or PSD. There are none where the file is of another kind, or damaged.
func Read(data []byte) Paths {
	var found Paths
	knots := 0
	each(resources(data), func(id int, name string, body []byte) {
		switch {
		case id == clippingName && len(body) > 0:
			found.Clipping = string(body[1:min(len(body), 1+int(body[0]))])
		case firstPath <= id && id <= lastPath && len(found.All) < maxPaths:
			path := Path{Name: name, Parts: parts(body)}
			for _, p := range path.Parts {
				knots += len(p)
			}
			if len(path.Parts) > 0 && knots <= maxKnots {
				found.All = append(found.All, path)
			}
		}
	})
	return found
}

// Named is the path of a name; false when there is none.
func (p Paths) Named(name string) (Path, bool) {
	for _, path := range p.All {
		if path.Name == name {
			return path, true
		}
	}
	return Path{}, false
}

// Default is the path that clips: the one that the picture names, else the first; false when there is none.
func (p Paths) Default() (Path, bool) {
	if path, ok := p.Named(p.Clipping); ok && p.Clipping != "" {
		return path, true
	}
	if len(p.All) == 0 {
		return Path{}, false
	}
	return p.All[0], true
}

// resources is the block of image resources of a file, nil when it has none.
func resources(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		return ofJPEG(data)
	case bytes.HasPrefix(data, []byte("II*\x00")):
		return ofTIFF(data, binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		return ofTIFF(data, binary.BigEndian)
	case bytes.HasPrefix(data, []byte("8BPS")):
		return ofPSD(data)
	}
	return nil
}

// signature begins the segments of a JPEG that carry resources.
const signature = "Photoshop 3.0\x00"

// ofJPEG joins what the segments carry: a block may be longer than one.
func ofJPEG(data []byte) []byte {
	var block []byte
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, length := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xff {
			at++ // filling
			continue
		}
		if marker == 0xda || length < 2 || at+2+length > len(data) {
			break
		}
		if rest, ok := bytes.CutPrefix(data[at+4:at+2+length], []byte(signature)); ok && marker == 0xed {
			block = append(block, rest...)
		}
		at += 2 + length
	}
	return block
}

// ofTIFF reads the first directory.
func ofTIFF(data []byte, order binary.ByteOrder) []byte {
	const tag, header, entry = 34377, 8, 12
	if len(data) < header {
		return nil
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return nil
	}
	count := int64(order.Uint16(data[at:]))
	for i := range count {
		start := at + 2 + i*entry
		if start+entry > int64(len(data)) {
			return nil
		}
		field := data[start : start+entry]
		if order.Uint16(field) != tag {
			continue
		}
		length, offset := int64(order.Uint32(field[4:])), int64(order.Uint32(field[8:]))
		if offset+length > int64(len(data)) {
			return nil
		}
		return data[offset : offset+length]
	}
	return nil
}

// ofPSD skips the header and the colour mode.
func ofPSD(data []byte) []byte {
	const header = 26
	_, rest, ok := section(data, header)
	if !ok {
		return nil
	}
	block, _, _ := section(rest, 0)
	return block
}

// section reads a length and that many bytes at an offset, and gives what follows them, too.
func section(data []byte, at int) (body, rest []byte, ok bool) {
	if at+4 > len(data) {
		return nil, nil, false
	}
	length := int64(binary.BigEndian.Uint32(data[at:]))
	if rest = data[at+4:]; length > int64(len(rest)) {
		return nil, nil, false
	}
	return rest[:length], rest[length:], true
}

// each calls visit for the resources of a block, until it is damaged.
func each(block []byte, visit func(id int, name string, body []byte)) {
	for len(block) >= 12 && string(block[:4]) == "8BIM" {
		id := int(binary.BigEndian.Uint16(block[4:]))
		length := int(block[6])
		padded := (length + 2) / 2 * 2 // with its own length, even
		if 6+padded > len(block) {
			return
		}
		name := string(block[7 : 7+length])
		body, rest, ok := section(block, 6+padded)
		if !ok {
			return
		}
		visit(id, name, body)
		if block = rest; len(body)%2 == 1 && len(block) > 0 {
			block = block[1:]
		}
	}
}

// parts are the closed subpaths of the records of a path; open ones enclose nothing.
func parts(body []byte) [][]Knot {
	var all [][]Knot
	var current []Knot
	open := 0
	for len(body) >= recordLength {
		record := body[:recordLength]
		body = body[recordLength:]
		switch kind := binary.BigEndian.Uint16(record); kind {
		case closedLength:
			if len(current) > 0 {
				all = append(all, current)
			}
			current, open = nil, int(binary.BigEndian.Uint16(record[2:]))
		case closedLinked, closedUnlinked:
			if open == 0 {
				continue
			}
			open--
			current = append(current, Knot{point(record[2:]), point(record[10:]), point(record[18:])})
		}
	}
	if len(current) > 0 {
		all = append(all, current)
	}
	return all
}

// fraction is 1.0 in numbers of 8 and 24 bits.
const fraction = 1 << 24

// point reads y and x.
func point(data []byte) Point {
	number := func(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / fraction }
	return Point{X: number(data[4:]), Y: number(data)}
}

// Resources writes a path as a block of image resources that names it as the one that clips.
func Resources(path Path) []byte {
	body := record(fillRule)
	body = append(body, record(initialFill)...)
	for _, part := range path.Parts {
		start := record(closedLength)
		binary.BigEndian.PutUint16(start[2:], uint16(len(part)))
		body = append(body, start...)
		for _, knot := range part {
			r := record(closedLinked)
			for i, p := range []Point{knot.Before, knot.At, knot.After} {
				put(r[2+8*i:], p)
			}
			body = append(body, r...)
		}
	}
	name := path.Name[:min(len(path.Name), 255)]
	// The name of the path that clips comes with a flatness (0: that of the device) and a fill rule.
	clip := append([]byte{byte(len(name))}, name...)
	clip = append(clip, make([]byte, len(clip)%2)...)
	clip = append(clip, 0, 0, 0, 0, 0, 1)
	return append(resource(firstPath, name, body), resource(clippingName, "", clip)...)
}

func record(kind uint16) []byte {
	return binary.BigEndian.AppendUint16(make([]byte, 0, recordLength), kind)[:recordLength]
}

func put(to []byte, p Point) {
	number := func(v float64) uint32 { return uint32(int32(max(-127, min(127, v)) * fraction)) }
	binary.BigEndian.PutUint32(to, number(p.Y))
	binary.BigEndian.PutUint32(to[4:], number(p.X))
}

func resource(id int, name string, body []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte("8BIM"), uint16(id))
	out = append(out, byte(len(name)))
	out = append(out, name...)
	out = append(out, make([]byte, (len(name)+1)%2)...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	out = append(out, body...)
	return append(out, make([]byte, len(body)%2)...)
}
