package transform

import (
	"slices"
	"strings"
)

// maxOperands bounds the operands of one expression and the comparisons of one condition.
const maxOperands = 32

// tokens splits an expression at underscores. What stands between exclamation marks is never split.
func tokens(s string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '!':
			quoted = !quoted
		case '_':
			if !quoted {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	out = append(out, s[start:])
	for i := 0; i+1 < len(out); i++ {
		if out[i] == "page" && out[i+1] == "names" {
			out[i] = "pgnames"
			out = append(out[:i+1], out[i+2:]...)
		}
	}
	return out
}

// precedence of an operator; zero for anything else. All operators are left-associative.
func precedence(operator string) int {
	switch operator {
	case "add", "sub":
		return 1
	case "mul", "div", "mod":
		return 2
	case "pow":
		return 3
	}
	return 0
}

// parseNumber reads a literal or an expression. An expression may begin with an operator when the parameter has
// a characteristic or variable of its own (self): w_div_2 is w_w_div_2.
func parseNumber(s, self string) (*Number, bool) {
	return parseNumberTokens(tokens(s), self, false)
}

// parseNumberTokens is parseNumber on split input. ratios lets "3:4" stand for a literal.
func parseNumberTokens(words []string, self string, ratios bool) (*Number, bool) {
	if len(words) > 1 && precedence(words[0]) > 0 {
		if self == "" {
			return nil, false
		}
		words = append([]string{self}, words...)
	}
	if len(words)%2 == 0 || len(words) > 2*maxOperands {
		return nil, false
	}
	if len(words) == 1 {
		if literal, ok := parseLiteral(words[0], ratios); ok {
			return &literal, true
		}
	}
	var postfix, pending []string
	for i, word := range words {
		if i%2 == 1 {
			level := precedence(word)
			if level == 0 {
				return nil, false
			}
			for len(pending) > 0 && precedence(pending[len(pending)-1]) >= level {
				postfix = append(postfix, pending[len(pending)-1])
				pending = pending[:len(pending)-1]
			}
			pending = append(pending, word)
			continue
		}
		operand, ok := parseOperand(word, ratios)
		if !ok {
			return nil, false
		}
		postfix = append(postfix, operand)
	}
	for _, p := range slices.Backward(pending) {
		postfix = append(postfix, p)
	}
	return &Number{Expr: postfix}, true
}

// parseOperand gives the canonical spelling of one operand of an expression.
func parseOperand(s string, ratios bool) (string, bool) {
	if literal, ok := parseLiteral(s, ratios); ok {
		return literal.String(), true
	}
	if isVariable(s) || isCharacteristic(s) {
		return s, true
	}
	if _, ok := assetValueName(s); ok {
		return s, true
	}
	return "", false
}

// assetValueName reads ctx:!key! and md:!id!, and gives the name that an Env knows them by: "ctx:key", "md:id".
func assetValueName(s string) (string, bool) {
	for _, prefix := range []string{"ctx:", "md:"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			key, ok := quotedString(rest)
			return prefix + key, ok && key != ""
		}
	}
	return "", false
}

// quotedString reads !text!, without exclamation marks inside.
func quotedString(s string) (string, bool) {
	if len(s) < 2 || s[0] != '!' || s[len(s)-1] != '!' {
		return "", false
	}
	inner := s[1 : len(s)-1]
	return inner, !strings.Contains(inner, "!")
}
