package admin

import (
	"math"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// usage tells what was made and delivered on a day in UTC, over all replicas, and what was stored at its end; of today also
// what its month has come to, and the quotas. Samples do not count.
func (h *Handler) usage(c *call) (wire.Object, error) {
	today := h.now().UTC().Truncate(24 * time.Hour)
	date, day := c.params.String("date"), today
	if len(c.path) == 1 {
		date = c.path[0]
	}
	if date != "" {
		var err error
		if day, err = parseDay(date); err != nil {
			return nil, err
		}
		if first := today.AddDate(0, 0, 1-library.UsageDays); day.Before(first) || day.After(today) {
			return nil, problem.BadRequest("Usage is known from %s to %s, not for %s", first.Format(time.DateOnly), today.Format(time.DateOnly), date)
		}
	}
	environment := c.snapshot.Environment
	answer := wire.Object{
		"plan":           "Darkroom",
		"last_updated":   today.Format(time.DateOnly),
		"date_requested": wire.Time(day), // The generated SDKs want a time here, and a date before.
		// Nobody is billed, nor are the views of a player counted, but clients ask for them.
		"credits": wire.Object{"usage": 0}, "impressions": wire.Object{"usage": 0}, "seconds_delivered": wire.Object{"usage": 0},
		"media_limits": wire.Object{
			"image_max_size_bytes": environment.MaxImageBytes,
			"video_max_size_bytes": environment.MaxRawBytes,
			"raw_max_size_bytes":   environment.MaxRawBytes,
			"image_max_px":         environment.MaxImagePixels,
			"asset_max_total_px":   environment.MaxImagePixels,
		},
	}
	if !day.Equal(today) {
		return answer, h.addPast(c, answer, day)
	}
	return answer, h.addToday(c, answer)
}

func (h *Handler) addPast(c *call, answer wire.Object, day time.Time) error {
	used, level, err := h.library.UsageOn(c.context, day)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	addUsed(answer, used, nil, catalog.Quotas{})
	if level != nil {
		answer["objects"] = wire.Object{"usage": level.Assets + level.Derived}
		answer["storage"] = wire.Object{"usage": level.Bytes}
		answer["resources"], answer["derived_resources"] = level.Assets, level.Derived
	}
	return nil
}

func (h *Handler) addToday(c *call, answer wire.Object) error {
	if h.settle != nil {
		if err := h.settle(c.context); err != nil {
			return wire.Unavailable("The database", err)
		}
	}
	books, err := h.library.Books(c.context)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	totals, err := h.library.Totals(c.context)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	quotas := c.snapshot.Environment.Quotas
	addUsed(answer, books.Today, &books.Month, quotas)
	answer["objects"] = wire.Object{"usage": totals.Assets + totals.Derived}
	answer["storage"] = limited(totals.Bytes+totals.DerivedBytes, quotas.StorageBytes)
	answer["resources"], answer["derived_resources"] = totals.Assets, totals.Derived
	return nil
}

// addUsed adds a block for each measure, with what the month has come to, if it is given.
func addUsed(answer wire.Object, used library.Usage, month *library.Usage, quotas catalog.Quotas) {
	for _, measure := range []struct {
		key   string
		quota catalog.Quota
		of    func(library.Usage) int64
	}{
		{"transformations", quotas.Transformations, func(u library.Usage) int64 { return u.Transformations }},
		{"cpu_seconds", quotas.CPUSeconds, func(u library.Usage) int64 { return int64(u.CPU / time.Second) }},
		{"bandwidth", quotas.Bandwidth, func(u library.Usage) int64 { return u.Bandwidth }},
		{"delivery_requests", quotas.Requests, func(u library.Usage) int64 { return u.Requests }},
	} {
		block := limited(measure.of(used), measure.quota.PerDay)
		if month != nil {
			block["month"] = limited(measure.of(*month), measure.quota.PerMonth)
		}
		answer[measure.key] = block
	}
	// Clients know it as a bare number.
	answer["requests"] = used.Requests
}

// limited is a block of what was used and, where there is a limit, how much of it, in percent of two decimal places.
func limited(used, limit int64) wire.Object {
	block := wire.Object{"usage": used}
	if limit > 0 {
		block["limit"], block["used_percent"] = limit, math.Round(float64(used)/float64(limit)*10_000)/100
	}
	return block
}

// parseDay reads 31-01-2026 and 2026-01-31.
func parseDay(text string) (time.Time, error) {
	for _, layout := range []string{"02-01-2006", "2-1-2006", time.DateOnly} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, problem.BadRequest("Invalid date %q: it must be dd-mm-yyyy", text)
}
