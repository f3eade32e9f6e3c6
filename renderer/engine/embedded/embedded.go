// Package embedded reads what files tell of their pictures: EXIF, IPTC and XMP, as names and texts, in the way of ExifTool,
// whose names they are. It is pure, and made for blocks that nobody can trust: what is broken is left out.
package embedded

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText bounds a value, in bytes.
	maxText = 4 << 10
	// maxValues bounds how many there are.
	maxValues = 1000
)

// Tags are the blocks of a file, read.
type Tags struct {
	// EXIF holds the values of EXIF as they are stored: fractions are "28/10", lists are separated by ", ".
	EXIF map[string]string
	// All holds the values of all blocks as people read them.
	All map[string]string
}

// Read reads blocks; those that a file does not have are nil.
func Read(exif, iptc, xmp []byte) Tags {
	t := Tags{EXIF: map[string]string{}, All: map[string]string{}}
	t.readXMP(xmp)
	t.readIPTC(iptc)
	t.readEXIF(exif)
	return t
}

// set keeps a value for people. Blocks that are read later win.
func (t *Tags) set(name, value string) {
	if value = clean(value); value == "" || name == "" {
		return
	}
	if _, known := t.All[name]; known || len(t.All) < maxValues {
		t.All[name] = value
	}
}

// append adds a value to those of a name.
func (t *Tags) append(name, value string) {
	if before := t.All[name]; before != "" {
		value = before + ", " + value
	}
	t.set(name, value)
}

// clean makes a text of whatever stood there.
func clean(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	if len(text) > maxText {
		text = text[:maxText]
	}
	if !utf8.ValidString(text) {
		runes := make([]rune, len(text)) // Latin-1 is what is not UTF-8, if anything
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		text = string(runes)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}
