package library

import (
	"context"
	"slices"
	"time"
)

// maxArms bounds the alternatives that are read along indexes of their own.
const maxArms = 32

// What is counted of a term before another one is tried instead. Two steps, so that looking costs little next to
// reading: most searches have a rare term.
const (
	fewRows  = 500
	manyRows = 20_000
)

// plan decides along which indexes a search for what matches is read.
func (l *Library) plan(ctx context.Context, matched predicate) (*search, error) {
	p := given(matched, nil)
	s := &search{library: l}
	if matches, ok := p.(constant); ok {
		if matches {
			s.arms = []arm{{from: fromAssets, rest: p}}
		}
		return s, nil
	}
	keys, err := l.keys(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 || len(keys) > maxArms {
		// In the order of the newest, or of whatever it is sorted by.
		s.arms = []arm{{from: fromAssets, rest: p}}
		return s, nil
	}
	for _, key := range keys {
		a := arm{from: sourceOf(key), key: key, rest: given(p, key)}
		if never, ok := a.rest.(constant); ok && !bool(never) {
			continue
		}
		s.arms = append(s.arms, a)
	}
	return s, nil
}

func sourceOf(key predicate) source {
	switch key.(type) {
	case *termScan:
		return fromTerms
	case *valueRange:
		return fromValues
	case *cellRange:
		return fromPlaces
	}
	return fromAssets
}

// keys are the leaves of p along which all its matches are read, those that read the least. None when p has no such
// leaves.
func (l *Library) keys(ctx context.Context, p predicate) ([]predicate, error) {
	switch p := p.(type) {
	case *termScan, *columnRange, *valueRange, *cellRange, *derivedBy:
		return []predicate{p}, nil
	case *within:
		all := make([]predicate, len(p.cells))
		for i, cells := range p.cells {
			all[i] = cells
		}
		return all, nil
	case either:
		var all []predicate
		for _, q := range p {
			keys, err := l.keys(ctx, q)
			if err != nil || len(keys) == 0 {
				return nil, err
			}
			all = append(all, keys...)
		}
		return all, nil
	case both:
		return l.rarest(ctx, p)
	}
	return nil, nil
}

// rarest are the keys of that part of p that reads the least.
func (l *Library) rarest(ctx context.Context, p both) ([]predicate, error) {
	var choices [][]predicate
	for _, q := range p {
		keys, err := l.keys(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(keys) > 0 && len(keys) <= maxArms {
			choices = append(choices, keys)
		}
	}
	if len(choices) < 2 {
		if len(choices) == 0 {
			return nil, nil
		}
		return choices[0], nil
	}
	// Sizes of terms are remembered, those of ranges are not: what is within the last hour is another range every time.
	terms, ranges := split(choices)
	for _, some := range [][][]predicate{terms, ranges} {
		for _, enough := range []int{fewRows, manyRows} {
			best, err := l.smallest(ctx, some, enough)
			if err != nil || best != nil {
				return best, err
			}
		}
	}
	// All of them read very much. What only terms have is at least in the order of the newest.
	if len(terms) > 0 {
		return terms[0], nil
	}
	return nil, nil
}

// split tells choices of terms from those that have ranges.
func split(choices [][]predicate) (terms, ranges [][]predicate) {
	for _, keys := range choices {
		if slices.ContainsFunc(keys, func(key predicate) bool { return sourceOf(key) != fromTerms }) {
			ranges = append(ranges, keys)
		} else {
			terms = append(terms, keys)
		}
	}
	return terms, ranges
}

// smallest is the choice that reads the fewest rows, nil when all of them read enough.
func (l *Library) smallest(ctx context.Context, choices [][]predicate, enough int) (best []predicate, err error) {
	least := enough
	for _, keys := range choices {
		size := 0
		for _, key := range keys {
			n, err := l.frequency(ctx, key, enough)
			if err != nil {
				return nil, err
			}
			if size += n; size >= least {
				break
			}
		}
		if size < least {
			best, least = keys, size
		}
	}
	return best, nil
}

// frequencies remembers for a short time how many rows terms have, at least: enough to choose by.
const (
	frequencyAge      = time.Minute
	rememberedEntries = 4096
)

type remembered struct {
	rows, upTo int
	// middle is Library.middle, 0 when nobody has asked for it.
	middle int64
	at     time.Time
}

// sizeOf is what is remembered of a term, the zero value for nothing.
func (l *Library) sizeOf(scan *termScan) (known remembered) {
	if entry, ok := l.frequencies.Load(*scan); ok && l.now().Sub(entry.(remembered).at) < frequencyAge {
		known = entry.(remembered)
	}
	return known
}

// frequency counts the rows of a key, up to a bound.
func (l *Library) frequency(ctx context.Context, key predicate, upTo int) (int, error) {
	a := arm{from: sourceOf(key), key: key, rest: constant(true)}
	st := &statement{driver: l.driver}
	st.add("SELECT COUNT(*) FROM (SELECT 1 FROM ")
	a.write(st, nil)
	st.add(" LIMIT ?) AS n", upTo)
	scan, isTerm := key.(*termScan)
	now := l.now()
	if isTerm {
		if known := l.sizeOf(scan); known.upTo > 0 && (known.rows < known.upTo || known.upTo >= upTo) {
			return min(known.rows, upTo), nil
		}
	}
	var rows int
	if err := l.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &rows); err != nil {
		return 0, err
	}
	if isTerm {
		if l.frequencyCount.Add(1)%rememberedEntries == 0 {
			l.frequencies.Clear()
		}
		l.frequencies.Store(*scan, remembered{rows: rows, upTo: upTo, at: now})
	}
	return rows, nil
}

// middle is a time between the creation of the first and of the last asset that a term has. It is remembered with the term's size; an
// old one divides what the term has as well, if not in halves.
func (l *Library) middle(ctx context.Context, scan *termScan) (at int64, err error) {
	known := l.sizeOf(scan)
	if known.middle != 0 {
		return known.middle, nil
	}
	st := &statement{driver: l.driver}
	st.add("SELECT COALESCE((SELECT d.created_at FROM asset_terms AS d WHERE ")
	st.term("d", scan)
	st.add(" ORDER BY d.created_at LIMIT 1) / 2 + (SELECT d.created_at FROM asset_terms AS d WHERE ")
	st.term("d", scan)
	st.add(" ORDER BY d.created_at DESC LIMIT 1) / 2, 0)")
	if err := l.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &at); err != nil {
		return 0, err
	}
	if known.upTo > 0 {
		known.middle = at
		l.frequencies.Store(*scan, known)
	}
	return at, nil
}
