package upload

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// FuzzFields reads bodies of any type: entry by entry to the end, or to a problem that the client has made.
func FuzzFields(f *testing.F) {
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\a.png\"\r\nContent-Type: image/png\r\n\r\nbytes\r\n--x--\r\n")
	f.Add("application/x-www-form-urlencoded", "a=%31+2&b&&=&file=data:image/png;base64,AA==&c=%zz")
	f.Add("application/json", `{"a":1,"b":[1,null,"x"],"c":{"d":[]},"file":"http://x"}`)
	f.Add("", "a=b")
	f.Add("multipart/form-data", "x")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		request, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", contentType)
		entries, err := openFields(request)
		for count := 0; err == nil; count++ {
			var entry *field
			if entry, err = entries.next(); err != nil {
				break
			}
			if count > len(body) {
				t.Fatal("more entries than bytes")
			}
			var length int64
			if length, err = io.Copy(io.Discard, entry.value); err != nil {
				err = wire.BodyProblem(err)
			}
			if length > int64(len(body)) {
				t.Fatalf("an entry of %d bytes in %d", length, len(body))
			}
		}
		if !errors.Is(err, io.EOF) && problem.From(err).Status >= http.StatusInternalServerError {
			t.Fatalf("%v", err)
		}
	})
}

// FuzzDataURI reads data URIs: the content is never longer than its text.
func FuzzDataURI(f *testing.F) {
	for _, text := range []string{"data:image/png;base64,AAAA", "data:;BASE64 ,A-_=\n=", "data:text/plain,x", "data:" + strings.Repeat("a", maxDataHeader), ";base64,A"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		content, err := openDataURI(bufio.NewReader(strings.NewReader(text)))
		var length int64
		if err == nil {
			length, err = io.Copy(io.Discard, content)
		}
		if length > int64(len(text)) || err != nil && problem.From(err).Status != http.StatusBadRequest {
			t.Fatalf("%d bytes, %v", length, err)
		}
	})
}

// FuzzID cleans public IDs: one that is taken is what it is cleaned to, and stays within its folder.
func FuzzID(f *testing.F) {
	for _, id := range []string{"a/b", " //a//../b ", "v1/x", "é", "a\x00b", "a%2fb", "..", ". /a"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		clean := wire.CleanID(id)
		if wire.CleanID(clean) != clean {
			t.Fatalf("%q, and then %q", clean, wire.CleanID(clean))
		}
		if wire.CheckID("public_id", clean) != nil {
			return
		}
		for segment := range strings.SplitSeq(clean, "/") {
			if segment == "" || segment == "." || segment == ".." {
				t.Fatalf("%q has the folder %q", clean, segment)
			}
		}
		if made := idFromFilename(id); wire.CheckID("public_id", made) != nil {
			t.Fatalf("the name %q makes the ID %q", id, made)
		}
	})
}

// FuzzKind looks at the first bytes of files.
func FuzzKind(f *testing.F) {
	for _, head := range []string{"", "\xff\xd8\xff", "\x00\x00\x00\x18ftypmif1", "RIFF\x00\x00\x00\x00AVI ", "G", "<svg"} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if !knownResourceType(kindOf(head).resourceType) {
			t.Fatalf("a %q", kindOf(head).resourceType)
		}
	})
}
