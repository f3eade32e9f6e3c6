package bucket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// s3Server answers the few requests that a bucket makes for small objects. It shows how we talk, not that a real server
// would understand everything.
type s3Server struct {
	mu      sync.Mutex
	objects map[string][]byte
	// keyIDs are the access keys that requests were signed with.
	keyIDs map[string]bool
	closed bool
}

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	keyID, _, _ := strings.Cut(credential, "/")
	s.keyIDs[keyID] = true
	if s.closed {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	switch object, found := s.objects[r.URL.Path]; {
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.objects[r.URL.Path] = body
		w.Header().Set("ETag", `"etag"`)
	case r.Method == http.MethodDelete:
		delete(s.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") == 1:
		_, _ = io.WriteString(w, `<ListBucketResult><Name>media</Name></ListBucketResult>`)
	case found:
		_, _ = w.Write(object)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<Error><Code>NoSuchKey</Code></Error>`)
	}
}

// openServer opens a bucket named media on a server of its own.
func openServer(t *testing.T) (b *Bucket, server *s3Server, credentials, spool string) {
	t.Helper()
	server = &s3Server{objects: map[string][]byte{}, keyIDs: map[string]bool{}}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	credentials, spool = t.TempDir(), t.TempDir()
	for name, value := range map[string]string{accessKeyFile: "AKIAMOUNTED\n", secretKeyFile: "secret\n"} {
		if err := os.WriteFile(filepath.Join(credentials, name), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: listener.URL, PathStyle: true,
		CredentialsDir: credentials, Prefix: "shop/"}, WithSpool(spool))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b, server, credentials, spool
}

func TestS3(t *testing.T) {
	b, server, _, spool := openServer(t)
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	for name, want := range map[string][]byte{"originals/empty": {}, "originals/large": data} {
		written, err := b.Put(t.Context(), name, iotest.HalfReader(bytes.NewReader(want)), "image/png")
		if err != nil || written.Bytes != int64(len(want)) {
			t.Fatalf("Put = %+v, %v", written, err)
		}
		if stored := server.objects["/media/shop/"+name]; !bytes.Equal(stored, want) {
			t.Errorf("%s: the server has %d bytes, want %d", name, len(stored), len(want))
		}
		if got := read(t, b, name); !bytes.Equal(got, want) {
			t.Errorf("%s: read %d bytes, want %d", name, len(got), len(want))
		}
	}
	if names := files(t, spool); len(names) != 0 {
		t.Errorf("spool files left: %v", names)
	}
	if !server.keyIDs["AKIAMOUNTED"] || len(server.keyIDs) != 1 {
		t.Errorf("signed with %v, want the mounted key", server.keyIDs)
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := b.Delete(t.Context(), "originals/large"); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.File(t.Context(), "originals/large"); !errors.Is(err, ErrNotFound) {
		t.Errorf("File: %v, want ErrNotFound", err)
	}
}

func TestS3FailedPut(t *testing.T) {
	b, server, _, _ := openServer(t)
	reader := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := b.Put(t.Context(), "originals/a", reader, ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Put: %v, want the reader's error", err)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.objects) != 0 {
		t.Errorf("the server has %d objects, want none", len(server.objects))
	}
}

func TestS3Refuses(t *testing.T) {
	b, server, credentials, _ := openServer(t)
	server.closed = true
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a closed server answers")
	}
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("x"), ""); err == nil {
		t.Error("Put has succeeded")
	}
	if _, err := b.File(t.Context(), "originals/a"); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("File: %v, want an error other than ErrNotFound", err)
	}
	if err := os.Remove(filepath.Join(credentials, secretKeyFile)); err != nil {
		t.Fatal(err)
	}
	provider := mounted(credentials)
	if _, err := provider(t.Context()); err == nil || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("%v, want an error about the credentials", err)
	}
}

// TestASilentStoreIsGivenUp speaks to a server that takes everything in and answers nothing.
func TestASilentStoreIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer connection.Close()
		}
	}()
	const patience = 100 * time.Millisecond
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIASILENT")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: "http://" + listener.Addr().String(), PathStyle: true},
		func(o *options) { o.patience = patience })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	large := bytes.Repeat([]byte("x"), 12<<20) // more than the server's side takes in unread
	for what, call := range map[string]func() error{
		"reading":         func() error { _, err := b.File(t.Context(), "originals/a"); return err },
		"deleting":        func() error { return b.Delete(t.Context(), "originals/a") },
		"writing":         func() error { _, err := b.Put(t.Context(), "originals/a", strings.NewReader("x"), ""); return err },
		"writing a lot":   func() error { _, err := b.Put(t.Context(), "originals/a", bytes.NewReader(large), ""); return err },
		"looking whether": func() error { return b.Ping(t.Context()) },
	} {
		began := time.Now()
		if err := call(); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
		if took := time.Since(began); took < patience || took > 100*patience {
			t.Errorf("%s took %s", what, took)
		}
	}
}

// TestASlowStoreIsWaitedFor reads an object that comes in drops, for longer than any silence may last.
func TestASlowStoreIsWaitedFor(t *testing.T) {
	const patience, drops = time.Second, 6
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range drops {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(patience / 4)
		}
	}))
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIASLOW")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: server.URL, PathStyle: true},
		func(o *options) { o.patience = patience })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	file, err := b.File(t.Context(), "originals/a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if content, err := io.ReadAll(file); err != nil || len(content) != drops {
		t.Errorf("%q, %v", content, err)
	}
}
