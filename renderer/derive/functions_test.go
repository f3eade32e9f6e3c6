package derive

import (
	"context"
	"encoding/base64"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// playedRemote calls functions that the test plays.
type playedRemote struct {
	Remote
	call func(url, picture, metadata string) (string, error)
}

func (p *playedRemote) Call(_ context.Context, url string, picture *os.File, _ string, metadata []byte) (*os.File, error) {
	given, err := io.ReadAll(io.NewSectionReader(picture, 0, 1<<20))
	if err != nil {
		return nil, err
	}
	made, err := p.call(url, string(given), string(metadata))
	if err != nil {
		return nil, err
	}
	return engine.NewFile([]byte(made))
}

func function(url string) string {
	return "fn_remote:" + base64.RawURLEncoding.EncodeToString([]byte(url))
}

// TestRemoteFunctions follows a picture through renderings and functions.
func TestRemoteFunctions(t *testing.T) {
	one, two := function("https://one.example"), function("https://two.example")
	for transformation, want := range map[string][]string{
		"$a_1/c_scale,w_5/" + one + "/e_sepia": {
			"render $a_1/c_scale,w_5 of original", "call https://one.example with 1", "render $a_1/e_sepia of made by https://one.example",
		},
		one: {"render  of original", "call https://one.example with 1", "render  of made by https://one.example"},
		one + "/e_sepia/" + two: {
			"render  of original", "call https://one.example with 1", "render e_sepia of made by https://one.example",
			"call https://two.example with 2", "render  of made by https://two.example",
		},
		"c_scale,w_5/" + strings.Replace(one, "fn_", "fn_pre:", 1): {"call https://one.example with original", "render c_scale,w_5 of made by https://one.example"},
	} {
		t.Run(transformation, func(t *testing.T) {
			e := newEnvironment(t)
			asset := e.store(t, "photo", "original")
			var log []string
			rendered := 0
			e.engine.render = func(_ context.Context, r *engine.RenderRequest) ([]byte, error) {
				source, err := io.ReadAll(io.NewSectionReader(r.Source.File, 0, 1<<20))
				if err != nil {
					return nil, err
				}
				log = append(log, "render "+r.Plan.String()+" of "+string(source))
				rendered++
				return []byte{byte('0' + rendered)}, nil
			}
			d := e.deriver(t, func(o *Options) {
				o.Remote = &playedRemote{call: func(url, picture, _ string) (string, error) {
					log = append(log, "call "+url+" with "+picture)
					return "made by " + url, nil
				}}
			})
			file, err := d.Find(t.Context(), ask(t, asset, transformation))
			if err != nil {
				t.Fatal(err)
			}
			if got := content(t, file); got != string(rune('0'+rendered)) {
				t.Errorf("the file is %q", got)
			}
			if !slices.Equal(log, want) {
				t.Errorf("\n got %q\nwant %q", log, want)
			}
		})
	}
}

// TestRemoteFunctionsThatFail: what the function says wrong is the answer, and nothing is stored.
func TestRemoteFunctionsThatFail(t *testing.T) {
	failing := function("https://f.example")
	for name, c := range map[string]struct {
		transformation string
		remote         Remote
		status         int
		message        string
	}{
		"function": {failing, &playedRemote{call: func(string, string, string) (string, error) { return "", problem.NotFound("Error in loading it") }}, 404, "Error in loading it"},
		"none":     {failing, nil, 400, "Remote functions are not available"},
		"too many": {strings.Repeat(failing+"/", 5), &playedRemote{call: func(string, string, string) (string, error) { return "x", nil }}, 400, "Too many remote functions: the limit is 4"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			asset := e.store(t, "photo", "original")
			d := e.deriver(t, func(o *Options) { o.Remote = c.remote })
			_, err := d.Find(t.Context(), ask(t, asset, c.transformation))
			if p := problem.From(err); err == nil || p.Status != c.status || p.Message != c.message {
				t.Errorf("%v, want %d %s", err, c.status, c.message)
			}
		})
	}
}
