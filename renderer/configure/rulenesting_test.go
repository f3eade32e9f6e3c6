package configure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// holds says whether a condition is true where the fields of the set bits of facts are populated.
func (g *givenCondition) holds(facts int) bool {
	if !g.joins() {
		var field int
		if _, err := fmt.Sscan(g.MetadataFieldID, &field); err != nil {
			panic(err)
		}
		return facts&(1<<field) != 0
	}
	for _, part := range g.And {
		if !part.holds(facts) {
			return false
		}
	}
	return len(g.Or) == 0 || slices.ContainsFunc(g.Or, func(part givenCondition) bool { return part.holds(facts) })
}

// TestConditionsMeanTheSameInTwoLevels compares random conditions with what is made of them, for every way in which the fields can be.
func TestConditionsMeanTheSameInTwoLevels(t *testing.T) {
	const fields = 5
	random := rand.New(rand.NewPCG(1, 2))
	var condition func(depth int) givenCondition
	condition = func(depth int) givenCondition {
		if depth == 0 || random.IntN(4) == 0 {
			return givenCondition{MetadataFieldID: fmt.Sprint(random.IntN(fields))}
		}
		var made givenCondition
		for range 1 + random.IntN(2) {
			made.And = append(made.And, condition(depth-1))
		}
		for range 1 + random.IntN(2) {
			made.Or = append(made.Or, condition(depth-1))
		}
		switch random.IntN(5) {
		case 0, 1:
			made.And = nil
		case 2, 3:
			made.Or = nil
		}
		return made
	}
	written, refused := 0, 0
	for range 5000 {
		given := condition(1 + random.IntN(5))
		flat, err := given.inTwoLevels()
		if err != nil {
			refused++
			continue
		}
		written++
		if depth, apart := flat.depth(); depth > specNesting || !apart || !flat.short() {
			t.Fatalf("%+v: depth %d of %+v", given, depth, flat)
		}
		for facts := range 1 << fields {
			if given.holds(facts) != flat.holds(facts) {
				t.Fatalf("%+v and %+v differ where %05b", given, flat, facts)
			}
		}
	}
	if written < 4000 || refused == 0 {
		t.Errorf("%d were written, %d refused", written, refused)
	}
}
