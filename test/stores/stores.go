// Package stores gives tests real stores. Those that need any library and any bucket run on SQLite and a volume, or, with
// DARKROOM_STORES=servers, on PostgreSQL and S3: one server of each for a test binary. The two other pairs would show
// nothing more: database and bucket know nothing of each other.
package stores

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// onServers says that tests which need any stores run on PostgreSQL and S3.
func onServers() bool { return os.Getenv("DARKROOM_STORES") == "servers" }

// Stores are the stores of a test binary. The zero value is ready; a server is started by the first test that wants it.
type Stores struct {
	librarytest.Databases

	start  sync.Once
	server *s3server.Server
	folder string
	err    error

	mu      sync.Mutex
	buckets int
}

// Main runs all tests of a package and stops the servers after them. It returns the status of the process.
func (s *Stores) Main(m *testing.M) int {
	code := m.Run()
	err := s.Databases.Close()
	if s.server != nil {
		s.server.Stop()
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// Library opens an empty library for a test that needs any.
func (s *Stores) Library(t testing.TB) *library.Library {
	t.Helper()
	if onServers() {
		return s.Postgres(t)
	}
	return librarytest.SQLite(t)
}

// Bucket opens an empty bucket for a test that needs any. keys are those of what is stored there, read past the Bucket.
func (s *Stores) Bucket(t testing.TB) (b *bucket.Bucket, keys func() []string) {
	t.Helper()
	if onServers() {
		return s.S3Bucket(t)
	}
	return VolumeBucket(t)
}

// S3Bucket is as Bucket, of an S3 server in any case.
func (s *Stores) S3Bucket(t testing.TB) (b *bucket.Bucket, keys func() []string) {
	t.Helper()
	settings, keys := s.s3(t)
	return open(t, settings), keys
}

// VolumeBucket is as Bucket, of a volume in any case.
func VolumeBucket(t testing.TB) (b *bucket.Bucket, keys func() []string) {
	t.Helper()
	directory := t.TempDir()
	return open(t, config.Bucket{Driver: config.BucketVolume, Path: directory}), func() []string { return files(t, directory) }
}

func open(t testing.TB, settings config.Bucket) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), settings, bucket.WithSpool(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the bucket: %v", err)
		}
	})
	return b
}

// files are the paths of all files below a directory.
func files(t testing.TB, directory string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, strings.TrimPrefix(path, directory+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// s3 makes a bucket.
func (s *Stores) s3(t testing.TB) (settings config.Bucket, keys func() []string) {
	t.Helper()
	s.start.Do(func() {
		if s.folder, s.err = os.MkdirTemp("", "darkroom-s3-"); s.err == nil {
			s.server, s.err = s3server.Launch(context.Background(), "127.0.0.1", s.folder)
		}
	})
	if errors.Is(s.err, s3server.ErrUnavailable) {
		t.Skipf("SKIP %s: %v", t.Name(), s.err)
	}
	if s.err != nil {
		t.Fatalf("starting the S3 server: %v", s.err)
	}
	s.mu.Lock()
	s.buckets++
	name := fmt.Sprintf("test-%d", s.buckets)
	s.mu.Unlock()
	settings, err := newBucket(t.Context(), s.server, name, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return settings, func() (keys []string) {
		t.Helper()
		pages := s3.NewListObjectsV2Paginator(s.server.Client(), &s3.ListObjectsV2Input{Bucket: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.WithoutCancel(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range page.Contents {
				keys = append(keys, *object.Key)
			}
		}
		uploads, err := s.server.Client().ListMultipartUploads(context.WithoutCancel(t.Context()), &s3.ListMultipartUploadsInput{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		for _, upload := range uploads.Uploads {
			keys = append(keys, *upload.Key)
		}
		return keys
	}
}

// newBucket makes a bucket of a server. credentials is a directory for the server's.
func newBucket(ctx context.Context, server *s3server.Server, name, credentials string) (config.Bucket, error) {
	if _, err := server.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		return config.Bucket{}, fmt.Errorf("making a bucket: %w", err)
	}
	for file, value := range map[string]string{"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey} {
		if err := os.WriteFile(filepath.Join(credentials, file), []byte(value), 0o600); err != nil {
			return config.Bucket{}, err
		}
	}
	return config.Bucket{Driver: config.BucketS3, Name: name, Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials}, nil
}

// Renderer is how a renderer that runs as a process is given empty stores; nil for its own, which are SQLite and a volume.
func (s *Stores) Renderer(t testing.TB) func(*config.Config) {
	t.Helper()
	if !onServers() {
		return nil
	}
	dsn := filepath.Join(t.TempDir(), "uri")
	if err := os.WriteFile(dsn, []byte(s.PostgresDSN(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	objects, _ := s.s3(t)
	return func(c *config.Config) {
		c.Database, c.Bucket = config.Database{Driver: config.DatabasePostgres, DSNFile: dsn}, objects
	}
}
