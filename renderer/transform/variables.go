package transform

import (
	"math"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// parseAssignment reads a $ piece, decoded. ok is false for a bare reference, which assigns nothing.
func parseAssignment(piece string) (assignment Assignment, ok bool, err error) {
	name, text, assigns := strings.Cut(strings.TrimPrefix(piece, "$"), "_")
	if !isVariableName(name) {
		return Assignment{}, false, invalid("variable name", "$"+name)
	}
	if !assigns {
		return Assignment{}, false, nil
	}
	assignment.Name = name
	if named, ok := bufferOrReference(text); ok {
		assignment.Value = Operand{Name: named}
		return assignment, true, nil
	}
	words := tokens(text)
	if n := len(words); n > 2 && words[n-2] == "to" && (words[n-1] == "i" || words[n-1] == "f") {
		assignment.Convert = words[n-1]
		words = words[:n-2]
	}
	value, parsed := parseOperandValue(words, "$"+name, true)
	if !parsed {
		return Assignment{}, false, invalid("variable value", piece)
	}
	if slices.Contains(words, "ils") {
		return Assignment{}, false, unavailable("ils", illustrationAddon)
	}
	assignment.Value = *value
	return assignment, true, nil
}

// bufferOrReference reads the values only an assignment takes: the picture as it is now, the ID of the original,
// and a reference to another asset.
func bufferOrReference(text string) (name string, ok bool) {
	switch text {
	case "current", "current:public_id":
		return text, true
	}
	if id, ok := strings.CutPrefix(text, "ref:"); ok {
		id, ok = quotedString(id)
		return "ref:" + id, ok && id != ""
	}
	return "", false
}

// String is the canonical spelling, not yet percent-encoded.
func (a *Assignment) String() string {
	s := "$" + a.Name + "_" + a.Value.String()
	if a.Convert != "" {
		s += "_to_" + a.Convert
	}
	return s
}

// sortAssignments brings the assignments of one component, in which each name occurs once, into an order that does
// not depend on how they were written: a variable is set before those that read it, otherwise by name.
func sortAssignments(set []Assignment) ([]Assignment, error) {
	slices.SortFunc(set, func(a, b Assignment) int { return strings.Compare(a.Name, b.Name) })
	index := make(map[string]int, len(set))
	for i := range set {
		index[set[i].Name] = i
	}
	var sorted []Assignment
	const visiting, done = 1, 2
	state := make([]int, len(set))
	var visit func(i int) error
	visit = func(i int) error {
		switch state[i] {
		case done:
			return nil
		case visiting:
			return problem.BadRequest("Circular variables - $%s", set[i].Name)
		}
		state[i] = visiting
		if number := set[i].Value.Number; number != nil {
			for _, word := range number.Expr {
				if j, ok := index[strings.TrimPrefix(word, "$")]; ok && isVariable(word) && j != i {
					if err := visit(j); err != nil {
						return err
					}
				}
			}
		}
		state[i] = done
		sorted = append(sorted, set[i])
		return nil
	}
	for i := range set {
		if err := visit(i); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// Variables is an Env that holds the variables of a chain on top of the characteristics of the picture.
// Assignments happen in chain order. It is not safe for concurrent use.
type Variables struct {
	picture Env
	values  map[string]value
}

// NewVariables starts a chain without variables. picture answers everything that is no variable; it may change its
// answers while the chain runs.
func NewVariables(picture Env) *Variables {
	return &Variables{picture: picture, values: make(map[string]value)}
}

// Assign evaluates an assignment now and keeps the value. The error is a *problem.Problem 400.
func (v *Variables) Assign(a Assignment) error {
	result, err := a.Value.eval(v)
	if err != nil {
		return err
	}
	if id, ok := strings.CutPrefix(a.Value.Name, "ref:"); ok {
		result = stringsValue([]string{id})
	}
	if a.Convert != "" {
		if !result.isNumber {
			return problem.BadRequest("Invalid variable value - $%s is not a number", a.Name)
		}
		result = value{number: result.number, isNumber: true, fraction: a.Convert == "f"}
		if a.Convert == "i" {
			result.number = math.Trunc(result.number)
		}
	}
	v.values["$"+a.Name] = result
	return nil
}

// All are the variables that were set, by name without the dollar: float64, or []string.
func (v *Variables) All() map[string]any {
	all := make(map[string]any, len(v.values))
	for name, held := range v.values {
		if held.isStrings {
			all[name[1:]] = held.strings
		} else {
			all[name[1:]] = held.number
		}
	}
	return all
}

// Number gives the number that a variable holds or a characteristic is.
func (v *Variables) Number(name string) (float64, bool) {
	if strings.HasPrefix(name, "$") {
		held, ok := v.values[name]
		return held.number, ok && held.isNumber
	}
	return v.picture.Number(name)
}

// Strings gives the strings that a variable holds or a characteristic is.
func (v *Variables) Strings(name string) ([]string, bool) {
	if strings.HasPrefix(name, "$") {
		held, ok := v.values[name]
		return held.strings, ok && held.isStrings
	}
	return v.picture.Strings(name)
}

// Fraction tells whether a variable was set to a fraction.
func (v *Variables) Fraction(name string) bool { return v.values[name].fraction }
