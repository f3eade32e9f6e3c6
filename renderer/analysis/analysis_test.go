package analysis

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func TestNames(t *testing.T) {
	for color, want := range map[[3]float64][2]string{
		{255, 0, 0}: {"red", "red"}, {255, 140, 0}: {"orange", "orange"}, {255, 255, 0}: {"yellow", "yellow"}, {0, 128, 0}: {"green", "green"},
		{0, 128, 128}: {"teal", "teal"}, {0, 0, 255}: {"blue", "blue"}, {128, 0, 200}: {"purple", "purple"}, {255, 192, 203}: {"pink", "pink"},
		{255, 255, 255}: {"white", "white"}, {128, 128, 128}: {"gray", "gray"}, {10, 10, 10}: {"black", "black"}, {120, 70, 20}: {"brown", "brown"},
	} {
		if got := [2]string{googleName(color[0], color[1], color[2]), nearestName(color[0], color[1], color[2])}; got != want {
			t.Errorf("%v is %v, want %v", color, got, want)
		}
	}
	found := &engine.Analysis{Colors: []engine.ColorShare{{Color: "#FF0000", Percent: 40.04}, {Color: "#FE0101", Percent: 20.03}, {Color: "#0000FF", Percent: 30}, {Color: "#00FF0000", Percent: 9}}}
	if got := named(found, googleName); !reflect.DeepEqual(got, [][2]any{{"red", 60.1}, {"blue", 30.0}}) {
		t.Errorf("%v", got)
	}
	if got := Named(found); !reflect.DeepEqual(got, map[string]float64{"red": 60.1, "blue": 30}) {
		t.Errorf("%v", got)
	}
}

func TestShow(t *testing.T) {
	quality := 0.5
	kept, err := json.Marshal(engine.Analysis{Quality: engine.Quality{JPEGQuality: &quality}, PHash: "0f", Faces: [][4]int{{1, 2, 3, 4}}})
	if err != nil {
		t.Fatal(err)
	}
	show := func(wanted Wanted, asset *library.Asset) string {
		object := wire.Object{}
		wanted.Show(object, asset)
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	picture := &library.Asset{ResourceType: library.Image, Analysis: kept}
	for _, test := range []struct {
		wanted Wanted
		asset  *library.Asset
		want   string
	}{
		{Wanted{}, picture, `{}`},
		{Wanted{PHash: true}, picture, `{"grayscale":false,"illustration_score":0,"phash":"0f","semi_transparent":false}`},
		{Wanted{EXIF: true, MediaMetadata: true}, picture, `{"exif":{},"image_metadata":{},"media_metadata":{}}`},
		{Wanted{Faces: true}, picture, `{"faces":[[1,2,3,4]],"grayscale":false,"illustration_score":0,"semi_transparent":false}`},
		{Wanted{Faces: true}, &library.Asset{ResourceType: library.Image, Faces: [][4]int{{5, 6, 7, 8}}}, `{"faces":[[5,6,7,8]]}`},
		{Wanted{PHash: true}, &library.Asset{ResourceType: library.Image}, `{}`},
		{Wanted{PHash: true}, &library.Asset{ResourceType: library.Image, Analysis: json.RawMessage(`[`)}, `{}`},
		{Wanted{PHash: true}, &library.Asset{ResourceType: library.Raw, Analysis: kept}, `{}`},
	} {
		if got := show(test.wanted, test.asset); got != test.want {
			t.Errorf("%+v: %s, want %s", test.wanted, got, test.want)
		}
	}
	if got := Quality(Of(picture)); got["jpeg_quality"] != 0.5 || got["jpeg_chroma"] != nil {
		t.Errorf("%v", got)
	}
	if _, err := Read(wire.Params{"colors": {"many"}}); err == nil {
		t.Error("a flag that is none was read")
	}
}

func TestFindings(t *testing.T) {
	found := &engine.Analysis{
		Colors: []engine.ColorShare{{Color: "#FF0000", Percent: 60}, {Color: "#0000FF", Percent: 40}}, Grayscale: true, Illustration: 0.6, Faces: [][4]int{{1, 2, 3, 4}},
		Quality: engine.Quality{Focus: 0.5, Score: 0.7}, Metadata: map[string]string{"Model": "X"},
		EXIF: map[string]string{"DateTimeOriginal": "2019:05:01 14:00:00", "OffsetTimeOriginal": "+02:00"},
	}
	got := findings(found)
	if !reflect.DeepEqual(got.Keywords, map[string][]string{"colors": {"blue", "red"}, "grayscale": {"true"}}) || got.Faces != 1 ||
		!reflect.DeepEqual(got.Texts, map[string]string{"image_metadata.Model": "X"}) {
		t.Errorf("%+v", got)
	}
	for field, want := range map[string]float64{"colors.red": 60, "colors.blue": 40, "illustration_score": 1, "quality_score": 0.7, "quality_analysis.focus": 0.5, "taken_at": 1556712000e6} {
		if got.Numbers[field] != want {
			t.Errorf("%s is %v, want %v", field, got.Numbers[field], want)
		}
	}
	found.Colors = []engine.ColorShare{{Color: "#ADD8E6", Percent: 30}, {Color: "#87CEEB", Percent: 10}, {Color: "#00FFFF", Percent: 25}, {Color: "#808000", Percent: 20}, {Color: "#00FF00", Percent: 15}}
	got = findings(found)
	for name, want := range map[string]float64{"lightblue": 40, "cyan": 25, "olive": 20, "lime": 15, "green": 15} {
		if got.Numbers["colors."+name] != want || !slices.Contains(got.Keywords["colors"], name) {
			t.Errorf("%s is %v of %v, want %v", name, got.Numbers["colors."+name], got.Keywords["colors"], want)
		}
	}
	for exif, want := range map[string]float64{"2019:05:01 12:00:00": 1556712000e6, "0000:00:00 00:00:00": 0, "": 0} {
		found.EXIF = map[string]string{"DateTimeOriginal": exif}
		if got := findings(found).Numbers["taken_at"]; got != want {
			t.Errorf("%q was taken at %v, want %v", exif, got, want)
		}
	}
}

func TestFindAgain(t *testing.T) {
	quality := 0.5
	found := engine.Analysis{
		Colors: []engine.ColorShare{{Color: "#00FFFF", Percent: 70}, {Color: "#808000", Percent: 30}}, PHash: "0f", Faces: [][4]int{{1, 2, 3, 4}}, EXIF: map[string]string{"Make": "x"},
		Quality: engine.Quality{JPEGQuality: &quality, Score: 0.25}, Grayscale: true, Cinemagraph: 0.5,
	}
	kept, err := keep(&found)
	if err != nil {
		t.Fatal(err)
	}
	// As it was made before searches knew these colours.
	var older map[string]json.RawMessage
	if err := json.Unmarshal(kept, &older); err != nil {
		t.Fatal(err)
	}
	older["findings"] = json.RawMessage(`{"keywords":{"colors":["teal"]}}`)
	old, err := json.Marshal(older)
	if err != nil {
		t.Fatal(err)
	}
	if again := FindAgain(old); string(again) != string(kept) || !strings.Contains(string(again), `"colors":["cyan","olive","teal","yellow"]`) {
		t.Errorf("made anew\n%s\nof\n%s\nwant\n%s", again, old, kept)
	}
	if strange := json.RawMessage(`["another","form"]`); string(FindAgain(strange)) != string(strange) {
		t.Errorf("what cannot be read became %s", FindAgain(strange))
	}
}
