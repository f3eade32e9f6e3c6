package vips

import (
	"bytes"
	"slices"
	"strings"
)

// mark is a byte string at an offset of the header.
type mark struct {
	offset int
	bytes  string
}

// headerBytes is how much of a file detection looks at.
const headerBytes = 4096

// detect finds the type of a file by its first bytes, or nil.
func detect(known []format, data []byte) *format {
	header := data[:min(len(data), headerBytes)]
	head := string(header)
	for i := range known {
		for _, signature := range known[i].signatures {
			if carries(head, signature) {
				return &known[i]
			}
		}
		if recognise := known[i].recognise; recognise != nil && recognise(data) {
			return &known[i]
		}
	}
	return nil
}

func carries(head string, signature []mark) bool {
	for _, m := range signature {
		if len(head) < m.offset || !strings.HasPrefix(head[m.offset:], m.bytes) {
			return false
		}
	}
	return true
}

// brand recognises files of the ISO media family: by the major brand, or by a general one that is compatible with one
// of the brands. (ISO 14496-12, the file type box: length, "ftyp", major brand, version, compatible brands.)
func brand(brands ...string) func([]byte) bool {
	return func(data []byte) bool {
		const fixed = 16
		if len(data) < fixed || string(data[4:8]) != "ftyp" {
			return false
		}
		major := string(data[8:12])
		if slices.Contains(brands, major) {
			return true
		}
		if major != "mif1" && major != "msf1" {
			return false
		}
		length := int(data[2])<<8 | int(data[3])
		for at := fixed; at+4 <= min(length, len(data)); at += 4 {
			if slices.Contains(brands, string(data[at:at+4])) {
				return true
			}
		}
		return false
	}
}

// isSVG recognises an SVG document: XML whose root is svg. A byte order mark, declarations and comments may come first.
func isSVG(data []byte) bool {
	rest := bytes.TrimPrefix(data[:min(len(data), headerBytes)], []byte("\xef\xbb\xbf"))
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		switch {
		case bytes.HasPrefix(rest, []byte("<?")):
			rest = after(rest, "?>")
		case bytes.HasPrefix(rest, []byte("<!--")):
			rest = after(rest, "-->")
		case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
			if subset := bytes.IndexByte(rest, '['); subset >= 0 && subset < max(0, bytes.IndexByte(rest, '>')) {
				rest = after(rest, "]")
			}
			rest = after(rest, ">")
		default:
			tag, opens := bytes.CutPrefix(rest, []byte("<"))
			tag, _, _ = bytes.Cut(tag, []byte(">"))
			words := bytes.FieldsFunc(tag, func(r rune) bool { return strings.ContainsRune(" \t\r\n/", r) })
			return opens && len(words) > 0 && (string(words[0]) == "svg" || bytes.HasSuffix(words[0], []byte(":svg")))
		}
		if rest == nil {
			return false
		}
	}
}

// after is what follows a delimiter, nil without one.
func after(text []byte, delimiter string) []byte {
	_, rest, found := bytes.Cut(text, []byte(delimiter))
	if !found {
		return nil
	}
	return rest
}

// isTarga recognises Truevision pictures, which begin with no signature: by the fields of the header, all of which have
// few valid values, or by the footer of version 2.
func isTarga(data []byte) bool {
	const header, footer = 18, 26
	if len(data) < header {
		return false
	}
	if bytes.HasPrefix(data[max(0, len(data)-footer)+8*boolInt(len(data) >= footer):], []byte("TRUEVISION-XFILE.\x00")) {
		return true
	}
	kind, mapped, depth := data[2], data[1], data[16]
	w, h := int(data[12])|int(data[13])<<8, int(data[14])|int(data[15])<<8
	if w == 0 || h == 0 || mapped > 1 || data[17]&0xc0 != 0 {
		return false
	}
	switch kind {
	case 1, 9:
		return mapped == 1 && depth == 8 && (data[7] == 24 || data[7] == 32)
	case 2, 10:
		return mapped == 0 && (depth == 24 || depth == 32) && noMap(data)
	case 3, 11:
		return mapped == 0 && depth == 8 && noMap(data)
	}
	return false
}

// noMap says that the five bytes that describe a colour map are empty.
func noMap(data []byte) bool { return bytes.Equal(data[3:8], make([]byte, 5)) }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
