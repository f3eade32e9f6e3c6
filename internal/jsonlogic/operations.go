package jsonlogic

import (
	"math"
	"slices"
	"strings"
)

// operation is one of eager, which gets values, and lazy, which decides what of its arguments is evaluated, over what.
type operation struct {
	eager func(values []any, data any) any
	lazy  func(e *evaluation, arguments []node, data any) any
}

// operations are all operations by name.
var operations = map[string]operation{
	"var":          {eager: variable},
	"missing":      {eager: missing},
	"missing_some": {eager: missingSome},
	"if":           {lazy: conditional},
	"?:":           {lazy: conditional},
	"and":          {lazy: and},
	"or":           {lazy: or},
	"!":            eager(func(v []any) any { return !truthy(at(v, 0)) }),
	"!!":           eager(func(v []any) any { return truthy(at(v, 0)) }),
	"==":           eager(func(v []any) any { return looselyEqual(at(v, 0), at(v, 1)) }),
	"!=":           eager(func(v []any) any { return !looselyEqual(at(v, 0), at(v, 1)) }),
	"===":          eager(func(v []any) any { return strictlyEqual(at(v, 0), at(v, 1)) }),
	"!==":          eager(func(v []any) any { return !strictlyEqual(at(v, 0), at(v, 1)) }),
	"<":            eager(ordered(func(order int) bool { return order < 0 })),
	"<=":           eager(ordered(func(order int) bool { return order <= 0 })),
	">":            eager(ordered(func(order int) bool { return order > 0 })),
	">=":           eager(ordered(func(order int) bool { return order >= 0 })),
	"max":          eager(extreme(math.Max, math.Inf(-1))),
	"min":          eager(extreme(math.Min, math.Inf(1))),
	"+":            eager(folded(0, func(a, b float64) float64 { return a + b })),
	"*":            eager(folded(1, func(a, b float64) float64 { return a * b })),
	"-":            eager(minus),
	"/":            eager(func(v []any) any { return number(at(v, 0)) / number(at(v, 1)) }),
	"%":            eager(func(v []any) any { return math.Mod(number(at(v, 0)), number(at(v, 1))) }),
	"in":           eager(func(v []any) any { return contains(at(v, 1), at(v, 0)) }),
	"cat":          eager(func(v []any) any { return joined(v, "") }),
	"substr":       eager(substring),
	"merge":        eager(merge),
	"log":          eager(func(v []any) any { return at(v, 0) }),
	"map":          {lazy: mapped},
	"filter":       {lazy: filtered},
	"reduce":       {lazy: reduced},
	"all":          {lazy: quantified(func(hits, items int) bool { return items > 0 && hits == items })},
	"some":         {lazy: quantified(func(hits, _ int) bool { return hits > 0 })},
	"none":         {lazy: quantified(func(hits, _ int) bool { return hits == 0 })},
}

func eager(f func(values []any) any) operation {
	return operation{eager: func(values []any, _ any) any { return f(values) }}
}

// at is a value that may have been left out.
func at(values []any, i int) any {
	if i < len(values) {
		return values[i]
	}
	return nil
}

func missing(values []any, data any) any {
	if list, ok := at(values, 0).([]any); ok {
		values = list
	}
	absent := []any{}
	for _, name := range values {
		if value := lookUp(data, name, nil); value == nil || value == "" {
			absent = append(absent, name)
		}
	}
	return absent
}

// missingSome is what is missing unless as many as are needed are there.
func missingSome(values []any, data any) any {
	names, _ := at(values, 1).([]any)
	absent, _ := missing(names, data).([]any)
	if float64(len(names)-len(absent)) >= number(at(values, 0)) {
		return []any{}
	}
	return absent
}

// conditional takes pairs of condition and value, and a value for when no condition holds.
func conditional(e *evaluation, arguments []node, data any) any {
	for len(arguments) > 1 {
		if truthy(e.value(&arguments[0], data)) {
			return e.value(&arguments[1], data)
		}
		arguments = arguments[2:]
	}
	if len(arguments) == 1 {
		return e.value(&arguments[0], data)
	}
	return nil
}

func and(e *evaluation, arguments []node, data any) (value any) {
	for i := range arguments {
		if value = e.value(&arguments[i], data); !truthy(value) {
			break
		}
	}
	return value
}

func or(e *evaluation, arguments []node, data any) (value any) {
	for i := range arguments {
		if value = e.value(&arguments[i], data); truthy(value) {
			break
		}
	}
	return value
}

// ordered compares two values, or finds the second of three between the others.
func ordered(holds func(order int) bool) func([]any) any {
	return func(values []any) any {
		pair := func(i int) bool {
			order, comparable := compare(at(values, i), at(values, i+1))
			return comparable && holds(order)
		}
		return pair(0) && (len(values) < 3 || pair(1))
	}
}

func extreme(better func(a, b float64) float64, worst float64) func([]any) any {
	return func(values []any) any {
		found := worst
		for _, value := range values {
			found = better(found, number(value))
		}
		return found
	}
}

func folded(neutral float64, join func(a, b float64) float64) func([]any) any {
	return func(values []any) any {
		result := neutral
		for _, value := range values {
			result = join(result, leadingNumber(value))
		}
		return result
	}
}

func minus(values []any) any {
	if len(values) < 2 {
		return -number(at(values, 0))
	}
	return number(values[0]) - number(values[1])
}

// contains says whether a text contains another one, or a list an element.
func contains(in, what any) bool {
	switch in := in.(type) {
	case string:
		return strings.Contains(in, text(what))
	case []any:
		return slices.ContainsFunc(in, func(element any) bool { return strictlyEqual(element, what) })
	}
	return false
}

// substring takes a text, where to begin, from the end when negative, and a length, or how much to leave off when negative.
func substring(values []any) any {
	runes := []rune(text(at(values, 0)))
	within := func(value any, from int) int {
		n := number(value)
		if math.IsNaN(n) {
			n = 0
		}
		if n < 0 {
			from = len(runes)
		}
		return int(min(max(float64(from)+math.Trunc(n), 0), float64(len(runes))))
	}
	start, end := within(at(values, 1), 0), len(runes)
	if len(values) > 2 {
		end = max(start, within(values[2], start))
	}
	return string(runes[start:end])
}

func merge(values []any) any {
	merged := []any{}
	for _, value := range values {
		if list, ok := value.([]any); ok {
			merged = append(merged, list...)
		} else {
			merged = append(merged, value)
		}
	}
	return merged
}

// items are the elements of the list that the first argument is, and the rule for each, the second one.
func items(e *evaluation, arguments []node, data any) ([]any, *node) {
	if len(arguments) == 0 {
		return nil, &node{}
	}
	list, _ := e.value(&arguments[0], data).([]any)
	if len(arguments) == 1 {
		return list, &node{}
	}
	return list, &arguments[1]
}

func mapped(e *evaluation, arguments []node, data any) any {
	list, rule := items(e, arguments, data)
	results := []any{}
	for _, item := range list {
		results = append(results, e.value(rule, item))
	}
	return results
}

func filtered(e *evaluation, arguments []node, data any) any {
	list, rule := items(e, arguments, data)
	results := []any{}
	for _, item := range list {
		if truthy(e.value(rule, item)) {
			results = append(results, item)
		}
	}
	return results
}

func reduced(e *evaluation, arguments []node, data any) any {
	list, rule := items(e, arguments, data)
	var accumulator any
	if len(arguments) > 2 {
		accumulator = e.value(&arguments[2], data)
	}
	for _, item := range list {
		accumulator = e.value(rule, map[string]any{"current": item, "accumulator": accumulator})
	}
	return accumulator
}

func quantified(holds func(hits, items int) bool) func(*evaluation, []node, any) any {
	return func(e *evaluation, arguments []node, data any) any {
		list, rule := items(e, arguments, data)
		hits := 0
		for _, item := range list {
			if truthy(e.value(rule, item)) {
				hits++
			}
		}
		return holds(hits, len(list))
	}
}
