package transform

import (
	"math"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxLiteral bounds literals: beyond it no parameter makes sense, and sums of a few stay exact.
const maxLiteral = 1e9

// minLiteral bounds literals other than zero from below, so that each has a short decimal spelling.
const minLiteral = 1e-9

// Env gives the values that expressions and conditions are computed from, at one point of a chain. Names are
// characteristics ("w", "iar", "tags", "ctx:key", "md:id") and variables with their dollar ("$w").
type Env interface {
	// Number gives a number; false when there is no such name or it is no number.
	Number(name string) (float64, bool)
	// Strings gives strings; false when there is no such name or it holds no strings.
	Strings(name string) ([]string, bool)
}

// Fractions is what an Env implements that remembers which variables hold a fraction (written with a decimal point).
// Without it a variable counts as a fraction when its value is not whole.
type Fractions interface {
	Fraction(name string) bool
}

// literal is a literal number; a decimal one is a fraction where the parameter knows fractions.
func literal(value float64, decimal bool) Number { return Number{Value: value, Decimal: decimal} }

// parseLiteral reads an integer or a decimal, and a ratio like 16:9 where those are allowed.
func parseLiteral(s string, ratios bool) (Number, bool) {
	if ratios {
		if a, b, ok := strings.Cut(s, ":"); ok {
			x, okX := parseLiteral(a, false)
			y, okY := parseLiteral(b, false)
			if !okX || !okY || y.Value == 0 {
				return Number{}, false
			}
			value := x.Value / y.Value
			if value == 0 {
				value = 0 // no negative zero
			}
			return literal(value, true), inRange(value)
		}
	}
	digits, decimal := strings.TrimPrefix(s, "-"), false
	if digits == "" || len(digits) > 64 {
		return Number{}, false
	}
	for i := 0; i < len(digits); i++ {
		switch {
		case isDigit(digits[i]):
		case digits[i] == '.' && !decimal && i+1 < len(digits):
			decimal = true
		default:
			return Number{}, false
		}
	}
	value, err := strconv.ParseFloat(s, 64)
	if err != nil || !inRange(value) {
		return Number{}, false
	}
	if value == 0 {
		value = 0 // no negative zero
	}
	return literal(value, decimal), true
}

// inRange tells whether a literal has a magnitude that we take.
func inRange(value float64) bool {
	magnitude := math.Abs(value)
	return value == 0 || minLiteral <= magnitude && magnitude <= maxLiteral
}

// String is the canonical spelling: the literal, or the expression in infix order.
func (n Number) String() string {
	if len(n.Expr) == 0 {
		s := strconv.FormatFloat(n.Value, 'f', -1, 64)
		if n.Decimal && !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	var stack []string
	for _, word := range n.Expr {
		if precedence(word) == 0 {
			stack = append(stack, word)
			continue
		}
		if len(stack) < 2 {
			return ""
		}
		a, b := stack[len(stack)-2], stack[len(stack)-1]
		stack = append(stack[:len(stack)-2], a+"_"+word+"_"+b)
	}
	if len(stack) != 1 {
		return ""
	}
	return stack[0]
}

// Eval computes the number. fraction tells that it was written with a decimal point, or comes from variables that
// were, so that it is a fraction of something and no count of pixels. The value is not rounded: the parameter that
// uses it does that. The error is a *problem.Problem 400 that names what is undefined or cannot be computed.
func (n *Number) Eval(env Env) (value float64, fraction bool, err error) {
	if len(n.Expr) == 0 {
		return n.Value, n.Decimal, nil
	}
	var stack []float64
	names, fractions := 0, 0
	for _, word := range n.Expr {
		if precedence(word) == 0 {
			x, err := operandValue(word, env)
			if err != nil {
				return 0, false, err
			}
			if _, ok := parseLiteral(word, false); !ok {
				names++
				if isVariable(word) && isFraction(word, x, env) {
					fractions++
				}
			}
			stack = append(stack, x)
			continue
		}
		if len(stack) < 2 {
			return 0, false, invalid("expression", strings.Join(n.Expr, "_"))
		}
		x := apply(word, stack[len(stack)-2], stack[len(stack)-1])
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, false, problem.BadRequest("Invalid expression - %s: the result is not a number", shown(n.String()))
		}
		stack = append(stack[:len(stack)-2], x)
	}
	if len(stack) != 1 {
		return 0, false, invalid("expression", strings.Join(n.Expr, "_"))
	}
	return stack[0], names > 0 && fractions == names, nil
}

// operandValue gives the value of a literal, variable or characteristic.
func operandValue(word string, env Env) (float64, error) {
	if number, ok := parseLiteral(word, false); ok {
		return number.Value, nil
	}
	name := word
	if of, ok := assetValueName(word); ok {
		name = of
	}
	if x, ok := env.Number(name); ok {
		return x, nil
	}
	if strs, ok := env.Strings(name); ok {
		if number, ok := parseLiteral(strings.Join(strs, ":"), true); ok { // !16:9! is a list of two, and a ratio
			return number.Value, nil
		}
		return 0, problem.BadRequest("Invalid expression - %s is not a number", shown(word))
	}
	return 0, undefined(word)
}

func isFraction(variable string, value float64, env Env) bool {
	if known, ok := env.(Fractions); ok {
		return known.Fraction(variable)
	}
	return value != math.Trunc(value)
}

func apply(operator string, a, b float64) float64 {
	switch operator {
	case "add":
		return a + b
	case "sub":
		return a - b
	case "mul":
		return a * b
	case "div":
		return a / b
	case "mod":
		return math.Mod(a, b)
	default:
		return math.Pow(a, b)
	}
}

// undefined is the error for a variable that was not set or a characteristic that is not known here.
func undefined(name string) *problem.Problem {
	return problem.BadRequest("Undefined variable - %s", shown(name))
}
