package derive

import (
	"slices"
	"testing"
)

func TestBreakpointWidths(t *testing.T) {
	measured := []Sample{{50, 2e3}, {224, 30e3}, {1000, 400e3}}
	widths := Breakpoints(measured, 20<<10, 20)
	if len(widths) != 20 || widths[0] != 50 || widths[19] != 1000 || !slices.IsSorted(widths) {
		t.Errorf("%v", widths)
	}
	for i := 1; i < len(widths); i++ {
		if widths[i] == widths[i-1] {
			t.Errorf("%v", widths)
		}
	}
	if got := Breakpoints(measured, 200<<10, 20); len(got) != 3 {
		t.Errorf("steps of 200 kB: %v", got)
	}
	if got := Breakpoints([]Sample{{50, 900}, {100, 900}, {200, 900}}, 20<<10, 20); !slices.Equal(got, []int{50, 200}) {
		t.Errorf("files of one size: %v", got)
	}
	if got := Breakpoints(measured, 1, 200); len(got) > 200 {
		t.Errorf("%d widths", len(got))
	}
}
