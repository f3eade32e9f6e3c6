package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestLists(t *testing.T) {
	for title, test := range map[string]struct {
		params Params
		list   []string
		text   string
	}{
		"absent":         {Params{}, nil, ""},
		"empty":          {Params{"a": {""}, "a[]": {"", ""}}, nil, ""},
		"commas":         {Params{"a": {"x, y,"}}, []string{"x", "y"}, "x, y,"},
		"repeated":       {Params{"a": {"x,y", "z"}}, []string{"x,y", "z"}, "x,y,z"},
		"brackets":       {Params{"a[]": {"x,y"}}, []string{"x,y"}, "x,y"},
		"indices":        {Params{"a[10]": {"c"}, "a[2]": {"b"}, "a[0]": {"a"}}, []string{"a", "b", "c"}, "a,b,c"},
		"another's":      {Params{"ab[0]": {"x"}, "b[]": {"y"}}, nil, ""},
		"no list suffix": {Params{"a[x]": {"y"}}, nil, ""},
	} {
		t.Run(title, func(t *testing.T) {
			if got := test.params.List("a"); !slices.Equal(got, test.list) {
				t.Errorf("List = %q, want %q", got, test.list)
			}
			if got := test.params.String("a"); got != test.text {
				t.Errorf("String = %q, want %q", got, test.text)
			}
			if got := test.params.Has("a"); got != (test.text != "") {
				t.Errorf("Has = %v", got)
			}
		})
	}
	names := Params{"b[]": {"1"}, "a[0]": {"1"}, "a[1]": {"2"}, "c": {""}, "d": {"x"}}.Names()
	if !slices.Equal(names, []string{"a", "b", "d"}) {
		t.Errorf("Names = %q", names)
	}
}

func TestBool(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "true": true, "True": true, "0": false, "false": false, "": true} {
		if got, err := (Params{"a": {value}}).Bool("a", true); err != nil || got != want {
			t.Errorf("Bool(%q) = %v, %v", value, got, err)
		}
	}
	if _, err := (Params{"a": {"yes"}}).Bool("a", true); problem.From(err).Status != http.StatusBadRequest {
		t.Errorf("error %v", err)
	}
}

func TestReadParams(t *testing.T) {
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if err := errors.Join(writer.WriteField("a", "1"), writer.WriteField("l[]", "x"), writer.Close()); err != nil {
		t.Fatal(err)
	}
	for title, test := range map[string]struct{ target, contentType, body string }{
		"query":     {"/?a=1&l[]=x", "", ""},
		"form":      {"/", "application/x-www-form-urlencoded", "a=1&l%5B%5D=x"},
		"untyped":   {"/?a=1", "", "l[]=x"},
		"JSON":      {"/", "application/json; charset=utf-8", `{"a":1,"l":["x",null],"n":null}`},
		"two types": {"/", "application/json; charset=utf-8, application/json", `{"a":1,"l":["x"]}`},
		"the same":  {"/", "application/json, application/json", `{"a":1,"l":["x"]}`},
		"multipart": {"/", writer.FormDataContentType(), form.String()},
		"blank":     {"/?a=1&l[]=x", "application/json", " \n"},
	} {
		t.Run(title, func(t *testing.T) {
			// A body of DELETE is read, too.
			request := httptest.NewRequest(http.MethodDelete, test.target, strings.NewReader(test.body))
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			got, err := ReadParams(request, 1000)
			if err != nil || !reflect.DeepEqual(got, Params{"a": {"1"}, "l[]": {"x"}}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestJSONValues(t *testing.T) {
	got, err := ParseJSON([]byte(`{"s":"a\"b","t":true,"f":1.50,"o":{"k":1},"r":[[1,2],[3,4]],"e":[],"z":null}`))
	want := map[string][]string{"s": {`a"b`}, "t": {"true"}, "f": {"1.50"}, "o": {`{"k":1}`}, "r[]": {"[1,2]", "[3,4]"}, "e[]": nil}
	if err != nil || !reflect.DeepEqual(map[string][]string(got), want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWriteProblem(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	secret := errors.New("secret detail")
	for _, test := range []struct {
		err          error
		status       int
		body, header string
		retry        string
		logged       bool
	}{
		{problem.BadRequest("Bad %s", "ü\n"), 400, `{"error":{"message":"Bad ü\n"}}`, "Bad ??", "", false},
		{problem.NotFound("Gone"), 404, `{"error":{"message":"Gone"}}`, "Gone", "", false},
		{&problem.Problem{Status: 413, Message: "Large"}, 400, `{"error":{"message":"Large"}}`, "Large", "", false},
		{&problem.Problem{Status: 504, Message: "Slow"}, 500, `{"error":{"message":"Slow"}}`, "Slow", "", true},
		{problem.Busy(7), 429, `{"error":{"message":"Too many requests are being rendered, try again later"}}`, "Too many requests are being rendered, try again later", "7", false},
		{secret, 500, `{"error":{"message":"General Error"}}`, "General Error", "", true},
	} {
		log.Reset()
		recorder := httptest.NewRecorder()
		WriteProblem(recorder, httptest.NewRequest(http.MethodGet, "/", nil), logger, test.err)
		got := recorder.Result()
		if got.StatusCode != test.status || recorder.Body.String() != test.body || got.Header.Get("X-Cld-Error") != test.header ||
			got.Header.Get("Retry-After") != test.retry || got.Header.Get(RequestIDHeader) == "" || got.Header.Get("Content-Type") != "application/json; charset=utf-8" ||
			got.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%v: answer %d %s %v", test.err, got.StatusCode, recorder.Body, got.Header)
		}
		if logged := strings.Contains(log.String(), got.Header.Get(RequestIDHeader)); logged != test.logged {
			t.Errorf("%v: logged %q", test.err, log.String())
		}
	}
}

func TestLinks(t *testing.T) {
	links := Links{Environment: catalog.Environment{CloudName: "demo", DeliveryBaseURL: "http://h", SecureDeliveryBaseURL: "https://s"}, Secret: "b"}
	for _, test := range []struct {
		asset                  library.Asset
		transformation, format string
		want                   string
	}{
		{library.Asset{ResourceType: "image", Type: "upload", PublicID: "a/ü b:c+", Version: 7}, "", "png", "/demo/image/upload/v7/a/%C3%BC%20b:c%2B.png"},
		{library.Asset{ResourceType: "image", Type: "upload", PublicID: "a", Version: 7}, "t_my name/l_text:Arial_20:50%25%20off,g_north", "", "/demo/image/upload/t_my%20name/l_text:Arial_20:50%25%20off,g_north/v7/a"},
		{library.Asset{ResourceType: "image", Type: "authenticated", PublicID: "image", Version: 7}, "c_crop,h_20,w_10", "jpg", "/demo/image/authenticated/s--Ai4Znfl3--/c_crop,h_20,w_10/v7/image.jpg"},
		{library.Asset{ResourceType: "image", Type: "private", PublicID: "image", Version: 7}, "", "jpg", "/demo/image/private/s----SjmNDA--/v7/image.jpg"},
		{library.Asset{ResourceType: "image", Type: "fetch", PublicID: "https://a.example/b.png?c=d", Version: 7}, "w_5", "png", "/demo/image/fetch/w_5/v7/https://a.example/b.png%3Fc%3Dd"},
	} {
		url, secure := links.Derived(&test.asset, test.transformation, test.format)
		if url != "http://h"+test.want || secure != "https://s"+test.want {
			t.Errorf("links %s %s, want %s", url, secure, test.want)
		}
	}
	links.Secret = ""
	if url, _ := links.Derived(&library.Asset{ResourceType: "image", Type: "private", PublicID: "image", Version: 7}, "", "jpg"); url != "http://h/demo/image/private/v7/image.jpg" {
		t.Errorf("link without a key to sign it: %s", url)
	}
	if url, _ := links.Asset(&library.Asset{ResourceType: "raw", Type: "upload", PublicID: "a.txt", Format: "txt", Version: 7}); url != "http://h/demo/raw/upload/v7/a.txt" {
		t.Errorf("link of a raw file: %s", url)
	}
}

// TestManyValues refuses JSON that would take much more memory than it is long.
func TestManyValues(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		ok   bool
	}{
		"as many as are allowed": {`{"a":[` + strings.Repeat("0,", maxJSONValues-2) + `0]}`, true},
		"one more":               {`{"a":[` + strings.Repeat("0,", maxJSONValues) + `0]}`, false},
		"of an object":           {`{"a":0` + strings.Repeat(`,"a":0`, maxJSONValues) + `}`, false},
		"in a text":              {`{"a":"` + strings.Repeat(`,\",`, maxJSONValues) + `"}`, true},
	} {
		if _, err := ParseJSON([]byte(test.body)); (err == nil) != test.ok || err != nil && problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBasicKey(t *testing.T) {
	snapshot := &catalog.Snapshot{Keys: map[string]catalog.Key{
		"a": {APIKey: "1", APISecret: "ab~?>"}, "b": {APIKey: "2", APISecret: "y"}, "c": {APIKey: "3"},
	}}
	for header, want := range map[string]string{
		"Basic MTphYn4/Pg==": "1",
		"basic MTphYn4_Pg==": "1", // The alphabet for URLs.
		"Basic Mjp5":         "2",
		"Basic MTp5":         "", // Another key's secret.
		"Basic Mzo=":         "", // A key without a secret.
		"Basic !":            "",
		"Basic":              "",
		"Bearer Mjp5":        "",
		"":                   "",
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Authorization", header)
		got := ""
		if key := BasicKey(request, snapshot); key != nil {
			got = key.APIKey
		}
		if got != want {
			t.Errorf("%q is key %q, want %q", header, got, want)
		}
	}
}

func TestPairs(t *testing.T) {
	params := Params{"c": {"a=1"}, "c[]": {"b=2"}, "c[0]": {"d=3"}, "c[x]": {"1|2", "", "k=v"}, "c[y=]": {""}, "cc[z]": {"9"}, "c[]x": {"9"}}
	if got, want := params.Pairs("c"), []string{"a=1", "b=2", "d=3", `x=1\|2`, `x=k\=v`}; !slices.Equal(got, want) {
		t.Errorf("pairs %q, want %q", got, want)
	}
}

func TestItem(t *testing.T) {
	start, end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	asset := &library.Asset{
		AssetID: "1", PublicID: "f/a", Version: 7, ResourceType: "image", Type: "upload", Format: "png", Width: 5, Height: 4, Bytes: 9, CreatedAt: start,
		AssetFolder: "g", DisplayName: "A", AccessMode: "authenticated",
		AccessControl: []library.AccessRule{{Type: "token"}, {Type: "anonymous", Start: &start, End: &end}},
	}
	raw := &library.Asset{AssetID: "2", PublicID: "b.txt", Version: 7, ResourceType: "raw", Type: "upload", Width: 5, Height: 4, CreatedAt: start}
	const address = `"secure_url":"https://s/demo/%[1]s","type":"upload","url":"http://h/demo/%[1]s","version":7`
	for name, test := range map[string]struct {
		asset   *library.Asset
		dynamic bool
		want    string
	}{
		"an image": {asset, true, `{"access_control":[{"access_type":"token"},{"access_type":"anonymous","end":"2027-01-02T03:04:05Z","start":"2026-01-02T03:04:05Z"}],` +
			`"access_mode":"authenticated","asset_folder":"g","asset_id":"1","bytes":9,"created_at":"2026-01-02T03:04:05Z","display_name":"A","format":"png","height":4,` +
			`"public_id":"f/a","resource_type":"image",` + fmt.Sprintf(address, "image/upload/v7/f/a.png") + `,"width":5}`},
		"a raw file in fixed folders": {raw, false, `{"access_mode":"public","asset_id":"2","bytes":0,"created_at":"2026-01-02T03:04:05Z","folder":"",` +
			`"public_id":"b.txt","resource_type":"raw",` + fmt.Sprintf(address, "raw/upload/v7/b.txt") + `}`},
	} {
		links := Links{Environment: catalog.Environment{CloudName: "demo", DeliveryBaseURL: "http://h", SecureDeliveryBaseURL: "https://s", DynamicFolders: test.dynamic}}
		if got, err := json.Marshal(links.Item(test.asset)); err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v\nwant %s", name, got, err, test.want)
		}
	}
}

func TestAnswersThatCannotBeWritten(t *testing.T) {
	recorder := httptest.NewRecorder()
	WriteCachedJSON(recorder, map[string]any{"a": func() {}}, 60)
	if recorder.Code != http.StatusInternalServerError || recorder.Body.String() != `{"error":{"message":"General Error"}}` || recorder.Header().Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %s %v", recorder.Code, recorder.Body, recorder.Header())
	}
	recorder = httptest.NewRecorder()
	WriteCachedJSON(recorder, Object{"a": 1}, 60)
	if recorder.Code != http.StatusOK || recorder.Body.String() != `{"a":1}` || recorder.Header().Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("%d %s %v", recorder.Code, recorder.Body, recorder.Header())
	}
}

func TestARequestHasOneID(t *testing.T) {
	recorder := httptest.NewRecorder()
	id := EnsureRequestID(recorder)
	if again := EnsureRequestID(recorder); len(id) != 32 || again != id || recorder.Header().Get(RequestIDHeader) != id {
		t.Errorf("%q, then %q, sent %q", id, again, recorder.Header().Get(RequestIDHeader))
	}
	if other := EnsureRequestID(httptest.NewRecorder()); other == id {
		t.Errorf("another request has the same: %s", other)
	}
}

// What fails because the client has gone is no news.
func TestProblemsOfClientsThatHaveGone(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	WriteProblem(httptest.NewRecorder(), request, slog.New(slog.NewTextHandler(&log, nil)), errors.New("cut off"))
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}
