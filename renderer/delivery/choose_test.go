package delivery

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/script"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// scripts runs programs without a sandbox, or fails.
type scripts struct{ failure error }

func (s *scripts) Script(_ context.Context, request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	if s.failure != nil {
		return nil, s.failure
	}
	return script.Run(request)
}

// choosing is an environment with a list "shop" of two assets, and a private one with its tag.
func choosing(t *testing.T) *environment {
	t.Helper()
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) {
		s.MetadataFields = map[string]catalog.MetadataField{"place": {ExternalID: "place", Label: "Place", Type: "integer"}}
	})
	for place, id := range []string{"front", "shoe-main"} {
		e.store(t, id, "the bytes of "+id, func(a *library.Asset) {
			a.Tags, a.Metadata = []string{"shop"}, map[string]any{"place": int64(place)}
		})
	}
	e.store(t, "secret", "secret", func(a *library.Asset) { a.Tags, a.Type = []string{"shop"}, "private" })
	return e
}

func filtered(kind, filter, rest string) string {
	return "/demo/image/list/fn_" + kind + ":jq:" + url.PathEscape(filter) + rest + "/shop.json"
}

func TestAFilterChoosesWhatIsDelivered(t *testing.T) {
	e := choosing(t)
	for filter, want := range map[string]string{
		`first(.[]|select(.public_id | endswith("main")))`:                                                                    "shoe-main",
		`first(.[]|if has("metadata") then select(any(.metadata[]; .external_id == "place" and .value == 0)) else empty end)`: "front",
		`.[]`:                  "shoe-main", // the newest first
		`{public_id: "front"}`: "front",
	} {
		answer := e.get(t, filtered("select", filter, ""))
		answer.expect(t, http.StatusOK, "the bytes of "+want)
		if got := answer.Header.Get("Cache-Control"); got != dataCaching {
			t.Errorf("Cache-Control %s: another one may be chosen soon", got)
		}
		derived, direct := e.get(t, filtered("select", filter, "/c_fill,h_10,w_20")), e.get(t, "/demo/image/upload/c_fill,h_10,w_20/"+want)
		if derived.StatusCode != http.StatusOK || derived.Header.Get("Etag") != direct.Header.Get("Etag") {
			t.Errorf("%s: %d %s %s, the picture itself has the ETag %s", filter, derived.StatusCode, derived.Header.Get("X-Cld-Error"), derived.Header.Get("Etag"), direct.Header.Get("Etag"))
		}
	}
	// The next request is about what is stored then.
	e.store(t, "new-main", "the bytes of new-main", func(a *library.Asset) { a.Tags = []string{"shop"} })
	e.get(t, filtered("select", `first(.[]|select(.public_id | endswith("main")))`, "")).expect(t, http.StatusOK, "the bytes of new-main")
}

func TestAFilterRefinesAList(t *testing.T) {
	e := choosing(t)
	for filter, want := range map[string]string{
		`map(select(.width > 10) | {public_id})`: `[{"public_id":"shoe-main"},{"public_id":"front"}]`,
		`.[] | {public_id}`:                      `[{"public_id":"shoe-main"},{"public_id":"front"}]`,
		`map(select(.width > 10000))`:            `[]`,
		`empty`:                                  `[]`,
		`.[0] | {public_id}`:                     `[{"public_id":"shoe-main"}]`,
	} {
		answer := e.get(t, filtered("refine", filter, ""))
		list := `{"resources":` + want + `,"updated_at":`
		if answer.StatusCode != http.StatusOK || len(answer.body) < len(list) || answer.body[:len(list)] != list {
			t.Errorf("%s: %d %q %s, want %s", filter, answer.StatusCode, answer.Header.Get("X-Cld-Error"), answer.body, list)
		}
	}
}

// program stores a program that chooses the asset whose place is the variable $place of the URL, and else the asset "front".
func program(t *testing.T, e *environment, publicID, deliveryType, source string) {
	t.Helper()
	e.store(t, publicID, source, func(a *library.Asset) {
		a.ResourceType, a.Type, a.Format, a.Width, a.Height, a.Pages = library.Raw, deliveryType, "", 0, 0, 0
	})
}

const byPlace = `function main() {
	const context = getContext(), wanted = context.transformation.match(/\$place_(\d+)/);
	for (const resource of JSON.parse(getDocument())) {
		if (wanted && resource.metadata?.some((m) => m.external_id === "place" && m.value === Number(wanted[1]))) return resource;
	}
	return {public_id: "front", transformation: "c_fill,h_3,w_4"};
}`

func TestAProgramChooses(t *testing.T) {
	e := choosing(t)
	program(t, e, "by/place.js", "authenticated", byPlace)
	program(t, e, "last.js", "upload", "const main = () => JSON.parse(getDocument()).slice(-1)")
	e.get(t, "/demo/image/list/$place_1/fn_select:js:v17:by:place.js/v9/shop.json").expect(t, http.StatusOK, "the bytes of shoe-main as jpg")
	e.get(t, "/demo/image/list/$place_0/fn_select:js:by:place.js/shop.json").expect(t, http.StatusOK, "the bytes of front as jpg")
	fallback, direct := e.get(t, "/demo/image/list/$place_7/fn_select:js:by:place.js/c_fill,h_9,w_9/shop.json"), e.get(t, "/demo/image/upload/c_fill,h_3,w_4/front")
	if fallback.StatusCode != http.StatusOK || fallback.Header.Get("Etag") != direct.Header.Get("Etag") {
		t.Errorf("with a transformation of the program's: %d %s, ETag %s, want %s", fallback.StatusCode, fallback.Header.Get("X-Cld-Error"), fallback.Header.Get("Etag"), direct.Header.Get("Etag"))
	}
	answer := e.get(t, "/demo/image/list/fn_refine:js:last.js/shop.json")
	if !strings.HasPrefix(answer.body, `{"resources":[{"public_id":"front",`) {
		t.Errorf("%d %s %s", answer.StatusCode, answer.Header.Get("X-Cld-Error"), answer.body)
	}
}

func TestProgramsThatAreRefused(t *testing.T) {
	e := choosing(t)
	const about = "Invalid custom function - select:js:"
	for source, want := range map[string]string{
		"":                     about + "p.js: ReferenceError: main is not defined at line 1, column 20",
		"throw 'no'":           about + "p.js: no at line 1, column 106",
		"const main = () => 7": about + "p.js: its result is no asset",
		"function main() { return {public_id: 'front', transformation: 'w_x'} }":          "Invalid width - x",
		"const main = () => ({public_id: 'front', transformation: 'fn_select:jq:first'})": "fn_select can be used with the delivery type list only",
		strings.Repeat("/", maxProgram+1):                                                 about + "p.js: it is longer than 65536 bytes",
	} {
		program(t, e, "p.js", "upload", source)
		e.get(t, "/demo/image/list/fn_select:js:p.js/shop.json").refused(t, http.StatusBadRequest, want)
	}
	program(t, e, "p.js", "upload", "const main = () => undefined")
	e.get(t, "/demo/image/list/fn_select:js:p.js/shop.json").refused(t, http.StatusNotFound, "Resource not found - shop: fn_select chooses none")
	e.get(t, "/demo/image/list/fn_select:js:none.js/shop.json").refused(t, http.StatusNotFound, "Resource not found - none.js")
	// A program cannot get around strict mode, even in a signed URL.
	e.configure(func(s *catalog.Snapshot) { s.Environment.StrictTransformations = true })
	program(t, e, "p.js", "upload", "const main = () => ({public_id: 'front', transformation: 'w_3'})")
	e.get(t, "/demo/image/list/fn_select:js:p.js/shop.json").refused(t, http.StatusUnauthorized, "Transformation w_3 is not allowed")
}

func TestChoicesThatAreRefused(t *testing.T) {
	e := choosing(t)
	const about = "Invalid custom function - select:jq:"
	for filter, want := range map[string]string{
		`.[`:                   about + ".[: unexpected EOF",
		`.[0].width`:           about + ".[0].width: its result is no asset",
		`{public_id: .[0].no}`: about + `{public_id: .[0].no}: its result is no asset`,
	} {
		e.get(t, filtered("select", filter, "")).refused(t, http.StatusBadRequest, want)
	}
	for _, none := range []string{"empty", "null"} {
		e.get(t, filtered("select", none, "")).refused(t, http.StatusNotFound, "Resource not found - shop: fn_select chooses none")
	}
	// Only what is for everybody can be chosen.
	e.get(t, filtered("select", `{public_id: "secret", type: "private"}`, "")).refused(t, http.StatusNotFound, "Resource not found - secret")
	e.get(t, "/demo/image/list/fn_select:jq:first/none.json").refused(t, http.StatusNotFound, "Resource not found - none")
	e.get(t, "/demo/image/upload/fn_select:jq:first/front.jpg").refused(t, http.StatusBadRequest, "fn_select can be used with the delivery type list only")
	e.get(t, filtered("refine", "map(1)", "/w_9")).refused(t, http.StatusBadRequest, "Invalid list - shop.json: it is <tag>.json, without a transformation")
	e.get(t, filtered("refine", "map(1)", "/fn_select:jq:first")).refused(t, http.StatusBadRequest,
		"Invalid custom function - select:jq:first: there is another one before it that chooses")
	e.get(t, filtered("select", "first", ",w_9")).refused(t, http.StatusBadRequest,
		"Invalid transformation component - c_scale,fn_select:jq:first,w_9: a function that chooses stands alone")
	e.scripts.failure = problem.Unavailable("The engine", nil)
	e.get(t, filtered("select", "first", "")).refused(t, http.StatusServiceUnavailable, "The engine is unavailable, try again later")
	e.scripts.failure = nil
	e.configure(func(s *catalog.Snapshot) { s.Environment.StrictTransformations = true })
	e.get(t, filtered("select", ".[0]", "/w_9")).refused(t, http.StatusUnauthorized, "Transformation fn_select:jq:.%5B0%5D/w_9 is not allowed")
	e.configure(func(s *catalog.Snapshot) { s.Environment.RestrictedTypes = []string{"list"} })
	e.get(t, filtered("select", ".[0]", "")).refused(t, http.StatusUnauthorized, "Delivery type list is restricted")
}
