package admin

import (
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func (h *Handler) ping(*call) (wire.Object, error) { return wire.Object{"status": "ok"}, nil }

func (h *Handler) resourceTypes(*call) (wire.Object, error) {
	return wire.Object{"resource_types": []string{library.Image, library.Raw, library.Video}}, nil
}

func (h *Handler) config(c *call) (wire.Object, error) {
	environment := c.snapshot.Environment
	answer := wire.Object{"cloud_name": environment.CloudName}
	if !environment.CreatedAt.IsZero() {
		answer["created_at"] = wire.Time(environment.CreatedAt)
	}
	settings, err := c.params.Bool("settings", false)
	if err != nil {
		return nil, err
	}
	if settings {
		mode := "fixed"
		if environment.DynamicFolders {
			mode = "dynamic"
		}
		answer["settings"] = wire.Object{"folder_mode": mode}
	}
	return answer, nil
}

// usage tells what the engine has made on a day in UTC, and its processor time, over all replicas, and of today also what is
// stored: that is not recorded by day. Samples do not count.
func (h *Handler) usage(c *call) (wire.Object, error) {
	today, _ := time.Parse(time.DateOnly, h.now().UTC().Format(time.DateOnly))
	date, day := c.params.String("date"), today
	if len(c.path) == 1 {
		date = c.path[0]
	}
	if date != "" {
		var err error
		if day, err = parseDay(date); err != nil {
			return nil, err
		}
		if first := today.AddDate(0, 0, 1-library.CostDays); day.Before(first) || day.After(today) {
			return nil, problem.BadRequest("Usage is known from %s to %s, not for %s", first.Format(time.DateOnly), today.Format(time.DateOnly), date)
		}
	}
	made, err := h.library.CostsOn(c.context, day)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	environment := c.snapshot.Environment
	answer := wire.Object{
		"plan":            "Darkroom",
		"last_updated":    today.Format(time.DateOnly),
		"date_requested":  day.Format(time.DateOnly),
		"transformations": wire.Object{"usage": made.Renders},
		"cpu_seconds":     wire.Object{"usage": made.CPU.Seconds()},
		"media_limits": wire.Object{
			"image_max_size_bytes": environment.MaxImageBytes,
			"video_max_size_bytes": environment.MaxRawBytes,
			"raw_max_size_bytes":   environment.MaxRawBytes,
			"image_max_px":         environment.MaxImagePixels,
			"asset_max_total_px":   environment.MaxImagePixels,
		},
	}
	if !day.Equal(today) {
		return answer, nil
	}
	totals, err := h.library.Totals(c.context)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	answer["objects"] = wire.Object{"usage": totals.Assets + totals.Derived}
	answer["storage"] = wire.Object{"usage": totals.Bytes + totals.DerivedBytes}
	answer["resources"], answer["derived_resources"] = totals.Assets, totals.Derived
	return answer, nil
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
