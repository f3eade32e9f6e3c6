package metadata

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Given are values as a request gives them, by the external ID of their field.
type Given map[string]Value

// Value is one value as a request gives it, before it is known what its field takes.
type Value struct {
	// text is the value of a field that holds one; empty clears the field.
	text string
	// list is what text means where its field holds several, or what a JSON list holds.
	list []string
	// isList says that the value can only be a list: it came as one in JSON.
	isList bool
}

// Text is a value that holds one text, as id=text would give it.
func Text(text string) Value { return Value{text: text, list: parseList(text)} }

// List is a value that holds a list.
func List(items ...string) Value { return Value{list: slices.Clone(items), isList: true} }

// empty says that the value clears its field.
func (v Value) empty() bool { return len(v.list) == 0 && (v.isList || v.text == "" || v.text == "[]") }

// Parse reads the rows of a metadata parameter. A row is id=value|id2=["a","b"], where \= and \| stand for the
// characters themselves, or a JSON object. Lists are read leniently: SDKs differ in what they escape in them, and some do
// not escape at all. Later values win. The error is a 400.
func Parse(rows []string) (Given, error) {
	given := Given{}
	for _, row := range rows {
		if strings.HasPrefix(strings.TrimSpace(row), "{") && given.addObject(row) {
			continue
		}
		if err := given.addPairs(row); err != nil {
			return nil, err
		}
	}
	return given, nil
}

// addObject takes a row that is a JSON object, and says whether it was one.
func (g Given) addObject(row string) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(row), &object) != nil {
		return false
	}
	for id, raw := range object {
		var list []json.RawMessage
		if raw = bytes.TrimSpace(raw); raw[0] == '[' && json.Unmarshal(raw, &list) == nil {
			items := make([]string, 0, len(list))
			for _, element := range list {
				items = append(items, scalar(element))
			}
			g[id] = List(items...)
			continue
		}
		// null clears, like an empty text.
		g[id] = Text(scalar(raw))
	}
	return true
}

// scalar is the text of one JSON value: a string without quotes, nothing for null, all else as written.
func scalar(raw json.RawMessage) string {
	var text *string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	if text == nil {
		return ""
	}
	return *text
}

func (g Given) addPairs(row string) error {
	for strings.TrimSpace(row) != "" {
		end := until(row, '|')
		equals := until(row[:end], '=')
		id := strings.TrimSpace(unescape(row[:equals]))
		if equals == end || id == "" {
			if strings.TrimSpace(row[:end]) != "" {
				return problem.BadRequest("Invalid metadata: %s is not id=value", quoted(row[:end]))
			}
			row = row[min(end+1, len(row)):]
			continue
		}
		// A list may hold separators that nobody has escaped.
		value := row[equals+1:]
		length := listLength(value)
		if length == 0 {
			length = until(value, '|')
		}
		g[id] = Text(unescape(value[:length]))
		row = value[min(length+1, len(value)):]
	}
	return nil
}

// until is where the first separator stands that no backslash precedes, or the length of s.
func until(s string, separator byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case separator:
			return i
		}
	}
	return len(s)
}

// listLength is the length of the list of quoted items that s begins with: up to the first "] that a separator or the
// end follows. It is 0 when there is none.
func listLength(s string) int {
	if !strings.HasPrefix(s, `["`) {
		return 0
	}
	for i := 2; i < len(s); i++ {
		closing := strings.Index(s[i:], `"]`)
		if closing < 0 {
			return 0
		}
		i += closing + 1
		if i+1 == len(s) || s[i+1] == '|' {
			return i + 1
		}
	}
	return 0
}

func unescape(s string) string { return strings.NewReplacer(`\=`, "=", `\|`, "|").Replace(s) }

// parseList reads what may be a list: ["a","b"], also with quotes inside that were not escaped, or [a, b]. Any other text
// is a list of itself, and no text an empty list.
func parseList(text string) []string {
	trimmed := strings.TrimSpace(text)
	if len(trimmed) < 2 || trimmed[0] != '[' || trimmed[len(trimmed)-1] != ']' {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	var list []json.RawMessage
	if json.Unmarshal([]byte(trimmed), &list) == nil {
		items := make([]string, 0, len(list))
		for _, element := range list {
			items = append(items, scalar(element))
		}
		return items
	}
	inner := strings.TrimSpace(trimmed[1 : len(trimmed)-1])
	if len(inner) >= 2 && inner[0] == '"' && inner[len(inner)-1] == '"' {
		return splitQuoted(inner[1 : len(inner)-1])
	}
	var items []string
	for item := range strings.SplitSeq(inner, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// splitQuoted splits items at "," with any spaces around the comma.
func splitQuoted(s string) []string {
	var items []string
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		rest := strings.TrimLeftFunc(s[i+1:], unicode.IsSpace)
		if next, ok := strings.CutPrefix(rest, ","); ok {
			if next = strings.TrimLeftFunc(next, unicode.IsSpace); strings.HasPrefix(next, `"`) {
				items = append(items, s[start:i])
				start = len(s) - len(next) + 1
				i = start - 1
			}
		}
	}
	return append(items, s[start:])
}
