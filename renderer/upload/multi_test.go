package upload

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// tagged stores pictures of growing size with the tag logo.
func tagged(t *testing.T, changes ...func(*fixture, *Options)) *fixture {
	f := newFixture(t, changes...)
	for i, id := range []string{"b/two", "a", "b.two"} {
		f.expect(f.upload("/image/upload", "a.png", picture("png", 20+i, 10+i), "public_id", id, "tags", "logo"))
	}
	return f
}

// claim takes the waiting jobs of a kind.
func (f *fixture) claim(kind string) (jobs []*library.Job) {
	f.Helper()
	for {
		job, err := f.library.ClaimJob(f.Context(), library.JobClaim{Kinds: []string{kind}, Worker: "test", Now: time.Now(), Until: time.Now().Add(time.Minute)})
		if err != nil {
			f.Fatal(err)
		}
		if job == nil {
			return jobs
		}
		jobs = append(jobs, job)
	}
}

// payloads are those of jobs, one a line.
func payloads(jobs []*library.Job) string {
	var lines []string
	for _, job := range jobs {
		lines = append(lines, string(job.Payload))
	}
	return strings.Join(lines, "\n")
}

func TestMulti(t *testing.T) {
	f := tagged(t)
	got := f.expect(f.call("/image/multi", "tag", "logo", "transformation", "c_fit,w_10/dl_250"))
	asset := f.stored("image", "multi", "logo")
	path := fmt.Sprintf("media.example.com/demo/image/multi/c_fit,w_10/dl_250/v%d/logo.gif", asset.Version)
	want := map[string]any{"url": "http://" + path, "secure_url": "https://" + path, "asset_id": asset.AssetID, "public_id": "logo", "version": json.Number(fmt.Sprint(asset.Version))}
	if !reflect.DeepEqual(got.body, want) {
		t.Errorf("%s, want %s", pretty(got.body), pretty(want))
	}
	request := f.engine.assembled[0]
	if len(request.Files) != 3 || request.Format != "gif" || request.Delay != 250 || asset.Format != "gif" || asset.Sample {
		t.Errorf("assembled %+v, stored %+v", request, asset)
	}
	// The next one takes its place, in another format.
	f.expect(f.call("/image/multi", "tag", "logo", "format", "png"))
	if again := f.stored("image", "multi", "logo"); again.AssetID != asset.AssetID || again.Version <= asset.Version || again.Format != "png" {
		t.Errorf("%+v after %+v", again, asset)
	}
	f.expectStoredAfterSweep(4)

	// Pictures of URLs are kept for the time of the call only.
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/none.png" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(picture("png", 8, 9)))
	}))
	defer origin.Close()
	byURL := f.expect(f.call("/image/multi", "urls[]", origin.URL+"/x.png", "urls[]", origin.URL+"/y.png"))
	if id, _ := byURL.body["public_id"].(string); len(id) != 20 || len(f.engine.assembled[2].Files) != 2 {
		t.Errorf("%s", pretty(byURL.body))
	}
	f.expectStoredAfterSweep(5)
	missing := f.call("/image/multi", "urls[]", origin.URL+"/x.png", "urls[]", origin.URL+"/none.png")
	if missing.status != http.StatusBadRequest || !strings.HasPrefix(missing.message(), "Error in loading "+origin.URL+"/none.png - ") {
		t.Errorf("%d %s", missing.status, missing.message())
	}
	f.expectStoredAfterSweep(5)

	for title, test := range map[string]struct {
		status  int
		pairs   []string
		message string
	}{
		"nothing":        {400, nil, "Missing required parameter - either tag or urls"},
		"both":           {400, []string{"tag", "logo", "urls[]", "http://h/a.png"}, "Missing required parameter - either tag or urls"},
		"an unknown tag": {404, []string{"tag", "none"}, "Resource not found - none"},
		"no ID":          {400, []string{"tag", "logo", "format", "exe"}, "Invalid extension in format: exe"},
		"a video":        {400, []string{"tag", "logo", "format", "mp4"}, "Invalid extension in format: mp4: videos are not made here"},
		"a mode":         {400, []string{"tag", "logo", "mode", "x"}, "Invalid mode x: it must be create or download"},
		"transformation": {400, []string{"tag", "logo", "transformation", "c_none,w_1"}, ""},
	} {
		t.Run(title, func(*testing.T) {
			refused := f.call("/image/multi", test.pairs...)
			if refused.status != test.status || test.message != "" && refused.message() != test.message {
				t.Errorf("%d %s", refused.status, refused.message())
			}
		})
	}
	f.engine.fail = problem.BadRequest("Invalid image file")
	f.expectRefused(f.call("/image/multi", "tag", "logo"), 400, "Invalid image file")
	f.expectStoredAfterSweep(5)
}

func TestDownloadedMulti(t *testing.T) {
	f := tagged(t)
	params := signed("tag", "logo", "mode", "download")
	for method, query := range map[string]string{http.MethodGet: params.Encode(), http.MethodPost: params.Encode()} {
		request := httptest.NewRequest(method, "/v1_1/demo/image/multi?"+query, nil)
		recorder := httptest.NewRecorder()
		f.handler.ServeHTTP(recorder, request)
		if recorder.Code != 200 || recorder.Header().Get("Content-Disposition") != "attachment; filename=logo.gif" || !strings.HasPrefix(recorder.Body.String(), "GIF89a") {
			t.Errorf("%s: %d %v %.20q", method, recorder.Code, recorder.Header(), recorder.Body)
		}
	}
	request := httptest.NewRequest(http.MethodGet, "/v1_1/demo/image/multi?"+signed("tag", "logo").Encode(), nil)
	recorder := httptest.NewRecorder()
	f.handler.ServeHTTP(recorder, request)
	if recorder.Code != 400 {
		t.Errorf("a link that downloads nothing: %d", recorder.Code)
	}
	f.expectStored(3)
}

func TestSprite(t *testing.T) {
	f := tagged(t)
	got := f.expect(f.call("/image/sprite", "tag", "logo"))
	asset := f.stored("image", "sprite", "logo")
	infos := map[string]any{}
	for name, at := range map[string][4]int{"a": {0, 0, 21, 11}, "b_two": {0, 11, 22, 12}, "b_two_2": {0, 23, 20, 10}} {
		n := func(i int) json.Number { return json.Number(fmt.Sprint(at[i])) }
		infos[name] = map[string]any{"x": n(0), "y": n(1), "width": n(2), "height": n(3)}
		corners := [][2]int{{at[0], at[1]}, {at[0] + at[2], at[1] + at[3]}}
		if !reflect.DeepEqual(asset.Regions[name], corners) {
			t.Errorf("region %s is %v, want %v", name, asset.Regions[name], corners)
		}
	}
	if !reflect.DeepEqual(got.body["image_infos"], infos) {
		t.Errorf("infos %s, want %s", pretty(got.body["image_infos"]), pretty(infos))
	}
	path := fmt.Sprintf("media.example.com/demo/image/sprite/v%d/logo.", asset.Version)
	for name, want := range map[string]string{
		"css_url": "http://" + path + "css", "secure_css_url": "https://" + path + "css", "image_url": "http://" + path + "png",
		"secure_image_url": "https://" + path + "png", "json_url": "http://" + path + "json", "secure_json_url": "https://" + path + "json", "public_id": "logo",
	} {
		if got.body[name] != want {
			t.Errorf("%s is %v, want %s", name, got.body[name], want)
		}
	}
	drawn := f.engine.rendered[len(f.engine.rendered)-1]
	if len(drawn.Layers) != 3 || drawn.Plan.String() != "b_transparent,c_lpad,h_33,w_22/l_cell0/fl_layer_apply,g_north_west,x_0,y_0/l_cell1/fl_layer_apply,g_north_west,x_0,y_11/l_cell2/fl_layer_apply,g_north_west,x_0,y_23" {
		t.Errorf("drawn as %s with %d layers", drawn.Plan.String(), len(drawn.Layers))
	}
	for _, refused := range [][]string{{"tag", "none"}, {"tag", "logo", "format", "pdf"}, {"tag", "logo", "transformation", "w_9"}} {
		if got := f.call("/image/sprite", refused...); got.status < 400 || got.status > 404 {
			t.Errorf("%v: %d %v", refused, got.status, got.body)
		}
	}
	f.expectStored(4)
}

// A transformation is applied to each picture, and gives a sheet of its own.
func TestTransformedSprite(t *testing.T) {
	deriver := &squares{}
	f := tagged(t, func(_ *fixture, options *Options) { options.Deriver = deriver })
	got := f.expect(f.call("/image/sprite", "tag", "logo", "transformation", "c_fill,h_7,w_7,p_icon-", "format", "gif"))
	if len(deriver.opened) != 3 || deriver.opened[0] != "c_fill,h_7,w_7,p_icon- png" {
		t.Errorf("made %q", deriver.opened)
	}
	plan, err := transform.Parse("c_fill,w_7,h_7", nil)
	if err != nil {
		t.Fatal(err)
	}
	asset := f.stored("image", "sprite", wire.SpriteID("logo", plan))
	want := fmt.Sprintf("http://media.example.com/demo/image/sprite/c_fill,h_7,w_7,p_icon-/v%d/logo.css", asset.Version)
	if got.body["css_url"] != want || got.body["public_id"] != "logo" || !reflect.DeepEqual(asset.Regions["b_two"], [][2]int{{0, 7}, {7, 14}}) {
		t.Errorf("%s\nwant %s, regions %v", pretty(got.body), want, asset.Regions)
	}
}

// squares is a Deriver whose files are squares of 7 pixels.
type squares struct {
	eagerNotes
	opened []string
}

func (s *squares) Open(_ context.Context, _ *library.Asset, transformation, format string) (*OpenFile, error) {
	s.opened = append(s.opened, transformation+" "+format)
	return &OpenFile{Content: strings.NewReader(picture("png", 7, 7)), Close: func() error { return nil }, Format: format, Width: 7, Height: 7}, nil
}

func TestLayOut(t *testing.T) {
	pictures := []gatheredPicture{{name: "a", width: 10, height: 8000}, {name: "a", width: 30, height: 200}, {name: "a/é", width: 5, height: 6}}
	got := layOut(pictures)
	want := &sheet{width: 40, height: 8000, cells: []cell{{"a", 0, 0, 10, 8000}, {"a_2", 10, 0, 30, 200}, {"a__", 10, 200, 5, 6}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestExplode(t *testing.T) {
	deriver := &eagerNotes{}
	f := newFixture(t, func(_ *fixture, options *Options) { options.Deriver = deriver })
	f.expect(f.upload("/image/upload", "a.png", picture("png", 20, 10), "public_id", "a"))
	got := f.expect(f.call("/image/explode", "public_id", "a", "transformation", "pg_all,w_20", "format", "jpg", "notification_url", "http://receiver.example/x"))
	if got.body["status"] != "processing" || len(got.body["batch_id"].(string)) != 32 {
		t.Errorf("%v", got.body)
	}
	jobs := f.claim(EagerJobKind)
	if len(jobs) != 1 || jobs[0].ID != got.body["batch_id"] {
		t.Fatalf("jobs %v", jobs)
	}
	if err := f.handler.EagerKind().Run(t.Context(), jobs[0]); err != nil {
		t.Fatal(err)
	}
	if asked := strings.Join(deriver.asked, ";"); asked != "pg_1,w_20 jpg" {
		t.Errorf("made %s", asked)
	}
	told := f.claim(notify.JobKind)
	if len(told) != 1 || !strings.Contains(string(told[0].Payload), `"pages":1`) || !strings.Contains(string(told[0].Payload), `"explode"`) || !strings.Contains(string(told[0].Payload), `"image_infos":[{"bytes":42,`) {
		t.Errorf("told %s", payloads(told))
	}
	f.expect(f.upload("/raw/upload", "n.txt", "notes", "public_id", "n.txt"))
	f.expectRefused(f.call("/raw/explode", "public_id", "n.txt"), 400, "Only images have pages")
	for message, pairs := range map[string][]string{
		"Missing required parameter - public_id":                {},
		"Resource not found - none":                             {"public_id", "none"},
		"Invalid transformation - w_20: it must contain pg_all": {"public_id", "a", "transformation", "w_20"},
		"Invalid extension in format: exe":                      {"public_id", "a", "format", "exe"},
	} {
		if refused := f.call("/image/explode", pairs...); refused.message() != message {
			t.Errorf("%v: %d %s", pairs, refused.status, refused.message())
		}
	}
}

func TestAssembliesCountAsRenderings(t *testing.T) {
	used := &meter{room: 1 << 30, renders: 2}
	f := tagged(t, func(_ *fixture, o *Options) { o.Meter = used })
	f.expect(f.call("/image/multi", "tag", "logo"))
	f.expect(f.call("/image/sprite", "tag", "logo"))
	if used.rendered != 2 {
		t.Errorf("%d renderings were counted", used.rendered)
	}
	f.expectRefused(f.call("/image/multi", "tag", "logo"), 420, "no more renderings")
	f.expectRefused(f.call("/image/sprite", "tag", "logo"), 420, "no more renderings")
	f.expectStored(5)
}
