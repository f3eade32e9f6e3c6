package library_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestUsage(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l) // The last day of January.
		if books, err := l.Books(t.Context()); err != nil || books.Today != (library.Usage{}) || books.Level != (library.Level{}) {
			t.Errorf("nothing was used: %+v, %v", books, err)
		}
		add := func(used library.Usage, stored int64) *library.Books {
			t.Helper()
			books, err := l.AddUsage(t.Context(), used, stored)
			if err != nil {
				t.Fatal(err)
			}
			return books
		}
		one := library.Usage{Transformations: 1, CPU: 2500 * time.Microsecond, Requests: 3, Bandwidth: 4}
		two := library.Usage{Transformations: 2, CPU: 5 * time.Millisecond, Requests: 6, Bandwidth: 8}
		clock.advance(-24 * time.Hour)
		add(one, 5)
		clock.advance(24 * time.Hour)
		add(one, 5)
		books := add(one, 5)
		want := library.Books{
			Day: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), Today: two,
			Month: library.Usage{Transformations: 3, CPU: 7500 * time.Microsecond, Requests: 9, Bandwidth: 12}, Level: library.Level{Bytes: 15},
		}
		if *books != want {
			t.Errorf("the books say %+v, want %+v", *books, want)
		}
		// What is counted takes the place of what was added, and what comes later is added to it.
		for _, asset := range []*library.Asset{picture("a"), picture("b")} {
			if err := l.ReserveObject(t.Context(), asset.ObjectKey, clock.time.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.CountLevel(t.Context()); err != nil {
			t.Fatal(err)
		}
		counted := clock.time.Truncate(time.Microsecond)
		if books = add(library.Usage{}, 5); books.Level != (library.Level{Assets: 2, Bytes: 25, CountedAt: counted}) {
			t.Errorf("stored is %+v", books.Level)
		}

		clock.advance(24 * time.Hour)
		if books, err := l.Books(t.Context()); err != nil || books.Today != (library.Usage{}) || books.Month != (library.Usage{}) || books.Level.Bytes != 25 {
			t.Errorf("a new month begins with %+v, %v", books, err)
		}
		if books = add(one, 0); books.Today != one || books.Month != one || books.Level.Bytes != 25 || books.Level.CountedAt != counted {
			t.Errorf("its first day has %+v", books)
		}
		for _, day := range []struct {
			ago  int
			want string
		}{
			{0, "{1 2.5ms 3 4} &{2 0 25 " + fmt.Sprint(counted) + "}"},
			{1, "{2 5ms 6 8} &{2 0 25 " + fmt.Sprint(counted) + "}"},
			{2, "{1 2.5ms 3 4} <nil>"},
			{3, "{0 0s 0 0} <nil>"},
		} {
			used, level, err := l.UsageOn(t.Context(), clock.time.AddDate(0, 0, -day.ago))
			said := fmt.Sprint(used, " ", level)
			if level != nil {
				said = fmt.Sprint(used, " &", *level)
			}
			if err != nil || said != day.want {
				t.Errorf("%d days ago: %s, %v, want %s", day.ago, said, err, day.want)
			}
		}
		clock.advance(library.UsageDays * 24 * time.Hour)
		add(one, 0)
		if used, _, err := l.UsageOn(t.Context(), clock.time.AddDate(0, 0, -library.UsageDays)); err != nil || used != (library.Usage{}) {
			t.Errorf("a day long gone has %+v, %v", used, err)
		}
	})
}
