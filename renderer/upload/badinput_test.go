package upload

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What clients send by mistake, or to see what happens; see also TestRefusals, TestPublicIDs, TestBrokenParts and test/faults.

func TestASignatureIsGoodForAnHourEitherWay(t *testing.T) {
	now := time.Now()
	f := newFixture(t, func(_ *fixture, options *Options) { options.Now = func() time.Time { return now } })
	at := func(offset time.Duration) *reply {
		return f.upload("/raw/upload", "a.txt", "text", "public_id", "a", "timestamp", fmt.Sprint(now.Add(offset).Unix()))
	}
	for _, offset := range []time.Duration{-59 * time.Minute, 0, 59 * time.Minute} {
		f.expect(at(offset))
	}
	for offset, word := range map[time.Duration]string{-time.Hour - time.Second: "ago", time.Hour + 2*time.Second: "ahead"} {
		reported := now.Add(offset).UTC().Truncate(time.Second).Format("2006-01-02 15:04:05 -0700")
		f.expectRefused(at(offset), http.StatusBadRequest, "Stale request - reported time is "+reported+" which is more than 1 hour "+word)
	}
	// A request that is sent again is a new one, until its hour is over.
	sent := signed("public_id", "b", "timestamp", fmt.Sprint(now.Unix()))
	again := func() *reply {
		return f.multipart("/raw/upload", append(parts(sent), part{"file", "b.txt", "text"})...)
	}
	if first, second := f.expect(again()), f.expect(again()); second.body["overwritten"] != true || first.body["asset_id"] != second.body["asset_id"] {
		t.Errorf("again: %s", second.text)
	}
	now = now.Add(time.Hour + time.Minute)
	if got := again(); got.status != http.StatusBadRequest || !strings.HasPrefix(got.message(), "Stale request") {
		t.Errorf("after the hour: %s", got.text)
	}
}

func TestTooManyTags(t *testing.T) {
	f := newFixture(t)
	tags := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprint("t", i))
		}
		return strings.Join(list, ",")
	}
	f.expectRefused(f.upload("/raw/upload", "a.txt", "text", "tags", tags(10_000)), http.StatusBadRequest, "Too many tags. Got 10000. Maximum is 1000.")
	f.expectStored(0)
	if got := f.expect(f.upload("/raw/upload", "a.txt", "text", "public_id", "a", "tags", tags(1000))); len(got.body["tags"].([]any)) != 1000 {
		t.Errorf("%d tags", len(got.body["tags"].([]any)))
	}
	f.expectRefused(f.call("/raw/tags", "command", "add", "tag", "one more", "public_ids[]", "a"), http.StatusBadRequest, "Too many tags. Got 1001. Maximum is 1000.")
	f.expectRefused(f.upload("/raw/upload", "a.txt", "text", "tags", strings.Repeat("é", 256)), http.StatusBadRequest,
		`Invalid tags: "`+strings.Repeat("é", 100)+`…" is longer than 255 characters`)
}

func TestEscapedContext(t *testing.T) {
	f := newFixture(t)
	for given, want := range map[string]map[string]any{
		`a\=b=c\=d|e\|f=g\|h`: {"a=b": "c=d", "e|f": "g|h"},
		`a=\\=\|`:             {"a": `\=|`}, // Only = and | are escaped.
		`a=b=c`:               {"a": "b=c"},
		`a=`:                  {"a": ""},
		`a=1|a=2`:             {"a": "2"},
		`{"a":"x|y=z"}`:       {"a": "x|y=z"},
	} {
		got := f.expect(f.upload("/raw/upload", "a.txt", "text", "context", given))
		if stored, _ := got.body["context"].(map[string]any); !reflect.DeepEqual(stored["custom"], want) {
			t.Errorf("%s is stored as %v", given, stored)
		}
	}
	for given, shown := range map[string]string{`a`: "a", `=b`: "=b", `a=b|c`: "c", `\=`: `\=`} {
		f.expectRefused(f.upload("/raw/upload", "a.txt", "text", "context", given), http.StatusBadRequest, fmt.Sprintf("Invalid context: %q is not key=value", shown))
	}
}

func TestLongPublicIDs(t *testing.T) {
	f := newFixture(t)
	// Characters count, not bytes: 300 of them are 150 of these.
	id := strings.Repeat("é", 150)
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", id))
	if got.body["public_id"] != id || !strings.HasSuffix(got.body["url"].(string), strings.Repeat("%C3%A9", 150)+".png") {
		t.Errorf("%s", got.text)
	}
	for given, reason := range map[string]string{
		"a\x7fb": "control characters are not allowed", "a\u0085b": "control characters are not allowed", "a/..": "the folder .. is not allowed",
		"..": "the folder .. is not allowed", ".": "the folder . is not allowed", "a/../../b": "the folder .. is not allowed",
	} {
		got := f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", given)
		if got.status != http.StatusBadRequest || !strings.HasSuffix(got.message(), " is invalid: "+reason) {
			t.Errorf("%q: %s", given, got.text)
		}
		if got := f.call("/image/rename", "from_public_id", id, "to_public_id", given); got.status != http.StatusBadRequest || !strings.HasSuffix(got.message(), " is invalid: "+reason) {
			t.Errorf("renaming to %q: %s", given, got.text)
		}
	}
	if got := f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", "a\xffb"); got.status != http.StatusBadRequest || got.message() != `Invalid value for "public_id": it is not UTF-8` {
		t.Errorf("no UTF-8: %s", got.text)
	}
	f.expectStored(1)
}
