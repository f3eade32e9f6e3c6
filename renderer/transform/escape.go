package transform

import "strings"

// unescape decodes percent-escapes once. A plus stays a plus, and a percent sign that starts no escape stays
// as it is: texts decoded twice meet both.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if isEscape(s, i) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// malformedEscape tells whether s has a percent sign that starts no escape.
func malformedEscape(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && !isEscape(s, i) {
			return true
		}
	}
	return false
}

// isEscape tells whether an escape (%XX) starts at s[i].
func isEscape(s string, i int) bool {
	return s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// escapeValue spells a decoded value for a URL. Characters that mean something inside a value stay.
func escapeValue(s string) string { return escape(s, "-._~!$()*:;=@+", "") }

// escapeText spells a text that is decoded twice. The grammar's own separators are escaped twice, as the SDKs do.
func escapeText(s string) string { return escape(s, "-._~!()*=@;:", "%,/") }

// escape keeps ASCII letters, digits and the plain characters, escapes the characters of twice doubly, and
// everything else once.
func escape(s, plain, twice string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isLetter(c) || isDigit(c) || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		if strings.IndexByte(twice, c) >= 0 {
			b.WriteString("25")
		}
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// splitOutside splits s at any of the separators that stand outside parentheses.
func splitOutside(s, separators string) []string {
	var parts []string
	start, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')':
			depth--
		case depth <= 0 && strings.IndexByte(separators, s[i]) >= 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
