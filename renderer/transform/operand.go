package transform

import (
	"math"
	"strconv"
	"strings"
)

// parseOperandValue reads one side of a comparison or the value of an assignment: a string list, a name that
// stands for strings, or a number expression.
func parseOperandValue(words []string, self string, ratios bool) (*Operand, bool) {
	if len(words) == 1 {
		word := words[0]
		if inner, ok := quotedString(word); ok {
			operand := &Operand{Literal: true}
			if inner != "" {
				operand.Strings = strings.Split(inner, ":")
			}
			return operand, true
		}
		if name, ok := assetValueName(word); ok {
			return &Operand{Name: name}, true
		}
		if isStringCharacteristic(word) {
			return &Operand{Name: word}, true
		}
	}
	number, ok := parseNumberTokens(words, self, ratios)
	if !ok {
		return nil, false
	}
	return &Operand{Number: number}, true
}

// String is the canonical spelling, not yet percent-encoded.
func (o *Operand) String() string {
	switch {
	case o.Literal:
		return "!" + strings.Join(o.Strings, ":") + "!"
	case o.Number != nil:
		return o.Number.String()
	}
	for _, prefix := range []string{"ctx:", "md:", "ref:"} {
		if key, ok := strings.CutPrefix(o.Name, prefix); ok {
			return prefix + "!" + key + "!"
		}
	}
	return o.Name
}

// value is what an operand comes to: a number, strings, or both readings of the same thing.
type value struct {
	number   float64
	isNumber bool
	fraction bool
	strings  []string
	// isStrings is true for strings, be they none.
	isStrings bool
}

// eval computes an operand. An asset value that is not set is the empty string.
func (o *Operand) eval(env Env) (value, error) {
	switch {
	case o.Literal:
		return stringsValue(o.Strings), nil
	case o.Name != "":
		if strs, ok := env.Strings(o.Name); ok {
			return stringsValue(strs), nil
		}
		if x, ok := env.Number(o.Name); ok {
			return value{number: x, isNumber: true}, nil
		}
		return stringsValue(nil), nil
	case o.Number == nil:
		return value{}, invalid("expression", "")
	}
	if len(o.Number.Expr) == 1 && isVariable(o.Number.Expr[0]) {
		if strs, ok := env.Strings(o.Number.Expr[0]); ok {
			return stringsValue(strs), nil
		}
	}
	x, fraction, err := o.Number.Eval(env)
	return value{number: x, isNumber: true, fraction: fraction}, err
}

// stringsValue is a list of strings, which is also a number when it is one string that spells one.
func stringsValue(strs []string) value {
	v := value{strings: strs, isStrings: true}
	if len(strs) == 1 {
		if number, ok := parseLiteral(strs[0], false); ok {
			v.number, v.isNumber, v.fraction = number.Value, true, number.Decimal
		}
	}
	return v
}

// list gives the value as strings.
func (v value) list() []string {
	if v.isStrings {
		return v.strings
	}
	return []string{formatNumber(v.number)}
}

// text gives the value as one string.
func (v value) text() string { return strings.Join(v.list(), ":") }

// formatNumber spells a computed number: whole numbers without a point, others with at most six decimals.
func formatNumber(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	s := strconv.FormatFloat(x, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
