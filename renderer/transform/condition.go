package transform

import (
	"math"
	"slices"
	"strings"
)

// parseCondition reads what follows if_, decoded: comparisons joined by _and_ and _or_.
func parseCondition(s string) (*Condition, error) {
	condition := &Condition{AnyOf: [][]Comparison{nil}}
	count := 0
	read := func(words []string) bool {
		comparison, ok := parseComparison(words)
		if !ok {
			return false
		}
		last := len(condition.AnyOf) - 1
		condition.AnyOf[last] = append(condition.AnyOf[last], comparison)
		count++
		return count <= maxOperands
	}
	words, start := tokens(s), 0
	for i, word := range words {
		if word != "and" && word != "or" {
			continue
		}
		if !read(words[start:i]) {
			return nil, invalid("condition", s)
		}
		if word == "or" {
			condition.AnyOf = append(condition.AnyOf, nil)
		}
		start = i + 1
	}
	if !read(words[start:]) {
		return nil, invalid("condition", s)
	}
	if slices.Contains(words, "ils") {
		return nil, unavailable("ils", illustrationAddon)
	}
	return condition, nil
}

func parseComparison(words []string) (Comparison, bool) {
	if len(words) == 2 && (words[0] == "isdef" || words[0] == "isndef") && isVariable(words[1]) {
		return Comparison{Left: Operand{Number: &Number{Expr: []string{words[1]}}}, Op: words[0]}, true
	}
	at := slices.IndexFunc(words, isComparator)
	if at < 1 || at == len(words)-1 {
		return Comparison{}, false
	}
	left, ok := parseOperandValue(words[:at], "", true)
	if !ok {
		return Comparison{}, false
	}
	right, ok := parseOperandValue(words[at+1:], "", true)
	if !ok {
		return Comparison{}, false
	}
	return Comparison{Left: *left, Op: words[at], Right: right}, true
}

func isComparator(word string) bool {
	switch word {
	case "eq", "ne", "lt", "gt", "lte", "gte", "in", "nin":
		return true
	}
	return false
}

// String is the canonical spelling, as it follows if_, not yet percent-encoded.
func (c *Condition) String() string {
	var groups []string
	for _, all := range c.AnyOf {
		var parts []string
		for i := range all {
			parts = append(parts, all[i].String())
		}
		groups = append(groups, strings.Join(parts, "_and_"))
	}
	return strings.Join(groups, "_or_")
}

// String is the canonical spelling.
func (c *Comparison) String() string {
	if c.Right == nil {
		return c.Op + "_" + c.Left.String()
	}
	return c.Left.String() + "_" + c.Op + "_" + c.Right.String()
}

// Holds tells whether the condition is true. The error is a *problem.Problem 400 that names a variable that is
// not defined, or a value that cannot be computed.
func (c *Condition) Holds(env Env) (bool, error) {
	for _, all := range c.AnyOf {
		holds := true
		for i := range all {
			one, err := all[i].holds(env)
			if err != nil {
				return false, err
			}
			if !one {
				holds = false
				break
			}
		}
		if holds {
			return true, nil
		}
	}
	return false, nil
}

func (c *Comparison) holds(env Env) (bool, error) {
	if c.Op == "isdef" || c.Op == "isndef" {
		return defined(c.Left.String(), env) == (c.Op == "isdef"), nil
	}
	if c.Right == nil {
		return false, invalid("condition", c.String())
	}
	left, err := c.Left.eval(env)
	if err != nil {
		return false, err
	}
	right, err := c.Right.eval(env)
	if err != nil {
		return false, err
	}
	switch c.Op {
	case "in":
		return contained(left.list(), right.list()), nil
	case "nin":
		return !contained(left.list(), right.list()), nil
	case "eq":
		return equal(left, right), nil
	case "ne":
		return !equal(left, right), nil
	}
	if !left.isNumber || !right.isNumber {
		return false, nil
	}
	order := compare(left.number, right.number)
	switch c.Op {
	case "lt":
		return order < 0, nil
	case "gt":
		return order > 0, nil
	case "lte":
		return order <= 0, nil
	case "gte":
		return order >= 0, nil
	}
	return false, invalid("condition", c.String())
}

func defined(name string, env Env) bool {
	if _, ok := env.Number(name); ok {
		return true
	}
	_, ok := env.Strings(name)
	return ok
}

// contained tells whether every string of the left list is in the right one.
func contained(left, right []string) bool {
	for _, s := range left {
		if !slices.Contains(right, s) {
			return false
		}
	}
	return true
}

func equal(left, right value) bool {
	if left.isNumber && right.isNumber {
		return compare(left.number, right.number) == 0
	}
	return left.text() == right.text()
}

// compare orders two numbers. Results of computations that differ only by rounding errors are equal.
func compare(a, b float64) int {
	switch {
	case math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b))):
		return 0
	case a < b:
		return -1
	default:
		return 1
	}
}
