package expression

import (
	"slices"
	"strings"
	"unicode"
)

// reserved are the characters that a bare term must escape.
const reserved = `!(){}[]*^~?:\=&><"`

func (p *parser) done() bool { return p.at >= len(p.input) }

// peek is the next character, 0 at the end.
func (p *parser) peek() rune { return p.ahead(0) }

func (p *parser) ahead(n int) rune {
	if p.at+n >= len(p.input) {
		return 0
	}
	return p.input[p.at+n]
}

func (p *parser) skipSpace() {
	for !p.done() && unicode.IsSpace(p.peek()) {
		p.at++
	}
}

// word reads an operator that is a word, which white space, a bracket or the end must follow.
func (p *parser) word(word string) bool {
	end := p.at + len(word)
	if end > len(p.input) || string(p.input[p.at:end]) != word {
		return false
	}
	if end < len(p.input) && !unicode.IsSpace(p.input[end]) && !strings.ContainsRune("()[]{}", p.input[end]) {
		return false
	}
	p.at = end
	return true
}

// operator reads an operator in one of its spellings.
func (p *parser) operator(word, symbol string) bool {
	if p.word(word) {
		return true
	}
	if end := p.at + len(symbol); end <= len(p.input) && string(p.input[p.at:end]) == symbol {
		p.at = end
		return true
	}
	return false
}

// operatorWord tells whether an operator that joins clauses comes next.
func (p *parser) operatorWord() bool {
	at := p.at
	found := p.operator("AND", "&&") || p.operator("OR", "||")
	p.at = at
	return found
}

// comparison reads an operator that compares, empty for none.
func (p *parser) comparison() Operator {
	if p.peek() == ':' && (p.ahead(1) == '>' || p.ahead(1) == '<') {
		p.at++
	}
	for _, operator := range []Operator{GreaterOrEqual, LessOrEqual, Greater, Less, Equals, Has} {
		if end := p.at + len(operator); end <= len(p.input) && string(p.input[p.at:end]) == string(operator) {
			p.at = end
			return operator
		}
	}
	return ""
}

// term reads a term, quoted or bare.
func (p *parser) term() (Term, error) {
	switch quote := p.peek(); {
	case quote == '"':
		return p.quoted(quote)
	case quote == '\'' && slices.Contains(p.input[p.at+1:], quote):
		return p.quoted(quote)
	}
	return p.bare()
}

func (p *parser) bare() (Term, error) {
	var text strings.Builder
	start := p.at
	for !p.done() {
		c := p.peek()
		switch {
		case c == '\\':
			if p.at+1 >= len(p.input) {
				return Term{}, p.failed("a backslash ends the expression")
			}
			text.WriteRune(p.ahead(1))
			p.at += 2
			continue
		case c == '*':
			return p.wildcard(Term{Text: text.String()})
		case unicode.IsSpace(c) || strings.ContainsRune(reserved, c):
			if p.at == start {
				return Term{}, p.unexpected()
			}
			return Term{Text: text.String()}, nil
		case c == '|' && p.ahead(1) == '|':
			return Term{Text: text.String()}, nil
		}
		text.WriteRune(c)
		p.at++
	}
	return Term{Text: text.String()}, nil
}

// wildcard reads a * that must end its term.
func (p *parser) wildcard(term Term) (Term, error) {
	star := p.at
	p.at++
	if c := p.peek(); !p.done() && !unicode.IsSpace(c) && !strings.ContainsRune(")]}", c) {
		message := "a wildcard is allowed at the end of a term only"
		if term.Text == "" {
			message = "a wildcard cannot begin a term"
		}
		return Term{}, &Error{Position: star + 1, Message: message}
	}
	term.Prefix = true
	return term, nil
}

func (p *parser) quoted(quote rune) (Term, error) {
	start := p.at
	p.at++
	var text strings.Builder
	for ; !p.done(); p.at++ {
		switch c := p.peek(); {
		case c == quote:
			if p.at++; p.peek() == '*' {
				return Term{}, p.failed("a wildcard is allowed inside of the quotes only")
			}
			return Term{Text: text.String(), Quoted: true}, nil
		case c == '\\' && (p.ahead(1) == quote || p.ahead(1) == '*' || p.ahead(1) == '\\'):
			p.at++
			text.WriteRune(p.peek())
		case c == '*':
			if p.ahead(1) != quote {
				return Term{}, p.failed("a wildcard is allowed at the end of a term only")
			}
			p.at += 2
			return Term{Text: text.String(), Quoted: true, Prefix: true}, nil
		default:
			text.WriteRune(c)
		}
	}
	return Term{}, &Error{Position: start + 1, Message: "this quote is not closed"}
}
