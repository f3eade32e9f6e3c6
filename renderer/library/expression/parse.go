package expression

import (
	"fmt"
	"strings"
)

// Bounds of an expression.
const (
	MaxLength  = 8192 // characters
	MaxClauses = 256
	maxDepth   = 64
)

// orderedWildcard is said of a > b* and its like.
const orderedWildcard = "a wildcard cannot be compared by order"

// Parse reads an expression. An empty one is All. The error is an *Error.
func Parse(text string) (Node, error) {
	p := &parser{input: []rune(text)}
	if len(p.input) > MaxLength {
		return nil, &Error{Position: MaxLength + 1, Message: fmt.Sprintf("the expression is longer than %d characters", MaxLength)}
	}
	if p.skipSpace(); p.done() {
		return All{}, nil
	}
	node, err := p.query(context{})
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.unexpected()
	}
	return node, nil
}

// context is what surrounds a query: its depth, and the field of the list of terms that it is, if it is one.
type context struct {
	depth    int
	field    string
	operator Operator
}

type parser struct {
	input   []rune
	at      int
	clauses int
}

// clause is a part of a query, with how it was joined to the one before.
type clause struct {
	node Node
	// required and prohibited say that a + or a negation stood before it.
	required, prohibited bool
	// explicit says that an operator joins it to the clause before.
	explicit bool
}

// query reads clauses joined by OR, or by nothing, up to a closing parenthesis or the end.
func (p *parser) query(c context) (Node, error) {
	var clauses []clause
	for explicit := false; ; {
		next, err := p.conjunction(c)
		if err != nil {
			return nil, err
		}
		next.explicit = explicit
		clauses = append(clauses, next)
		p.skipSpace()
		if p.done() || p.peek() == ')' {
			return join(clauses), nil
		}
		explicit = p.operator("OR", "||")
	}
}

// join combines clauses. Those that nothing joins are alternatives; among them + requires and a negation excludes.
func join(clauses []clause) Node {
	var required, optional []Node
	for i, c := range clauses {
		adjacent := i > 0 && !c.explicit || i < len(clauses)-1 && !clauses[i+1].explicit
		if adjacent && (c.required || c.prohibited) {
			required = append(required, c.node)
		} else {
			optional = append(optional, c.node)
		}
	}
	if len(required) == 0 {
		return either(optional)
	}
	// What is required decides, unless all of it only excludes.
	for i, c := range clauses {
		adjacent := i > 0 && !c.explicit || i < len(clauses)-1 && !clauses[i+1].explicit
		if adjacent && c.required {
			return all(required)
		}
	}
	if len(optional) > 0 {
		required = append(required, either(optional))
	}
	return all(required)
}

// conjunction reads clauses joined by AND.
func (p *parser) conjunction(c context) (clause, error) {
	first, err := p.clause(c)
	if err != nil {
		return clause{}, err
	}
	nodes := []Node{first.node}
	for p.skipSpace(); p.operator("AND", "&&"); p.skipSpace() {
		next, err := p.clause(c)
		if err != nil {
			return clause{}, err
		}
		nodes = append(nodes, next.node)
	}
	if len(nodes) == 1 {
		return first, nil
	}
	return clause{node: all(nodes)}, nil
}

// clause reads one clause with the modifiers before it.
func (p *parser) clause(c context) (clause, error) {
	var read clause
	negated := false
	for p.skipSpace(); ; p.skipSpace() {
		switch {
		case p.word("NOT"):
			negated, read.prohibited = !negated, true
			continue
		case p.peek() == '!' || p.peek() == '-':
			p.at++
			negated, read.prohibited = !negated, true
			continue
		case p.peek() == '+':
			p.at++
			read.required = true
			continue
		}
		break
	}
	var err error
	if read.node, err = p.primary(c); err != nil {
		return clause{}, err
	}
	read.prohibited = negated
	if negated {
		read.node, read.required = Not{read.node}, false
	}
	return read, nil
}

// primary reads a query in parentheses, a fielded value or a term.
func (p *parser) primary(c context) (Node, error) {
	if p.done() {
		return nil, p.failed("the expression ends where a term is expected")
	}
	if p.peek() == '(' {
		return p.parentheses(c)
	}
	if p.clauses++; p.clauses > MaxClauses {
		return nil, p.failed("the expression has more than %d terms", MaxClauses)
	}
	start := p.at
	if p.operatorWord() {
		return nil, p.failed("an operator stands where a term is expected")
	}
	term, err := p.term()
	if err != nil {
		return nil, err
	}
	end := p.at
	p.skipSpace()
	operator := p.comparison()
	if operator == "" {
		p.at = end
		if c.field != "" && c.operator != Has && c.operator != Equals && term.Prefix {
			return nil, &Error{Position: start + 1, Message: orderedWildcard}
		}
		if c.field == "" && term.Text == "" && term.Prefix && !term.Quoted {
			return All{}, nil
		}
		return Comparison{Field: c.field, Operator: c.operator, Term: term, Position: start + 1}, nil
	}
	if c.field != "" || term.Quoted || term.Prefix || term.Text == "" {
		p.at = end
		return nil, p.unexpected()
	}
	return p.value(context{depth: c.depth, field: term.Text, operator: operator}, start)
}

// parentheses reads (query).
func (p *parser) parentheses(c context) (Node, error) {
	open := p.at
	if c.depth++; c.depth > maxDepth {
		return nil, p.failed("parentheses are nested deeper than %d", maxDepth)
	}
	p.at++
	node, err := p.query(c)
	if err != nil {
		return nil, err
	}
	if p.done() {
		return nil, &Error{Position: open + 1, Message: "this parenthesis is not closed"}
	}
	p.at++ // query ends at ) only.
	return node, nil
}

// value reads what a field is compared with.
func (p *parser) value(c context, start int) (Node, error) {
	p.skipSpace()
	if p.done() {
		return nil, p.failed("the expression ends where a value is expected")
	}
	ranged := c.operator == Has || c.operator == Equals
	switch p.peek() {
	case '(':
		return p.parentheses(c)
	case '[', '{':
		if !ranged {
			return nil, p.unexpected()
		}
		return p.rangeOf(c.field, start)
	}
	at := p.at
	term, err := p.term()
	if err != nil {
		return nil, err
	}
	if !ranged && term.Prefix {
		return nil, &Error{Position: at + 1, Message: orderedWildcard}
	}
	return Comparison{Field: c.field, Operator: c.operator, Term: term, Position: start + 1}, nil
}

// rangeOf reads [low TO high] and its like.
func (p *parser) rangeOf(field string, start int) (Node, error) {
	r := Range{Field: field, Position: start + 1}
	r.Low.Inclusive = p.peek() == '['
	p.at++
	if err := p.bound(&r.Low); err != nil {
		return nil, err
	}
	if p.skipSpace(); !p.word("TO") {
		return nil, p.failed("TO is expected between the ends of a range")
	}
	if err := p.bound(&r.High); err != nil {
		return nil, err
	}
	p.skipSpace()
	if p.done() || p.peek() != ']' && p.peek() != '}' {
		return nil, p.failed("] or } is expected at the end of a range")
	}
	r.High.Inclusive = p.peek() == ']'
	p.at++
	return r, nil
}

func (p *parser) bound(b *Bound) (err error) {
	p.skipSpace()
	if p.done() {
		return p.failed("the expression ends in a range")
	}
	at := p.at
	if b.Term, err = p.term(); err != nil {
		return err
	}
	if b.Term.Prefix && (b.Term.Text != "" || b.Term.Quoted) {
		return &Error{Position: at + 1, Message: "the end of a range cannot have a wildcard"}
	}
	b.Open = b.Term.Prefix
	return nil
}

func all(nodes []Node) Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return And{nodes}
}

func either(nodes []Node) Node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return Or{nodes}
}

func (p *parser) unexpected() *Error {
	if p.done() {
		return p.failed("the expression ends too early")
	}
	return p.failed("unexpected %q", string(p.peek()))
}

func (p *parser) failed(format string, args ...any) *Error {
	return &Error{Position: p.at + 1, Message: strings.TrimSpace(fmt.Sprintf(format, args...))}
}
