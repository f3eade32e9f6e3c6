package upload

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestAnalysis(t *testing.T) {
	f := newFixture(t)
	flags := []string{
		"colors", "1", "faces", "true", "exif", "1", "image_metadata", "1", "media_metadata", "1", "phash", "1", "quality_analysis", "1",
		"accessibility_analysis", "1", "cinemagraph_analysis", "1",
	}
	want := `{"colors":[["#C82814",100]],"predominant":{"google":[["red",100]],"cloudinary":[["crimson",100]]},"faces":[[1,2,3,4]],"exif":{"FNumber":"28/10"},
		"image_metadata":{"FNumber":"2.8"},"media_metadata":{"FNumber":"2.8"},"phash":"0000000000000028","quality_score":0.25,
		"quality_analysis":{"focus":0.5,"noise":0,"contrast":0,"exposure":0,"saturation":0,"lighting":0,"resolution":0,"pixel_score":0,"color_score":0},
		"accessibility_analysis":{"colorblind_accessibility_analysis":{"distinct_edges":1,"distinct_colors":0.5,"most_indistinct_pair":["#000000","#ffffff"]},"colorblind_accessibility_score":0.75},
		"cinemagraph_analysis":{"cinemagraph_score":0},"illustration_score":1,"grayscale":false,"semi_transparent":false}`
	check := func(t *testing.T, body map[string]any) {
		t.Helper()
		var expected map[string]any
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		plain := map[string]any{} // Numbers of both as floats.
		text, _ := json.Marshal(body)
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		for name, value := range expected {
			if name == "colors" || name == "predominant" {
				continue // Of the picture that was drawn.
			}
			if !reflect.DeepEqual(plain[name], value) {
				t.Errorf("%s: %v, want %v", name, plain[name], value)
			}
		}
		if colors, _ := plain["colors"].([]any); len(colors) != 1 {
			t.Errorf("colours %v", plain["colors"])
		}
	}
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 30), append([]string{"public_id", "a"}, flags...)...))
	check(t, got.body)
	for expression, want := range map[string]int64{
		"face_count=1 AND grayscale:false AND quality_score=0.25 AND quality_analysis.focus=0.5 AND illustration_score=1 AND colors:*": 1,
		"accessibility_analysis.colorblind_accessibility_score>0.7 AND image_metadata.FNumber:[2 TO 3]":                                1,
		"face_count=2 OR grayscale:true OR image_metadata.FNumber>3":                                                                   0,
	} {
		if found, err := f.library.Search(t.Context(), library.SearchOptions{Expression: expression}); err != nil || found.Total != want {
			t.Errorf("%s finds %d, %v", expression, found.Total, err)
		}
	}

	// What is not asked for is not looked at, and not told.
	plain := f.expect(f.upload("/image/upload", "b.png", picture("png", 40, 30), "public_id", "b", "colors", "0"))
	if _, told := plain.body["colors"]; told || f.engine.analysed != 1 {
		t.Errorf("without flags: %v, %d looks", plain.body, f.engine.analysed)
	}
	// An explicit call looks at what is stored, once.
	for range 2 {
		check(t, f.expect(f.call("/image/explicit", append([]string{"public_id", "b", "type", "upload"}, flags...)...)).body)
	}
	if f.engine.analysed != 2 {
		t.Errorf("%d looks at two pictures", f.engine.analysed)
	}
	if b := f.image("b"); b.UpdatedAt != b.CreatedAt {
		t.Error("a look has changed the asset")
	}
	// What is stored is looked at, not what came.
	rendered := f.expect(f.upload("/image/upload", "c.png", picture("png", 40, 30), "public_id", "c", "phash", "1", "transformation", "c_scale,w_20"))
	if rendered.body["phash"] != "0000000000000014" {
		t.Errorf("the hash of a smaller picture is %v", rendered.body["phash"])
	}
	// An overwrite forgets.
	f.expect(f.upload("/image/upload", "a.png", picture("png", 50, 30), "public_id", "a"))
	if a := f.image("a"); a.Analysis != nil {
		t.Errorf("another picture has the old analysis %s", a.Analysis)
	}
	// Given coordinates are the faces, inside of the picture.
	faces := f.expect(f.upload("/image/upload", "d.png", picture("png", 40, 30), "public_id", "d", "faces", "1", "face_coordinates", "30,20,100,100"))
	if text, _ := json.Marshal(faces.body["faces"]); string(text) != "[[30,20,10,10]]" {
		t.Errorf("faces %s", text)
	}
	// Files that are no pictures have nothing to look at.
	raw := f.expect(f.upload("/raw/upload", "a.txt", "text", "colors", "1"))
	if _, told := raw.body["colors"]; told {
		t.Errorf("colours of a text: %v", raw.body)
	}
}

func TestAnalysisThatFails(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 30), "public_id", "a"))
	f.engine.fail = &problem.Problem{Status: http.StatusGatewayTimeout, Message: "The picture took too long to process", Transient: true}
	got := f.call("/image/explicit", "public_id", "a", "type", "upload", "colors", "1", "tags", "lost")
	f.expectRefused(got, http.StatusInternalServerError, "The picture took too long to process")
	f.engine.fail = nil
	if a := f.image("a"); len(a.Tags) != 0 || a.Analysis != nil {
		t.Errorf("a refused call has changed %+v", a)
	}
	if err := f.bucket.Delete(t.Context(), f.image("a").ObjectKey); err != nil {
		t.Fatal(err)
	}
	if got := f.call("/image/explicit", "public_id", "a", "type", "upload", "colors", "1"); got.status != http.StatusInternalServerError {
		t.Errorf("without its bytes: %d %v", got.status, got.body)
	}
	f.expectRefused(f.call("/image/explicit", "public_id", "none", "type", "upload", "colors", "1"), http.StatusNotFound, "Resource not found - none")
}
