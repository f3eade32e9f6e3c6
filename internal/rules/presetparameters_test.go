package rules

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestPresetParametersHaveTheirWireNamesAndJSONTypes(t *testing.T) {
	start := metav1.NewTime(time.Date(2019, 3, 22, 0, 0, 0, 0, time.FixedZone("", 2*60*60)))
	for _, test := range []struct {
		name       string
		parameters v1alpha1.UploadParameters
		want       string
	}{
		{"nothing", v1alpha1.UploadParameters{}, `{}`},
		{"a flag that is false is set", v1alpha1.UploadParameters{UseFilename: new(true), UniqueFilename: new(false)}, `{"use_filename":true,"unique_filename":false}`},
		{"the one option of the contract", v1alpha1.UploadParameters{UseAssetFolderAsPublicIDPrefix: new(true)}, `{"use_asset_folder_as_public_id_prefix":true}`},
		{"empty lists are absent", v1alpha1.UploadParameters{Tags: []string{}, Eager: []string{}, Context: map[string]string{}}, `{}`},
		{"texts", v1alpha1.UploadParameters{Folder: "web", Type: "private", ResourceType: "image", AccessMode: "public"}, `{"folder":"web","type":"private","resource_type":"image","access_mode":"public"}`},
		{"lists", v1alpha1.UploadParameters{Tags: []string{"b", "a"}, AllowedFormats: []string{"png", "jpg"}}, `{"tags":["b","a"],"allowed_formats":["png","jpg"]}`},
		{"transformations", v1alpha1.UploadParameters{Transformation: "c_limit,w_100", Eager: []string{"c_thumb,w_10/jpg", "/"}}, `{"transformation":"c_limit,w_100","eager":["c_thumb,w_10/jpg","/"]}`},
		{"breakpoints", v1alpha1.UploadParameters{ResponsiveBreakpoints: []v1alpha1.ResponsiveBreakpoints{{
			CreateDerived: new(false), BytesStep: new(int32(1)), MinWidth: new(int32(2)), MaxWidth: new(int32(3)), MaxImages: new(int32(4)), Transformation: "a_45", Format: "webp",
		}, {}}}, `{"responsive_breakpoints":[{"create_derived":false,"bytes_step":1,"min_width":2,"max_width":3,"max_images":4,"transformation":"a_45","format":"webp"},{}]}`},
		{"headers", v1alpha1.UploadParameters{Headers: []v1alpha1.DeliveryHeader{{Name: "Link", Value: "<a>"}, {Name: "X-Robots-Tag", Value: "noindex"}}}, `{"headers":"Link: <a>\nX-Robots-Tag: noindex"}`},
		{"access control", v1alpha1.UploadParameters{AccessControl: []v1alpha1.AccessControlRule{
			{AccessType: "token", Key: "00ff", Path: "/a"}, {AccessType: "anonymous", Start: &start},
		}}, `{"access_control":[{"access_type":"token","key":"00ff","path":"/a"},{"access_type":"anonymous","start":"2019-03-21T22:00:00Z"}]}`},
		{"add-ons", v1alpha1.UploadParameters{AutoTagging: "0.65", Moderation: []string{"manual", "duplicate:0.8"}}, `{"auto_tagging":0.65,"moderation":"manual|duplicate:0.8"}`},
		{"transcription", v1alpha1.UploadParameters{AutoTranscription: &v1alpha1.AutoTranscription{}}, `{"auto_transcription":true}`},
		{"translated transcription", v1alpha1.UploadParameters{AutoTranscription: &v1alpha1.AutoTranscription{Translate: []string{"pl-PL"}}}, `{"auto_transcription":{"translate":["pl-PL"]}}`},
		{"video details", v1alpha1.UploadParameters{AutoVideoDetails: &v1alpha1.AutoVideoDetails{}}, `{"auto_video_details":{"fields":[]}}`},
		{"context", v1alpha1.UploadParameters{Context: map[string]string{"alt": "a|b=c"}}, `{"context":{"alt":"a|b=c"}}`},
		{"metadata", v1alpha1.UploadParameters{Metadata: []v1alpha1.PresetMetadata{
			{Field: "size", MetadataValue: v1alpha1.MetadataValue{Value: new("42")}},
			{Field: "color", MetadataValue: v1alpha1.MetadataValue{Values: []string{"r", "b"}}},
		}}, `{"metadata":{"size":"42","color":["r","b"]}}`},
		{"coordinates", v1alpha1.UploadParameters{
			FaceCoordinates:   []v1alpha1.Rectangle{{Left: 1, Top: 2, Width: 3, Height: 4}, {Left: 5, Top: 6, Width: 7, Height: 8}},
			CustomCoordinates: []v1alpha1.Rectangle{{Left: 0, Top: 0, Width: 1, Height: 1}},
			Regions:           []v1alpha1.Region{{Name: "logo", Points: []v1alpha1.Point{{Left: 1, Top: 2}, {Left: 3, Top: 4}}}},
		}, `{"face_coordinates":[[1,2,3,4],[5,6,7,8]],"custom_coordinates":[[0,0,1,1]],"regions":{"logo":[[1,2],[3,4]]}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := marshal(t, PresetParameters(&v1alpha1.UploadPresetSpec{UploadParameters: test.parameters}))
			if !sameJSON(t, got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestPresetSettingsHoldWhatRulesTheUseOfThePreset(t *testing.T) {
	spec := &v1alpha1.UploadPresetSpec{Name: "web", Unsigned: new(true), DisallowPublicID: new(true), Live: new(false)}
	spec.Folder = "web"
	if got, want := marshal(t, PresetSettings(spec)), `{"folder":"web","disallow_public_id":true,"live":false}`; !sameJSON(t, got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := marshal(t, PresetParameters(spec)), `{"folder":"web"}`; !sameJSON(t, got, want) {
		t.Errorf("the parameters are %s, want %s", got, want)
	}
}

// A field that somebody adds to the type and forgets to hand on would be silently without effect.
func TestEveryFieldOfAPresetIsAParameter(t *testing.T) {
	var all v1alpha1.UploadParameters
	fields := reflect.ValueOf(&all).Elem()
	for _, value := range fields.Fields() {
		fill(value)
	}
	all.AutoTagging = "0.5"
	var want []string
	for declared := range fields.Type().Fields() {
		name, _, _ := strings.Cut(declared.Tag.Get("json"), ",")
		want = append(want, snake(name))
	}
	slices.Sort(want)
	got := slices.Sorted(maps.Keys(PresetParameters(&v1alpha1.UploadPresetSpec{UploadParameters: all})))
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// fill gives v a value that is not empty.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		if v.Index(0).Kind() == reflect.String {
			v.Index(0).SetString("x")
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"x": "y"}))
	}
}

var words = regexp.MustCompile(`[A-Z]+$|[A-Z]+(?:[A-Z][a-z])|[A-Z]`)

// snake writes eagerNotificationURL as eager_notification_url, and publicIDPrefix as public_id_prefix.
func snake(name string) string {
	return strings.ToLower(words.ReplaceAllStringFunc(name, func(word string) string {
		if n := len(word); n > 2 && word[n-1] >= 'a' {
			return "_" + word[:n-2] + "_" + word[n-2:]
		}
		return "_" + word
	}))
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	for text, into := range map[string]*any{a: &x, b: &y} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return a == b || reflect.DeepEqual(x, y)
}
