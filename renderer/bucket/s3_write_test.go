package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// TestObjectsOfPartsOnARealServer stores objects around the limits of parts, with and without checksums of their own.
func TestObjectsOfPartsOnARealServer(t *testing.T) {
	b, client := openReal(t, "")
	for _, checksum := range []types.ChecksumAlgorithm{"", types.ChecksumAlgorithmCrc32} {
		b.store.(*remote).checksum = checksum
		for _, size := range []int{0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, partBytes - 1, partBytes, partBytes + 1, 2 * partBytes, 7*partBytes + 123} {
			content := make([]byte, size)
			for i := range content {
				content[i] = byte(i>>16) ^ byte(i)
			}
			key := fmt.Sprintf("originals/%s%d", checksum, size)
			written, err := b.Put(t.Context(), key, &slowReader{content: content}, "image/png")
			sum := md5.Sum(content)
			if want := hex.EncodeToString(sum[:]); err != nil || written.Bytes != int64(size) || written.MD5 != want {
				t.Errorf("%d bytes: Put = %+v, %v, want the MD5 %s", size, written, err, want)
				continue
			}
			if got := read(t, b, key); !bytes.Equal(got, content) {
				t.Errorf("%d bytes: read %d others", size, len(got))
			}
			head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.store.(*remote).name, Key: &key})
			if err != nil || *head.ContentType != "image/png" {
				t.Errorf("%d bytes: content type %v, %v", size, head, err)
			}
		}
	}
	expectNoUploads(t, client)
}

// TestCutInMidPart lets the source of an object of several parts break.
func TestCutInMidPart(t *testing.T) {
	b, client := openReal(t, "")
	for _, size := range []int{1000, chunkBytes, partBytes, partBytes + 1, 2*partBytes + 1000, 8 * partBytes} {
		content := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := b.Put(t.Context(), "originals/a", content, ""); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d bytes: %v", size, err)
		}
	}
	if stored := objects(t, client); len(stored) != 0 {
		t.Errorf("%d objects are stored", len(stored))
	}
	expectNoUploads(t, client)
}

// expectNoUploads checks that nothing is left of uploads in parts.
func expectNoUploads(t *testing.T, client *s3.Client) {
	t.Helper()
	name := "media"
	page, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &name})
	if err != nil || len(page.Uploads) != 0 {
		t.Errorf("%d uploads in parts are left, %v", len(page.Uploads), err)
	}
}

// invalidPart is the status of a part that is not what it was said to be, for partServer.
const invalidPart = -1

// partServer takes uploads in parts, and may refuse some of their requests.
type partServer struct {
	// refuse, when not nil, is asked for the status of a request, 0 for none; part is empty but for parts.
	refuse func(operation, part string) int

	mu sync.Mutex
	// asked are the operations, parts the bytes of each part, copied what each was copied from.
	asked  map[string]int
	parts  map[string]int
	copied map[string]string
	// length is what it says of the object.
	length int
	// unsigned counts requests whose signature does not cover their bytes.
	unsigned int
}

func (s *partServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	operation := map[string]string{http.MethodPost: "complete", http.MethodPut: "part", http.MethodDelete: "abort"}[r.Method]
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		operation = "copy"
	}
	if query.Has("uploads") {
		operation = "create"
	}
	if r.Method == http.MethodPut && !query.Has("uploadId") {
		operation = "put"
	}
	if r.Method == http.MethodHead {
		operation = "head"
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		return
	}
	part := query.Get("partNumber")
	s.mu.Lock()
	s.asked[operation]++
	if r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum.Sum(nil)) {
		s.unsigned++
	}
	s.mu.Unlock()
	if s.refuse != nil {
		if status := s.refuse(operation, part); status != 0 {
			code := "Refused"
			if status == invalidPart {
				status, code = http.StatusBadRequest, "InvalidPart"
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `<Error><Code>`+code+`</Code><Message>refused by the test</Message></Error>`)
			return
		}
	}
	switch operation {
	case "create":
		_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>`)
	case "part":
		s.mu.Lock()
		s.parts[part] = int(n)
		s.mu.Unlock()
		w.Header().Set("ETag", `"`+part+`"`)
	case "copy":
		s.mu.Lock()
		s.copied[part] = r.Header.Get("X-Amz-Copy-Source") + " " + r.Header.Get("X-Amz-Copy-Source-Range")
		s.mu.Unlock()
		_, _ = io.WriteString(w, `<CopyPartResult><ETag>"`+part+`"</ETag></CopyPartResult>`)
	case "complete":
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>`)
	case "head":
		w.Header().Set("Content-Length", strconv.Itoa(s.length))
	case "abort":
		w.WriteHeader(http.StatusNoContent)
	}
}

// openPartServer opens a bucket on a server of its own.
func openPartServer(t *testing.T, refuse func(operation, part string) int) (*Bucket, *partServer) {
	t.Helper()
	server := &partServer{refuse: refuse, asked: map[string]int{}, parts: map[string]int{}, copied: map[string]string{}}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAPARTS")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: listener.URL, PathStyle: true}, WithSpool(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, server
}

// TestAServerThatRefuses lets each request of an upload in parts fail, and all parts behind a refused one. What was sent is taken
// back.
func TestAServerThatRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		operation, part string
		size            int
		aborts          int
	}{
		"the object":     {"put", "", 1000, 0},
		"the beginning":  {"create", "", 2 * partBytes, 0},
		"the first part": {"part", "1", 20 * partBytes, 1},
		"a later part":   {"part", "7", 20 * partBytes, 1},
		"the last part":  {"part", "3", 2*partBytes + 1, 1},
		"the end":        {"complete", "", 2 * partBytes, 1},
	} {
		t.Run(name, func(t *testing.T) {
			refused, _ := strconv.Atoi(test.part)
			b, server := openPartServer(t, func(operation, part string) int {
				number, _ := strconv.Atoi(part)
				if operation == test.operation && number >= refused {
					return http.StatusForbidden
				}
				return 0
			})
			source := &countedReader{source: bytes.NewReader(make([]byte, test.size))}
			if _, err := b.Put(t.Context(), "originals/a", source, ""); err == nil || !strings.Contains(err.Error(), "refused by the test") {
				t.Errorf("Put: %v", err)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if server.asked["abort"] != test.aborts || test.operation != "complete" && server.asked["complete"] != 0 {
				t.Errorf("asked for %v", server.asked)
			}
			if most := int64(refused+partsAtOnce) * partBytes; refused > 0 && source.count() > most {
				t.Errorf("%d bytes were read, though part %d was refused", source.count(), refused)
			}
		})
	}
}

// TestAPassingFailureOfAPart has a part sent again.
func TestAPassingFailureOfAPart(t *testing.T) {
	var once sync.Once
	b, server := openPartServer(t, func(operation, part string) (status int) {
		if operation == "part" && part == "2" {
			once.Do(func() { status = http.StatusServiceUnavailable })
		}
		return status
	})
	size := 3*partBytes + 5
	if written, err := b.Put(t.Context(), "originals/a", bytes.NewReader(make([]byte, size)), ""); err != nil || written.Bytes != int64(size) {
		t.Errorf("Put = %+v, %v", written, err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	sent := 0
	for _, bytes := range server.parts {
		sent += bytes
	}
	if sent != size || server.asked["part"] != 5 || server.asked["abort"] != 0 {
		t.Errorf("%d bytes have come, asked for %v", sent, server.asked)
	}
}

// TestBytesAreSigned: over plain HTTP nobody who overhears a request may send other bytes under its signature.
func TestBytesAreSigned(t *testing.T) {
	b, server := openPartServer(t, nil)
	for _, size := range []int{1000, 2*partBytes + 1} {
		if _, err := b.Put(t.Context(), "originals/a", io.LimitReader(zeros{}, int64(size)), ""); err != nil {
			t.Fatal(err)
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.asked["put"] != 1 || server.asked["part"] != 3 || server.unsigned != 0 {
		t.Errorf("asked for %v, %d of which without a signature of their bytes", server.asked, server.unsigned)
	}
}

// TestMemoryOfParts checks, whenever a part has come, that not more was read than what may wait.
func TestMemoryOfParts(t *testing.T) {
	source := &countedReader{source: io.LimitReader(zeros{}, 40*partBytes)}
	var mu sync.Mutex
	come, most := int64(0), int64(0)
	b, _ := openPartServer(t, func(operation, _ string) int {
		if operation == "part" {
			mu.Lock()
			defer mu.Unlock()
			most = max(most, source.count()-come*partBytes)
			come++
		}
		return 0
	})
	if _, err := b.Put(t.Context(), "originals/a", source, ""); err != nil {
		t.Fatal(err)
	}
	if most > (partsAtOnce+1)*partBytes {
		t.Errorf("%d bytes were held, want %d parts at most", most, partsAtOnce+1)
	}
}

// TestPartsAreHeldUntilTheyAreHashed sends parts faster than they are hashed: their memory is not given to others meanwhile.
func TestPartsAreHeldUntilTheyAreHashed(t *testing.T) {
	const most = partsAtOnce + 1
	w := &remoteWriting{md5: &digest{pieces: make(chan piece, most*partBytes/chunkBytes)}, held: make(chan struct{}, most)}
	for range most {
		part, err := w.nextPart(zeros{}, partBytes)
		if err != nil || len(part.data) != partBytes {
			t.Fatalf("%d bytes, %v", len(part.data), err)
		}
		part.release() // It was sent.
	}
	if len(w.held) != most {
		t.Errorf("%d parts are held, want %d", len(w.held), most)
	}
	w.md5.end()
	for p := range w.md5.pieces {
		p.of.release()
	}
	if len(w.held) != 0 {
		t.Errorf("%d parts are held that were sent and hashed", len(w.held))
	}
}

// TestACallerThatGoesAway ends an upload in parts in its middle.
func TestACallerThatGoesAway(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	b, server := openPartServer(t, func(operation, part string) int {
		if part == "2" {
			leave()
		}
		return 0
	})
	if _, err := b.Put(ctx, "originals/a", io.LimitReader(zeros{}, 20*partBytes), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want that it was cancelled", err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.asked["abort"] != 1 || server.asked["complete"] != 0 {
		t.Errorf("asked for %v", server.asked)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// countedReader counts what was read.
type countedReader struct {
	source io.Reader
	mu     sync.Mutex
	bytes  int64
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes += int64(n)
	return n, err
}

func (r *countedReader) count() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}
