package script

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func run(source string) (string, error) {
	result, err := Run(&engine.ScriptRequest{
		Source: source, Returns: "upload_options",
		Variables: map[string]json.RawMessage{"resource_info": json.RawMessage(`{"width":640,"tags":["a"]}`), "upload_options": json.RawMessage(`{}`)},
	})
	if err != nil {
		return "", err
	}
	return string(result.Value), nil
}

func TestRun(t *testing.T) {
	for source, want := range map[string]string{
		``: `{}`,
		`if (resource_info["width"] > 450) { upload_options["tags"] = "wide," + resource_info.tags[0] }`: `{"tags":"wide,a"}`,
		`const f = ({width}) => ({context: {width: width * 2}}); upload_options = f(resource_info)`:      `{"context":{"width":1280}}`,
		`upload_options = undefined`: `null`,
	} {
		if got, err := run(source); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", source, got, err, want)
		}
	}
}

func TestWhatIsWrongWithPrograms(t *testing.T) {
	for source, want := range map[string]string{
		`upload_options.x = `:            "SyntaxError",
		`nothing.x`:                      "ReferenceError: nothing is not defined at line 1, column 1",
		"\n throw new Error('no\\nway')": "Error: no way at line 2, column 8",
		`while (true) {}`:                "the script was stopped: it ran longer than a second",
		`function f() { f() } f()`:       "the script was stopped: its calls nest too deep",
		`let all = []; while (true) { all.push("x".repeat(1000) + all.length) }`: "the script was stopped: it took more than 64 MB of memory",
		`let s = "x"; while (true) { s += s + Math.random() }`:                   "the script was stopped: it took more than 64 MB of memory",
		`upload_options.x = "x".repeat(2000000)`:                                 "the result of the script is larger than 1048576 bytes",
		`upload_options.self = upload_options`:                                   "TypeError",
		`upload_options.toJSON = () => { while (true) {} }`:                      "the script was stopped: it ran longer than a second",
		`require("fs")`:          "ReferenceError: require is not defined",
		`fetch("http://h")`:      "ReferenceError: fetch is not defined",
		`process.exit()`:         "ReferenceError: process is not defined",
		`setTimeout(() => 1, 1)`: "ReferenceError: setTimeout is not defined",
	} {
		_, err := run(source)
		if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || !strings.HasPrefix(p.Message, want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}
