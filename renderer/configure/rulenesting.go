package configure

import (
	"slices"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// The API nests and and or at will; the spec of a rule has two levels of them, in which every condition can be written. A condition
// of two levels is kept as it was given. A deeper one is written in two.

const (
	// maxNesting bounds how deep and and or are nested in a request.
	maxNesting = 10
	// maxJoined bounds the list of an and or an or, as the schema of rules does.
	maxJoined = 20
	// specNesting is how deep they are in the spec of a rule.
	specNesting = 2
)

// joins says whether a condition is an and or an or, or both.
func (g *givenCondition) joins() bool { return len(g.And)+len(g.Or) > 0 }

// depth is how deep and and or are nested: 0 for a test of a field. apart says that each has one of the two.
func (g *givenCondition) depth() (depth int, apart bool) {
	apart = len(g.And) == 0 || len(g.Or) == 0
	for _, part := range slices.Concat(g.And, g.Or) {
		inner, innerApart := part.depth()
		depth, apart = max(depth, inner), apart && innerApart
	}
	if g.joins() {
		depth++
	}
	return depth, apart
}

// check refuses what is a test and a list of conditions at once, which would be lost when it is written anew.
func (g *givenCondition) check() error {
	if !g.joins() {
		return nil
	}
	if g.MetadataFieldID != "" || g.Populated != nil || g.Equals != nil || g.Includes != nil {
		return problem.BadRequest("Invalid condition: it must be either a test of a field, or and and or")
	}
	for _, part := range slices.Concat(g.And, g.Or) {
		if err := part.check(); err != nil {
			return err
		}
	}
	return nil
}

// inTwoLevels is the condition with and and or nested no deeper than specs have it. One that has both means that both hold.
func (g *givenCondition) inTwoLevels() (*givenCondition, error) {
	depth, apart := g.depth()
	switch {
	case depth > maxNesting:
		return nil, problem.BadRequest("Invalid condition: and and or are nested %d deep. Maximum is %d.", depth, maxNesting)
	case depth <= specNesting && apart:
		return g, nil
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	merged := g.merged()
	if depth, _ = merged.depth(); depth <= specNesting {
		if !merged.short() {
			return nil, tooMuchJoined()
		}
		return &merged, nil
	}
	// The law of distribution. What is an and stays one: of ors of tests; and the other way round.
	all := len(merged.And) > 0
	lists, ok := merged.distributed(all)
	if !ok {
		return nil, tooMuchJoined()
	}
	var outer []givenCondition
	for _, tests := range lists {
		switch {
		case len(tests) == 1:
			outer = append(outer, tests[0])
		case all:
			outer = append(outer, givenCondition{Or: tests})
		default:
			outer = append(outer, givenCondition{And: tests})
		}
	}
	if all {
		return &givenCondition{And: outer}, nil
	}
	return &givenCondition{Or: outer}, nil
}

func tooMuchJoined() error {
	return problem.BadRequest("Invalid condition: it takes more than %d lists of %d tests when it is written in two levels of and and or", maxJoined, maxJoined)
}

// short says whether no list is longer than specs have them.
func (g *givenCondition) short() bool {
	return len(g.And) <= maxJoined && len(g.Or) <= maxJoined && !slices.ContainsFunc(slices.Concat(g.And, g.Or), func(part givenCondition) bool { return !part.short() })
}

// merged is the condition with an and inside of an and, and an or inside of an or, made one.
func (g *givenCondition) merged() givenCondition {
	if !g.joins() {
		return *g
	}
	var one givenCondition
	for _, part := range g.And {
		if part = part.merged(); len(part.And) > 0 {
			one.And = append(one.And, part.And...)
			continue
		}
		one.And = append(one.And, part)
	}
	for _, part := range g.Or {
		if part = part.merged(); len(part.Or) > 0 {
			one.Or = append(one.Or, part.Or...)
			continue
		}
		one.Or = append(one.Or, part)
	}
	switch {
	case len(one.And) == 0 || len(one.Or) == 0:
		return one
	case len(one.Or) == 1 && len(one.Or[0].And) > 0:
		return givenCondition{And: append(one.And, one.Or[0].And...)}
	}
	return givenCondition{And: append(one.And, givenCondition{Or: one.Or})}
}

// distributed is a merged condition as lists of tests: an and of ors where all is true, else an or of ands. ok is false where that takes too many.
func (g *givenCondition) distributed(all bool) (lists [][]givenCondition, ok bool) {
	outer, inner := g.Or, g.And
	if all {
		outer, inner = g.And, g.Or
	}
	switch {
	case !g.joins():
		return [][]givenCondition{{*g}}, true
	case len(outer) > 0:
		for _, part := range outer {
			more, ok := part.distributed(all)
			if lists = append(lists, more...); !ok || len(lists) > maxJoined {
				return nil, false
			}
		}
		return lists, true
	}
	lists = [][]givenCondition{nil}
	for _, part := range inner {
		more, ok := part.distributed(all)
		if !ok || len(lists)*len(more) > maxJoined {
			return nil, false
		}
		var product [][]givenCondition
		for _, list := range lists {
			for _, tests := range more {
				if len(list)+len(tests) > maxJoined {
					return nil, false
				}
				product = append(product, slices.Concat(list, tests))
			}
		}
		lists = product
	}
	return lists, true
}
