package payload

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func render1(t *testing.T, template, notification string) (string, error) {
	t.Helper()
	parsed, err := Parse([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(notification), &fields); err != nil {
		t.Fatal(err)
	}
	rendered, err := parsed.Render(fields)
	return string(rendered), err
}

func TestRender(t *testing.T) {
	const upload = `{"notification_type":"upload","request_id":"r1","public_id":"a&b \"c\"","bytes":1152921504606846976,"width":0,"ratio":1.50,
		"tags":["x","y"],"context":{"custom":{"alt":"A"}},"moderation":null,"eager":[{"transformation":"w_1"},{"transformation":"w_2"}]}`
	for _, test := range []struct{ name, template, notification, want string }{
		{"texts", `{"text":"{{asset.public_id}} is {{{asset.public_id}}}"}`, upload, `{"text":"a\u0026b \"c\" is a\u0026b \"c\""}`},
		{"nesting", `{"blocks":[{"t":"{{event.notification_type}}"},7,1.50,true,null]}`, upload, `{"blocks":[{"t":"upload"},7,1.50,true,null]}`},
		{"numbers", `{"b":"{{asset.bytes}} {{asset.ratio}} {{asset.width}}"}`, upload, `{"b":"1152921504606846976 1.50 0"}`},
		{"what is not there", `{"b":"<{{asset.nothing}}{{asset.moderation}}{{error.message}}{{folder.folder_path}}{{asset.tags.x}}>"}`, upload, `{"b":"\u003c\u003e"}`},
		{"sections", `{"b":"{{#eager}}{{transformation}} of {{asset.width}};{{/eager}}{{#asset.width}}wide{{/asset.width}}{{^error}}fine{{/error}}"}`, upload, `{"b":"w_1 of 0;w_2 of 0;fine"}`},
		{"lists of texts", `{"b":"{{#asset.tags}}#{{.}} {{/asset.tags}}"}`, upload, `{"b":"#x #y "}`},
		{"whole values", `{"b":"{{asset.tags}} {{asset.context}}"}`, upload, `{"b":"[\"x\",\"y\"] {\"custom\":{\"alt\":\"A\"}}"}`},
		{"raw", `{"b":"{{raw.request_id}} {{raw.eager.length}}{{raw.public_id}}"}`, upload, `{"b":"r1 a\u0026b \"c\""}`},
		{"one deleted asset", `{"b":"{{asset.public_id}} {{event.notification_type}}"}`, `{"notification_type":"delete","resources":[{"public_id":"gone"}]}`, `{"b":"gone delete"}`},
		{"several deleted assets", `{"b":"{{asset.public_id}}{{#raw.resources}}{{public_id}},{{/raw.resources}}"}`, `{"resources":[{"public_id":"a"},{"public_id":"b"}]}`, `{"b":"a,b,"}`},
		{"one asset by its ID", `{"b":"{{asset.public_id}} {{asset.new_metadata.k}}"}`, `{"resources":{"p":{"new_metadata":{"k":"v"}}}}`, `{"b":"p v"}`},
		{"a folder", `{"b":"{{folder.folder_path}}{{asset.folder_path}}"}`, `{"folder_path":"a/b","folder_name":"b"}`, `{"b":"a/b"}`},
		{"an error", `{"b":"{{error.message}}"}`, `{"error":{"message":"no"}}`, `{"b":"no"}`},
	} {
		got, err := render1(t, test.template, test.notification)
		if err != nil || got != test.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", test.name, got, err, test.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for template, message := range map[string]string{
		`[]`:                                  "no JSON object",
		`null`:                                "no JSON object",
		`{"a":{"b":["{{#eager}}x"]}}`:         "a.b[0]: ",
		`{"a":"{{secret.value}}"}`:            "a: {{secret.value}} is in none of the namespaces event, asset",
		`{"a":"{{> /etc/passwd}}"}`:           "partials",
		`{"a":"{{#eager}}{{> x}}{{/eager}}"}`: "partials",
	} {
		if _, err := Parse([]byte(template)); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", template, err)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	tags := `["` + strings.Repeat(`x","`, 200) + `x"]`
	_, err := render1(t, `{"a":"{{#asset.tags}}{{#asset.tags}}{{#asset.tags}}x{{/asset.tags}}{{/asset.tags}}{{/asset.tags}}"}`, `{"tags":`+tags+`}`)
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}
