package library_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestCosts(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		if dearest, total, err := l.Costs(t.Context(), 30, 10); err != nil || len(dearest) != 0 || total.Renders != 0 {
			t.Errorf("nothing has cost %v %+v, %v", dearest, total, err)
		}
		add := func(name string, renders int64, cpu time.Duration) {
			t.Helper()
			err := l.AddCosts(t.Context(), []library.Cost{{Transformation: name, Renders: renders, CPU: cpu, Bytes: 10 * renders, LastAt: clock.time}})
			if err != nil {
				t.Fatal(err)
			}
		}
		add("w_1", 2, time.Second)
		add("w_2", 1, 3*time.Second)
		clock.advance(24 * time.Hour)
		add("w_1", 5, 4*time.Second)
		add("w_3", 1, time.Millisecond)
		dearest, total, err := l.Costs(t.Context(), 30, 2)
		want := []library.Cost{{"w_1", 7, 5 * time.Second, 70, clock.time}, {"w_2", 1, 3 * time.Second, 10, clock.time.Add(-24 * time.Hour)}}
		if err != nil || fmt.Sprint(dearest) != fmt.Sprint(want) || total.Renders != 9 || total.CPU != 8*time.Second+time.Millisecond {
			t.Errorf("%v %+v, %v, want %v", dearest, total, err, want)
		}
		if dearest, _, _ := l.Costs(t.Context(), 1, 10); len(dearest) != 2 || dearest[0].CPU != 4*time.Second {
			t.Errorf("today: %v", dearest)
		}
		clock.advance(31 * 24 * time.Hour)
		add("a\x00b", 1, time.Second)
		if dearest, total, _ := l.Costs(t.Context(), 31, 10); len(dearest) != 1 || dearest[0].Transformation != library.OtherCosts || total.Renders != 1 {
			t.Errorf("after a month: %v", dearest)
		}
	})
}

func TestCostsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		costs := make([]library.Cost, 2100)
		for i := range costs {
			costs[i] = library.Cost{Transformation: fmt.Sprintf("w_%d", i+1), Renders: 1, CPU: time.Duration(i+1) * time.Millisecond, LastAt: clock.time}
		}
		if err := l.AddCosts(t.Context(), costs); err != nil {
			t.Fatal(err)
		}
		dearest, total, err := l.Costs(t.Context(), 1, 5000)
		if err != nil || len(dearest) != 2001 || total.Renders != 2100 || dearest[1].Transformation != "w_2100" {
			t.Fatalf("%d, %+v, %v", len(dearest), total, err)
		}
		for _, cost := range dearest {
			if cost.Transformation == library.OtherCosts && cost.Renders != 100 {
				t.Errorf("%+v", cost)
			}
		}
		// Each day is bounded by itself, however often something is added.
		clock.advance(24 * time.Hour)
		for _, more := range [][]library.Cost{costs, {{Transformation: "w_1", Renders: 1, CPU: time.Microsecond, LastAt: clock.time}}} {
			if err := l.AddCosts(t.Context(), more); err != nil {
				t.Fatal(err)
			}
		}
		for days, want := range map[int]struct{ renders, each, others int64 }{1: {2101, 1, 101}, 2: {4201, 2, 201}} {
			dearest, total, err := l.Costs(t.Context(), days, 5000)
			if err != nil || len(dearest) != 2001 || total.Renders != want.renders {
				t.Fatalf("%d days: %d, %+v, %v", days, len(dearest), total, err)
			}
			for _, cost := range dearest {
				if cost.Transformation == library.OtherCosts && cost.Renders != want.others || cost.Transformation != library.OtherCosts && cost.Renders != want.each {
					t.Errorf("%d days: %+v", days, cost)
				}
			}
		}
	})
}

func TestCostsOfOneTransformationAddUp(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		began := clock.time
		add := func(costs ...library.Cost) {
			t.Helper()
			for i := range costs {
				costs[i].LastAt = clock.time
			}
			if err := l.AddCosts(t.Context(), costs); err != nil {
				t.Fatal(err)
			}
		}
		add(library.Cost{Transformation: "w_2", Renders: 1, CPU: time.Second, Bytes: 10}, library.Cost{Transformation: "w_1", Renders: 2, CPU: 3 * time.Second, Bytes: 100})
		clock.advance(time.Hour)
		add(library.Cost{Transformation: "w_2", Renders: 4, CPU: 2 * time.Second, Bytes: 1000})
		dearest, total, err := l.Costs(t.Context(), 1, 10)
		// Those that cost the same are in the order of their names.
		want := []library.Cost{{"w_1", 2, 3 * time.Second, 100, began}, {"w_2", 5, 3 * time.Second, 1010, clock.time}}
		if err != nil || fmt.Sprint(dearest) != fmt.Sprint(want) || fmt.Sprint(total) != fmt.Sprint(library.Cost{Renders: 7, CPU: 6 * time.Second, Bytes: 1110, LastAt: clock.time}) {
			t.Errorf("%v, %v, %v, want %v", dearest, total, err, want)
		}
		// A day is kept until there are CostDays of them.
		clock.advance((library.CostDays - 1) * 24 * time.Hour)
		add(library.Cost{Transformation: "w_3", CPU: 1})
		if days := rows(t, l, "SELECT transformation FROM render_costs ORDER BY transformation"); !slices.Equal(days, []string{"w_1", "w_2", "w_3"}) {
			t.Errorf("kept are %q", days)
		}
		clock.advance(24 * time.Hour)
		add(library.Cost{Transformation: "w_4", CPU: 1})
		if days := rows(t, l, "SELECT transformation FROM render_costs ORDER BY transformation"); !slices.Equal(days, []string{"w_3", "w_4"}) {
			t.Errorf("kept are %q", days)
		}
		// The cheapest of one day are summed up on that day alone, of equals those whose names come last.
		many := make([]library.Cost, 2001)
		for i := range many {
			many[i] = library.Cost{Transformation: fmt.Sprintf("w_%04d", i), Renders: 1, CPU: time.Second}
		}
		add(library.Cost{Transformation: "w_2000", Renders: 1, CPU: time.Second})
		clock.advance(24 * time.Hour)
		add(many...)
		left := rows(t, l, "SELECT transformation FROM render_costs WHERE transformation IN ('w_1999', 'w_2000', '(other)') ORDER BY transformation")
		if !slices.Equal(left, []string{library.OtherCosts, "w_1999", "w_2000"}) {
			t.Errorf("left are %q", left)
		}
		if today := rows(t, l, fmt.Sprintf("SELECT transformation FROM render_costs WHERE day = %d AND transformation IN ('w_1999', 'w_2000', '(other)') ORDER BY transformation", clock.time.Unix()/86400)); !slices.Equal(today, []string{library.OtherCosts, "w_1999"}) {
			t.Errorf("left of today are %q", today)
		}
	})
}
