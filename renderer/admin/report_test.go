package admin

import (
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestReportOnTransformations(t *testing.T) {
	f := newFixture(t)
	f.expect(f.get("reports/transformations"), `{"days":30,"total":{"renders":0,"cpu_seconds":0,"bytes":0},"transformations":[]}`)
	at := time.Now().Truncate(time.Second)
	for i, name := range []string{"c_fill,w_100/f_webp", "e_oil_paint/f_jpg", "c_fill,w_100/f_webp"} {
		cost := library.Cost{Transformation: name, Renders: 2, CPU: time.Duration(i+1) * 500 * time.Millisecond, Bytes: 100, LastAt: at}
		if err := f.library.AddCosts(t.Context(), []library.Cost{cost}); err != nil {
			t.Fatal(err)
		}
	}
	last := at.UTC().Format(time.RFC3339)
	f.expect(f.get("reports/transformations?days=1&max_results=1"), `{"days":1,"total":{"renders":6,"cpu_seconds":3,"bytes":300},
		"transformations":[{"transformation":"c_fill,w_100/f_webp","renders":4,"cpu_seconds":2,"cpu_ms_per_render":500,"bytes":200,"last_rendered_at":"`+last+`"}]}`)
	f.expectRefused(f.get("reports/transformations?days=90"), 400, `Invalid value for days: "90" is no integer between 1 and 31`)
	f.expectRefused(f.get("reports/other"), 404, "No such endpoint: GET /reports/other")
}
