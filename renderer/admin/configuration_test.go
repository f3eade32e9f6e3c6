package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api"
	sdk "github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/admin/metadata"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// configurable is an Admin API whose configuration can be changed.
func configurable(t *testing.T, changes ...func(catalog.Objects) catalog.Objects) (*fixture, *catalog.Memory) {
	t.Helper()
	var memory *catalog.Memory
	f := newFixture(t, func(f *fixture, options *Options) {
		memory = catalog.NewMemory(f.snapshot, "shop", nil)
		options.Catalog, options.Objects = memory, memory
		for _, change := range changes {
			options.Objects = change(options.Objects)
		}
	})
	return f, memory
}

func TestUploadPresets(t *testing.T) {
	f, memory := configurable(t)
	client, ctx := f.sdk(), t.Context()
	created, err := client.CreateUploadPreset(ctx, sdk.CreateUploadPresetParams{Name: "Web Uploads!", Unsigned: new(true), Live: new(true),
		UploadParams: uploader.UploadParams{Tags: api.CldAPIArray{"a", "b"}, Context: api.CldAPIMap{"alt": "x=y"}, Eager: "c_fill,w_100|w_50/r_max", AllowedFormats: api.CldAPIArray{"png", "jpg"}}})
	if err != nil || created.Message != "created" || created.Name != "Web Uploads!" {
		t.Fatalf("created %+v, %v", created, err)
	}
	if preset := memory.Current().Presets["Web Uploads!"]; !preset.Unsigned || string(preset.Parameters["tags"]) != `["a","b"]` {
		t.Errorf("the preset in use: %+v", preset)
	}
	shown := f.send(http.MethodGet, "/upload_presets/Web%20Uploads!", nil)
	settings, _ := shown.body["settings"].(map[string]any)
	if got, want := asJSON(t, settings), `{"allowed_formats":["png","jpg"],"context":{"alt":"x=y"},"eager":[{"crop":"fill","width":100},[{"width":50},{"radius":"max"}]],"live":true,"tags":["a","b"]}`; got != want {
		t.Errorf("settings %s, want %s", got, want)
	}
	updated, err := client.UpdateUploadPreset(ctx, sdk.UpdateUploadPresetParams{Name: "Web Uploads!", Live: new(false)})
	if err != nil || updated.Message != "updated" {
		t.Fatalf("updated %+v, %v", updated, err)
	}
	got, err := client.GetUploadPreset(ctx, sdk.GetUploadPresetParams{Name: "Web Uploads!"})
	if err != nil || !got.Unsigned || got.Settings.(map[string]any)["live"] != false || got.Settings.(map[string]any)["tags"] == nil {
		t.Errorf("after the update: %+v, %v", got, err)
	}
	again := f.send(http.MethodPost, "/upload_presets", map[string]any{"name": "Web Uploads!"})
	if again.status != http.StatusConflict {
		t.Errorf("a second preset of the name: %d %s", again.status, again.message())
	}
	bad := f.send(http.MethodPost, "/upload_presets", map[string]any{"name": "bad", "access_mode": "sometimes"})
	if bad.status != http.StatusBadRequest || !strings.Contains(bad.message(), "access_mode") {
		t.Errorf("an invalid preset: %d %s", bad.status, bad.message())
	}
	named := f.send(http.MethodPost, "/upload_presets", map[string]any{})
	if named.status != http.StatusOK || named.body["name"] == "" {
		t.Errorf("a preset without parameters: %d %v", named.status, named.body)
	}
	if deleted, err := client.DeleteUploadPreset(ctx, sdk.DeleteUploadPresetParams{Name: "Web Uploads!"}); err != nil || deleted.Message != "deleted" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	if _, ok := memory.Current().Presets["Web Uploads!"]; ok {
		t.Error("the deleted preset is in use")
	}
	if gone := f.send(http.MethodGet, "/upload_presets/Web%20Uploads!", nil); gone.status != http.StatusNotFound {
		t.Errorf("the deleted preset: %d", gone.status)
	}
}

func TestPresetsArePaged(t *testing.T) {
	f, _ := configurable(t)
	for _, name := range []string{"c", "a", "b"} {
		f.send(http.MethodPost, "/upload_presets", map[string]any{"name": name})
	}
	for direction, want := range map[string]string{"asc": "abc", "desc": "cba"} {
		names, cursor := "", ""
		for range 3 {
			answer := f.send(http.MethodGet, "/upload_presets?max_results=1&direction="+direction+"&next_cursor="+cursor, nil)
			names += answer.body["presets"].([]any)[0].(map[string]any)["name"].(string)
			cursor, _ = answer.body["next_cursor"].(string)
		}
		if names != want || cursor != "" {
			t.Errorf("%s: %s, cursor %q", direction, names, cursor)
		}
	}
	if bad := f.send(http.MethodGet, "/upload_presets?next_cursor=!", nil); bad.status != http.StatusBadRequest {
		t.Errorf("a cursor that is none: %d", bad.status)
	}
}

func TestUploadMappings(t *testing.T) {
	f, memory := configurable(t)
	client, ctx := f.sdk(), t.Context()
	if created, err := client.CreateUploadMapping(ctx, sdk.CreateUploadMappingParams{Folder: "wiki", Template: "https://a.example.com/"}); err != nil || created.Message != "created" || created.Folder != "wiki" {
		t.Fatalf("created %+v, %v", created, err)
	}
	if updated, err := client.UpdateUploadMapping(ctx, sdk.UpdateUploadMappingParams{Folder: "wiki", Template: "https://b.example.com/"}); err != nil || updated.Message != "updated" {
		t.Fatalf("updated %+v, %v", updated, err)
	}
	if url, _ := memory.Current().Source("image", "wiki/x", "png"); url != "https://b.example.com/x.png" {
		t.Errorf("in use: %s", url)
	}
	replaced := f.send(http.MethodPut, "/upload_mappings/replace", map[string]any{"mappings": []any{map[string]any{"folder": "docs", "template": "https://c.example.com/"}}})
	listed, err := client.ListUploadMappings(ctx, sdk.ListUploadMappingsParams{})
	if err != nil || replaced.status != http.StatusOK || len(listed.Mappings) != 1 || listed.Mappings[0].Folder != "docs" {
		t.Errorf("replaced %d: %+v, %v", replaced.status, listed, err)
	}
	if bad := f.send(http.MethodPut, "/upload_mappings", map[string]any{"folder": "docs", "template": "nowhere"}); bad.status != http.StatusBadRequest || !strings.Contains(bad.message(), "template") {
		t.Errorf("an invalid template: %d %s", bad.status, bad.message())
	}
	if deleted, err := client.DeleteUploadMapping(ctx, sdk.DeleteUploadMappingParams{Folder: "docs"}); err != nil || deleted.Message != "deleted" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
}

func TestTriggers(t *testing.T) {
	f, memory := configurable(t)
	client, ctx := f.sdk(), t.Context()
	created, err := client.CreateTrigger(ctx, sdk.CreateTriggerParams{URI: "https://a.example.com/", EventType: "upload", Filter: map[string]any{"==": []any{map[string]any{"var": "type"}, "x"}}})
	if err != nil || created.Error.Message != "" || created.ID == "" || created.URIType != "webhook" || created.FilterLanguage != "jsonlogic" {
		t.Fatalf("created %+v, %v", created, err)
	}
	if triggers := memory.Current().Triggers; len(triggers) != 1 || triggers[0].URI != "https://a.example.com/" {
		t.Errorf("in use: %+v", triggers)
	}
	for sample, want := range map[string]bool{"x": true, "y": false} {
		tested := f.send(http.MethodPost, "/triggers/"+created.ID+"/test", map[string]any{"sample_data": map[string]any{"type": sample}})
		if tested.body["filter_result"] != want || tested.body["filter_present"] != true {
			t.Errorf("tested %s: %v", sample, tested.body)
		}
	}
	second := f.send(http.MethodPost, "/triggers", map[string]any{"uri": "https://b.example.com/", "event_type": "upload"})
	if second.status != http.StatusCreated {
		t.Errorf("a second trigger: %d %s", second.status, second.message())
	}
	for _, clash := range []*reply{
		f.send(http.MethodPost, "/triggers", map[string]any{"uri": "https://a.example.com/", "event_type": "upload"}),
		f.send(http.MethodPut, "/triggers/"+created.ID, map[string]any{"new_uri": "https://b.example.com/"}),
	} {
		if clash.status != http.StatusConflict {
			t.Errorf("the same trigger twice: %d %s", clash.status, clash.message())
		}
	}
	for _, bad := range []map[string]any{{"uri": "https://c.example.com/"}, {"uri": "https://c.example.com/", "event_type": "never"},
		{"uri": "https://x.example.com/", "uri_type": "flow", "event_type": "upload"}, {"uri": "https://c.example.com/", "event_type": "upload", "auth_scheme": "eddsa_v2"}} {
		if answer := f.send(http.MethodPost, "/triggers", bad); answer.status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, answer.status)
		}
	}
	if deleted, err := client.DeleteTrigger(ctx, sdk.DeleteTriggerParams{TriggerID: created.ID}); err != nil || deleted.Message != "ok" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
}

func TestTriggersAreListedAndShownWhole(t *testing.T) {
	f, memory := configurable(t)
	var ids []string
	for _, body := range []map[string]any{
		{"uri": "https://a.example.com/", "event_type": "upload"},
		{"uri": "https://b.example.com/", "event_type": "delete", "additive": "true", "payload_template": map[string]any{"text": "gone"}},
		{"uri": "https://c.example.com/", "event_type": "upload"},
	} {
		ids = append(ids, fmt.Sprint(f.send(http.MethodPost, "/triggers", body).body["id"]))
	}
	for query, want := range map[string][]string{"": ids, "?event_type=upload": {ids[0], ids[2]}, "?event_type=delete": ids[1:2], "?event_type=rename": {}} {
		answer := f.send(http.MethodGet, "/triggers"+query, nil)
		found := []string{}
		for _, trigger := range answer.body["triggers"].([]any) {
			found = append(found, fmt.Sprint(trigger.(map[string]any)["id"]))
		}
		if !slices.Equal(slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(want))) || fmt.Sprint(answer.body["total"]) != fmt.Sprint(len(want)) {
			t.Errorf("%s: %v, want %v", query, answer.body, want)
		}
	}
	second := f.send(http.MethodGet, "/triggers/"+ids[1], nil)
	if second.body["additive"] != true || asJSON(t, second.body["payload_template"]) != `{"text":"gone"}` || second.body["filter"] != nil || second.body["auth_scheme"] != "default" || second.body["uri_type"] != "webhook" {
		t.Errorf("shown %v", second.body)
	}
	updated := f.send(http.MethodPut, "/triggers/"+ids[1], map[string]any{"new_uri": "https://d.example.com/", "additive": false, "event_type": "rename"})
	if updated.status != http.StatusOK || updated.body["message"] != "ok" || updated.body["uri"] != "https://d.example.com/" || updated.body["additive"] != false || updated.body["event_type"] != "rename" {
		t.Errorf("updated %d %v", updated.status, updated.body)
	}
	if trigger, ok := memory.Current().Trigger(ids[1]); !ok || trigger.URI != "https://d.example.com/" || trigger.Additive || trigger.EventType != "rename" {
		t.Errorf("in use: %+v", trigger)
	}
	for method, body := range map[string]map[string]any{http.MethodGet: nil, http.MethodPut: {"additive": true}, http.MethodDelete: nil} {
		if gone := f.send(method, "/triggers/none", body); gone.status != http.StatusNotFound || gone.message() != "Trigger none not found" {
			t.Errorf("%s: %d %s", method, gone.status, gone.message())
		}
	}
	if bad := f.send(http.MethodPut, "/triggers/"+ids[0], map[string]any{"additive": "perhaps"}); bad.status != http.StatusBadRequest {
		t.Errorf("a flag that is none: %d", bad.status)
	}
}

func TestMetadataFieldsKeepWhatTheyAreGiven(t *testing.T) {
	f, _ := configurable(t)
	const note = `{"rules":[{"max":10,"min":2,"type":"strlen"},{"regex":"[a-z]+","type":"strregex"}],"type":"and"}`
	for _, body := range []map[string]any{
		{"type": "string", "external_id": "note", "label": "Note", "validation": json.RawMessage(note), "restrictions": map[string]any{"readonly_ui": true, "hidden_ui": false}},
		{"type": "enum", "external_id": "mood", "label": "Mood", "datasource": map[string]any{"values": []any{map[string]any{"value": "good"}}}},
		{"type": "date", "external_id": "day", "label": "Day"},
	} {
		if answer := f.send(http.MethodPost, "/metadata_fields", body); answer.status != http.StatusOK {
			t.Fatalf("%v: %d %s", body, answer.status, answer.message())
		}
	}
	shown := f.send(http.MethodGet, "/metadata_fields/note", nil)
	if asJSON(t, shown.body["validation"]) != note || asJSON(t, shown.body["restrictions"]) != `{"hidden_ui":false,"readonly_ui":true}` {
		t.Errorf("shown %v", shown.body)
	}
	values := f.send(http.MethodGet, "/metadata_fields/mood", nil).body["datasource"].(map[string]any)["values"].([]any)
	if choice := values[0].(map[string]any); len(values) != 1 || choice["value"] != "good" || choice["external_id"] == "" || choice["state"] != "active" {
		t.Errorf("choices %v", values)
	}
	ids := func(answer *reply) string {
		var ids []string
		for _, field := range answer.body["metadata_fields"].([]any) {
			ids = append(ids, fmt.Sprint(field.(map[string]any)["external_id"]))
		}
		return strings.Join(ids, " ")
	}
	for query, want := range map[string]string{"": "note mood day", "?external_ids[]=day&external_ids[]=note": "note day", "?external_ids[]=none": ""} {
		if found := ids(f.send(http.MethodGet, "/metadata_fields"+query, nil)); found != want {
			t.Errorf("%q lists %s, want %s", query, found, want)
		}
	}
	for _, order := range [][3]string{{"external_id", "asc", "day mood note"}, {"external_id", "desc", "note mood day"}, {"label", "asc", "day mood note"}} {
		answer := f.send(http.MethodPut, "/metadata_fields/order", map[string]any{"order_by": order[0], "direction": order[1]})
		if answer.status != http.StatusOK || ids(f.send(http.MethodGet, "/metadata_fields", nil)) != order[2] {
			t.Errorf("%v: %d %s", order, answer.status, ids(f.send(http.MethodGet, "/metadata_fields", nil)))
		}
	}
	for _, bad := range []map[string]any{{"order_by": "size"}, {"order_by": "label", "direction": "up"}} {
		if answer := f.send(http.MethodPut, "/metadata_fields/order", bad); answer.status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, answer.status)
		}
	}
	if bad := f.send(http.MethodPut, "/metadata_fields/note", map[string]any{"restrictions": "none"}); bad.status != http.StatusBadRequest {
		t.Errorf("restrictions that are none: %d", bad.status)
	}
}

func TestStreamingProfiles(t *testing.T) {
	f, _ := configurable(t)
	client, ctx := f.sdk(), t.Context()
	if listed, err := client.ListStreamingProfiles(ctx); err != nil || len(listed.Data) != 7 || !listed.Data[0].Predefined {
		t.Fatalf("predefined: %+v, %v", listed, err)
	}
	representations := sdk.StreamingProfileRepresentations{{Transformation: "c_limit,w_1200,h_1200,br_5m"}}
	created, err := client.CreateStreamingProfile(ctx, sdk.CreateStreamingProfileParams{Name: "mine", DisplayName: "Mine", Representations: representations})
	if err != nil || created.Error.Message != "" || created.Data.Name != "mine" {
		t.Fatalf("created %+v, %v", created, err)
	}
	shown := f.send(http.MethodGet, "/streaming_profiles%2Fmine", nil)
	data, _ := shown.body["data"].(map[string]any)
	if got, want := asJSON(t, data["representations"]), `[{"transformation":[{"bit_rate":"5m","crop":"limit","height":1200,"width":1200}]}]`; got != want {
		t.Errorf("shown %s, want %s", got, want)
	}
	for _, widths := range []string{"1", "2"} {
		body := map[string]any{"name": "mine", "representations": `[{"transformation":"w_` + widths + `"}]`}
		if again := f.send(http.MethodPost, "/streaming_profiles", body); again.status != http.StatusConflict {
			t.Errorf("mine again: %d", again.status)
		}
		// Of a predefined one it is a change, however often: the SDK for Java updates profiles like that.
		body["name"] = "hd"
		changed := f.send(http.MethodPost, "/streaming_profiles", body)
		if data, _ := changed.body["data"].(map[string]any); changed.body["message"] != "created" || data["predefined"] != true ||
			asJSON(t, data["representations"]) != `[{"transformation":[{"width":`+widths+`}]}]` {
			t.Errorf("hd: %d %v", changed.status, changed.body)
		}
	}
	overridden, err := client.UpdateStreamingProfile(ctx, sdk.UpdateStreamingProfileParams{Name: "hd", Representations: representations})
	if err != nil || len(overridden.Data.Representations) != 1 || !overridden.Data.Predefined {
		t.Errorf("overridden %+v, %v", overridden, err)
	}
	if deleted, err := client.DeleteStreamingProfile(ctx, sdk.DeleteStreamingProfileParams{Name: "hd"}); err != nil || deleted.Message != "deleted" {
		t.Errorf("reset %+v, %v", deleted, err)
	}
	if reset, err := client.GetStreamingProfile(ctx, sdk.GetStreamingProfileParams{Name: "hd"}); err != nil || len(reset.Data.Representations) != 5 {
		t.Errorf("after the reset %+v, %v", reset, err)
	}
	again := f.send(http.MethodDelete, "/streaming_profiles/hd", nil)
	if again.status != http.StatusBadRequest || again.message() != "Streaming profile hd is predefined and was not changed, so that it cannot be reverted" {
		t.Errorf("reset twice: %d %s", again.status, again.message())
	}
	if none := f.send(http.MethodDelete, "/streaming_profiles/none", nil); none.status != http.StatusNotFound {
		t.Errorf("none: %d", none.status)
	}
}

// TestMetadataFieldsOfDotNET sends the JSON of the SDK for .NET: flags are texts in it, at any depth, beside a signature.
func TestMetadataFieldsOfDotNET(t *testing.T) {
	f, _ := configurable(t)
	const twice = "application/json; charset=utf-8, application/json"
	for _, test := range []struct{ body, validation, restrictions string }{
		{
			`{"api_key":"1","default_value":"10","external_id":"a","label":"A","mandatory":"true","restrictions":{"readonly_ui":"true"},"signature":"x","timestamp":"1","type":"integer",` +
				`"validation":{"equals":"true","type":"greater_than","value":5}}`,
			`{"equals":true,"type":"greater_than","value":5}`, `{"readonly_ui":true}`,
		},
		{
			`{"default_value":"2026-01-10","external_id":"b","label":"B","mandatory":"false","restrictions":{"hidden_ui":"false"},"type":"date",` +
				`"validation":{"type":"and","rules":[{"equals":"false","type":"greater_than","value":"2026-01-01"},{"equals":null,"type":"less_than","value":"2027-01-01"}]}}`,
			`{"rules":[{"equals":false,"type":"greater_than","value":"2026-01-01"},{"type":"less_than","value":"2027-01-01"}],"type":"and"}`, `{"hidden_ui":false,"readonly_ui":false}`,
		},
	} {
		created := f.call(http.MethodPost, "demo/metadata_fields", twice, test.body)
		if created.status != http.StatusOK || asJSON(t, created.body["validation"]) != test.validation || asJSON(t, created.body["restrictions"]) != test.restrictions {
			t.Errorf("%s: %d %v", test.body, created.status, created.body)
		}
	}
	rule := `{"condition":{"metadata_field_id":"a","populated":"true"},"metadata_field_id":"b","name":"r","result":{"enable":"true","set_mandatory":"false"}}`
	if created := f.call(http.MethodPost, "demo/metadata_rules", twice, rule); asJSON(t, created.body["result"]) != `{"enable":true,"set_mandatory":false}` ||
		asJSON(t, created.body["condition"]) != `{"metadata_field_id":"a","populated":true}` {
		t.Errorf("a rule: %d %v", created.status, created.body)
	}
	// An and inside of an and is the same as one.
	nested := f.send(http.MethodPost, "/metadata_fields", map[string]any{"type": "integer", "external_id": "nested", "label": "Nested", "validation": json.RawMessage(
		`{"type":"and","rules":[{"type":"and","rules":[{"type":"greater_than","value":10},{"type":"and","rules":[{"type":"less_than","value":20}]}]},{"type":"less_than","value":15}]}`)})
	if got := asJSON(t, nested.body["validation"]); got != `{"rules":[{"type":"greater_than","value":10},{"type":"less_than","value":20},{"type":"less_than","value":15}],"type":"and"}` {
		t.Errorf("nested: %d %s %s", nested.status, got, nested.message())
	}
	empty := f.send(http.MethodPost, "/metadata_fields", map[string]any{"type": "integer", "label": "Empty", "validation": json.RawMessage(`{"type":"and","rules":[{"type":"and","rules":[]}]}`)})
	f.expectRefused(empty, http.StatusBadRequest, `validation.rules[0].type: Unsupported value: "and": supported values: "greater_than", "less_than", "strlen", "strregex"`)
	bad := `{"external_id":"c","label":"C","type":"integer","validation":{"equals":"perhaps","type":"greater_than","value":5}}`
	if refused := f.call(http.MethodPost, "demo/metadata_fields", twice, bad); refused.status != http.StatusBadRequest || !strings.HasPrefix(refused.message(), "Invalid value for validation: ") {
		t.Errorf("refused %d %s", refused.status, refused.message())
	}
}

func TestMetadataFields(t *testing.T) {
	f, memory := configurable(t)
	client, ctx := f.sdk(), t.Context()
	colors := metadata.DataSource{Values: []metadata.DataSourceValue{{ExternalID: "r", Value: "red"}, {ExternalID: "g", Value: "green"}}}
	created, err := client.AddMetadataField(ctx, metadata.Field{Type: metadata.SetFieldType, ExternalID: "colors", Label: "Colours", DefaultValue: []string{"r"}, DataSource: colors})
	if err != nil || created.Error.Message != "" || created.ExternalID != "colors" || asJSON(t, created.DefaultValue) != `["r"]` {
		t.Fatalf("created %+v, %v", created, err)
	}
	validation := metadata.AndValidation([]any{metadata.GreaterThanValidation(10, false), metadata.LessThanValidation(101, true)})
	number, err := client.AddMetadataField(ctx, metadata.Field{Type: metadata.IntegerFieldType, ExternalID: "size", Label: "A size", Mandatory: true, DefaultValue: 50, Validation: validation})
	if err != nil || number.Error.Message != "" || asJSON(t, number.Validation) != `{"rules":[{"equals":false,"type":"greater_than","value":10},{"equals":true,"type":"less_than","value":101}],"type":"and"}` || number.DefaultValue != 50.0 {
		t.Fatalf("created %+v, %v", number, err)
	}
	if fields := memory.Current().MetadataFields; len(fields) != 2 || !fields["size"].Mandatory {
		t.Errorf("in use: %+v", fields)
	}
	for message, bad := range map[string]map[string]any{
		"external id size already exists": {"type": "string", "external_id": "size", "label": "Other"},
		"label A size already exists":     {"type": "string", "external_id": "other", "label": "A size"},
		"default_value is invalid":        {"type": "integer", "external_id": "other", "label": "Other", "default_value": 5, "validation": map[string]any{"type": "greater_than", "value": 10}},
		"label: Required value":           {"type": "string", "external_id": "other"},
		"datasource: Required value":      {"type": "enum", "external_id": "other", "label": "Other"},
	} {
		if answer := f.send(http.MethodPost, "/metadata_fields", bad); answer.status != http.StatusBadRequest || !strings.HasPrefix(answer.message(), message) {
			t.Errorf("%s: %d %s", message, answer.status, answer.message())
		}
	}
	datasource := func(method, path string, body map[string]any) string {
		answer := f.send(method, "/metadata_fields/colors/"+path, body)
		return asJSON(t, answer.body)
	}
	added := datasource(http.MethodPut, "datasource", map[string]any{"values": []any{map[string]any{"external_id": "b", "value": "blue"}, map[string]any{"external_id": "g", "value": "lime"}}})
	if added != `{"values":[{"external_id":"r","value":"red"},{"external_id":"g","value":"lime"},{"external_id":"b","value":"blue"}]}` {
		t.Errorf("added %s", added)
	}
	if deleted := datasource(http.MethodDelete, "datasource", map[string]any{"external_ids": []string{"g"}}); deleted != `{"values":[{"external_id":"r","value":"red"},{"external_id":"b","value":"blue"}]}` {
		t.Errorf("deleted %s", deleted)
	}
	if restored := datasource(http.MethodPost, "datasource_restore", map[string]any{"external_ids": []string{"g"}}); !strings.Contains(restored, "lime") {
		t.Errorf("restored %s", restored)
	}
	if ordered := datasource(http.MethodPost, "datasource/order", map[string]any{"order_by": "value", "direction": "desc"}); ordered != `{"values":[{"external_id":"r","value":"red"},{"external_id":"g","value":"lime"},{"external_id":"b","value":"blue"}]}` {
		t.Errorf("ordered %s", ordered)
	}
	if found := datasource(http.MethodPost, "datasource/search", map[string]any{"term": "LI"}); !strings.Contains(found, "lime") || strings.Contains(found, "blue") {
		t.Errorf("found %s", found)
	}
	order, err := client.ReorderMetadataFields(ctx, sdk.ReorderMetadataFieldsParams{FieldOrderBy: sdk.OrderFieldLabel, FieldDirection: sdk.Ascending})
	if err != nil || len(order.MetadataFields) != 2 || order.MetadataFields[0].ExternalID != "size" || memory.Current().MetadataFields["size"].Position != 0 {
		t.Errorf("ordered %+v, %v", order, err)
	}
	moved := f.send(http.MethodPut, "/metadata_fields/size/reorder", map[string]any{"position": 1})
	if moved.status != http.StatusOK || memory.Current().MetadataFields["size"].Position != 1 {
		t.Errorf("moved %d %s", moved.status, moved.message())
	}
	updated := f.send(http.MethodPut, "/metadata_fields/size", map[string]any{"label": "Size", "type": "string", "external_id": "x"})
	if updated.body["label"] != "Size" || updated.body["type"] != "integer" || updated.body["external_id"] != "size" {
		t.Errorf("updated %v", updated.body)
	}
	if deleted, err := client.DeleteMetadataField(ctx, sdk.DeleteMetadataFieldParams{FieldExternalID: "size"}); err != nil || deleted.Message != "ok" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	if gone := f.send(http.MethodGet, "/metadata_fields/size", nil); gone.status != http.StatusNotFound {
		t.Errorf("the deleted field: %d", gone.status)
	}
}

// contested is a store in which others write, too.
type contested struct {
	catalog.Objects
	failures []error
}

func (c *contested) Update(ctx context.Context, object v1alpha1.Configuration) error {
	if len(c.failures) > 0 {
		err := c.failures[0]
		c.failures = c.failures[1:]
		return err
	}
	return c.Objects.Update(ctx, object)
}

func TestChangesThatFail(t *testing.T) {
	others := &contested{}
	f, _ := configurable(t, func(objects catalog.Objects) catalog.Objects {
		others.Objects = objects
		return others
	})
	f.send(http.MethodPost, "/upload_presets", map[string]any{"name": "web"})
	changed := catalog.ErrChanged
	for _, c := range []struct {
		failures []error
		status   int
		message  string
	}{
		{[]error{changed, changed}, http.StatusOK, ""},
		{[]error{changed, changed, changed, changed, changed}, http.StatusConflict, "The configuration is being changed by somebody else, try again"},
		{[]error{&catalog.ManagedError{By: "Argo CD (shop)", Kind: catalog.KindUploadPreset, Name: "web"}}, http.StatusConflict, "UploadPreset web is managed by Argo CD (shop) and must be changed there"},
		{[]error{&catalog.RefusedError{Reason: "a policy says no"}}, http.StatusBadRequest, "a policy says no"},
		{[]error{catalog.ErrGone}, http.StatusNotFound, "Can't find upload preset named web"},
		{[]error{http.ErrServerClosed}, http.StatusInternalServerError, "The configuration is unavailable, try again later"},
	} {
		others.failures = c.failures
		answer := f.send(http.MethodPut, "/upload_presets/web", map[string]any{"unsigned": true})
		if answer.status != c.status || answer.message() != c.message {
			t.Errorf("%v: %d %s", c.failures, answer.status, answer.message())
		}
	}
}

func TestAnUnchangeableCatalogHasNoConfigurationEndpoints(t *testing.T) {
	f := newFixture(t)
	if answer := f.send(http.MethodGet, "/upload_presets", nil); answer.status != http.StatusNotFound {
		t.Errorf("%d", answer.status)
	}
}

// send sends a JSON body, none when it is nil.
func (f *fixture) send(method, path string, body map[string]any) *reply {
	f.Helper()
	if body == nil {
		return f.call(method, cloud+path, "", "")
	}
	return f.call(method, cloud+path, "application/json", asJSON(f.T, body))
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func TestNamedTransformations(t *testing.T) {
	f, memory := configurable(t)
	client, ctx := f.sdk(), t.Context()
	created, err := client.CreateTransformation(ctx, sdk.CreateTransformationParams{Name: "thumb", Transformation: "c_fill,w_100/"})
	if err != nil || created.Message != "created" {
		t.Fatalf("created %+v, %v", created, err)
	}
	if memory.Current().Transformations["thumb"].Transformation != "c_fill,w_100/" {
		t.Errorf("in use: %+v", memory.Current().Transformations)
	}
	for _, path := range []string{"/transformations?transformation=thumb", "/transformations?transformation=t_thumb", "/transformations/t_thumb"} {
		shown := f.send(http.MethodGet, path, nil)
		if got, want := asJSON(t, shown.body), `{"allowed_for_strict":true,"derived":[],"info":[{"crop":"fill","width":100},{"extension":"none"}],"name":"t_thumb","named":true,"used":false}`; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	f.derive(f.store("image", "upload", "a", nil), "t_thumb")
	if listed, err := client.ListTransformations(ctx, sdk.ListTransformationsParams{}); err != nil || len(listed.Transformations) != 1 || !listed.Transformations[0].Used {
		t.Errorf("listed after a use: %+v, %v", listed, err)
	}
	if updated, err := client.UpdateTransformation(ctx, sdk.UpdateTransformationParams{Transformation: "thumb", AllowedForStrict: new(false), UnsafeUpdate: "w_50"}); err != nil || updated.Message != "updated" {
		t.Errorf("updated %+v, %v", updated, err)
	}
	if now := memory.Current().Transformations["thumb"]; now.AllowedForStrict || now.Transformation != "w_50" {
		t.Errorf("in use after the update: %+v", now)
	}
	if again := f.send(http.MethodPost, "/transformations", map[string]any{"name": "thumb", "transformation": "w_1"}); again.status != http.StatusConflict {
		t.Errorf("twice: %d %s", again.status, again.message())
	}
	if bad := f.send(http.MethodPost, "/transformations", map[string]any{"name": "bad", "transformation": "w_abc"}); bad.status != http.StatusBadRequest || !strings.Contains(bad.message(), "Invalid width - abc") {
		t.Errorf("one that does not parse: %d %s", bad.status, bad.message())
	}
	if deleted, err := client.DeleteTransformation(ctx, sdk.DeleteTransformationParams{Transformation: "t_thumb"}); err != nil || deleted.Message != "deleted" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	if gone := f.send(http.MethodGet, "/transformations/thumb", nil); gone.status != http.StatusNotFound {
		t.Errorf("the deleted one: %d", gone.status)
	}
}

func TestTransformationsOfPresetsAndProfilesAreChecked(t *testing.T) {
	f, _ := configurable(t)
	for _, test := range []struct {
		path    string
		body    map[string]any
		message string
	}{
		{"/upload_presets", map[string]any{"transformation": "c_scale,w_abc"}, "Invalid value for transformation: Invalid width - abc"},
		{"/upload_presets", map[string]any{"eager": "w_10|w_abc/jpg"}, "Invalid value for eager: Invalid width - abc"},
		{"/streaming_profiles", map[string]any{"name": "own", "representations": `[{"transformation":"w_abc"}]`}, "Invalid value for representations: Invalid width - abc"},
		{"/streaming_profiles", map[string]any{"name": "own", "representations": `[{}]`}, "Invalid value for representations: each needs a transformation"},
		{"/upload_mappings", map[string]any{"folder": "a/../b", "template": "https://example.com/"}, `folder: Invalid value: "a/../b": must not have a folder . or ..`},
	} {
		f.expectRefused(f.send(http.MethodPost, test.path, test.body), http.StatusBadRequest, test.message)
	}
	// A name may get its meaning later, an extension may follow, and what is not given again is not checked again.
	for _, body := range []map[string]any{{"name": "ok", "transformation": "t_later/w_10", "eager": "w_10/|sp_hd/m3u8|c_fill,w_5/webp"}} {
		if got := f.send(http.MethodPost, "/upload_presets", body); got.status != http.StatusOK {
			t.Errorf("%v: %d %s", body, got.status, got.message())
		}
	}
}

func TestMappingsAreReplacedAndDeletedOnlyWhenTheyAreGiven(t *testing.T) {
	f, _ := configurable(t)
	if got := f.send(http.MethodPost, "/upload_mappings", map[string]any{"folder": "a", "template": "https://example.com/"}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.message())
	}
	f.expectRefused(f.send(http.MethodPut, "/upload_mappings/replace", map[string]any{}), http.StatusBadRequest, "Missing required parameter - mappings")
	for _, body := range []map[string]any{{}, {"folder": ""}, {"folder": nil}} {
		// One SDK has a method that is said to delete all of them by this.
		f.expectRefused(f.send(http.MethodDelete, "/upload_mappings", body), http.StatusBadRequest, "Missing required parameter - folder")
	}
	if got := f.get("upload_mappings"); asJSON(t, got.body["total_entries"]) != "1" {
		t.Errorf("afterwards there are %v", got.body)
	}
	if got := f.send(http.MethodPut, "/upload_mappings/replace", map[string]any{"mappings": []any{}}); got.status != http.StatusOK {
		t.Errorf("by none: %d %s", got.status, got.message())
	}
	if got := f.get("upload_mappings"); asJSON(t, got.body["total_entries"]) != "0" {
		t.Errorf("afterwards there are %v", got.body)
	}
}
