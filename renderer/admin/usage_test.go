package admin

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// mediaLimits are those of the fixture.
const mediaLimits = `"media_limits":{"image_max_size_bytes":1000,"video_max_size_bytes":2000,"raw_max_size_bytes":2000,"image_max_px":3000,"asset_max_total_px":3000}`

func TestUsageOfToday(t *testing.T) {
	settled := 0
	f := newFixture(t, func(f *fixture, options *Options) {
		options.Settle = func(ctx context.Context) error {
			settled++
			_, err := f.library.AddUsage(ctx, library.Usage{Transformations: 1, CPU: 1500 * time.Millisecond, Requests: 3, Bandwidth: 1000}, 0)
			return err
		}
	})
	f.derive(f.store("image", "upload", "a", nil), "w_2")
	today := time.Now().UTC()
	f.expect(f.get("usage"), fmt.Sprintf(`{"plan":"Darkroom","last_updated":%[1]q,"date_requested":"%[1]sT00:00:00Z","credits":{"usage":0},"impressions":{"usage":0},"seconds_delivered":{"usage":0},
		"transformations":{"usage":1,"month":{"usage":1}},"cpu_seconds":{"usage":1,"month":{"usage":1}},"bandwidth":{"usage":1000,"month":{"usage":1000}},
		"delivery_requests":{"usage":3,"month":{"usage":3}},"requests":3,"objects":{"usage":2},"storage":{"usage":150},"resources":1,"derived_resources":1,`+
		mediaLimits+`}`, today.Format(time.DateOnly)))
	f.snapshot.Environment.Quotas = catalog.Quotas{
		Transformations: catalog.Quota{PerDay: 3}, CPUSeconds: catalog.Quota{PerMonth: 9}, Bandwidth: catalog.Quota{PerDay: 4000, PerMonth: 1000}, StorageBytes: 100,
	}
	got := f.get("usage/" + today.Format("02-01-2006"))
	for key, want := range map[string]string{
		"transformations": "map[limit:3 month:map[usage:2] usage:2 used_percent:66.67]",
		"cpu_seconds":     "map[month:map[limit:9 usage:3 used_percent:33.33] usage:3]",
		"bandwidth":       "map[limit:4000 month:map[limit:1000 usage:2000 used_percent:200] usage:2000 used_percent:50]",
		"storage":         "map[limit:100 usage:150 used_percent:150]",
	} {
		if said := fmt.Sprint(got.body[key]); said != want {
			t.Errorf("%s is %s, want %s", key, said, want)
		}
	}
	if got := f.get("usage?date=" + today.Format(time.DateOnly)); got.status != 200 || settled != 3 {
		t.Errorf("%+v; what was used was noted %d times", got, settled)
	}
}

func TestUsageOfThePast(t *testing.T) {
	now := time.Now().UTC().AddDate(0, 0, 2)
	f := newFixture(t, func(_ *fixture, options *Options) { options.Now = func() time.Time { return now } })
	f.snapshot.Environment.Quotas = catalog.Quotas{Bandwidth: catalog.Quota{PerDay: 10}, StorageBytes: 10}
	f.store("image", "upload", "a", nil)
	if err := f.library.CountLevel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.library.AddUsage(t.Context(), library.Usage{Transformations: 2, Bandwidth: 500, Requests: 4}, 7); err != nil {
		t.Fatal(err)
	}
	used := `{"plan":"Darkroom","last_updated":%q,"date_requested":"%sT00:00:00Z","credits":{"usage":0},"impressions":{"usage":0},"seconds_delivered":{"usage":0},"transformations":{"usage":%d},"cpu_seconds":{"usage":0},"bandwidth":{"usage":%d},
		"delivery_requests":{"usage":%d},"requests":%[5]d,` + mediaLimits
	day := now.AddDate(0, 0, -2)
	stored := `,"objects":{"usage":1},"storage":{"usage":107},"resources":1,"derived_resources":0}`
	f.expect(f.get("usage/"+day.Format("02-01-2006")), fmt.Sprintf(used, now.Format(time.DateOnly), day.Format(time.DateOnly), 2, 500, 4)+stored)
	// A day without traffic has the level of the one before, a day before the first one has none.
	f.expect(f.get("usage/"+day.AddDate(0, 0, 1).Format("2-1-2006")), fmt.Sprintf(used, now.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly), 0, 0, 0)+stored)
	f.expect(f.get("usage/"+day.AddDate(0, 0, -1).Format("02-01-2006")), fmt.Sprintf(used, now.Format(time.DateOnly), day.AddDate(0, 0, -1).Format(time.DateOnly), 0, 0, 0)+`}`)

	first := now.AddDate(0, 0, 1-library.UsageDays).Format(time.DateOnly)
	for _, date := range []string{now.AddDate(0, 0, -library.UsageDays).Format("02-01-2006"), now.AddDate(0, 0, 1).Format("02-01-2006")} {
		f.expectRefused(f.get("usage/"+date), 400, "Usage is known from "+first+" to "+now.Format(time.DateOnly)+", not for "+date)
	}
	f.expectRefused(f.get("usage/yesterday"), 400, `Invalid date "yesterday": it must be dd-mm-yyyy`)
}

func TestUsageThatCannotBeNotedIsNotToldOf(t *testing.T) {
	f := newFixture(t, func(_ *fixture, options *Options) {
		options.Settle = func(context.Context) error { return errors.New("the database is away") }
	})
	f.expectRefused(f.get("usage"), 500, "The database is unavailable, try again later")
}
