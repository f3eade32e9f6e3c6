package jsonlogic

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// variable is the value at a path, or a default.
func variable(values []any, data any) any { return lookUp(data, at(values, 0), at(values, 1)) }

// lookUp finds the value at a path of names and indices joined by dots. No path is all the data.
func lookUp(data, path, fallback any) any {
	name := text(path)
	if path == nil || name == "" {
		return data
	}
	for step := range strings.SplitSeq(name, ".") {
		if data = child(data, step); data == nil {
			return fallback
		}
	}
	return data
}

func child(parent any, name string) any {
	switch parent := parent.(type) {
	case map[string]any:
		return parent[name]
	case []any:
		if name == "length" {
			return float64(len(parent))
		}
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(parent) {
			return parent[i]
		}
	case string:
		if name == "length" {
			return float64(len(utf16.Encode([]rune(parent))))
		}
	}
	return nil
}

// truthy is JavaScript's notion but for the empty list, which JSONLogic takes for false.
func truthy(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0 && !math.IsNaN(value)
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	}
	return true
}

// number converts as Number() does.
func number(value any) float64 {
	switch value := value.(type) {
	case nil:
		return 0
	case bool:
		if value {
			return 1
		}
		return 0
	case float64:
		return value
	case string, []any:
		trimmed := strings.TrimSpace(text(value))
		if trimmed == "" {
			return 0
		}
		if decimal.FindString(trimmed) == trimmed {
			return parsed(trimmed)
		}
	}
	return math.NaN()
}

var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)

// leadingNumber converts as parseFloat() does: what follows the number does not matter.
func leadingNumber(value any) float64 {
	if value, ok := value.(float64); ok {
		return value
	}
	return parsed(decimal.FindString(strings.TrimSpace(text(value))))
}

func parsed(digits string) float64 {
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil && value == 0 {
		return math.NaN()
	}
	return value // Infinite when it is out of range, as in JavaScript.
}

// text converts as String() does.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(value)
	case float64:
		return decimalText(value)
	case string:
		return value
	case []any:
		return joined(value, ",")
	}
	return "[object Object]"
}

// decimalText writes a number as JavaScript does: very small and very large ones with an exponent, which has no zeros in front.
func decimalText(value float64) string {
	switch magnitude := math.Abs(value); {
	case math.IsInf(value, 1):
		return "Infinity"
	case math.IsInf(value, -1):
		return "-Infinity"
	case magnitude >= 1e21, magnitude != 0 && magnitude < 1e-6:
		return strings.Replace(strconv.FormatFloat(value, 'e', -1, 64), "e-0", "e-", 1)
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// joined joins texts; null is none.
func joined(values []any, separator string) string {
	texts := make([]string, len(values))
	for i, value := range values {
		if value != nil {
			texts[i] = text(value)
		}
	}
	return strings.Join(texts, separator)
}

// strictlyEqual is ===. Lists and objects are equal to nothing: no two of them are the same one.
func strictlyEqual(a, b any) bool {
	if !primitive(a) || !primitive(b) {
		return false
	}
	return a == b
}

// looselyEqual is ==.
func looselyEqual(a, b any) bool {
	switch {
	case a == nil || b == nil:
		return a == nil && b == nil
	case !primitive(a) && !primitive(b):
		return false
	case !primitive(a):
		a = text(a)
	case !primitive(b):
		b = text(b)
	}
	x, isText := a.(string)
	y, isAlsoText := b.(string)
	if isText && isAlsoText {
		return x == y
	}
	return number(a) == number(b)
}

func primitive(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

// compare orders two texts as texts and everything else as numbers. What is no number cannot be compared.
func compare(a, b any) (order int, comparable bool) {
	if !primitive(a) {
		a = text(a)
	}
	if !primitive(b) {
		b = text(b)
	}
	x, isText := a.(string)
	y, isAlsoText := b.(string)
	if isText && isAlsoText {
		return strings.Compare(x, y), true
	}
	switch m, n := number(a), number(b); {
	case m < n:
		return -1, true
	case m > n:
		return 1, true
	case m == n:
		return 0, true
	}
	return 0, false
}
