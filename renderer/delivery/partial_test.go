package delivery

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRanges(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "clip", "0123456789", nil)
	for _, test := range []struct {
		header       string
		status       int
		body         string
		contentRange string
	}{
		{"bytes=0-3", 206, "0123", "bytes 0-3/10"},
		{"bytes=4-", 206, "456789", "bytes 4-9/10"},
		{"bytes=-3", 206, "789", "bytes 7-9/10"},
		{"bytes=-30", 206, "0123456789", "bytes 0-9/10"},
		{"bytes=9-9", 206, "9", "bytes 9-9/10"},
		{"bytes=5-99999999999999999999", 206, "56789", "bytes 5-9/10"},
		{"bytes=0-0,5-6", 200, "0123456789", ""},
		{"bytes=5-2", 200, "0123456789", ""},
		{"bytes=a-b", 200, "0123456789", ""},
		{"bytes=", 200, "0123456789", ""},
		{"items=0-1", 200, "0123456789", ""},
	} {
		answer := e.get(t, "/demo/image/upload/clip.jpg", "Range", test.header)
		answer.expect(t, test.status, test.body)
		if answer.Header.Get("Content-Range") != test.contentRange || answer.Header.Get("Content-Length") != fmt.Sprint(len(test.body)) {
			t.Errorf("%s: Content-Range %q, Content-Length %s", test.header, answer.Header.Get("Content-Range"), answer.Header.Get("Content-Length"))
		}
	}
	for _, header := range []string{"bytes=10-", "bytes=99-100", "bytes=-0"} {
		answer := e.get(t, "/demo/image/upload/clip.jpg", "Range", header)
		if answer.StatusCode != 416 || answer.body != "" || answer.Header.Get("Content-Range") != "bytes */10" || answer.Header.Get("X-Cld-Error") == "" {
			t.Errorf("%s: %d %q %v", header, answer.StatusCode, answer.body, answer.Header)
		}
	}
	for condition, status := range map[string]int{
		quotedMD5("0123456789"):         206,
		quotedMD5("else"):               200,
		"W/" + quotedMD5("0123456789"):  200,
		"Mon, 02 Jan 2006 15:04:05 GMT": 200,
	} {
		if got := e.get(t, "/demo/image/upload/clip.jpg", "Range", "bytes=0-3", "If-Range", condition).StatusCode; got != status {
			t.Errorf("If-Range %s: %d", condition, got)
		}
	}
	if head := e.do(t, http.MethodHead, "/demo/image/upload/clip.jpg", "Range", "bytes=0-3"); head.StatusCode != 200 || head.Header.Get("Content-Length") != "10" {
		t.Errorf("HEAD with a range: %d", head.StatusCode)
	}
}

func TestLongFiles(t *testing.T) {
	e := newEnvironment(t)
	long := strings.Repeat("0123456789", 20_000)
	e.store(t, "long", long, nil)
	for range 4 { // From the bucket; derived from the engine, the disk, and memory.
		e.get(t, "/demo/image/upload/long.jpg").expect(t, 200, long)
		e.get(t, "/demo/image/upload/c_scale,w_9/long.jpg").expect(t, 200, long+" as jpg")
		e.get(t, "/demo/image/upload/c_scale,w_9/long.jpg", "Range", "bytes=199990-200003").expect(t, 206, "0123456789 as ")
	}
}

func TestConditions(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "clip", "0123456789", nil)
	etag, other := quotedMD5("0123456789"), quotedMD5("else")
	modified := time.Unix(asset.Version, 0).UTC()
	same, before, after := modified.Format(http.TimeFormat), modified.Add(-time.Hour).Format(http.TimeFormat), modified.Add(time.Hour).Format(http.TimeFormat)
	for _, test := range []struct {
		headers []string
		status  int
	}{
		{[]string{"If-None-Match", etag}, 304},
		{[]string{"If-None-Match", other + ", " + etag}, 304},
		{[]string{"If-None-Match", "*"}, 304},
		{[]string{"If-None-Match", other}, 200},
		{[]string{"If-None-Match", "W/" + etag}, 200},
		{[]string{"If-Modified-Since", same}, 304},
		{[]string{"If-Modified-Since", after}, 304},
		{[]string{"If-Modified-Since", before}, 200},
		{[]string{"If-Modified-Since", "yesterday"}, 200},
		{[]string{"If-None-Match", other, "If-Modified-Since", after}, 200},
		{[]string{"If-None-Match", etag, "If-Modified-Since", before}, 304},
		{[]string{"If-None-Match", etag, "Range", "bytes=0-1"}, 304},
		{[]string{"If-Match", etag}, 200},
		{[]string{"If-Match", other}, 412},
		{[]string{"If-Unmodified-Since", before}, 412},
		{[]string{"If-Unmodified-Since", same}, 200},
		{[]string{"If-Match", etag, "If-Unmodified-Since", before}, 200},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			answer := e.do(t, method, "/demo/image/upload/clip.jpg", test.headers...)
			if answer.StatusCode != test.status {
				t.Errorf("%s %v: %d, want %d", method, test.headers, answer.StatusCode, test.status)
			}
			if answer.StatusCode != 200 && answer.body != "" {
				t.Errorf("%s %v: body %q", method, test.headers, answer.body)
			}
		}
	}
	answer := e.get(t, "/demo/image/upload/f_auto/clip.jpg")
	unchanged := e.get(t, "/demo/image/upload/f_auto/clip.jpg", "If-None-Match", answer.Header.Get("Etag"))
	for _, name := range []string{"Etag", "Cache-Control", "Vary", "Last-Modified", "Cache-Tag"} {
		if unchanged.StatusCode != 304 || unchanged.Header.Get(name) != answer.Header.Get(name) || answer.Header.Get(name) == "" {
			t.Errorf("304: %s %q, 200 has %q", name, unchanged.Header.Get(name), answer.Header.Get(name))
		}
	}
}
