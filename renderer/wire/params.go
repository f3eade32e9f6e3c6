package wire

import (
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Params are request parameters as received: a list may have come as name=a,b, as repeated name, as name[]=a or as
// name[0]=a. The raw form is what signatures are computed over; the methods read it in any dialect.
type Params url.Values

var indexed = regexp.MustCompile(`^(.+)\[(\d+)\]$`)

// Has says whether a value that is not empty was given for name. Empty values count as absent.
func (p Params) Has(name string) bool { return len(p.collect(name).values) > 0 }

// Empties says that name was given as a list without entries, which counts as absent everywhere but where it means to have none.
func (p Params) Empties(name string) bool {
	values, given := p[name+"[]"]
	return given && len(values) == 0 && !p.Has(name)
}

// String is the value of name; the values of a list are joined with commas.
func (p Params) String(name string) string { return strings.Join(p.collect(name).values, ",") }

// List is the values of name in order. A single plain value is split at its commas; the values of the list dialects
// are taken as they are, because a public ID may contain a comma.
func (p Params) List(name string) []string {
	found := p.collect(name)
	if found.list || len(found.values) != 1 {
		return found.values
	}
	var list []string
	for value := range strings.SplitSeq(found.values[0], ",") {
		if value = strings.TrimSpace(value); value != "" {
			list = append(list, value)
		}
	}
	return list
}

// Rows is the values of name in order, never split.
func (p Params) Rows(name string) []string { return p.collect(name).values }

// Pairs is Rows of a parameter that is an object, with what came as name[key]=value written as key=value in it. Rows of digits only
// are those of a list.
func (p Params) Pairs(name string) []string {
	rows := p.collect(name).values
	var nested []string
	for key, values := range p {
		inner, ok := nestedKey(key, name)
		if !ok {
			continue
		}
		for _, value := range present(values) {
			nested = append(nested, escapePair.Replace(inner)+"="+escapePair.Replace(value))
		}
	}
	slices.Sort(nested)
	return append(slices.Clone(rows), nested...)
}

// nestedKey is the key of name[key].
func nestedKey(parameter, name string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(parameter, name+"[")
	if !ok || len(rest) < 2 || rest[len(rest)-1] != ']' {
		return "", false
	}
	key = rest[:len(rest)-1]
	return key, strings.Trim(key, "0123456789") != ""
}

// Bool reads 1, 0, true and false; absent is the fallback.
func (p Params) Bool(name string, fallback bool) (bool, error) {
	switch value := p.String(name); strings.ToLower(value) {
	case "":
		return fallback, nil
	case "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	default:
		return false, problem.BadRequest("Invalid value for %s: %q is neither true nor false", name, value)
	}
}

// Int reads an integer between low and high; absent is the fallback.
func (p Params) Int(name string, fallback, low, high int) (int, error) {
	value := p.String(name)
	if value == "" {
		return fallback, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < low || number > high {
		return 0, problem.BadRequest("Invalid value for %s: %q is no integer between %d and %d", name, value, low, high)
	}
	return number, nil
}

// Names are the parameter names that carry a value, without list suffixes, sorted.
func (p Params) Names() []string {
	var names []string
	for key, values := range p {
		if !slices.ContainsFunc(values, func(value string) bool { return value != "" }) {
			continue
		}
		names = append(names, BaseName(key))
	}
	sort.Strings(names)
	return slices.Compact(names)
}

// BaseName is a key without its list suffix, [] or [n].
func BaseName(key string) string {
	if name, ok := strings.CutSuffix(key, "[]"); ok {
		return name
	}
	if match := indexed.FindStringSubmatch(key); match != nil {
		return match[1]
	}
	return key
}

type collected struct {
	values []string
	// list says that the values came in a list dialect, so that none of them needs to be split.
	list bool
}

func (p Params) collect(name string) collected {
	found := collected{values: present(p[name])}
	found.list = len(found.values) > 1
	if values := present(p[name+"[]"]); len(values) > 0 {
		found = collected{values: append(found.values, values...), list: true}
	}
	type entry struct {
		index int
		value string
	}
	var entries []entry
	for key, values := range p {
		index, ok := indexOf(key, name)
		if !ok {
			continue
		}
		for _, value := range present(values) {
			entries = append(entries, entry{index, value})
		}
	}
	if len(entries) > 0 {
		sort.SliceStable(entries, func(i, j int) bool { return entries[i].index < entries[j].index })
		for _, entry := range entries {
			found.values = append(found.values, entry.value)
		}
		found.list = true
	}
	return found
}

// indexOf is the n of name[n].
func indexOf(key, name string) (index int, ok bool) {
	rest, ok := strings.CutPrefix(key, name)
	if !ok || name == "" || len(rest) < 3 || rest[0] != '[' || rest[len(rest)-1] != ']' {
		return 0, false
	}
	digits := rest[1 : len(rest)-1]
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	index, err := strconv.Atoi(digits)
	return index, err == nil
}

func present(values []string) []string {
	var kept []string
	for _, value := range values {
		if value != "" {
			kept = append(kept, value)
		}
	}
	return kept
}
