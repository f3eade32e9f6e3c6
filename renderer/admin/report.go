package admin

import (
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of a report on transformations.
const (
	defaultReportDays = 30
	maxReportDays     = 31
	defaultReported   = 10
	maxReported       = 500
)

// reportTransformations answers GET /reports/transformations: the transformations that have cost the engine most, by their
// shape, over all replicas. It is an endpoint of ours. Parameters: days (1 to 31, today included; 30) and max_results (1 to
// 500; 10).
func (h *Handler) reportTransformations(c *call) (wire.Object, error) {
	days, err := c.params.Int("days", defaultReportDays, 1, maxReportDays)
	if err != nil {
		return nil, err
	}
	limit, err := c.params.Int("max_results", defaultReported, 1, maxReported)
	if err != nil {
		return nil, err
	}
	dearest, total, err := h.library.Costs(c.context, days, limit)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	rows := make([]wire.Object, 0, len(dearest))
	for _, cost := range dearest {
		rows = append(rows, wire.Object{
			"transformation":    cost.Transformation,
			"renders":           cost.Renders,
			"cpu_seconds":       cost.CPU.Seconds(),
			"cpu_ms_per_render": float64(cost.CPU.Microseconds()) / 1000 / float64(max(cost.Renders, 1)),
			"bytes":             cost.Bytes,
			"last_rendered_at":  wire.Time(cost.LastAt),
		})
	}
	return wire.Object{
		"days":            days,
		"total":           wire.Object{"renders": total.Renders, "cpu_seconds": total.CPU.Seconds(), "bytes": total.Bytes},
		"transformations": rows,
	}, nil
}
