package bucket

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// onEveryStore runs a test on an empty volume and on an empty bucket of a real S3 server. stored is what the store
// holds, by key, read past the Bucket.
func onEveryStore(t *testing.T, test func(t *testing.T, b *Bucket, stored func() map[string][]byte)) {
	t.Helper()
	for name, nameless := range map[string]bool{"volume": true, "volume whose files have names": false} {
		t.Run(name, func(t *testing.T) {
			b, directory := openTemporary(t)
			if nameless && !b.store.(*volume).nameless {
				t.Skipf("SKIP %s: the file system of %s has no files without a name", t.Name(), directory)
			}
			b.store.(*volume).nameless = nameless
			test(t, b, func() map[string][]byte {
				objects := map[string][]byte{}
				for _, name := range files(t, directory) {
					content, err := os.ReadFile(filepath.Join(directory, name))
					if err != nil {
						t.Fatal(err)
					}
					objects[name] = content
				}
				return objects
			})
		})
	}
	t.Run("S3", func(t *testing.T) {
		b, client := openReal(t, "")
		test(t, b, func() map[string][]byte { return objects(t, client) })
	})
}

// openReal opens a new bucket, named media, of a real server.
func openReal(t *testing.T, prefix string) (*Bucket, *s3.Client) {
	t.Helper()
	server := s3server.Start(t)
	client, name := server.Client(), "media"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	credentials := t.TempDir()
	for file, value := range map[string]string{accessKeyFile: s3server.AccessKeyID, secretKeyFile: s3server.SecretAccessKey} {
		if err := os.WriteFile(filepath.Join(credentials, file), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(t.Context(), config.Bucket{
		Driver: config.BucketS3, Name: name, Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials, Prefix: prefix,
	}, WithSpool(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, client
}

// objects are what the bucket media holds.
func objects(t *testing.T, client *s3.Client) map[string][]byte {
	t.Helper()
	name := "media"
	page, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{}
	for _, object := range page.Contents {
		output, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: object.Key})
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(output.Body)
		if err != nil {
			t.Fatal(err)
		}
		contents[*object.Key] = content
	}
	return contents
}

func TestS3PrefixAndPartsOnARealServer(t *testing.T) {
	b, client := openReal(t, "tenants/shop/")
	// More than one part.
	content := make([]byte, 12<<20)
	for i := range content {
		content[i] = byte(i >> 8)
	}
	written, err := b.Put(t.Context(), "originals/a", &slowReader{content: content}, "image/png")
	if err != nil || written.Bytes != int64(len(content)) {
		t.Fatalf("Put = %+v, %v", written, err)
	}
	if stored := objects(t, client); len(stored) != 1 || string(stored["tenants/shop/originals/a"]) != string(content) {
		t.Errorf("%d objects are stored, or not the bytes that were put", len(stored))
	}
	if got := read(t, b, "originals/a"); string(got) != string(content) {
		t.Errorf("read %d bytes, want %d equal ones", len(got), len(content))
	}
}

// slowReader gives small pieces and no shortcuts.
type slowReader struct{ content []byte }

func (r *slowReader) Read(p []byte) (int, error) {
	if len(r.content) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.content[:min(len(r.content), 10_000)])
	r.content = r.content[n:]
	return n, nil
}

func TestAnS3ServerThatIsGoneAndComesBack(t *testing.T) {
	server := s3server.Start(t)
	client, name := server.Client(), "media"
	credentials := t.TempDir()
	for file, value := range map[string]string{accessKeyFile: s3server.AccessKeyID, secretKeyFile: s3server.SecretAccessKey} {
		if err := os.WriteFile(filepath.Join(credentials, file), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: name, Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a bucket that does not exist answers")
	}
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	server.Stop()
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a server that is gone answers")
	}
	if err := server.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Errorf("the server is back: %v", err)
	}
}
