// Package pdf changes the pictures inside of PDF documents (ISO 32000-1). What changes is appended as an incremental
// update (7.5.6): everything else stays byte for byte.
package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Errors of documents in which nothing can be replaced.
var (
	ErrNoImage   = errors.New("the document has no image")
	ErrEncrypted = errors.New("the document is encrypted")
	ErrInvalid   = errors.New("the document is damaged")
)

// Picture is a JPEG of three colours that takes the place of an image.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

var (
	objectStart = regexp.MustCompile(`(?:^|[\r\n\t ])(\d{1,9})[ \r\n\t]+(\d{1,5})[ \r\n\t]+obj\b`)
	isImage     = regexp.MustCompile(`/Subtype\s*/Image\b`)
	isStencil   = regexp.MustCompile(`/ImageMask\s+true\b`)
	maskOf      = regexp.MustCompile(`/S?Mask\s+(\d{1,9})\s+\d{1,5}\s+R\b`)
	startOfXref = regexp.MustCompile(`startxref\s+(\d{1,12})\s+%%EOF`)
	rootOf      = regexp.MustCompile(`/Root\s+\d{1,9}\s+\d{1,5}\s+R\b`)
	sizeOf      = regexp.MustCompile(`/Size\s+(\d{1,9})\b`)
	idOf        = regexp.MustCompile(`/ID\s*\[\s*<[0-9A-Fa-f\s]*>\s*<[0-9A-Fa-f\s]*>\s*\]`)
	encrypted   = regexp.MustCompile(`/Encrypt\b`)
)

// maxDictionary bounds the dictionary of an image, which lies in front of its data.
const maxDictionary = 8 << 10

// ReplaceImage puts a picture in the place of the first image of a document that is no mask. It is shown where that was
// and as large.
func ReplaceImage(document []byte, picture Picture) ([]byte, error) {
	t, err := readTrailer(document)
	if err != nil {
		return nil, err
	}
	number, generation, ok := firstImage(document)
	if !ok {
		return nil, ErrNoImage
	}
	out := append([]byte{}, document...)
	if out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	at := len(out)
	out = fmt.Appendf(out, "%d %d obj\n<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length %d>>\nstream\n",
		number, generation, picture.Width, picture.Height, len(picture.JPEG))
	out = append(out, picture.JPEG...)
	out = append(out, "\nendstream\nendobj\n"...)
	start := len(out)
	if t.stream {
		out = t.appendStream(out, number, generation, at)
	} else {
		out = t.appendTable(out, number, generation, at)
	}
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", start), nil
}

// firstImage finds the object of the first image. Of an object that was written several times the last one counts, but it
// stays where the first one was.
func firstImage(document []byte) (number, generation int, ok bool) {
	masks, last := map[int]bool{}, map[int]bool{}
	var order []int
	generations := map[int]int{}
	for _, found := range objectStart.FindAllSubmatchIndex(document, -1) {
		n, _ := strconv.Atoi(string(document[found[2]:found[3]]))
		g, _ := strconv.Atoi(string(document[found[4]:found[5]]))
		dictionary := document[found[1]:min(len(document), found[1]+maxDictionary)]
		dictionary, _, whole := bytes.Cut(dictionary, []byte("stream"))
		whole = whole && !bytes.Contains(dictionary, []byte("endobj")) // else the stream is another object's
		for _, mask := range maskOf.FindAllSubmatch(dictionary, -1) {
			m, _ := strconv.Atoi(string(mask[1]))
			masks[m] = masks[m] || whole
		}
		image := whole && isImage.Match(dictionary) && !isStencil.Match(dictionary)
		if _, known := last[n]; !known && image {
			order = append(order, n)
		}
		last[n], generations[n] = image, g
	}
	for _, n := range order {
		if last[n] && !masks[n] {
			return n, generations[n], true
		}
	}
	return 0, 0, false
}

// trailer is what the end of a document says.
type trailer struct {
	// previous is where its table of objects begins; stream says that it is a stream and no table.
	previous int
	stream   bool
	root, id []byte
	size     int
}

func readTrailer(document []byte) (*trailer, error) {
	if encrypted.Match(document) {
		return nil, ErrEncrypted
	}
	all := startOfXref.FindAllSubmatch(document, -1)
	if len(all) == 0 {
		return nil, ErrInvalid
	}
	at, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil || at >= len(document) {
		return nil, ErrInvalid
	}
	t := &trailer{previous: at}
	table := bytes.TrimLeft(document[at:], "\r\n\t ")
	var dictionary []byte
	if bytes.HasPrefix(table, []byte("xref")) {
		_, dictionary, _ = bytes.Cut(table, []byte("trailer"))
		dictionary, _, _ = bytes.Cut(dictionary, []byte("startxref"))
	} else {
		t.stream = true
		dictionary, _, _ = bytes.Cut(table[:min(len(table), maxDictionary)], []byte("stream"))
	}
	t.root, t.id = rootOf.Find(dictionary), idOf.Find(dictionary)
	size := sizeOf.FindSubmatch(dictionary)
	if t.root == nil || size == nil {
		return nil, ErrInvalid
	}
	t.size, err = strconv.Atoi(string(size[1]))
	return t, err
}

// appendTable appends a table with one object (7.5.4).
func (t *trailer) appendTable(out []byte, number, generation, at int) []byte {
	out = fmt.Appendf(out, "xref\n%d 1\n%010d %05d n \ntrailer\n<</Size %d/Prev %d%s", number, at, generation, max(t.size, number+1), t.previous, t.root)
	return append(append(out, t.id...), ">>\n"...)
}

// appendStream appends a stream with two objects: the new one and itself (7.5.8).
func (t *trailer) appendStream(out []byte, number, generation, at int) []byte {
	self := max(t.size, number+1)
	entry := func(offset, generation int) []byte {
		e := binary.BigEndian.AppendUint32([]byte{1}, uint32(offset))
		return binary.BigEndian.AppendUint16(e, uint16(generation))
	}
	entries := append(entry(at, generation), entry(len(out), 0)...)
	out = fmt.Appendf(out, "%d 0 obj\n<</Type/XRef/Size %d/Index[%d 1 %d 1]/W[1 4 2]/Prev %d%s", self, self+1, number, self, t.previous, t.root)
	out = append(out, t.id...)
	out = fmt.Appendf(out, "/Length %d>>\nstream\n", len(entries))
	return append(append(out, entries...), "\nendstream\nendobj\n"...)
}
