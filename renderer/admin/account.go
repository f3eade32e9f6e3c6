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

// usage tells what is stored. A past day cannot be told: nothing is recorded by day.
func (h *Handler) usage(c *call) (wire.Object, error) {
	today := h.now().UTC().Format(time.DateOnly)
	date := c.params.String("date")
	if len(c.path) == 1 {
		date = c.path[0]
	}
	if date != "" {
		day, err := parseDay(date)
		if err != nil {
			return nil, err
		}
		if day.Format(time.DateOnly) != today {
			return nil, problem.BadRequest("Usage is known for today (%s) only, not for %s", today, date)
		}
	}
	totals, err := h.library.Totals(c.context)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	environment := c.snapshot.Environment
	return wire.Object{
		"plan":              "Darkroom",
		"last_updated":      today,
		"date_requested":    today,
		"objects":           wire.Object{"usage": totals.Assets + totals.Derived},
		"storage":           wire.Object{"usage": totals.Bytes + totals.DerivedBytes},
		"resources":         totals.Assets,
		"derived_resources": totals.Derived,
		"media_limits": wire.Object{
			"image_max_size_bytes": environment.MaxImageBytes,
			"video_max_size_bytes": environment.MaxRawBytes,
			"raw_max_size_bytes":   environment.MaxRawBytes,
			"image_max_px":         environment.MaxImagePixels,
			"asset_max_total_px":   environment.MaxImagePixels,
		},
	}, nil
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
