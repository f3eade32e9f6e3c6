package script

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

func jq(source string) (string, error) {
	result, err := Run(&engine.ScriptRequest{
		Source: source, Language: transform.LanguageJQ,
		Variables: map[string]json.RawMessage{"input": json.RawMessage(`[{"public_id":"a","width":640},{"public_id":"b-main","width":480}]`)},
	})
	if err != nil {
		return "", err
	}
	return string(result.Value), nil
}

func TestFilter(t *testing.T) {
	for source, want := range map[string]string{
		`first(.[] | select(.public_id | endswith("main")) | .public_id)`: `["b-main"]`,
		`map(.width)`:   `[[640,480]]`,
		`.[].public_id`: `["a","b-main"]`,
		`empty`:         `[]`,
		`null`:          `[null]`,
		`$ENV, env`:     `[{},{}]`,
	} {
		if got, err := jq(source); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", source, got, err, want)
		}
	}
}

func TestWhatIsWrongWithFilters(t *testing.T) {
	for source, want := range map[string]string{
		`.[`:                       "unexpected EOF",
		`nothing`:                  "function not defined: nothing/0",
		`.x`:                       "expected an object but got: array",
		`error("no\nway")`:         "error: no way",
		`halt`:                     "the filter has halted",
		`halt_error`:               "the filter has halted",
		`input`:                    "input(s)/0 is not allowed",
		`import "a" as a; 1`:       "cannot load module",
		`include "/etc/passwd"; 1`: "cannot load module",
		`def f: f; f`:              "the script was stopped: it ran longer than a second",
		`[range(1e9)]`:             "the script was stopped: it ",
		`reduce range(1e9) as $i ([]; . + [tostring * 50])`: "the script was stopped: it ",
		`range(1e9)`: "the result of the script is larger than 1048576 bytes",
	} {
		_, err := jq(source)
		if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || !strings.HasPrefix(p.Message, want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	if _, err := Run(&engine.ScriptRequest{Language: "perl"}); problem.From(err).Status != http.StatusInternalServerError {
		t.Errorf("%v", err)
	}
}
