package delivery

import (
	"strconv"
	"strings"
)

// span is a part of a file.
type span struct {
	start, length int64
}

// contentRange is the Content-Range of the part of a file of size bytes.
func (s span) contentRange(size int64) string {
	return "bytes " + strconv.FormatInt(s.start, 10) + "-" + strconv.FormatInt(s.start+s.length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// parseRange reads a Range header with one range against a file of size bytes. A header that is absent, malformed, of
// another unit or of several ranges is ignored (ok and nil: the whole file is the answer); ok is false when the range
// lies outside the file.
func parseRange(header string, size int64) (part *span, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	if !found || strings.Contains(spec, ",") {
		return nil, true
	}
	first, last, found := strings.Cut(strings.TrimSpace(spec), "-")
	if !found {
		return nil, true
	}
	if first == "" {
		length, valid := position(last)
		if !valid {
			return nil, true
		}
		if length == 0 || size == 0 {
			return nil, false
		}
		length = min(length, size)
		return &span{start: size - length, length: length}, true
	}
	start, valid := position(first)
	if !valid {
		return nil, true
	}
	end := size - 1
	if last != "" {
		if end, valid = position(last); !valid || end < start {
			return nil, true
		}
		end = min(end, size-1)
	}
	if start >= size {
		return nil, false
	}
	return &span{start: start, length: end - start + 1}, true
}

// position reads digits; a number too large for any file is as good as the largest.
func position(digits string) (int64, bool) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	if digits == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		n = 1<<63 - 1
	}
	return n, true
}
