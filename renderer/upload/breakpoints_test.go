package upload

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// scaler is a Deriver whose files have as many bytes as a quarter of their pixels. Turned pictures are 206 pixels wide.
type scaler struct {
	eagerNotes
	library *library.Library
	asked   []string
}

var scaledWidth = regexp.MustCompile(`(?:^|/)c_scale,w_(\d+)$`)

func (s *scaler) Eager(ctx context.Context, asset *library.Asset, transformation, format string) (*EagerFile, error) {
	s.asked = append(s.asked, transformation)
	if transformation == "e_sepia" {
		return nil, problem.BadRequest("No sepia today")
	}
	if format == "" {
		format = asset.Format
	}
	width := 206
	if match := scaledWidth.FindStringSubmatch(transformation); match != nil {
		width, _ = strconv.Atoi(match[1])
	}
	file := &EagerFile{Format: format, Width: width, Height: width, Bytes: int64(width * width / 4), Made: true}
	key := transformation + "." + format
	if _, err := s.library.Derived(ctx, asset.AssetID, asset.VersionID, key); err == nil {
		file.Made = false
		return file, nil
	}
	object := "derived/" + library.NewJobID()
	if err := s.library.ReserveObject(ctx, object, time.Now().Add(time.Hour)); err != nil {
		return nil, err
	}
	_, err := s.library.StoreDerived(ctx, &library.Derived{
		AssetID: asset.AssetID, VersionID: asset.VersionID, Key: key, Transformation: transformation, Format: format, Bytes: file.Bytes, Width: width,
		Height: width, ETag: "e", ObjectKey: object, CreatedAt: asset.CreatedAt,
	})
	return file, err
}

// kept are the transformations of the derived files of an asset, sorted.
func (s *scaler) kept(ctx context.Context, assetID string) []string {
	files, _, err := s.library.ListDerived(ctx, assetID, 100, "")
	if err != nil {
		return []string{err.Error()}
	}
	var kept []string
	for _, file := range files {
		kept = append(kept, file.Transformation)
	}
	slices.Sort(kept)
	return kept
}

func TestBreakpointsThatAreNotKept(t *testing.T) {
	deriver := &scaler{}
	f := newFixture(t, func(f *fixture, options *Options) { deriver.library, options.Deriver = f.library, deriver })
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 900, 700), "public_id", "x", "eager", "c_scale,w_50", "responsive_breakpoints",
		`[{"transformation":"a_45","max_images":3},{"create_derived":false,"max_images":3}]`))
	id, _ := got.body["asset_id"].(string)
	want := []string{"a_45", "a_45/c_scale,w_101", "a_45/c_scale,w_206", "a_45/c_scale,w_50"}
	// What is made by breakpoints is made before the eager transformations: that of 50 pixels is made anew.
	if kept := deriver.kept(t.Context(), id); !slices.Equal(kept, append(want, "c_scale,w_50")) {
		t.Errorf("kept %q", kept)
	}
	// Files that were there stay.
	f.expect(f.call("/image/explicit", "public_id", "x", "type", "upload", "responsive_breakpoints", `{"create_derived":false,"transformation":"a_45"}`))
	if kept := deriver.kept(t.Context(), id); !slices.Equal(kept, append(want, "c_scale,w_50")) {
		t.Errorf("kept of the stored asset %q", kept)
	}
}

func TestResponsiveBreakpoints(t *testing.T) {
	deriver := &scaler{}
	f := newFixture(t, func(f *fixture, options *Options) { deriver.library, options.Deriver = f.library, deriver })
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 900, 700), "public_id", "x", "responsive_breakpoints",
		`[{"transformation":"a_45","format":"gif","create_derived":false},{"bytes_step":50000,"max_images":3,"max_width":2000},{"transformation":"e_sepia"}]`))
	version, _ := got.body["version"].(json.Number).Int64()
	entry := func(width int, transformation, format string) map[string]any {
		path := fmt.Sprintf("/demo/image/upload/%sc_scale,w_%d/v%d/x.%s", transformation, width, version, format)
		n := func(v int) json.Number { return json.Number(strconv.Itoa(v)) }
		return map[string]any{"width": n(width), "height": n(width), "bytes": n(width * width / 4),
			"url": "http://media.example.com" + path, "secure_url": "https://media.example.com" + path}
	}
	// Of the second one the files grow by 201875 bytes from 50 to 900 pixels: two steps, of which the middle is where half is reached.
	want := []any{
		map[string]any{"transformation": "a_45", "breakpoints": []any{entry(206, "a_45/", "gif"), entry(50, "a_45/", "gif")}},
		map[string]any{"breakpoints": []any{entry(900, "", "png"), entry(637, "", "png"), entry(50, "", "png")}},
		map[string]any{"transformation": "e_sepia", "breakpoints": []any{}, "status": "failed", "reason": "No sepia today"},
	}
	if !reflect.DeepEqual(got.body["responsive_breakpoints"], want) {
		t.Errorf("breakpoints\n got %s\nwant %s", pretty(got.body["responsive_breakpoints"]), pretty(want))
	}
	// Of a stored one, in the dialect of one object.
	stored := f.expect(f.call("/image/explicit", "public_id", "x", "type", "upload", "responsive_breakpoints", `{"max_images":1}`))
	if entries, _ := stored.body["responsive_breakpoints"].([]any); len(entries) != 1 || !reflect.DeepEqual(entries[0], map[string]any{"breakpoints": []any{entry(900, "", "png")}}) {
		t.Errorf("of a stored one: %s", pretty(stored.body["responsive_breakpoints"]))
	}
	asked := len(deriver.asked)
	for value, message := range map[string]string{
		"x":                                  "Invalid responsive_breakpoints: \"[x]\" is not a list of objects",
		`[{"max_images":0}]`:                 `Invalid value for max_images: "0" is no integer between 1 and 200`,
		`[{"bytes_step":"big"}]`:             `Invalid value for bytes_step: "big" is no integer between 1 and 1073741824`,
		`[{"min_width":9,"max_width":8}]`:    "Invalid responsive_breakpoints: min_width 9 is above max_width 8",
		`[{"format":"a/b"}]`:                 `Invalid responsive_breakpoints: "a/b" is no format`,
		`[{"create_derived":"no"}]`:          `Invalid value for create_derived: "no" is neither true nor false`,
		`[{},{},{},{},{},{},{},{},{},{},{}]`: "Too many responsive_breakpoints. Got 11. Maximum is 10.",
	} {
		f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 4, 4), "responsive_breakpoints", value), http.StatusBadRequest, message)
	}
	if len(deriver.asked) != asked {
		t.Error("a refused call has made files")
	}
}
