package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTransformationsAreWrittenAsInURLs(t *testing.T) {
	for shown, want := range map[string]string{
		`"c_fill,w_10"`: "c_fill,w_10",
		`[{"crop":"fill","width":100,"height":0.5}]`:                  "c_fill,h_0.5,w_100",
		`[{"effect":"sepia:50"},{"angle":-20}]`:                       "e_sepia:50/a_-20",
		`[{"flags":["relative","no_overflow"]}]`:                      "fl_relative.no_overflow",
		`[{"if":"w_gt_100","width":50}]`:                              "if_w_gt_100,w_50",
		`[{"variables":[["$a","10"],["$b","!x!"]],"x":"$a"}]`:         "$a_10,$b_!x!,x_$a",
		`[{"overlay":"text:Arial_20:Hi","raw_transformation":"y_5"}]`: "l_text:Arial_20:Hi,y_5",
		`[{"width":10},{"extension":"jpg"}]`:                          "w_10/jpg",
		`[{"width":10},{"extension":"none"}]`:                         "w_10/",
		`[{"fetch_format":"auto","quality":"auto:good"}]`:             "f_auto,q_auto:good",
	} {
		var value any
		if err := json.Unmarshal([]byte(shown), &value); err != nil {
			t.Fatal(err)
		}
		if got, err := Transformation(value); err != nil || got != want {
			t.Errorf("%s is written as %q, %v", shown, got, err)
		}
	}
	for _, shown := range []any{nil, 7.0, []any{map[string]any{"new_parameter": "x"}}} {
		if got, err := Transformation(shown); err == nil {
			t.Errorf("%v is written as %q", shown, got)
		}
	}
}

func TestWhenToAskAgain(t *testing.T) {
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		header, value string
		want          time.Duration
	}{
		"nothing":        {"X-Other", "1", time.Minute},
		"seconds":        {"Retry-After", "30", 30 * time.Second},
		"a time":         {"X-FeatureRateLimit-Reset", now.Add(20 * time.Minute).Format(http.TimeFormat), 20 * time.Minute},
		"a time before":  {"X-FeatureRateLimit-Reset", now.Add(-time.Hour).Format(http.TimeFormat), 0},
		"a time far off": {"X-FeatureRateLimit-Reset", now.Add(240 * time.Hour).Format(http.TimeFormat), 2 * time.Hour},
		"no time":        {"X-FeatureRateLimit-Reset", "soon", time.Minute},
	} {
		header := http.Header{}
		header.Set(test.header, test.value)
		if got := Again(header, now).Sub(now); got != test.want {
			t.Errorf("%s: in %s", name, got)
		}
	}
}

func account(t *testing.T, answer http.HandlerFunc) *Account {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return &Account{Client: server.Client(), BaseURL: server.URL, CloudName: "old", APIKey: "key", APISecret: "secret", Types: []string{"upload"}, Now: time.Now}
}

func TestAnswersOfAnAccountAreSorted(t *testing.T) {
	for status, want := range map[int]string{401: "refused", 404: "refused", 408: "later perhaps", 420: "at a time", 429: "at a time", 500: "later perhaps", 503: "later perhaps"} {
		a := account(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error":{"message":"a reason"}}`)
		})
		_, err := a.Page(t.Context(), "")
		got := "later perhaps"
		if _, ok := errors.AsType[*LaterError](err); ok {
			got = "at a time"
		} else if IsRefused(err) {
			got = "refused"
		}
		if err == nil || got != want || !strings.Contains(err.Error(), "a reason") {
			t.Errorf("%d: %s, %v", status, got, err)
		}
	}
	a := account(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	if _, err := a.Page(t.Context(), ""); err == nil || IsRefused(err) {
		t.Errorf("a page of HTML: %v", err)
	}
	if _, err := a.Page(t.Context(), "nowhere"); !IsRefused(err) {
		t.Errorf("a place that is none: %v", err)
	}
}

func TestAccountIsReadListByListToItsEnd(t *testing.T) {
	var asked []string
	a := account(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path[len("/v1_1/old/"):]+"?"+r.URL.Query().Get("next_cursor"))
		switch {
		case strings.HasSuffix(r.URL.Path, "image/upload") && r.URL.Query().Get("next_cursor") == "":
			fmt.Fprint(w, `{"resources":[{"public_id":"a","format":"jpg","secure_url":"https://res/a.jpg","moderation_kind":"manual","moderation_status":"rejected"}],"next_cursor":"more"}`)
		case strings.HasSuffix(r.URL.Path, "raw/upload"):
			fmt.Fprint(w, `{"resources":[{"public_id":"b.txt","access_mode":"authenticated","secure_url":"https://res/b.txt"}]}`)
		default:
			fmt.Fprint(w, `{"resources":[]}`)
		}
	})
	var found []Asset
	for at := ""; ; {
		page, err := a.Page(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, page.Assets...)
		if at = page.Next; at == "" {
			break
		}
	}
	if strings.Join(asked, " ") != "resources/image/upload? resources/image/upload?more resources/video/upload? resources/raw/upload?" {
		t.Errorf("asked %v", asked)
	}
	if len(found) != 2 || found[0].Filename != "a.jpg" || found[0].Moderation[0].Status != "rejected" || found[0].URL != "https://res/a.jpg" {
		t.Fatalf("found %+v", found)
	}
	if !strings.Contains(found[1].URL, "/raw/download?") || !strings.Contains(found[1].URL, "signature=") {
		t.Errorf("what is not for everybody is at %s", found[1].URL)
	}
}

func TestListsAreReadInBothForms(t *testing.T) {
	read := func(content string) (*Page, error) {
		return (&List{Content: content}).Page(t.Context(), "")
	}
	page, err := read("\xef\xbb\xbfURL,Public_ID,tags\nhttps://e.com/a.png,x/a,\"b,c\"\n\nhttps://e.com/d%20e.pdf\nhttps://e.com/\n")
	if err != nil || len(page.Assets) != 2 || page.Assets[0].PublicID != "x/a" || len(page.Assets[0].Tags) != 2 || page.Assets[1].PublicID != "d e" || page.Assets[1].RawID != "d e.pdf" {
		t.Fatalf("%+v, %v", page, err)
	}
	if len(page.Failures) != 1 || page.Failures[0].Name != "line 5" || !strings.Contains(page.Failures[0].Reason, "names no file") {
		t.Errorf("failures %+v", page.Failures)
	}
	page, err = read(`{"url":"https://e.com/a.png","tags":["x"],"context":{"alt":"b"},"metadata":{"size":3}}
{"url":"https://e.com/a.png","colour":"red"}
{"url":7}
nonsense`)
	if err != nil || len(page.Assets) != 1 || page.Assets[0].Context["alt"] != "b" || page.Assets[0].Metadata[0] != `{"size":3}` || len(page.Failures) != 3 {
		t.Fatalf("%+v, %v", page, err)
	}
	page, err = read("url,public_id,version,created_at\nhttps://e.com/a.png,a,v1500000000,2017-07-14T04:40:00+02:00\nhttps://e.com/b.png,b,,2017-07-14\nhttps://e.com/c.png,c,new,\nhttps://e.com/d.png,d,,yesterday\n")
	if err != nil || len(page.Assets) != 2 || page.Assets[0].Version != 1500000000 || !page.Assets[0].CreatedAt.Equal(time.Unix(1500000000, 0)) || page.Assets[1].Version != 0 || page.Assets[1].CreatedAt.Format(time.DateTime) != "2017-07-14 00:00:00" {
		t.Errorf("dated: %+v, %v", page.Assets, err)
	}
	if len(page.Failures) != 2 || page.Failures[0].Reason != `version "new" is no number above 0` || page.Failures[1].Reason != `created_at "yesterday" is no time as 2026-01-31T10:00:00Z` {
		t.Errorf("not dated: %+v", page.Failures)
	}
	if page, err = read(`{"url":"https://e.com/a.png","version":12}`); err != nil || len(page.Assets) != 1 || page.Assets[0].Version != 12 {
		t.Errorf("%+v, %v", page, err)
	}
	for content, want := range map[string]string{"address\n": `names "address"`, "tags\n": "does not name url", "url\n\"open": "no CSV"} {
		if _, err := read(content); !IsRefused(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestEntriesOfAList(t *testing.T) {
	const at = `"url":"https://e.com/f/a.png"`
	for entry, want := range map[string]string{
		`{"url":"http://e.com/a.png"}`:                                  `auto/upload a a.png | <nil> <nil> [] map[] []`,
		`{` + at + `,"resource_type":"raw"}`:                            `raw/upload a.png a.png | <nil> <nil> [] map[] []`,
		`{` + at + `,"public_id":" x/y ","type":"private"}`:             `auto/private x/y x/y | <nil> <nil> [] map[] []`,
		`{` + at + `,"asset_folder":"f","display_name":"A"}`:            `auto/upload a a.png | f A [] map[] []`,
		`{` + at + `,"access_mode":"authenticated","filename":"b.png"}`: `auto/upload a a.png authenticated|b.png <nil> <nil> [] map[] []`,
		`{` + at + `,"tags":"b, c,,"}`:                                  `auto/upload a a.png | <nil> <nil> [b c] map[] []`,
		`{` + at + `,"tags":["b",7]}`:                                   `auto/upload a a.png | <nil> <nil> [b 7] map[] []`,
		`{` + at + `,"context":"k=v\\|w|l=m"}`:                          `auto/upload a a.png | <nil> <nil> [] map[k:v|w l:m] []`,
		`{` + at + `,"context":"k=a\\b"}`:                               `auto/upload a a.png | <nil> <nil> [] map[k:a\b] []`,
		`{` + at + `,"context":"k=a\\"}`:                                `auto/upload a a.png | <nil> <nil> [] map[k:a\] []`,
		`{` + at + `,"context":{"k":12345678901234567}}`:                `auto/upload a a.png | <nil> <nil> [] map[k:12345678901234567] []`,
		`{` + at + `,"metadata":"m=1"}`:                                 `auto/upload a a.png | <nil> <nil> [] map[] [m=1]`,
	} {
		page, err := (&List{Content: entry}).Page(t.Context(), "")
		if err != nil || len(page.Assets) != 1 {
			t.Errorf("%s: %+v, %v", entry, page, err)
			continue
		}
		text := func(s *string) any {
			if s == nil {
				return nil
			}
			return *s
		}
		a := page.Assets[0]
		got := fmt.Sprintf("%s/%s %s %s %s|%s %v %v %v %v %v", a.ResourceType, a.Type, a.PublicID, a.RawID, a.AccessMode, a.Filename, text(a.AssetFolder), text(a.DisplayName), a.Tags, a.Context, a.Metadata)
		if got != want || a.Name != "line 1: "+a.PublicID {
			t.Errorf("%s is %s, want %s; it is named %q", entry, got, want, a.Name)
		}
	}
	for entry, reason := range map[string]string{
		`{"url":"ftp://e.com/a.png"}`:    `url "ftp://e.com/a.png" is no http or https URL`,
		`{"url":"https:///a.png"}`:       `url "https:///a.png" is no http or https URL`,
		`{"url":"e.com/a.png"}`:          `url "e.com/a.png" is no http or https URL`,
		`{"url":"http://[::1/a.png"}`:    `url "http://[::1/a.png" is no http or https URL`,
		`{"url":"https://e.com"}`:        `url "https://e.com" names no file: public_id must be given`,
		`{"url":7}`:                      `url is no text`,
		`{` + at + `,"public_id":["a"]}`: `public_id is no text`,
		`{` + at + `,"tags":5}`:          `tags are neither a text nor a list`,
		`{` + at + `,"context":"alt"}`:   `context "alt" is not name=value`,
		`{` + at + `,"context":[]}`:      `context is neither a text nor an object`,
		`{` + at + `,"metadata":1}`:      `metadata is neither a text nor an object`,
	} {
		page, err := (&List{Content: "\n" + entry}).Page(t.Context(), "")
		if err != nil || len(page.Assets) != 0 || len(page.Failures) != 1 || !strings.HasPrefix(page.Failures[0].Name, "line 2") || page.Failures[0].Reason != reason {
			t.Errorf("%s: %+v, %v; want %s", entry, page, err, reason)
		}
	}
}

func TestListThatChangesIsReadFromItsBeginning(t *testing.T) {
	var b strings.Builder
	b.WriteString("url\n")
	for i := range listPage + 1 {
		fmt.Fprintf(&b, "https://e.com/%d.png\n", i)
	}
	list := &List{Content: b.String()}
	page, err := list.Page(t.Context(), "")
	if err != nil || len(page.Assets) != listPage || page.Next == "" {
		t.Fatalf("%d assets, %v", len(page.Assets), err)
	}
	rest, err := list.Page(t.Context(), page.Next)
	if err != nil || len(rest.Assets) != 1 || rest.Next != "" {
		t.Errorf("the rest are %d, %v", len(rest.Assets), err)
	}
	changed := &List{Content: "url\nhttps://e.com/new.png\n"}
	if again, err := changed.Page(t.Context(), page.Next); err != nil || len(again.Assets) != 1 || again.Assets[0].PublicID != "new" {
		t.Errorf("a changed list gives %+v, %v", again, err)
	}
}

func TestPairsAreUnescaped(t *testing.T) {
	found, err := pairs(`alt=a \| b|title=c\=d|empty=`)
	if err != nil || found["alt"] != "a | b" || found["title"] != "c=d" || len(found) != 3 {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := pairs("alt"); err == nil {
		t.Error("a name without a value")
	}
}
