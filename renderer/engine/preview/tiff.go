package preview

import (
	"bytes"
	"encoding/binary"
)

// tiff is a file of directories (TIFF 6.0; TIFF/EP for the tags of cameras).
type tiff struct {
	data  []byte
	order binary.ByteOrder
	// directories are those of the chain and their children, as far as they could be read.
	directories []directory
	// orientation is that of the first directory.
	orientation int
}

// directory holds the fields of one picture, by tag.
type directory map[uint16]field

// field is a field: what it holds begins at offset.
type field struct {
	kind   uint16
	count  uint32
	offset int64
}

// Tags.
const (
	tagCompression  = 0x103
	tagPhotometric  = 0x106
	tagMake         = 0x10f
	tagStripOffsets = 0x111
	tagOrientation  = 0x112
	tagStripLengths = 0x117
	tagSubDirs      = 0x14a
	tagJPEGOffset   = 0x201
	tagJPEGLength   = 0x202
	tagDNGVersion   = 0xc612
)

// Photometric interpretations of sensor data.
const (
	colorFilterArray = 32803
	linearRaw        = 34892
)

// compressionJPEG and the older one are strips that are whole JPEGs.
const (
	compressionOldJPEG = 6
	compressionJPEG    = 7
)

// maxDirectories bounds how many directories are read.
const maxDirectories = 64

// openTIFF reads all directories; nil when the file is no TIFF.
func openTIFF(data []byte) *tiff {
	t := &tiff{data: data, orientation: 1}
	switch {
	case bytes.HasPrefix(data, []byte("II*\x00")):
		t.order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		t.order = binary.BigEndian
	}
	if t.order == nil || len(data) < 8 {
		return nil
	}
	seen := map[int64]bool{}
	open := []int64{int64(t.order.Uint32(data[4:]))}
	for len(open) > 0 && len(t.directories) < maxDirectories {
		at := open[0]
		open = open[1:]
		if at <= 0 || seen[at] {
			continue
		}
		seen[at] = true
		d, next := t.read(at)
		if d == nil {
			continue
		}
		t.directories = append(t.directories, d)
		open = append(open, next)
		for i := range min(d[tagSubDirs].count, maxDirectories) {
			open = append(open, int64(t.number(d[tagSubDirs], int(i))))
		}
	}
	if len(t.directories) > 0 {
		if o := t.value(t.directories[0], tagOrientation); o >= 1 && o <= 8 {
			t.orientation = int(o)
		}
	}
	return t
}

// read reads one directory and where the next one begins.
func (t *tiff) read(at int64) (directory, int64) {
	const entry = 12
	if at+2 > int64(len(t.data)) {
		return nil, 0
	}
	count := int64(t.order.Uint16(t.data[at:]))
	end := at + 2 + count*entry
	if end > int64(len(t.data)) {
		return nil, 0
	}
	d := directory{}
	for i := range count {
		start := at + 2 + i*entry
		raw := t.data[start : start+entry]
		f := field{kind: t.order.Uint16(raw[2:]), count: t.order.Uint32(raw[4:]), offset: start + 8}
		if int64(f.count)*width(f.kind) > 4 {
			f.offset = int64(t.order.Uint32(raw[8:]))
		}
		d[t.order.Uint16(raw)] = f
	}
	if end+4 > int64(len(t.data)) {
		return d, 0
	}
	return d, int64(t.order.Uint32(t.data[end:]))
}

// width is the length of a value of a type.
func width(kind uint16) int64 {
	switch kind {
	case 3, 8:
		return 2
	case 4, 9, 11, 13:
		return 4
	case 5, 10, 12:
		return 8
	}
	return 1
}

// number is the i-th value of a field of whole numbers, 0 when there is none.
func (t *tiff) number(f field, i int) uint32 {
	at := f.offset + int64(i)*width(f.kind)
	if uint32(i) >= f.count || at < 0 || at+width(f.kind) > int64(len(t.data)) {
		return 0
	}
	switch width(f.kind) {
	case 2:
		return uint32(t.order.Uint16(t.data[at:]))
	case 4:
		return t.order.Uint32(t.data[at:])
	}
	return uint32(t.data[at])
}

// value is the first value of a tag.
func (t *tiff) value(d directory, tag uint16) uint32 { return t.number(d[tag], 0) }

// text is what a tag of text says, in lower case.
func (t *tiff) text(d directory, tag uint16) string {
	f := d[tag]
	end := f.offset + int64(f.count)
	if f.offset < 0 || end > int64(len(t.data)) || f.count > 256 {
		return ""
	}
	return string(bytes.ToLower(bytes.TrimRight(t.data[f.offset:end], "\x00 ")))
}

// kind tells raw photos from ordinary pictures: they hold what the sensor saw.
func (t *tiff) kind() string {
	if len(t.directories) == 0 {
		return ""
	}
	first := t.directories[0]
	if _, ok := first[tagDNGVersion]; ok {
		return "dng"
	}
	if len(t.data) > 10 && string(t.data[8:10]) == "CR" {
		return "cr2"
	}
	sensor := false
	for _, d := range t.directories {
		p := t.value(d, tagPhotometric)
		sensor = sensor || p == colorFilterArray || p == linearRaw
	}
	maker := t.text(first, tagMake)
	switch {
	case !sensor:
		return ""
	case bytes.HasPrefix([]byte(maker), []byte("nikon")):
		return "nef"
	case bytes.HasPrefix([]byte(maker), []byte("sony")):
		return "arw"
	}
	return ""
}

// largest is the largest JPEG of all directories, nil when there is none.
func (t *tiff) largest() []byte {
	var best []byte
	for _, d := range t.directories {
		candidates := [][2]uint32{{t.value(d, tagJPEGOffset), t.value(d, tagJPEGLength)}}
		if c := t.value(d, tagCompression); (c == compressionOldJPEG || c == compressionJPEG) && d[tagStripOffsets].count == 1 {
			candidates = append(candidates, [2]uint32{t.value(d, tagStripOffsets), t.value(d, tagStripLengths)})
		}
		for _, c := range candidates {
			from, to := int64(c[0]), int64(c[0])+int64(c[1])
			if c[1] == 0 || to > int64(len(t.data)) {
				continue
			}
			if jpeg := t.data[from:to]; area(jpeg) > area(best) {
				best = jpeg
			}
		}
	}
	return best
}
