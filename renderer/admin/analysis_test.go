package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// looker is a bucket whose objects are all the same, and an engine that finds them red.
type looker struct {
	engine.Engine
	looks      int
	fail, gone error
}

func (l *looker) File(context.Context, string) (*os.File, error) {
	if l.gone != nil {
		return nil, l.gone
	}
	return os.Open(os.DevNull)
}

func (l *looker) Analyse(context.Context, engine.AnalyseRequest) (*engine.Analysis, error) {
	l.looks++
	return &engine.Analysis{Colors: []engine.ColorShare{{Color: "#FF0000", Percent: 100}}, PHash: "00000000000000ff"}, l.fail
}

func TestAnalysisInDetails(t *testing.T) {
	seen := &looker{gone: errors.New("no bucket")}
	f := newFixture(t, func(_ *fixture, o *Options) { o.Bucket, o.Engine = seen, seen })
	f.store("image", "upload", "a", nil)
	f.store("raw", "upload", "b.txt", nil)
	if got := f.call(http.MethodGet, "demo/resources/image/upload/a?colors=1", "", ""); got.status != 500 || got.message() != "The bucket is unavailable, try again later" {
		t.Errorf("without a bucket: %d %s", got.status, got.message())
	}
	seen.gone = nil
	for range 2 {
		got := f.call(http.MethodGet, "demo/resources/image/upload/a?colors=1&phash=true&exif=1&faces=1", "", "")
		text, _ := json.Marshal([]any{got.body["colors"], got.body["phash"], got.body["exif"], got.body["faces"]})
		if got.status != 200 || string(text) != `[[["#FF0000",100]],"00000000000000ff",{},[]]` {
			t.Errorf("%d %s", got.status, text)
		}
	}
	if seen.looks != 1 {
		t.Errorf("%d looks at one picture", seen.looks)
	}
	if got := f.call(http.MethodGet, "demo/resources/image/upload/a", "", ""); got.body["colors"] != nil || got.body["phash"] != nil {
		t.Errorf("without flags: %v", got.body)
	}
	if got := f.call(http.MethodGet, "demo/resources/raw/upload/b.txt?colors=1", "", ""); got.status != 200 || got.body["colors"] != nil {
		t.Errorf("a raw file: %d %v", got.status, got.body)
	}
	if got := f.call(http.MethodGet, "demo/resources/image/upload/a?colors=many", "", ""); got.status != 400 || got.message() != `Invalid value for colors: "many" is neither true nor false` {
		t.Errorf("%d %s", got.status, got.message())
	}
	// Searches show what is known.
	found := f.call(http.MethodPost, "demo/resources/search", "application/json", `{"expression":"public_id=a","with_field":["image_analysis","quality_analysis","accessibility_analysis","image_metadata"]}`)
	resources, _ := found.body["resources"].([]any)
	if len(resources) != 1 {
		t.Fatalf("found %v", found.body)
	}
	item, _ := resources[0].(map[string]any)
	analysis, _ := item["image_analysis"].(map[string]any)
	if text, _ := json.Marshal(analysis["colors"]); string(text) != `{"red":100}` || item["quality_analysis"] == nil || item["accessibility_analysis"] == nil {
		t.Errorf("%v", item)
	}
}
