package library_test

import (
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestCountCalls(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		hour := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
		for _, step := range []struct {
			hour time.Time
			n    int
			want int64
		}{{hour, 1, 1}, {hour, 5, 6}, {hour.Add(time.Hour), 2, 2}, {hour.Add(time.Hour), 1, 3}} {
			if used, err := l.CountCalls(t.Context(), step.hour, step.n); err != nil || used != step.want {
				t.Errorf("used %d, %v, want %d", used, err, step.want)
			}
		}
		if hours, err := l.Ints(t.Context(), "SELECT hour FROM api_calls"); err != nil || !slices.Equal(hours, []int64{hour.Add(time.Hour).UnixMicro()}) {
			t.Errorf("hours %v, %v", hours, err)
		}
	})
}
