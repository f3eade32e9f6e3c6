package delivery

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestListByTag(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) {
		s.MetadataFields = map[string]catalog.MetadataField{
			"size": {ExternalID: "size", Label: "Size", Type: "integer", Position: 1}, "color": {ExternalID: "color", Label: "Colour", Type: "string"},
		}
	})
	e.store(t, "a", "a", func(a *library.Asset) {
		a.Tags, a.Context = []string{"shop", "new"}, map[string]string{"alt": "A"}
		a.Metadata = map[string]any{"size": int64(4), "color": "red"}
	})
	e.store(t, "b", "b", func(a *library.Asset) { a.Tags = []string{"shop"} })
	e.store(t, "secret", "secret", func(a *library.Asset) { a.Tags, a.Type = []string{"shop"}, "private" })
	answer := e.get(t, "/demo/image/list/v123/shop.json")
	var list struct {
		Resources []map[string]any `json:"resources"`
		UpdatedAt string           `json:"updated_at"`
	}
	if err := json.Unmarshal([]byte(answer.body), &list); err != nil {
		t.Fatalf("%v: %s", err, answer.body)
	}
	if len(list.Resources) != 2 || list.UpdatedAt == "" || list.Resources[1]["public_id"] != "a" {
		t.Fatalf("%s", answer.body)
	}
	a := list.Resources[1]
	if a["width"] != 640.0 || a["format"] != "jpg" || a["type"] != "upload" || fmt.Sprint(a["context"]) != "map[custom:map[alt:A]]" {
		t.Errorf("%v", a)
	}
	if got := fmt.Sprint(a["metadata"]); got != "[map[external_id:color label:Colour type:string value:red] map[external_id:size label:Size type:integer value:4]]" {
		t.Errorf("metadata: %s", got)
	}
	if answer.Header.Get("Content-Type") != "application/json" || answer.Header.Get("Cache-Control") != "public, max-age=60" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers: %v", answer.Header)
	}
	e.get(t, "/demo/image/list/shop.json", "If-None-Match", answer.Header.Get("Etag")).expect(t, 304, "")
	e.get(t, "/demo/image/list/none.json").refused(t, 404, "Resource not found - none")
	e.get(t, "/demo/video/list/shop.json").refused(t, 404, "Resource not found - shop")
	e.get(t, "/demo/image/list/shop.xml").refused(t, 400, "Invalid list - shop.xml: it is <tag>.json, without a transformation")
	e.get(t, "/demo/image/list/w_9/shop.json").refused(t, 400, "Invalid list - shop.json: it is <tag>.json, without a transformation")
	e.configure(func(s *catalog.Snapshot) { s.Environment.RestrictedTypes = []string{"list"} })
	e.get(t, "/demo/image/list/shop.json").refused(t, 401, "Delivery type list is restricted")
}

func TestBreakpoints(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "car", "car", func(a *library.Asset) { a.Width, a.Height = 1500, 1000 })
	// The engine of this test gives files of one size: the smallest and the largest width are all there is.
	answer := e.get(t, "/demo/image/upload/c_scale,w_auto:breakpoints:json/car.jpg")
	answer.expect(t, 200, `{"breakpoints":[50,1000]}`)
	if answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", answer.Header)
	}
	width := func(path string, headers ...string) float64 {
		t.Helper()
		e.get(t, "/demo/image/upload/"+path+"/car.jpg", headers...).expect(t, 200, "car as jpg")
		return e.engine.asked().Plan.Components[0].Resize.Width.Value
	}
	if got := width("c_limit,w_auto:breakpoints_200_900_10_5"); got != 900 {
		t.Errorf("no hint: %g", got)
	}
	e.get(t, "/demo/image/upload/c_limit,w_auto:breakpoints_900_200_10_5/car.jpg").refused(t, 400, "Invalid width - 900 to 200 in 5 steps: the range is empty or has more than 200 steps")
	hints := readHints(&e.engine.asked().Plan, &library.Asset{Width: 1500}, map[string][]string{"Sec-Ch-Width": {"300"}})
	hints.breakpoints = []int{50, 240, 500, 1000}
	if got, _ := hints.breakpoint(900); got != 500 {
		t.Errorf("a slot of 300: %g", got)
	}
	hints.slot = 0
	if got, _ := hints.breakpoint(100); got != 240 {
		t.Errorf("a fallback of 100: %g", got)
	}
	hints.slot = 4000
	if got, _ := hints.breakpoint(0); got != 1000 {
		t.Errorf("a slot of 4000: %g", got)
	}
	e.configure(func(s *catalog.Snapshot) { s.Environment.StrictTransformations = true })
	renders := e.engine.renders()
	e.get(t, "/demo/image/upload/c_fit,w_auto:breakpoints/car.jpg").refused(t, 401, "Transformation c_fit,w_auto:breakpoints is not allowed")
	if e.engine.renders() != renders {
		t.Error("strict mode rendered")
	}
}
