package bucket

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/s3server"
)

func TestPurge(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b *Bucket, stored func() map[string][]byte) {
		for _, key := range []string{"a/b", "a/bc"} {
			if _, err := b.Put(t.Context(), key, strings.NewReader(key), ""); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // A missing object is no error.
			if err := b.Purge(t.Context(), "a/b"); err != nil {
				t.Fatal(err)
			}
		}
		if objects := stored(); len(objects) != 1 || string(objects["a/bc"]) != "a/bc" {
			t.Errorf("left are %v", objects)
		}
		if err := b.Purge(t.Context(), "../a"); err == nil {
			t.Error("an invalid key is purged")
		}
	})
}

func TestPurgeTakesAllVersionsAndRespectsLocks(t *testing.T) {
	server := s3server.StartVersioned(t)
	client, name := server.Client(), "media"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: new(true)}); err != nil {
		t.Fatal(err)
	}
	credentials := t.TempDir()
	for file, value := range map[string]string{accessKeyFile: s3server.AccessKeyID, secretKeyFile: s3server.SecretAccessKey} {
		if err := os.WriteFile(filepath.Join(credentials, file), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketS3, Name: name, Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials, Prefix: "shop/"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, content := range []string{"one", "two"} {
		for _, key := range []string{"a", "ab"} {
			if _, err := b.Put(t.Context(), key, strings.NewReader(content), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	versions := func() (versions, markers int) {
		t.Helper()
		page, err := client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Versions), len(page.DeleteMarkers)
	}
	if err := b.Delete(t.Context(), "a"); err != nil { // Leaves a marker.
		t.Fatal(err)
	}
	if err := b.Purge(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if n, markers := versions(); n != 2 || markers != 0 {
		t.Errorf("%d versions and %d markers are left", n, markers)
	}
	_, err = client.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{Bucket: &name, ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: new(int32(1))}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Purge(t.Context(), "ab"); !errors.Is(err, ErrLocked) {
		t.Errorf("a locked object: %v", err)
	}
	if n, _ := versions(); n != 2 {
		t.Errorf("%d versions are left", n)
	}
}
