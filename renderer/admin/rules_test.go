package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// withFields is an Admin API with the fields team (a set of hr and it), category (a text) and age (an integer).
func withFields(t *testing.T) *fixture {
	t.Helper()
	f, _ := configurable(t)
	values := map[string]any{"values": []any{map[string]any{"external_id": "hr", "value": "HR"}, map[string]any{"external_id": "it", "value": "IT"}}}
	for _, field := range []map[string]any{
		{"external_id": "team", "label": "Team", "type": "set", "datasource": values, "default_disabled": true},
		{"external_id": "category", "label": "Category", "type": "string"},
		{"external_id": "age", "label": "Age", "type": "integer"},
	} {
		if created := f.send(http.MethodPost, "/metadata_fields", field); created.status != http.StatusOK {
			t.Fatalf("%v: %d %s", field, created.status, created.message())
		}
	}
	return f
}

func TestMetadataRules(t *testing.T) {
	f := withFields(t)
	f.store("image", "upload", "a", nil)
	created := f.send(http.MethodPost, "/metadata_rules", map[string]any{
		"metadata_field_id": "team", "name": "show team",
		"condition": map[string]any{"or": []any{map[string]any{"metadata_field_id": "category", "equals": "employee"},
			map[string]any{"and": []any{map[string]any{"metadata_field_id": "age", "includes": []int{17, 18}}, map[string]any{"metadata_field_id": "category", "populated": true}}}}},
		"result": map[string]any{"enable": true, "activate_values": map[string]any{"external_ids": []string{"hr"}, "mode": "override"},
			"apply_value": map[string]any{"value": []string{"hr"}, "mode": "default"}, "set_mandatory": true},
		"position": 1,
	})
	id, _ := created.body["external_id"].(string)
	if created.status != http.StatusOK || id == "" || created.body["condition_signature"] == "" {
		t.Fatalf("created %d %v", created.status, created.body)
	}
	shown := f.send(http.MethodGet, "/metadata_rules/"+id, nil)
	for name, want := range map[string]string{
		"condition":         `{"or":[{"equals":"employee","metadata_field_id":"category"},{"and":[{"includes":[17,18],"metadata_field_id":"age"},{"metadata_field_id":"category","populated":true}]}]}`,
		"result":            `{"activate_values":{"external_ids":["hr"],"mode":"override"},"apply_value":{"mode":"default","value":["hr"]},"enable":true,"set_mandatory":true}`,
		"metadata_field_id": `"team"`, "name": `"show team"`, "state": `"active"`, "position": `1`,
	} {
		if got := asJSON(t, shown.body[name]); got != want || asJSON(t, created.body[name]) != want {
			t.Errorf("%s: %s, created as %s, want %s", name, got, asJSON(t, created.body[name]), want)
		}
	}
	// It is followed.
	if updated := f.send(http.MethodPost, "/resources/image/upload/a", map[string]any{"metadata": "category=employee"}); asJSON(t, updated.body["metadata"]) != `{"category":"employee","team":["hr"]}` {
		t.Errorf("an asset: %d %v", updated.status, updated.body["metadata"])
	}
	// Another one of the same name is listed by its position, before the first.
	second := f.send(http.MethodPost, "/metadata_rules", map[string]any{"metadata_field_id": "age", "name": "show team", "position": 0,
		"condition": map[string]any{"metadata_field_id": "category", "populated": true}, "result": map[string]any{"set_mandatory": true}})
	listed := f.send(http.MethodGet, "/metadata_rules", nil)
	all, _ := listed.body["metadata_rules"].([]any)
	if len(all) != 2 || all[0].(map[string]any)["external_id"] != second.body["external_id"] {
		t.Errorf("listed %v", listed.body)
	}
	// The SDK for Java spells two results in a way of its own.
	spelled := f.send(http.MethodPut, "/metadata_rules/"+id, map[string]any{"result": map[string]any{"enable": true, "activate_values": "all", "apply_values": []string{"it"}, "mandatory": true}})
	if got := asJSON(t, spelled.body["result"]); got != `{"activate_values":"all","apply_value":{"mode":"default","value":["it"]},"enable":true,"set_mandatory":true}` {
		t.Errorf("spelled as Java does: %d %s", spelled.status, got)
	}
	// It has an object for includes; the values are meant.
	object := f.send(http.MethodPut, "/metadata_rules/"+second.body["external_id"].(string), map[string]any{
		"condition": map[string]any{"metadata_field_id": "category", "includes": map[string]any{"1": "guest", "0": "employee"}}})
	if got := asJSON(t, object.body["condition"]); got != `{"includes":["employee","guest"],"metadata_field_id":"category"}` {
		t.Errorf("an object: %d %s %s", object.status, got, object.message())
	}
	// A single value is a list of one, and to activate everything is no limit, be there choices or not.
	single := f.send(http.MethodPut, "/metadata_rules/"+second.body["external_id"].(string), map[string]any{
		"condition": map[string]any{"metadata_field_id": "category", "includes": "employee"}, "result": map[string]any{"set_mandatory": true, "activate_values": "all"}})
	if got := asJSON(t, single.body["condition"]); got != `{"includes":["employee"],"metadata_field_id":"category"}` {
		t.Errorf("a single value: %d %s %s", single.status, got, single.message())
	}
	if got := asJSON(t, single.body["result"]); got != `{"activate_values":"all","set_mandatory":true}` {
		t.Errorf("everything of a field without choices: %s", got)
	}
	f.expectRefused(f.send(http.MethodPost, "/resources/image/upload/a", map[string]any{"metadata": "category=employee"}), http.StatusBadRequest, "Metadata field age is mandatory")
	if updated := f.send(http.MethodPost, "/resources/image/upload/a", map[string]any{"metadata": "category=employee|age=17"}); asJSON(t, updated.body["metadata"]) != `{"age":17,"category":"employee","team":["hr"]}` {
		t.Errorf("an asset with both: %d %v %s", updated.status, updated.body["metadata"], updated.message())
	}
	updated := f.send(http.MethodPut, "/metadata_rules/"+id, map[string]any{"state": "inactive", "result": map[string]any{"activate_values": "all"}})
	if updated.body["state"] != "inactive" || asJSON(t, updated.body["result"]) != `{"activate_values":"all"}` || updated.body["name"] != "show team" {
		t.Errorf("updated %v", updated.body)
	}
	if deleted := f.send(http.MethodDelete, "/metadata_rules/"+id, nil); deleted.body["message"] != "ok" || deleted.body["success"] != true {
		t.Errorf("deleted %v", deleted.body)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		f.expectRefused(f.send(method, "/metadata_rules/"+id, nil), http.StatusNotFound, "Metadata rule "+id+" not found")
	}
}

func TestConditionsAreNested(t *testing.T) {
	f := withFields(t)
	f.store("image", "upload", "a", nil)
	const age, staff, boss = `{"metadata_field_id":"age","populated":true}`, `{"equals":"staff","metadata_field_id":"category"}`, `{"equals":"boss","metadata_field_id":"category"}`
	create := func(condition string) *reply {
		return f.send(http.MethodPost, "/metadata_rules", map[string]any{"metadata_field_id": "team", "name": "r", "condition": json.RawMessage(condition), "result": map[string]any{"enable": true}})
	}
	for given, want := range map[string]string{
		`{"and":[` + age + `,{"and":[` + staff + `]}]}`:                                `{"and":[` + age + `,{"and":[` + staff + `]}]}`, // as it was given
		`{"and":[{"and":[{"and":[` + age + `,` + boss + `]},` + staff + `]}]}`:         `{"and":[` + age + `,` + boss + `,` + staff + `]}`,
		`{"and":[` + age + `],"or":[` + staff + `,` + boss + `]}`:                      `{"and":[` + age + `,{"or":[` + staff + `,` + boss + `]}]}`,
		`{"or":[{"and":[{"or":[` + staff + `,` + boss + `]},` + age + `]}]}`:           `{"or":[{"and":[` + staff + `,` + age + `]},{"and":[` + boss + `,` + age + `]}]}`,
		`{"and":[{"or":[{"and":[` + age + `,` + staff + `]},` + boss + `]}]}`:          `{"and":[{"or":[` + age + `,` + boss + `]},{"or":[` + staff + `,` + boss + `]}]}`,
		`{"or":[{"or":[{"and":[{"and":[` + age + `,` + staff + `]}]}]},` + boss + `]}`: `{"or":[{"and":[` + age + `,` + staff + `]},` + boss + `]}`,
	} {
		got := create(given)
		if asJSON(t, got.body["condition"]) != want {
			t.Errorf("%s:\n got %d %s %s\nwant %s", given, got.status, asJSON(t, got.body["condition"]), got.message(), want)
		}
		if id, ok := got.body["external_id"].(string); ok {
			f.send(http.MethodDelete, "/metadata_rules/"+id, nil)
		}
	}
	// They are followed as what they say.
	create(`{"or":[{"and":[{"or":[` + staff + `,` + boss + `]},` + age + `]}]}`)
	update := func(metadata string) *reply {
		return f.send(http.MethodPost, "/resources/image/upload/a", map[string]any{"metadata": metadata})
	}
	if got := update(`category=boss|team=["it"]`); got.status != http.StatusBadRequest {
		t.Errorf("without an age: %d %v", got.status, got.body)
	}
	if got := update(`category=boss|age=50|team=["it"]`); asJSON(t, got.body["metadata"]) != `{"age":50,"category":"boss","team":["it"]}` {
		t.Errorf("with all: %d %v", got.status, got.body)
	}
	// 21 pairs of which one of each must hold, below an or.
	pairs := make([]string, 21)
	for i := range pairs {
		pairs[i] = `{"or":[` + staff + `,` + age + `]}`
	}
	f.expectRefused(create(`{"or":[{"and":[`+strings.Join(pairs, ",")+`]}]}`), http.StatusBadRequest, "Invalid condition: it takes more than 20 lists of 20 tests when it is written in two levels of and and or")
	f.expectRefused(create(`{"and":[{"and":[{"and":[`+strings.Repeat(age+`,`, 20)+age+`]}]}]}`), http.StatusBadRequest, "Invalid condition: it takes more than 20 lists of 20 tests when it is written in two levels of and and or")
	f.expectRefused(create(`{"or":[{"and":[{"or":[{"metadata_field_id":"age"}]}]}]}`), http.StatusBadRequest, "condition.or[0]: Invalid value: must test a field by exactly one of populated, equals, includes")
}

func TestMetadataRulesThatCannotBe(t *testing.T) {
	f := withFields(t)
	rule := func(change map[string]any) map[string]any {
		body := map[string]any{"metadata_field_id": "team", "name": "r", "condition": map[string]any{"metadata_field_id": "category", "populated": true}, "result": map[string]any{"enable": true}}
		maps.Copy(body, change)
		return body
	}
	deep := map[string]any{"metadata_field_id": "age", "populated": true}
	for range 11 {
		deep = map[string]any{"and": []any{deep}}
	}
	for message, change := range map[string]map[string]any{
		"Missing required parameter - metadata_field_id":              {"metadata_field_id": nil},
		"Missing required parameter - result":                         {"result": nil},
		`Metadata External IDs do not exist: ["none"]`:                {"metadata_field_id": "none"},
		`Metadata External IDs do not exist: ["nothing"]`:             {"condition": map[string]any{"metadata_field_id": "nothing", "populated": true}},
		"condition: Invalid value: must set exactly one of":           {"condition": map[string]any{}},
		"condition: Invalid value: must test a field by":              {"condition": map[string]any{"metadata_field_id": "category"}},
		"result: Required value: must set at least one of":            {"result": map[string]any{}},
		`Invalid value for condition: "often"`:                        {"condition": "often"},
		"Invalid condition: and and or are nested 11 deep. Maximum i": {"condition": deep},
		"Invalid condition: it must be either a test of a field, or ": {"condition": map[string]any{"metadata_field_id": "age", "populated": true, "and": []any{deep["and"].([]any)[0].(map[string]any)["and"].([]any)[0]}, "or": []any{}}},
		`Invalid value for condition: "{\"a\":1}" is no value of a`:   {"condition": map[string]any{"metadata_field_id": "category", "includes": map[string]any{"a": 1}}},
		"result.activate_values: Forbidden: is for fields of the typ": {"metadata_field_id": "age", "result": map[string]any{"activate_values": map[string]any{"external_ids": []string{"hr"}}}},
		"Invalid result: activate_values is neither all nor":          {"result": map[string]any{"activate_values": "some"}},
		"Invalid result: apply_value needs a value":                   {"result": map[string]any{"apply_value": map[string]any{"mode": "default"}}},
		"result.activate_values.external_ids[0]: Invalid value":       {"result": map[string]any{"activate_values": map[string]any{"external_ids": []string{"law"}}}},
		"state: Unsupported value":                                    {"state": "asleep"},
		`Invalid value for position: "-1" is no integer between 0 an`: {"position": -1},
	} {
		if answer := f.send(http.MethodPost, "/metadata_rules", rule(change)); answer.status != http.StatusBadRequest || !strings.HasPrefix(answer.message(), message) {
			t.Errorf("%s: %d %s", message, answer.status, answer.message())
		}
	}
	// A circle is refused, when it is made and when it comes by a change.
	made := f.send(http.MethodPost, "/metadata_rules", rule(nil))
	back := map[string]any{"metadata_field_id": "category", "condition": map[string]any{"metadata_field_id": "team", "populated": true}}
	const circle = "condition: Invalid value: turns in a circle with the older rules"
	if answer := f.send(http.MethodPost, "/metadata_rules", rule(back)); answer.status != http.StatusBadRequest || !strings.HasPrefix(answer.message(), circle) {
		t.Errorf("a circle: %d %s", answer.status, answer.message())
	}
	harmless := f.send(http.MethodPost, "/metadata_rules", rule(map[string]any{"metadata_field_id": "age"}))
	if answer := f.send(http.MethodPut, "/metadata_rules/"+harmless.body["external_id"].(string), back); answer.status != http.StatusBadRequest || !strings.HasPrefix(answer.message(), circle) {
		t.Errorf("a circle by a change: %d %s", answer.status, answer.message())
	}
	if answer := f.send(http.MethodPut, "/metadata_rules/"+made.body["external_id"].(string), map[string]any{"name": "other"}); answer.status != http.StatusOK {
		t.Errorf("a change without a circle: %d %s", answer.status, answer.message())
	}
}

func TestTheIDOfADeletedFieldStaysReserved(t *testing.T) {
	f := withFields(t)
	f.store("image", "upload", "a", nil)
	f.send(http.MethodPost, "/resources/image/upload/a", map[string]any{"metadata": "category=x"})
	f.send(http.MethodDelete, "/metadata_fields/category", nil)
	if shown := f.send(http.MethodGet, "/resources/image/upload/a", nil); shown.body["metadata"] != nil {
		t.Errorf("its values: %v", shown.body["metadata"])
	}
	f.expectRefused(f.send(http.MethodPost, "/metadata_fields", map[string]any{"external_id": "category", "label": "Category", "type": "string"}), http.StatusBadRequest, "external id category already exists")
	f.expectRefused(f.send(http.MethodDelete, "/metadata_fields/none", nil), http.StatusNotFound, "External ID none doesn't exist")
	if created := f.send(http.MethodPost, "/metadata_fields", map[string]any{"external_id": "none", "label": "None", "type": "string"}); created.status != http.StatusOK {
		t.Errorf("an ID that nothing had: %d %s", created.status, created.message())
	}
}

func TestTheIDOfAFieldThatIsDeletedWithoutTheAPIStaysReserved(t *testing.T) {
	f, memory := configurable(t)
	fields := func() []v1alpha1.Configuration {
		t.Helper()
		list, err := memory.List(t.Context(), catalog.KindMetadataField)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, id := range []string{"a", "b"} {
		f.send(http.MethodPost, "/metadata_fields", map[string]any{"external_id": id, "label": id, "type": "string"})
	}
	tick := make(chan time.Time)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- configure.New(memory, f.library).ReserveFields(ctx, memory, tick, slog.New(slog.DiscardHandler))
	}()
	tick <- time.Time{} // It waits again: what was there is noted.
	for _, field := range fields() {
		if err := memory.Delete(t.Context(), field); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b"} {
		f.expectRefused(f.send(http.MethodPost, "/metadata_fields", map[string]any{"external_id": id, "label": id, "type": "string"}), 400, "external id "+id+" already exists")
	}
	if len(fields()) != 0 {
		t.Errorf("fields %v", fields())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A default that no asset could be given would refuse every upload of a mandatory field: the default has to go first.
func TestTheDefaultOfAFieldStaysAChoice(t *testing.T) {
	f, _ := configurable(t)
	values := map[string]any{"values": []any{map[string]any{"external_id": "hr", "value": "HR"}, map[string]any{"external_id": "it", "value": "IT"}}}
	for id, field := range map[string]map[string]any{
		"one":  {"type": "enum", "default_value": "hr", "mandatory": true},
		"some": {"type": "set", "default_value": []string{"it", "hr"}},
	} {
		maps.Copy(field, map[string]any{"external_id": id, "label": id, "datasource": values})
		if created := f.send(http.MethodPost, "/metadata_fields", field); created.status != http.StatusOK {
			t.Fatalf("%s: %d %s", id, created.status, created.message())
		}
		remove := func() *reply {
			return f.send(http.MethodDelete, "/metadata_fields/"+id+"/datasource", map[string]any{"external_ids": []string{"hr"}})
		}
		f.expectRefused(remove(), http.StatusBadRequest, "default_value is invalid")
		if shown := f.send(http.MethodGet, "/metadata_fields/"+id, nil); strings.Contains(asJSON(t, shown.body), "inactive") {
			t.Errorf("%s was changed: %v", id, shown.body)
		}
		var other any = "it"
		if id == "some" {
			other = []string{"it"}
		}
		if changed := f.send(http.MethodPut, "/metadata_fields/"+id, map[string]any{"default_value": other}); changed.status != http.StatusOK {
			t.Fatalf("%s: %d %s", id, changed.status, changed.message())
		}
		if got := remove(); got.status != http.StatusOK || asJSON(t, got.body) != `{"values":[{"external_id":"it","value":"IT"}]}` {
			t.Errorf("%s without the default: %d %v", id, got.status, got.body)
		}
	}
}

func TestDynamicDatasources(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) {
			memory := catalog.NewMemory(f.snapshot, "shop", nil)
			f.library, options.Library, options.Catalog, options.Objects = l, l, memory, memory
		})
		f.send(http.MethodPost, "/metadata_fields", map[string]any{"external_id": "mood", "label": "Mood", "type": "set", "allow_dynamic_list_values": true,
			"datasource": map[string]any{"values": []any{map[string]any{"external_id": "calm", "value": "Calm"}}}})
		for i, mood := range []string{`["calm","wild"]`, `["wild","sad"]`} {
			id := fmt.Sprint("a", i)
			f.store("image", "upload", id, nil)
			if updated := f.send(http.MethodPost, "/resources/image/upload/"+id, map[string]any{"metadata": "mood=" + mood}); updated.status != http.StatusOK {
				t.Fatalf("%d %s", updated.status, updated.message())
			}
		}
		const want = `{"values":[{"external_id":"calm","state":"active","value":"Calm"},{"external_id":"sad","state":"active","value":"sad"},{"external_id":"wild","state":"active","value":"wild"}]}`
		if shown := f.send(http.MethodGet, "/metadata_fields/mood", nil); asJSON(t, shown.body["datasource"]) != want {
			t.Errorf("shown %s, want %s", asJSON(t, shown.body["datasource"]), want)
		}
		if found := f.send(http.MethodPost, "/metadata_fields/datasource/search", map[string]any{"term": "WI"}); asJSON(t, found.body) != `{"values":[{"external_id":"wild","field_external_id":"mood","value":"wild"}]}` {
			t.Errorf("found %s", asJSON(t, found.body))
		}
		if deleted := f.send(http.MethodDelete, "/metadata_fields/mood/datasource", map[string]any{"external_ids": []string{"sad"}}); asJSON(t, deleted.body) != `{"values":[{"external_id":"calm","value":"Calm"},{"external_id":"wild","value":"wild"}]}` {
			t.Errorf("deleted %s", asJSON(t, deleted.body))
		}
		f.expectRefused(f.send(http.MethodDelete, "/metadata_fields/mood/datasource", map[string]any{"external_ids": []string{"angry"}}), http.StatusNotFound, "External ID angry doesn't exist")
		long := strings.Repeat("x", 256)
		if refused := f.send(http.MethodPost, "/resources/image/upload/a0", map[string]any{"metadata": `mood=["` + long + `"]`}); refused.status != http.StatusBadRequest || !strings.Contains(refused.message(), "longer than 255 characters") {
			t.Errorf("a long value: %d %s", refused.status, refused.message())
		}
	})
}

func TestTriggersAreLimited(t *testing.T) {
	f, _ := configurable(t)
	for i := range 30 {
		if created := f.send(http.MethodPost, "/triggers", map[string]any{"uri": fmt.Sprintf("https://example.com/%d", i), "event_type": "upload"}); created.status != http.StatusCreated {
			t.Fatalf("%d: %d %s", i, created.status, created.message())
		}
	}
	f.expectRefused(f.send(http.MethodPost, "/triggers", map[string]any{"uri": "https://example.com/more", "event_type": "upload"}), http.StatusBadRequest,
		"There are 30 triggers already, which is the most that an environment can have")
}

// A field of the type set holds lists: a single value is a list of one, in conditions too.
func TestRulesOfSetsTakeSingleValues(t *testing.T) {
	f := withFields(t)
	created := f.send(http.MethodPost, "/metadata_rules", map[string]any{
		"metadata_field_id": "team", "name": "r", "condition": map[string]any{"metadata_field_id": "category", "populated": true},
		"result": map[string]any{"enable": true, "apply_value": map[string]any{"value": "hr", "mode": "default"}},
	})
	if result := asJSON(t, created.body["result"]); created.status != http.StatusOK || result != `{"apply_value":{"mode":"default","value":["hr"]},"enable":true}` {
		t.Fatalf("%d %s %s", created.status, created.message(), result)
	}
	updated := f.send(http.MethodPut, "/metadata_rules/"+created.body["external_id"].(string), map[string]any{"result": map[string]any{"enable": true, "apply_value": map[string]any{"value": "it"}}})
	if result := asJSON(t, updated.body["result"]); updated.status != http.StatusOK || result != `{"apply_value":{"mode":"default","value":["it"]},"enable":true}` {
		t.Errorf("%d %s %s", updated.status, updated.message(), result)
	}
	looking := f.send(http.MethodPost, "/metadata_rules", map[string]any{
		"metadata_field_id": "age", "name": "r2", "result": map[string]any{"set_mandatory": true},
		"condition": map[string]any{"and": []any{map[string]any{"metadata_field_id": "team", "equals": "hr"}, map[string]any{"or": []any{map[string]any{"metadata_field_id": "team", "equals": "it"}}}}},
	})
	if condition := asJSON(t, looking.body["condition"]); looking.status != http.StatusOK || condition != `{"and":[{"equals":["hr"],"metadata_field_id":"team"},{"or":[{"equals":["it"],"metadata_field_id":"team"}]}]}` {
		t.Errorf("%d %s %s", looking.status, looking.message(), condition)
	}
	// What is wrong is said in the names of the API.
	none := f.send(http.MethodPost, "/metadata_rules", map[string]any{
		"metadata_field_id": "age", "name": "r", "condition": map[string]any{"metadata_field_id": "category", "populated": true}, "result": map[string]any{},
	})
	f.expectRefused(none, http.StatusBadRequest, "result: Required value: must set at least one of enable, activate_values, apply_value, set_mandatory")
}

// Every rule has a position in answers: those without one of their own come behind the others, the oldest first.
func TestRulesAreShownInTheirPlaces(t *testing.T) {
	f := withFields(t)
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		body := map[string]any{"metadata_field_id": "age", "name": name, "condition": map[string]any{"metadata_field_id": "category", "populated": true}, "result": map[string]any{"set_mandatory": false}}
		if name == "b" {
			body["position"] = 7
		}
		made := f.send(http.MethodPost, "/metadata_rules", body)
		ids[name], _ = made.body["external_id"].(string)
		if want := map[string]string{"a": "0", "b": "7", "c": "9"}[name]; made.status != http.StatusOK || asJSON(t, made.body["position"]) != want {
			t.Errorf("%s is made at %v, want %s: %s", name, made.body["position"], want, made.message())
		}
	}
	places := func() string {
		var found []string
		for _, rule := range f.get("metadata_rules").body["metadata_rules"].([]any) {
			found = append(found, fmt.Sprint(rule.(map[string]any)["name"], asJSON(t, rule.(map[string]any)["position"])))
		}
		return strings.Join(found, " ")
	}
	if got := places(); got != "b7 a8 c9" {
		t.Errorf("the rules are %s", got)
	}
	if moved := f.send(http.MethodPut, "/metadata_rules/"+ids["c"], map[string]any{"position": 2}); asJSON(t, moved.body["position"]) != "2" {
		t.Errorf("moved to %v: %s", moved.body["position"], moved.message())
	}
	if got := places(); got != "c2 b7 a8" {
		t.Errorf("afterwards the rules are %s", got)
	}
	if one := f.get("metadata_rules/" + ids["a"]); asJSON(t, one.body["position"]) != "8" {
		t.Errorf("one is at %v", one.body["position"])
	}
}
