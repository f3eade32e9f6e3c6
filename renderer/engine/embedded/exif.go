package embedded

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Types of EXIF values (TIFF 6.0, section 2).
const (
	typeByte      = 1
	typeASCII     = 2
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeSByte     = 6
	typeUndefined = 7
	typeSShort    = 8
	typeSLong     = 9
	typeSRational = 10
)

// sizes of a value by type, in bytes.
var sizes = map[uint16]int{
	typeByte: 1, typeASCII: 1, typeShort: 2, typeLong: 4, typeRational: 8, typeSByte: 1, typeUndefined: 1, typeSShort: 2,
	typeSLong: 4, typeSRational: 8,
}

// Entries that lead to other directories.
const (
	tagEXIF = 0x8769
	tagGPS  = 0x8825
)

const (
	// maxDirectories bounds how many directories are read, so that none of a circle is read for ever.
	maxDirectories = 4
	// maxNumbers bounds the numbers of one value.
	maxNumbers = 64
)

// block is a TIFF block that is being read.
type block struct {
	data  []byte
	order binary.ByteOrder
	tags  *Tags
	left  int
	// references are the directions of GPS coordinates, by the name of the coordinate.
	references map[string]string
}

func (t *Tags) readEXIF(data []byte) {
	data = bytes.TrimPrefix(data, []byte("Exif\x00\x00"))
	if len(data) < 8 {
		return
	}
	b := &block{data: data, tags: t, left: maxDirectories, references: map[string]string{}}
	switch string(data[:4]) {
	case "II*\x00":
		b.order = binary.LittleEndian
	case "MM\x00*":
		b.order = binary.BigEndian
	default:
		return
	}
	b.directory(b.order.Uint32(data[4:]), mainNames)
	for name, reference := range b.references {
		if value := t.All[name]; value != "" && reference != "" {
			t.set(name, value+" "+reference)
		}
	}
}

// directory reads the directory at an offset.
func (b *block) directory(offset uint32, names map[uint16]string) {
	if b.left--; b.left < 0 || uint64(offset)+2 > uint64(len(b.data)) {
		return
	}
	count := int(b.order.Uint16(b.data[offset:]))
	for i := range count {
		at := uint64(offset) + 2 + 12*uint64(i)
		if at+12 > uint64(len(b.data)) {
			return
		}
		b.entry(b.data[at:at+12], names)
	}
}

func (b *block) entry(entry []byte, names map[uint16]string) {
	tag, kind, count := b.order.Uint16(entry), b.order.Uint16(entry[2:]), uint64(b.order.Uint32(entry[4:]))
	length := count * uint64(sizes[kind])
	if length == 0 || count > 1<<20 {
		return
	}
	value := entry[8:]
	if length > 4 {
		at := uint64(b.order.Uint32(value))
		if at+length > uint64(len(b.data)) {
			return
		}
		value = b.data[at : at+length]
	} else {
		value = value[:length]
	}
	switch {
	case tag == tagEXIF && kind == typeLong:
		b.directory(b.order.Uint32(value), photoNames)
		return
	case tag == tagGPS && kind == typeLong:
		b.directory(b.order.Uint32(value), gpsNames)
		return
	}
	if name := names[tag]; name != "" {
		b.keep(name, kind, value)
	}
}

// keep keeps a value twice: as it is stored, and for people.
func (b *block) keep(name string, kind uint16, value []byte) {
	var raw, shown string
	switch kind {
	case typeASCII:
		raw = clean(string(value))
		shown = raw
	case typeUndefined, typeByte, typeSByte:
		raw = undefined(name, value)
		shown = raw
	default:
		numbers := b.numbers(kind, value)
		stored, read := make([]string, len(numbers)), make([]string, len(numbers))
		for i, n := range numbers {
			stored[i], read[i] = n.String(), decimal(n.value())
		}
		raw = strings.Join(stored, ", ")
		if shown = shownAs(name, numbers); shown == "" {
			shown = strings.Join(read, " ")
		}
	}
	if raw == "" {
		return
	}
	if len(b.tags.EXIF) < maxValues {
		b.tags.EXIF[name] = raw
	}
	if reference, ok := strings.CutSuffix(name, "Ref"); ok && strings.HasPrefix(name, "GPS") && kind == typeASCII {
		b.references[reference] = shown
	}
	b.tags.set(name, shown)
}

// undefined is the text of bytes without a type: versions and comments are texts, small numbers are numbers, the rest is
// of no use to people.
func undefined(name string, value []byte) string {
	switch {
	case name == "UserComment" && len(value) > 8:
		if code := string(value[:8]); code != "ASCII\x00\x00\x00" && code != "\x00\x00\x00\x00\x00\x00\x00\x00" {
			return ""
		}
		return clean(string(value[8:]))
	case strings.HasSuffix(name, "Version") && len(value) == 4 && value[0] >= '0':
		return clean(string(value))
	case len(value) <= 4:
		numbers := make([]string, len(value))
		for i, v := range value {
			numbers[i] = strconv.Itoa(int(v))
		}
		return strings.Join(numbers, " ")
	}
	return ""
}

// fraction is a number of EXIF; integers have no denominator.
type fraction struct {
	numerator, denominator int64
	whole                  bool
}

func (f fraction) value() float64 {
	if f.whole {
		return float64(f.numerator)
	}
	if f.denominator == 0 {
		return 0
	}
	return float64(f.numerator) / float64(f.denominator)
}

// String is the number as it is stored.
func (f fraction) String() string {
	if f.whole {
		return strconv.FormatInt(f.numerator, 10)
	}
	return fmt.Sprintf("%d/%d", f.numerator, f.denominator)
}

func (b *block) numbers(kind uint16, value []byte) []fraction {
	size := sizes[kind]
	numbers := make([]fraction, 0, min(len(value)/size, maxNumbers))
	for len(value) >= size && len(numbers) < maxNumbers {
		var n fraction
		switch kind {
		case typeShort:
			n = fraction{numerator: int64(b.order.Uint16(value)), whole: true}
		case typeSShort:
			n = fraction{numerator: int64(int16(b.order.Uint16(value))), whole: true}
		case typeLong:
			n = fraction{numerator: int64(b.order.Uint32(value)), whole: true}
		case typeSLong:
			n = fraction{numerator: int64(int32(b.order.Uint32(value))), whole: true}
		case typeRational:
			n = fraction{numerator: int64(b.order.Uint32(value)), denominator: int64(b.order.Uint32(value[4:]))}
		case typeSRational:
			n = fraction{numerator: int64(int32(b.order.Uint32(value))), denominator: int64(int32(b.order.Uint32(value[4:])))}
		}
		numbers = append(numbers, n)
		value = value[size:]
	}
	return numbers
}

// decimal writes a number with at most six digits behind the point.
func decimal(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}

// shownAs is a value as people write it; empty for a plain number.
func shownAs(name string, numbers []fraction) string {
	if len(numbers) == 0 {
		return ""
	}
	v := numbers[0].value()
	switch name {
	case "ExposureTime":
		if v > 0 && v < 0.25001 {
			return fmt.Sprintf("1/%.0f", 1/v)
		}
		return decimal(math.Round(v*10) / 10)
	case "FNumber", "MaxApertureValue", "ApertureValue":
		if name != "FNumber" { // these are exponents of the square root of two (APEX)
			v = math.Pow(2, v/2)
		}
		return fmt.Sprintf("%.1f", v)
	case "FocalLength":
		return fmt.Sprintf("%.1f mm", v)
	case "FocalLengthIn35mmFormat":
		return decimal(v) + " mm"
	case "GPSLatitude", "GPSLongitude":
		if len(numbers) < 3 {
			return ""
		}
		whole := v + numbers[1].value()/60 + numbers[2].value()/3600
		degrees := math.Floor(whole)
		minutes := math.Floor((whole - degrees) * 60)
		return fmt.Sprintf("%.0f deg %.0f' %.2f\"", degrees, minutes, ((whole-degrees)*60-minutes)*60)
	case "GPSAltitude":
		return decimal(v) + " m"
	case "GPSTimeStamp":
		if len(numbers) < 3 {
			return ""
		}
		return fmt.Sprintf("%02.0f:%02.0f:%02.0f", v, numbers[1].value(), numbers[2].value())
	}
	if words, ok := meanings[name]; ok && numbers[0].whole {
		return words[numbers[0].numerator]
	}
	return ""
}
