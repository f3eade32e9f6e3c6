package description

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func at(text string) *time.Time {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return &moment
}

func TestAccessControl(t *testing.T) {
	for title, test := range map[string]struct {
		rows []string
		want []library.AccessRule
	}{
		"absent":  {nil, nil},
		"emptied": {[]string{"[]"}, []library.AccessRule{}},
		"a list": {[]string{`[{"access_type":"anonymous","start":"2019-02-22T16:20:57.250Z","end":"2019-03-22 00:00 +0200"},{"access_type":"token"}]`}, []library.AccessRule{
			{Type: library.AccessAnonymous, Start: at("2019-02-22T16:20:57Z"), End: at("2019-03-21T22:00:00Z")}, {Type: library.AccessToken},
		}},
		"one by one": {[]string{`{"access_type":"token","start":null,"end":""}`, `{"access_type":"anonymous","end":"2030-01-01"}`}, []library.AccessRule{
			{Type: library.AccessToken}, {Type: library.AccessAnonymous, End: at("2030-01-01T00:00:00Z")},
		}},
	} {
		t.Run(title, func(t *testing.T) {
			said, err := Read(wire.Params{"access_control[]": test.rows})
			if err != nil || !reflect.DeepEqual(said.AccessControl, test.want) {
				t.Errorf("%+v, %v; want %+v", said, err, test.want)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct{ name, value, message string }{
		{"access_control", "token", `Invalid access_control: "[token]" is not a list of rules like {"access_type":"token"}`},
		{"access_control", `[{"access_type":"all"}]`, `Invalid access_control: access_type "all" is neither token nor anonymous`},
		{"access_control", `[{"start":"2019-02-22"}]`, `Invalid access_control: access_type "" is neither token nor anonymous`},
		{"access_control", `[{"access_type":"token","start":"soon"}]`, `Invalid access_control: "soon" is not a time like 2006-01-02T15:04:05Z`},
		{"access_control", `[{"access_type":"token","start":"2020-01-01","end":"2019-01-01"}]`, "Invalid access_control: start is not before end"},
		{"access_control", `[{"access_type":"token","key":"00"}]`, `Invalid access_control: "key" of a rule is not available`},
		{"access_control", "[" + strings.Repeat(`{"access_type":"token"},`, 100) + `{"access_type":"token"}]`, "Too many access_control rules. Got 101. Maximum is 100."},
		{"headers", "X-Robots-Tag", `Invalid headers: "X-Robots-Tag" is not "Name: value" in ASCII`},
		{"headers", "X-Robots-Tag: ü", `Invalid headers: "X-Robots-Tag: ü" is not "Name: value" in ASCII`},
		{"headers", "Set-Cookie: a=b", `Invalid headers: "Set-Cookie" is not one of Authorization, Link, X-Robots-Tag`},
		{"headers", strings.Repeat("Link: <"+long+">\n", 7), "Invalid headers: they are longer than 2048 bytes"},
		{"quality_override", "auto", "Invalid quality_override - auto"},
		{"quality_override", "best", "Invalid quality_override - best"},
		{"display_name", long, ""},
		{"display_name", "a/b", `Invalid display_name "a/b": at most 255 characters and no slashes are allowed`},
		{"access_mode", "secret", "Invalid access_mode secret: it must be public or authenticated"},
		{"asset_folder", "a/../b", "asset_folder (a/../b/x) is invalid: the folder .. is not allowed"},
		{"unique_display_name", "maybe", `Invalid value for unique_display_name: "maybe" is neither true nor false`},
	} {
		_, err := Read(wire.Params{test.name: {test.value}})
		if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || test.message != "" && p.Message != test.message {
			t.Errorf("%s=%.50s: %v", test.name, test.value, err)
		}
	}
}

func TestChangesOfStoredAssets(t *testing.T) {
	fixed := &catalog.Snapshot{}
	if said, err := ReadChange(wire.Params{"asset_folder": {"a"}, "tags": {"b"}}, fixed); err != nil || said.AssetFolder != nil || len(said.Tags) != 1 {
		t.Errorf("a folder in fixed mode: %+v, %v", said, err)
	}
	if _, err := ReadChange(wire.Params{"metadata": {"x=1"}}, fixed); err == nil {
		t.Error("metadata of no field was taken")
	}
	dynamic := &catalog.Snapshot{Environment: catalog.Environment{DynamicFolders: true}}
	said, err := ReadChange(wire.Params{"asset_folder": {"/"}, "tags": {"b,a"}, "headers": {"x-robots-tag:noindex"}, "quality_override": {"40"}, "access_control": {"[]"}}, dynamic)
	if err != nil {
		t.Fatal(err)
	}
	asset := &library.Asset{
		Tags: []string{"z"}, AssetFolder: "f", Context: map[string]string{"k": "v"}, DisplayName: "n",
		AccessControl: []library.AccessRule{{Type: library.AccessToken}},
	}
	if err := said.Change(asset, dynamic); err != nil {
		t.Fatal(err)
	}
	want := &library.Asset{
		Tags: []string{"a", "b"}, Context: map[string]string{"k": "v"}, DisplayName: "n", AccessControl: []library.AccessRule{},
		Headers: []string{"X-Robots-Tag: noindex"}, QualityOverride: "40",
	}
	if !reflect.DeepEqual(asset, want) {
		t.Errorf("changed to\n%+v, want\n%+v", asset, want)
	}
}
