package wire

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// maxTagLength bounds a tag, in characters.
	maxTagLength = 255
	// maxTags bounds the tags of an asset.
	maxTags = 1000
	// maxCoordinate bounds the sides of a rectangle and where it lies, in pixels.
	maxCoordinate = 1 << 20
)

// ParseTags reads rows of tags separated by commas, sorted and each of them once.
func ParseTags(rows []string) ([]string, error) {
	var tags []string
	for _, row := range rows {
		for tag := range strings.SplitSeq(row, ",") {
			if tag = strings.TrimSpace(tag); tag == "" {
				continue
			}
			if utf8.RuneCountInString(tag) > maxTagLength {
				return nil, problem.BadRequest("Invalid tags: %q is longer than %d characters", Printable(tag), maxTagLength)
			}
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	tags = slices.Compact(tags)
	return tags, CheckTags(tags)
}

// CheckTags refuses more tags than an asset may have.
func CheckTags(tags []string) error {
	if len(tags) > maxTags {
		return problem.BadRequest("Too many tags. Got %d. Maximum is %d.", len(tags), maxTags)
	}
	return nil
}

// ParsePairs reads k=v|k2=v2, where \= and \| stand for the characters themselves. Later pairs win. A row that is a
// JSON object is read as one.
func ParsePairs(parameter string, rows []string) (map[string]string, error) {
	pairs := make(map[string]string)
	for _, row := range rows {
		if strings.HasPrefix(strings.TrimSpace(row), "{") {
			var object map[string]json.RawMessage
			if json.Unmarshal([]byte(row), &object) == nil {
				for key, raw := range object {
					if value, ok := Scalar(raw); ok {
						pairs[key] = value
					}
				}
				continue
			}
		}
		for _, pair := range splitEscaped(row, '|', -1) {
			if strings.TrimSpace(pair) == "" {
				continue
			}
			parts := splitEscaped(pair, '=', 2)
			key := strings.TrimSpace(unescapePair(parts[0]))
			if len(parts) != 2 || key == "" {
				return nil, problem.BadRequest("Invalid %s: %q is not key=value", parameter, Printable(pair))
			}
			pairs[key] = unescapePair(parts[1])
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	return pairs, nil
}

// splitEscaped splits at separators that no backslash precedes, into at most n parts (-1: all). Escapes stay.
func splitEscaped(s string, separator byte, n int) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if s[i] == separator && (n < 0 || len(parts) < n-1) {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// escapePair is the reverse of unescapePair.
var escapePair = strings.NewReplacer("=", `\=`, "|", `\|`)

func unescapePair(s string) string { return strings.NewReplacer(`\=`, "=", `\|`, "|").Replace(s) }

// ParseCoordinates reads rectangles: x,y,w,h joined by |, or JSON rows [x,y,w,h], or one JSON list of those.
func ParseCoordinates(parameter string, rows []string) ([][4]int, error) {
	invalid := func(text string) error {
		return problem.BadRequest("Invalid %s: %q is not x,y,width,height", parameter, Printable(text))
	}
	var rectangles [][4]int
	for _, row := range rows {
		row = strings.TrimSpace(row)
		if strings.HasPrefix(row, "[[") {
			var lists [][]int
			if json.Unmarshal([]byte(row), &lists) != nil {
				return nil, invalid(row)
			}
			for _, list := range lists {
				if len(list) != 4 {
					return nil, invalid(row)
				}
				rectangles = append(rectangles, [4]int(list))
			}
			continue
		}
		for text := range strings.SplitSeq(row, "|") {
			numbers := strings.Split(strings.Trim(text, "[] "), ",")
			if len(numbers) != 4 {
				return nil, invalid(text)
			}
			var rectangle [4]int
			for i, number := range numbers {
				value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
				if err != nil || math.IsNaN(value) || value < 0 || value > maxCoordinate {
					return nil, invalid(text)
				}
				rectangle[i] = int(value)
			}
			rectangles = append(rectangles, rectangle)
		}
	}
	for _, r := range rectangles {
		if r[0] < 0 || r[1] < 0 || r[2] <= 0 || r[3] <= 0 {
			return nil, problem.BadRequest("Invalid %s: a rectangle needs x and y from 0 and a width and height above 0", parameter)
		}
		if largest := max(r[0], r[1], r[2], r[3]); largest > maxCoordinate {
			return nil, problem.BadRequest("Invalid %s: %d is above %d", parameter, largest, maxCoordinate)
		}
	}
	return rectangles, nil
}

// Printable cuts a value down to what fits into a message.
func Printable(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, value)
	if runes := []rune(value); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return value
}
