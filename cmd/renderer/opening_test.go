package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// onPostgres is a home whose library is in a database of a server of its own, and the file that says where.
func onPostgres(t *testing.T) (dir string, c *config.Config, server *postgres.Server) {
	t.Helper()
	server, err := postgres.Launch("127.0.0.1")
	if errors.Is(err, postgres.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	dir, c = home(t)
	c.Database = config.Database{Driver: config.DatabasePostgres, DSNFile: filepath.Join(dir, "uri")}
	return dir, c, server
}

// refuses waits until a renderer says that its database is missing, for a reason with these words, lives nevertheless, and
// answers requests with a clear error.
func (i *instance) refuses(t *testing.T, words string) {
	t.Helper()
	eventually(t, "not ready for "+words, func() bool {
		response, text := get(t, i.internal+"/readyz")
		return response.StatusCode == http.StatusServiceUnavailable && strings.Contains(text, "database: ") && strings.Contains(text, words) &&
			!strings.Contains(text, "catalog") && !strings.Contains(text, postgres.Password)
	})
	if code := status(i.internal + "/livez"); code != http.StatusOK {
		t.Errorf("not alive: %d", code)
	}
	i.answersUnavailable(t, "/demo/image/upload/a.png")
}

func (i *instance) answersUnavailable(t *testing.T, path string) {
	t.Helper()
	response, _ := get(t, i.media+path)
	if response.StatusCode < http.StatusInternalServerError || response.Header.Get("X-Cld-Error") != "The database is unavailable, try again later" {
		t.Errorf("%s: %d %q", path, response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
}

// serves waits until a renderer has its database.
func (i *instance) serves(t *testing.T) {
	t.Helper()
	eventually(t, "the database", func() bool {
		_, text := get(t, i.internal+"/readyz")
		return !strings.Contains(text, "database") && !strings.Contains(text, "volume")
	})
	if code := status(i.media + "/demo/image/upload/a.png"); code != http.StatusNotFound {
		t.Errorf("a missing picture: %d", code)
	}
}

func TestStartsWhileTheDatabaseIsAway(t *testing.T) {
	dir, c, server := onPostgres(t)
	write(t, c.Database.DSNFile, server.URL("postgres"))
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	i := launch(t, dir, c, "", nil)
	i.refuses(t, "refused")
	i.answersUnavailable(t, "/v1_1/demo/resources/image")
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	i.serves(t)
	// Also later.
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	i.refuses(t, "refused")
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	i.serves(t)
}

func TestStartsWithoutTheRightCredentials(t *testing.T) {
	dir, c, server := onPostgres(t)
	i := launch(t, dir, c, "", nil)
	i.refuses(t, "read the database's connection string")
	write(t, c.Database.DSNFile, "postgres://somebody@")
	i.refuses(t, "")
	write(t, c.Database.DSNFile, strings.Replace(server.URL("postgres"), postgres.Password, "wrong", 1))
	i.refuses(t, "password authentication failed")
	write(t, c.Database.DSNFile, server.URL("none"))
	i.refuses(t, `database "none" does not exist`)
	write(t, c.Database.DSNFile, server.URL("postgres"))
	i.serves(t)
}

func TestEndsWhileTheDatabaseIsAway(t *testing.T) {
	dir, c := home(t)
	c.Database = config.Database{Driver: config.DatabasePostgres, DSNFile: filepath.Join(dir, "none")}
	launch(t, dir, c, "", nil).stop()
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStartsWhileTheBucketIsAway(t *testing.T) {
	store := s3server.Start(t)
	if _, err := store.Client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("media")}); err != nil {
		t.Fatal(err)
	}
	store.Stop()
	dir, c := home(t)
	c.Bucket = config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: store.URL, PathStyle: true, CredentialsDir: dir}
	i := launch(t, dir, c, "", nil)
	expect := func(words string) {
		t.Helper()
		eventually(t, "not ready for "+words, func() bool {
			response, text := get(t, i.internal+"/readyz")
			return response.StatusCode == http.StatusServiceUnavailable && strings.Contains(text, "bucket: ") && strings.Contains(text, words)
		})
	}
	expect("reading the bucket's credentials")
	write(t, filepath.Join(dir, "access_key_id"), s3server.AccessKeyID)
	write(t, filepath.Join(dir, "secret_access_key"), s3server.SecretAccessKey)
	expect("refused")
	if err := store.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bucket", func() bool {
		_, text := get(t, i.internal+"/readyz")
		return !strings.Contains(text, "bucket")
	})
	// Credentials are used for a minute before they are read again, so a renderer of its own takes the wrong ones.
	i.stop()
	write(t, filepath.Join(dir, "secret_access_key"), "wrong")
	i = launch(t, dir, c, "", nil)
	expect("SignatureDoesNotMatch")
	if code := status(i.internal + "/livez"); code != http.StatusOK {
		t.Errorf("not alive: %d", code)
	}
}

// TestSuccessorWaits starts a renderer on the volume of another one, as Kubernetes does when it replaces a pod.
func TestSuccessorWaits(t *testing.T) {
	dir, c := home(t)
	first := start(t, dir, c, "", nil)
	second := *c
	second.Listen.Media, second.Listen.Internal = freeAddress(t), freeAddress(t)
	i := launch(t, dir, &second, "", nil)
	eventually(t, "the successor waits", func() bool {
		response, text := get(t, i.internal+"/readyz")
		return response.StatusCode == http.StatusServiceUnavailable && strings.Contains(text, "volume: ") && strings.Contains(text, "renderer before this one") && !strings.Contains(text, "database: ")
	})
	i.answersUnavailable(t, "/demo/image/upload/a.png")
	if code := status(first.media + "/demo/image/upload/a.png"); code != http.StatusNotFound {
		t.Errorf("the first renderer answers %d beside its successor", code)
	}
	first.stop()
	i.serves(t)
}
