package transform

import (
	"strings"
	"unicode/utf8"
)

// maxText bounds the text of one layer, in bytes.
const maxText = 4096

// textPart is a literal, or the name of a variable with its dollar.
type textPart struct {
	literal  string
	variable string
}

// decodeText reads the text of a layer as written in the URL. What stands between references is decoded twice. A
// reference is $(name), whose parentheses may be escaped; an escaped dollar is never one. The result is as in Layer.Text.
func decodeText(raw string) (string, bool) {
	var parts []textPart
	start := 0
	literal := func(end int) {
		if end > start {
			parts = append(parts, textPart{literal: unescape(unescape(raw[start:end]))})
		}
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '$' {
			continue
		}
		name, length, ok := writtenReference(raw[i:])
		if !ok {
			continue
		}
		literal(i)
		parts = append(parts, textPart{variable: "$" + name})
		start = i + length
		i = start - 1
	}
	literal(len(raw))
	text := joinText(parts)
	return text, text != "" && len(text) <= maxText && isText(text)
}

// isText tells whether s can be set: UTF-8 without control characters other than line breaks and tabs.
func isText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 && s[i] != '\n' && s[i] != '\r' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// writtenReference reads $(name) at the start of s.
func writtenReference(s string) (name string, length int, ok bool) {
	at := 1
	for _, open := range []string{"(", "%28"} {
		if rest, found := strings.CutPrefix(s[1:], open); found {
			at += len(open)
			end := strings.IndexFunc(rest, func(r rune) bool { return !(r < utf8.RuneSelf && (isLetter(byte(r)) || isDigit(byte(r)))) })
			if end < 0 || !isVariableName(rest[:end]) {
				return "", 0, false
			}
			name, at = rest[:end], at+end
			for _, closing := range []string{")", "%29"} {
				if strings.HasPrefix(s[at:], closing) {
					return name, at + len(closing), true
				}
			}
			return "", 0, false
		}
	}
	return "", 0, false
}

// joinText makes a Layer.Text of parts: a run of dollars in a literal is doubled where an opening parenthesis or a
// reference follows, so that exactly the references have an odd number of dollars.
func joinText(parts []textPart) string {
	var b strings.Builder
	for i, part := range parts {
		if part.variable != "" {
			b.WriteString("$(" + part.variable[1:] + ")")
			continue
		}
		s := part.literal
		for at := 0; at < len(s); {
			run := 0
			for at+run < len(s) && s[at+run] == '$' {
				run++
			}
			if run == 0 {
				b.WriteByte(s[at])
				at++
				continue
			}
			at += run
			before := at < len(s) && s[at] == '(' || at == len(s) && i+1 < len(parts)
			if before {
				run *= 2
			}
			b.WriteString(strings.Repeat("$", run))
		}
	}
	return b.String()
}

// splitText takes a Layer.Text apart again.
func splitText(text string) []textPart {
	var parts []textPart
	var literal strings.Builder
	for at := 0; at < len(text); {
		run := 0
		for at+run < len(text) && text[at+run] == '$' {
			run++
		}
		if run == 0 {
			literal.WriteByte(text[at])
			at++
			continue
		}
		at += run
		if at == len(text) || text[at] != '(' {
			literal.WriteString(strings.Repeat("$", run))
			continue
		}
		literal.WriteString(strings.Repeat("$", run/2))
		if run%2 == 0 {
			continue
		}
		name, length, ok := writtenReference(text[at-1:])
		if !ok {
			literal.WriteByte('$')
			continue
		}
		if literal.Len() > 0 {
			parts = append(parts, textPart{literal: literal.String()})
			literal.Reset()
		}
		parts = append(parts, textPart{variable: "$" + name})
		at += length - 1
	}
	if literal.Len() > 0 {
		parts = append(parts, textPart{literal: literal.String()})
	}
	return parts
}

// spellText is a Layer.Text as decodeText reads it.
func spellText(text string) string {
	var b strings.Builder
	for _, part := range splitText(text) {
		if part.variable != "" {
			b.WriteString("$(" + part.variable[1:] + ")")
			continue
		}
		b.WriteString(escapeText(part.literal))
	}
	return b.String()
}

// ExpandText gives the text of a text layer with variables inserted. The error is a *problem.Problem 400 that names
// a variable that is not defined, or a text that is empty, too long, or cannot be set.
func (l *Layer) ExpandText(env Env) (string, error) {
	var b strings.Builder
	for _, part := range splitText(l.Text) {
		if part.variable == "" {
			b.WriteString(part.literal)
			continue
		}
		operand := Operand{Number: &Number{Expr: []string{part.variable}}}
		inserted, err := operand.eval(env)
		if err != nil {
			return "", err
		}
		b.WriteString(inserted.text())
	}
	text := b.String()
	if text == "" || len(text) > maxText || !isText(text) {
		return "", invalid("text", l.Text)
	}
	return text, nil
}
