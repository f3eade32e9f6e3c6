package push_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/darkroom-media/darkroom/migration/push"
	"github.com/darkroom-media/darkroom/migration/source"
)

// environment plays the environment that is pushed to.
type environment struct {
	*testing.T
	mu sync.Mutex
	// calls are those that were made, in their order: the method, the path below the cloud name, and the body.
	calls []string
	// answer answers a call, which is the nth of its kind; status 0 is 200 with an empty object.
	answer func(call string, nth int) (status int, header http.Header, body string)
	// broken is the error of a call; nil for none.
	broken func(call string, nth int) error
	// most is how many calls were under way at once, at most.
	busy, most int
	// takes is how long a call takes.
	takes time.Duration
}

func (e *environment) RoundTrip(r *http.Request) (*http.Response, error) {
	content := []byte{}
	if r.Body != nil {
		content, _ = io.ReadAll(r.Body)
	}
	path, ours := strings.CutPrefix(r.URL.RequestURI(), "/v1_1/my%2Fcloud/")
	if user, password, _ := r.BasicAuth(); !ours || r.URL.Host != "api.example.com" || user != "key" || password != "secret" {
		e.Errorf("%s as %s:%s", r.URL, user, password)
	}
	if is := r.Header.Get("Content-Type"); (len(content) > 0) != (is == "application/json") {
		e.Errorf("%s %s: %d bytes of the type %q", r.Method, path, len(content), is)
	}
	call := strings.TrimSpace(r.Method + " " + path + " " + string(content))
	e.mu.Lock()
	nth := 1
	for _, earlier := range e.calls {
		if earlier == call {
			nth++
		}
	}
	e.calls = append(e.calls, call)
	e.busy++
	e.most = max(e.most, e.busy)
	e.mu.Unlock()
	time.Sleep(e.takes)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy--
	if e.broken != nil {
		if err := e.broken(call, nth); err != nil {
			return nil, err
		}
	}
	status, header, body := 0, http.Header{}, ""
	if e.answer != nil {
		status, header, body = e.answer(call, nth)
	}
	if status == 0 {
		status, body = http.StatusOK, "{}"
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// made are the calls since the last look.
func (e *environment) made() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	made := e.calls
	e.calls = nil
	return made
}

func (e *environment) expect(want ...string) {
	e.Helper()
	if made := e.made(); !slices.Equal(made, want) {
		e.Errorf("the calls are\n%s\nnot\n%s", strings.Join(made, "\n"), strings.Join(want, "\n"))
	}
}

// pages is a source. Page reads pages[at], with the first at the empty place.
type pages struct {
	pages map[string]*source.Page
	total int64
	// fail is the error of the nth reading of a place; nil for none. The total is at the place "total".
	fail  func(at string, nth int) error
	asked []string
}

func (p *pages) ask(at string) error {
	p.asked = append(p.asked, at)
	nth := 0
	for _, earlier := range p.asked {
		if earlier == at {
			nth++
		}
	}
	if p.fail == nil {
		return nil
	}
	return p.fail(at, nth)
}

func (p *pages) Page(_ context.Context, at string) (*source.Page, error) {
	if err := p.ask(at); err != nil {
		return nil, err
	}
	page, ok := p.pages[at]
	if !ok {
		return nil, &source.RefusedError{Reason: "there is no page " + at}
	}
	return page, nil
}

func (p *pages) Total(context.Context) (int64, error) { return p.total, p.ask("total") }

// picturesOf are pictures of those names.
func picturesOf(names ...string) []source.Asset {
	var assets []source.Asset
	for _, name := range names {
		assets = append(assets, source.Asset{Name: "image/upload/" + name, URL: "https://old.example.com/" + name + ".jpg?signature=hush", ResourceType: "image", Type: "upload", PublicID: name})
	}
	return assets
}

func newPush(t *testing.T, from source.Source) (*environment, push.Options) {
	e := &environment{T: t}
	return e, push.Options{
		Name: "old", State: filepath.Join(t.TempDir(), "state.json"), Source: from, Replace: true,
		Target: &push.Target{Client: &http.Client{Transport: e}, BaseURL: "https://api.example.com", CloudName: "my/cloud", APIKey: "key", APISecret: "secret"},
	}
}

// importOf is the call that imports the picture of that name.
func importOf(name string, replace bool) string {
	return fmt.Sprintf(`POST import {"name":"image/upload/%s","url":"https://old.example.com/%s.jpg?signature=hush","resource_type":"image","type":"upload","public_id":"%s","tags":null,"context":null,"metadata":null,"moderation":null,"replace":%v}`,
		name, name, name, replace)
}

// stateIs expects what the file holds, and that nothing was left beside it.
func stateIs(t *testing.T, options push.Options, want string) {
	t.Helper()
	content, err := os.ReadFile(options.State)
	var compact bytes.Buffer
	if err != nil || json.Compact(&compact, content) != nil || compact.String() != want {
		t.Errorf("%v, the state is %s, not %s", err, content, want)
	}
	if found, err := os.ReadDir(filepath.Dir(options.State)); err != nil || len(found) != 1 {
		t.Errorf("%v, beside the state are %v", err, found)
	}
}

func TestPagesArePushedInTheirOrder(t *testing.T) {
	from := &pages{total: 4, pages: map[string]*source.Page{
		"":  {Assets: picturesOf("a", "b"), Next: "2", Failures: []source.Failure{{Name: "line 3", Reason: "it is no line"}}},
		"2": {Assets: picturesOf("c"), Next: "3"}, "3": {Assets: picturesOf("d")},
	}}
	e, options := newPush(t, from)
	e.answer = func(call string, _ int) (int, http.Header, string) {
		switch call {
		case importOf("b", true):
			return 200, nil, `{"unchanged":true}`
		case importOf("c", true):
			return 422, nil, `{"error":{"message":"https://old.example.com/c.jpg?signature=hush is no picture"}}`
		}
		return 0, nil, ""
	}
	var told []string
	options.Told = func(s *push.State) {
		told = append(told, fmt.Sprint(s.Page, s.Skip, s.Total, s.Done, s.Unchanged, s.Waiting))
	}
	state, err := push.Run(t.Context(), options)
	if err != nil || !state.Finished || state.Total != 4 || state.Done != 3 || state.Unchanged != 1 || state.Page != "" || state.Skip != 0 {
		t.Errorf("%v, %+v", err, state)
	}
	e.expect(importOf("a", true), importOf("b", true), importOf("c", true), importOf("d", true))
	if want := []string{"2 4 2 1", "20 4 2 1", "21 4 2 1", "30 4 2 1", "31 4 3 1", "0 4 3 1"}; !slices.Equal(trimmed(told), want) {
		t.Errorf("told %q", told)
	}
	// What a URL is signed with is not kept.
	stateIs(t, options, `{"source":"old","total":4,"done":3,"unchanged":1,"failures":{"image/upload/c":"422 Unprocessable Entity: https://old.example.com/c.jpg is no picture","line 3":"it is no line"},"finished":true}`)
	if want := []string{"total", "", "2", "3"}; !slices.Equal(from.asked, want) {
		t.Errorf("the source was asked for %q", from.asked)
	}
	// Another push begins anew.
	from.asked, e.answer = nil, nil
	state, err = push.Run(t.Context(), options)
	if err != nil || state.Done != 4 || state.Unchanged != 0 || len(state.Failures) != 1 || len(from.asked) != 4 {
		t.Errorf("%v, %+v, asked for %q", err, state, from.asked)
	}
}

func trimmed(texts []string) []string {
	for i := range texts {
		texts[i] = strings.TrimSpace(texts[i])
	}
	return texts
}

func TestAPushGoesOnFromItsState(t *testing.T) {
	from := &pages{total: 9, pages: map[string]*source.Page{"2": {Assets: picturesOf("a", "b", "c")}}}
	e, options := newPush(t, from)
	write := func(state string) {
		t.Helper()
		if err := os.WriteFile(options.State, []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"source":"old","page":"2","skip":1,"total":5,"done":2,"unchanged":1,"failures":{"image/upload/b":"Not today","image/upload/x":"Never"}}`)
	state, err := push.Run(t.Context(), options)
	if err != nil || state.Total != 5 || state.Done != 4 || state.Unchanged != 1 || !maps.Equal(state.Failures, map[string]string{"image/upload/x": "Never"}) {
		t.Errorf("%v, %+v", err, state)
	}
	e.expect(importOf("b", true), importOf("c", true))
	if want := []string{"2"}; !slices.Equal(from.asked, want) {
		t.Errorf("the source was asked for %q", from.asked)
	}
	// A first page that was not finished is not counted anew; a state without failures takes new ones.
	from.asked, from.pages[""] = nil, from.pages["2"]
	write(`{"source":"old","skip":2,"total":5,"done":2}`)
	e.answer = func(string, int) (int, http.Header, string) { return 400, nil, "no JSON" }
	if state, err := push.Run(t.Context(), options); err != nil || state.Done != 2 || !maps.Equal(state.Failures, map[string]string{"image/upload/c": "400 Bad Request"}) || !slices.Equal(from.asked, []string{""}) {
		t.Errorf("%v, %+v, asked for %q", err, state, from.asked)
	}
	e.made()
	for kept, message := range map[string]string{
		`{"source":"new"}`: " is the state of an import of new, not of old",
		`{`:                " is no state of an import: unexpected end of JSON input",
	} {
		write(kept)
		if state, err := push.Run(t.Context(), options); err == nil || err.Error() != options.State+message || state != nil {
			t.Errorf("%v, %+v", err, state)
		}
		if content, err := os.ReadFile(options.State); err != nil || string(content) != kept {
			t.Errorf("%v, the state is now %s", err, content)
		}
	}
	e.expect()
	// A page that was not begun is not the first one.
	write(`{"source":"old","page":"2","total":5}`)
	from.asked, e.answer = nil, nil
	if state, err := push.Run(t.Context(), options); err != nil || state.Total != 5 || !slices.Equal(from.asked, []string{"2"}) {
		t.Errorf("%v, %+v, asked for %q", err, state, from.asked)
	}
	// A state that cannot take the place of the last one leaves nothing beside it.
	if err := os.Remove(options.State); err != nil {
		t.Fatal(err)
	}
	e.answer = func(string, int) (int, http.Header, string) {
		if err := os.MkdirAll(filepath.Join(options.State, "full"), 0o700); err != nil {
			t.Error(err)
		}
		return 0, nil, ""
	}
	if state, err := push.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "saving the state: rename ") || state.Finished {
		t.Errorf("%v, %+v", err, state)
	}
	if found, err := os.ReadDir(filepath.Dir(options.State)); err != nil || len(found) != 1 {
		t.Errorf("%v, beside the state are %v", err, found)
	}
	e.answer = nil
	e.made()
	folder := options
	folder.State = t.TempDir()
	if _, err := push.Run(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	// What cannot be noted is not gone on with: neither after some of a page, nor after one without assets.
	nowhere := options
	nowhere.State = filepath.Join(t.TempDir(), "none", "state.json")
	for _, test := range []struct {
		assets []source.Asset
		calls  []string
	}{
		{picturesOf("a", "b", "c", "d", "e"), []string{importOf("a", true), importOf("b", true), importOf("c", true), importOf("d", true)}},
		{nil, nil},
	} {
		from.pages[""] = &source.Page{Assets: test.assets, Next: "2"}
		if _, err := push.Run(t.Context(), nowhere); err == nil || !strings.Contains(err.Error(), "saving the state") {
			t.Error(err)
		}
		e.expect(test.calls...)
	}
}

func TestWhatIsThereIsLeftAlone(t *testing.T) {
	assets := picturesOf("a", "b")
	assets = append(assets,
		source.Asset{Name: "song", URL: "u", ResourceType: "auto", Type: "private", PublicID: "song", RawID: "song.mp3"},
		source.Asset{Name: "film", URL: "u", ResourceType: "auto", Type: "upload", PublicID: "film", RawID: "film.mp4"},
		source.Asset{Name: "shot", URL: "u", ResourceType: "auto", Type: "upload", PublicID: "shot", RawID: "shot.png"},
		source.Asset{Name: "text", URL: "u", ResourceType: "auto", Type: "upload", PublicID: "text", RawID: "text.txt"},
		source.Asset{Name: "unknown", URL: "u", ResourceType: "auto", Type: "upload", PublicID: "unknown", RawID: "unknown"},
	)
	e, options := newPush(t, &pages{pages: map[string]*source.Page{"": {Assets: assets}}})
	options.Replace, options.Parallel = false, 2
	list := func(ids ...string) string {
		query := "max_results=100"
		for _, id := range ids {
			query += "&public_ids%5B%5D=" + id
		}
		return query
	}
	resources := func(ids ...string) string {
		text := `{"resources":[`
		for _, id := range ids {
			text += `{"public_id":"` + id + `"},`
		}
		return strings.TrimSuffix(text, ",") + `]}`
	}
	e.answer = func(call string, _ int) (int, http.Header, string) {
		switch call {
		case "GET resources/image/upload?" + list("a", "b", "shot"):
			return 200, nil, resources("b", "shot")
		case "GET resources/video/private?" + list("song"):
			return 200, nil, resources("song")
		case "GET resources/video/upload?" + list("film"), "GET resources/raw/upload?" + list("text.txt"):
			return 200, nil, resources("film", "text.txt")
		}
		return 0, nil, ""
	}
	state, err := push.Run(t.Context(), options)
	if err != nil || state.Done != 7 || state.Unchanged != 5 || len(state.Failures) != 0 {
		t.Errorf("%v, %+v", err, state)
	}
	made := e.made()
	slices.Sort(made)
	want := []string{"GET resources/image/upload?" + list("a", "b", "shot"), "GET resources/raw/upload?" + list("text.txt"), "GET resources/video/private?" + list("song"), "GET resources/video/upload?" + list("film"), importOf("a", false),
		`POST import {"name":"unknown","url":"u","resource_type":"auto","type":"upload","public_id":"unknown","raw_id":"unknown","tags":null,"context":null,"metadata":null,"moderation":null,"replace":false}`}
	if !slices.Equal(made, want) {
		t.Errorf("%s", strings.Join(made, "\n"))
	}
	e.answer = func(string, int) (int, http.Header, string) {
		return 401, nil, `{"error":{"message":"unknown api_key"}}`
	}
	if state, err := push.Run(t.Context(), options); err == nil || err.Error() != "401 Unauthorized: unknown api_key" || state.Done != 0 || state.Finished {
		t.Errorf("%v, %+v", err, state)
	}
}

func TestListsAreAskedForAHundredAtATime(t *testing.T) {
	names := make([]string, 101)
	for i := range names {
		names[i] = fmt.Sprintf("%03d", i)
	}
	e, options := newPush(t, &pages{pages: map[string]*source.Page{"": {Assets: picturesOf(names...)}}})
	options.Replace, options.Parallel = false, 26
	state, err := push.Run(t.Context(), options)
	if err != nil || state.Done != 101 {
		t.Errorf("%v, %+v", err, state)
	}
	var sizes []int
	for _, call := range e.made() {
		if strings.HasPrefix(call, "GET ") {
			sizes = append(sizes, strings.Count(call, "public_ids"))
		}
	}
	if !slices.Equal(sizes, []int{100, 1}) {
		t.Errorf("the lists are of %v", sizes)
	}
}

func TestAsManyArePushedAtOnceAsIsAskedFor(t *testing.T) {
	for parallel, want := range map[int]struct{ most, saves int }{0: {1, 3}, 1: {1, 3}, 2: {2, 2}, 3: {3, 1}} {
		synctest.Test(t, func(t *testing.T) {
			e, options := newPush(t, &pages{pages: map[string]*source.Page{"": {Assets: picturesOf("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")}}})
			e.takes = time.Second
			options.Parallel = parallel
			saves := -1 // The last is that of the end.
			options.Told = func(*push.State) { saves++ }
			if state, err := push.Run(t.Context(), options); err != nil || state.Done != 12 || e.most != want.most || saves != want.saves {
				t.Errorf("%d: %v, %+v; %d at once, %d saves", parallel, err, state, e.most, saves)
			}
		})
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	const a = "https://api.example.com"
	for name, test := range map[string]struct {
		status int
		header http.Header
		fails  int
		took   time.Duration
		err    string
	}{
		"fails five times":    {status: 500, fails: 5, took: 31 * time.Second},
		"fails six times":     {status: 500, fails: 6, took: 31 * time.Second, err: "image/upload/a: 500 Internal Server Error: busy"},
		"too slow":            {status: 408, fails: 2, took: 3 * time.Second},
		"wants to wait":       {status: 429, header: http.Header{"Retry-After": {"7"}}, fails: 9, took: 63 * time.Second},
		"is out of calls":     {status: 420, header: http.Header{"Retry-After": {"60"}}, fails: 10, took: 10 * time.Minute},
		"does not answer":     {fails: 1, took: time.Second},
		"never answers":       {fails: 9, took: 31 * time.Second, err: `image/upload/a: asking ` + a + `: Post "` + a + `/v1_1/my%2Fcloud/import": no route to host`},
		"is a page of a shop": {status: 200, fails: 1, took: time.Second},
		"is another page":     {status: 302, fails: 1, took: time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			e, options := newPush(t, &pages{pages: map[string]*source.Page{"": {Assets: picturesOf("a")}}})
			if test.status == 0 {
				e.broken = func(_ string, nth int) error {
					if nth <= test.fails {
						return errors.New("no route to host")
					}
					return nil
				}
			}
			e.answer = func(_ string, nth int) (int, http.Header, string) {
				switch {
				case nth > test.fails:
					return 0, nil, ""
				case test.status == 200:
					return 200, nil, "<html>"
				}
				return test.status, test.header, `{"error":{"message":"busy"}}`
			}
			begun := time.Now()
			state, err := push.Run(t.Context(), options)
			if took := time.Since(begun); took != test.took {
				t.Errorf("%s: it took %s", name, took)
			}
			if test.err == "" && (err != nil || state.Done != 1) || test.err != "" && (err == nil || err.Error() != test.err || state.Finished || len(state.Failures) > 0) {
				t.Errorf("%s: %v, %+v", name, err, state)
			}
		})
	}
}

func TestASourceThatWantsToWaitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &pages{total: 1, pages: map[string]*source.Page{"": {Assets: picturesOf("a")}}}
		from.fail = func(at string, nth int) error {
			if nth > 1 {
				return nil
			}
			if at == "total" {
				return &source.LaterError{At: time.Now().Add(time.Hour), Reason: "enough"}
			}
			// A time that is over does not have it asked without a pause.
			return &source.LaterError{At: time.Now().Add(-time.Hour), Reason: "enough again"}
		}
		_, options := newPush(t, from)
		var told []string
		options.Told = func(s *push.State) { told = append(told, s.Waiting) }
		begun := time.Now()
		state, err := push.Run(t.Context(), options)
		if took := time.Since(begun); err != nil || state.Done != 1 || took != time.Hour+time.Second {
			t.Errorf("%v, %+v in %s", err, state, took)
		}
		if want := []string{"enough: to be asked again at 2000-01-01T01:00:00Z", "", "enough again: to be asked again at 2000-01-01T00:00:00Z", "", "", ""}; !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
		// Without anybody to tell it goes on as well; what is refused is not asked for again.
		options.Told = nil
		for _, place := range []string{"total", ""} {
			from.asked = nil
			from.fail = func(at string, _ int) error {
				if at == place {
					return &source.RefusedError{Reason: "no"}
				}
				return nil
			}
			if _, err := push.Run(t.Context(), options); err == nil || err.Error() != "no" || from.asked[len(from.asked)-1] != place {
				t.Errorf("%v, asked for %q", err, from.asked)
			}
		}
		from.fail = func(at string, nth int) error {
			if at == "total" && nth == 1 {
				return errors.New("reset by peer")
			}
			return nil
		}
		from.asked = nil
		if state, err := push.Run(t.Context(), options); err != nil || !state.Finished {
			t.Errorf("%v, %+v", err, state)
		}
	})
}

func TestAPushThatIsEndedIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, options := newPush(t, &pages{total: 2, pages: map[string]*source.Page{"": {Assets: picturesOf("a", "b")}}})
		e.answer = func(string, int) (int, http.Header, string) { return 503, nil, "" }
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		begun := time.Now()
		state, err := push.Run(ctx, options)
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took != 500*time.Millisecond || state.Done != 0 || len(state.Failures) > 0 {
			t.Errorf("%v, %+v in %s", err, state, took)
		}
		stateIs(t, options, `{"source":"old","total":2,"done":0,"unchanged":0}`)
		// What is refused because of the end is none either.
		ended, end := context.WithCancel(t.Context())
		e.answer = func(string, int) (int, http.Header, string) {
			end()
			return 400, nil, ""
		}
		if state, err := push.Run(ended, options); err == nil || len(state.Failures) > 0 || state.Finished {
			t.Errorf("%v, %+v", err, state)
		}
		// What failed before is remembered.
		if err := os.WriteFile(options.State, []byte(`{"source":"old","failures":{"image/upload/a":"Never"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		e.answer = func(string, int) (int, http.Header, string) { return 503, nil, "" }
		if state, err := push.Run(t.Context(), options); err == nil || state.Failures["image/upload/a"] != "Never" {
			t.Errorf("%v, %+v", err, state)
		}
	})
}

// detailed is a source that tells more of each asset.
type detailed struct {
	pages
	fails func(name string, nth int) error
	times map[string]int
}

func (d *detailed) Details(_ context.Context, asset *source.Asset) (*source.Details, error) {
	d.times[asset.PublicID]++
	if err := d.fails(asset.PublicID, d.times[asset.PublicID]); err != nil {
		return nil, err
	}
	return &source.Details{Faces: [][4]int{{1, 2, 3, 4}}}, nil
}

func TestDetailsAreAskedForWhereTheyAreWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &detailed{times: map[string]int{}, fails: func(name string, nth int) error {
			switch {
			case name == "b":
				return &source.RefusedError{Reason: "b is gone"}
			case nth == 1:
				return errors.New("reset by peer")
			}
			return nil
		}}
		from.pages.pages = map[string]*source.Page{"": {Assets: picturesOf("a", "b")}}
		e, options := newPush(t, from)
		options.Replace, options.Details = false, true
		state, err := push.Run(t.Context(), options)
		if err != nil || state.Done != 1 || !maps.Equal(state.Failures, map[string]string{"image/upload/b": "b is gone"}) {
			t.Errorf("%v, %+v", err, state)
		}
		e.expect(strings.Replace(importOf("a", false), `,"replace"`, `,"details":{"faces":[[1,2,3,4]]},"replace"`, 1))
		if from.times["a"] != 2 || from.times["b"] != 1 {
			t.Errorf("asked %v", from.times)
		}
		options.Details, options.Replace, from.times = false, true, map[string]int{}
		from.pages.pages = map[string]*source.Page{"": {Assets: picturesOf("a")}}
		if _, err := push.Run(t.Context(), options); err != nil || len(from.times) > 0 {
			t.Errorf("%v, asked %v", err, from.times)
		}
		e.expect(importOf("a", true))
		// A source that has none is not asked.
		e, options = newPush(t, &from.pages)
		options.Details = true
		if _, err := push.Run(t.Context(), options); err != nil {
			t.Error(err)
		}
		e.expect(importOf("a", true))
	})
}

func TestSettingsAreMadeUnlessTheyAreThere(t *testing.T) {
	setting := func(path, key string) source.Setting {
		return source.Setting{Name: path + " " + key, Path: path, Key: key, Body: map[string]any{"name": key}}
	}
	from := &pages{pages: map[string]*source.Page{"": {Settings: []source.Setting{
		setting("upload_presets", "is there"), setting("upload_presets", "a/b"), setting("upload_presets", "raced"), setting("upload_presets", "bad"), setting("upload_presets", "secret"),
		setting("transformations", "thumb&x"), setting("transformations", "known"), setting("metadata_rules", "known"), setting("metadata_rules", "new"), setting("metadata_rules", "bad"),
	}}}}
	e, options := newPush(t, from)
	e.answer = func(call string, _ int) (int, http.Header, string) {
		switch call {
		case "GET upload_presets/a%2Fb", "GET upload_presets/raced", "GET upload_presets/bad", "GET transformations?transformation=thumb%26x":
			return 404, nil, ""
		case `POST upload_presets {"name":"raced"}`:
			return 409, nil, ""
		case `POST upload_presets {"name":"bad"}`, `POST metadata_rules {"name":"bad"}`:
			return 400, nil, `{"error":{"message":"it is bad"}}`
		case "GET upload_presets/secret":
			return 403, nil, ""
		case "GET metadata_rules":
			return 200, nil, `{"metadata_rules":[{"name":"other"},{"name":"known"}]}`
		}
		return 0, nil, ""
	}
	state, err := push.Run(t.Context(), options)
	if want := map[string]string{"upload_presets bad": "400 Bad Request: it is bad", "metadata_rules bad": "400 Bad Request: it is bad", "upload_presets secret": "403 Forbidden"}; err != nil || !maps.Equal(state.Failures, want) {
		t.Errorf("%v, %+v", err, state)
	}
	e.expect("GET upload_presets/is%20there", "GET upload_presets/a%2Fb", `POST upload_presets {"name":"a/b"}`, "GET upload_presets/raced", `POST upload_presets {"name":"raced"}`,
		"GET upload_presets/bad", `POST upload_presets {"name":"bad"}`, "GET upload_presets/secret",
		"GET transformations?transformation=thumb%26x", `POST transformations {"name":"thumb\u0026x"}`, "GET transformations?transformation=known",
		"GET metadata_rules", "GET metadata_rules", `POST metadata_rules {"name":"new"}`, "GET metadata_rules", `POST metadata_rules {"name":"bad"}`)
	// Once it works nothing of it failed; what cannot be said ends the push.
	e.answer = nil
	if state, err := push.Run(t.Context(), options); err != nil || len(state.Failures) > 0 {
		t.Errorf("%v, %+v", err, state)
	}
	e.answer = func(call string, _ int) (int, http.Header, string) {
		if strings.HasPrefix(call, "GET metadata_rules") {
			return 403, nil, ""
		}
		return 0, nil, ""
	}
	if state, err := push.Run(t.Context(), options); err != nil || len(state.Failures) != 3 || state.Failures["metadata_rules known"] != "403 Forbidden" {
		t.Errorf("%v, %+v", err, state)
	}
	synctest.Test(t, func(t *testing.T) {
		e, options := newPush(t, from)
		e.answer = func(string, int) (int, http.Header, string) { return 500, nil, "" }
		if state, err := push.Run(t.Context(), options); err == nil || err.Error() != "500 Internal Server Error" || len(state.Failures) > 0 || state.Finished {
			t.Errorf("%v, %+v", err, state)
		}
	})
	from.pages[""].Settings[0].Body = map[string]any{"cannot be written": func() {}}
	from.pages[""].Settings = from.pages[""].Settings[:1]
	synctest.Test(t, func(t *testing.T) {
		e, options := newPush(t, from)
		e.answer = func(string, int) (int, http.Header, string) { return 404, nil, "" }
		if _, err := push.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "unsupported type") {
			t.Error(err)
		}
	})
}
