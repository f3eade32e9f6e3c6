package library

import (
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// predicate is a condition on an asset: constant, both, either, negated, termScan, columnRange, valueRange, cellRange, within, derivedBy,
// placeIn or phraseIn.
type predicate any

type (
	constant bool
	both     []predicate
	either   []predicate
	negated  struct{ predicate }

	// termScan holds for assets with a term. Where the query reads rows that have column, value is compared instead.
	termScan struct {
		term string
		// prefix takes all terms that begin with term.
		prefix bool
		// fields are those that must have the word; 0 for terms that are no words.
		fields        int64
		column, value string
	}
	// columnRange compares a column. Nil is no bound.
	columnRange struct {
		column    string
		low, high *limit
	}
	// valueRange compares a number of asset_values.
	valueRange struct {
		field     string
		low, high *limit
	}
	// derivedBy holds for assets of which a file was made by a transformation, as it is written, or by one that begins so.
	derivedBy struct {
		transformation string
		prefix         bool
	}
	// phraseIn holds for assets in whose words one of the texts stands. It only narrows down what a term has found.
	phraseIn struct{ texts []string }
)

// limit is an end of a range.
type limit struct {
	value     any
	inclusive bool
}

// source is the table, under the alias d, that an arm of a search reads.
type source int

const (
	fromAssets source = iota
	fromTerms
	fromValues
	fromPlaces
)

// table is the source's name.
func (s source) table() string {
	return [...]string{"assets", "asset_terms", "asset_values", "asset_places"}[s]
}

// has tells whether the source has that column of assets.
func (s source) has(column string) bool {
	switch column {
	case "asset_id", "created_at":
		return true
	case "resource_type", "type", "format", "bytes", "width", "height", "public_id":
		return s == fromAssets || s == fromTerms
	}
	return s == fromAssets
}

// statement is SQL as it is written.
type statement struct {
	driver string
	text   strings.Builder
	args   []any
}

func (s *statement) add(text string, args ...any) {
	s.text.WriteString(text)
	s.args = append(s.args, args...)
}

// condition writes p for rows of from. It must not be constant.
func (s *statement) condition(from source, p predicate) {
	switch p := p.(type) {
	case both:
		s.list(from, p, " AND ")
	case either:
		s.list(from, p, " OR ")
	case negated:
		s.add("NOT ")
		s.condition(from, p.predicate)
	case *termScan:
		if p.column != "" && from.has(p.column) {
			s.add("d."+p.column+" = ?", p.value)
			return
		}
		s.add("EXISTS (SELECT 1 FROM asset_terms AS e WHERE e.asset_id = d.asset_id AND e.created_at = d.created_at AND ")
		s.term("e", p)
		s.add(")")
	case *columnRange:
		if from.has(p.column) {
			s.between("d."+p.column, p.low, p.high)
			return
		}
		s.add("EXISTS (SELECT 1 FROM assets AS e WHERE e.asset_id = d.asset_id AND ")
		s.between("e."+p.column, p.low, p.high)
		s.add(")")
	case *valueRange:
		s.add("EXISTS (SELECT 1 FROM asset_values AS e WHERE e.asset_id = d.asset_id AND e.field = ? AND ", p.field)
		s.between("e.number", p.low, p.high)
		s.add(")")
	case *cellRange:
		if from == fromPlaces {
			s.add("d.cell BETWEEN ? AND ?", p.low, p.high)
			return
		}
		s.add("EXISTS (SELECT 1 FROM asset_places AS e WHERE e.asset_id = d.asset_id AND e.cell BETWEEN ? AND ?)", p.low, p.high)
	case *placeIn: // In a query that reads the cells.
		p.write(s, "d.latitude", "d.longitude")
	case *within:
		s.add("EXISTS (SELECT 1 FROM asset_places AS e WHERE e.asset_id = d.asset_id AND ")
		s.place("e", p)
		s.add(")")
	case *derivedBy:
		s.add("EXISTS (SELECT 1 FROM derived AS e WHERE e.asset_id = d.asset_id AND ")
		s.derived(p)
		s.add(")")
	case *phraseIn:
		position := "instr"
		if s.driver == config.DatabasePostgres {
			position = "strpos"
		}
		s.add("EXISTS (SELECT 1 FROM asset_texts AS e WHERE e.asset_id = d.asset_id AND (")
		for i, text := range p.texts {
			if i > 0 {
				s.add(" OR ")
			}
			s.add(position+"(e.text, ?) > 0", text)
		}
		s.add("))")
	}
}

func (s *statement) list(from source, list []predicate, separator string) {
	s.add("(")
	for i, p := range list {
		if i > 0 {
			s.add(separator)
		}
		s.condition(from, p)
	}
	s.add(")")
}

// term writes what the rows of a scan are.
func (s *statement) term(alias string, p *termScan) {
	if p.prefix {
		s.add(alias+".term >= ?", p.term)
		if end, ok := afterPrefix(p.term); ok {
			s.add(" AND "+alias+".term < ?", end)
		}
	} else {
		s.add(alias+".term = ?", p.term)
	}
	if p.fields != 0 {
		s.add(" AND "+alias+".fields & ? <> 0", p.fields)
	}
}

// derived writes what the rows of derived files are, under the alias e.
func (s *statement) derived(p *derivedBy) {
	if !p.prefix {
		s.add("e.transformation = ?", p.transformation)
		return
	}
	s.add("e.transformation >= ?", p.transformation)
	if end, ok := afterPrefix(p.transformation); ok {
		s.add(" AND e.transformation < ?", end)
	}
}

// between writes a range, which has one bound at least.
func (s *statement) between(column string, low, high *limit) {
	if low != nil && high != nil && low.inclusive && high.inclusive && low.value == high.value {
		s.add(column+" = ?", low.value)
		return
	}
	if low != nil {
		s.add(column+" >"+equal(low)+" ?", low.value)
	}
	if low != nil && high != nil {
		s.add(" AND ")
	}
	if high != nil {
		s.add(column+" <"+equal(high)+" ?", high.value)
	}
}

func equal(l *limit) string {
	if l.inclusive {
		return "="
	}
	return ""
}

// given is p where known holds, without what that decides.
func given(p, known predicate) predicate {
	switch p := p.(type) {
	case both:
		var rest both
		for _, q := range p {
			switch q := given(q, known).(type) {
			case constant:
				if !q {
					return q
				}
			case both:
				rest = append(rest, q...)
			default:
				rest = append(rest, q)
			}
		}
		switch len(rest) {
		case 0:
			return constant(true)
		case 1:
			return rest[0]
		}
		return rest
	case either:
		var rest either
		for _, q := range p {
			switch q := given(q, known).(type) {
			case constant:
				if q {
					return q
				}
			case either:
				rest = append(rest, q...)
			default:
				rest = append(rest, q)
			}
		}
		switch len(rest) {
		case 0:
			return constant(false)
		case 1:
			return rest[0]
		}
		return rest
	case negated:
		switch q := given(p.predicate, known).(type) {
		case constant:
			return !q
		case negated:
			return q.predicate
		default:
			return negated{q}
		}
	case *within:
		if cells, ok := known.(*cellRange); ok && slices.Contains(p.cells, cells) {
			return &p.placeIn
		}
	case *termScan, *columnRange, *valueRange, *cellRange, *derivedBy:
		// The very leaf: they are compared as pointers.
		if p == known {
			return constant(true)
		}
	}
	return p
}
