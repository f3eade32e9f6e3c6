package expression

// Node is All, And, Or, Not, Comparison or Range.
type Node interface{ node() }

// All matches everything.
type All struct{}

// And matches what all its nodes match. It has two nodes or more.
type And struct{ Nodes []Node }

// Or matches what one of its nodes matches. It has two nodes or more.
type Or struct{ Nodes []Node }

// Not matches what its node does not match.
type Not struct{ Node Node }

// Comparison is a term, alone or compared with a field.
type Comparison struct {
	// Field is empty for a term that stands alone.
	Field    string
	Operator Operator
	Term     Term
	// Position is where the comparison begins in the expression, in characters from 1.
	Position int
}

// Range is field:[low TO high].
type Range struct {
	Field     string
	Low, High Bound
	// Position is where the range's field begins in the expression, in characters from 1.
	Position int
}

func (All) node()        {}
func (And) node()        {}
func (Or) node()         {}
func (Not) node()        {}
func (Comparison) node() {}
func (Range) node()      {}

// Operator compares a field with a term.
type Operator string

// Operators. Those of the form :> are read as >.
const (
	Has            Operator = ":"
	Equals         Operator = "="
	Greater        Operator = ">"
	GreaterOrEqual Operator = ">="
	Less           Operator = "<"
	LessOrEqual    Operator = "<="
)

// Term is a value as it was meant: without quotes and escapes.
type Term struct {
	Text string
	// Quoted says that the text stood in quotes: it is a phrase.
	Quoted bool
	// Prefix says that a * has followed the text. With an empty text the term stands for any value.
	Prefix bool
}

// Bound is an end of a range.
type Bound struct {
	Term Term
	// Open says that there is no bound: it was *.
	Open bool
	// Inclusive says that the bound itself is in the range.
	Inclusive bool
}

// Error says what does not parse, and where.
type Error struct {
	// Position is in characters from 1.
	Position int
	Message  string
}

// Error is the message without the position.
func (e *Error) Error() string { return e.Message }
