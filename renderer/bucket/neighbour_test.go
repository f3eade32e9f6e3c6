package bucket

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/darkroom-media/darkroom/renderer/config"
)

func TestNeighbours(t *testing.T) {
	b, server, _, _ := openServer(t)
	server.objects["/theirs/folder/a.txt"] = []byte("content")
	server.objects["/theirs/.wellknown/cloudinary/demo"] = []byte{}
	server.objects["/silent/folder/a.txt"] = []byte("content")
	server.objects["/media/originals/x"] = []byte("ours")
	server.objects["/media/.wellknown/cloudinary/demo"] = []byte{}

	reader, err := b.OpenNeighbour(t.Context(), "theirs", "folder/a.txt", "demo")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err := errors.Join(err, reader.Close()); err != nil || string(content) != "content" {
		t.Errorf("%q, %v", content, err)
	}
	for title, at := range map[string][3]string{
		"no consent":         {"silent", "folder/a.txt", "demo"},
		"consent to another": {"theirs", "folder/a.txt", "other"},
		"no object":          {"theirs", "folder/b.txt", "demo"},
		"no bucket":          {"none", "folder/a.txt", "demo"},
		"our own":            {"media", "originals/x", "demo"},
	} {
		if _, err := b.OpenNeighbour(t.Context(), at[0], at[1], at[2]); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", title, err)
		}
	}
	server.closed = true
	if _, err := b.OpenNeighbour(t.Context(), "theirs", "folder/a.txt", "demo"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a bucket that is closed to us: %v", err)
	}
	volume, err := Open(t.Context(), config.Bucket{Driver: config.BucketVolume, Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer volume.Close()
	if _, err := volume.OpenNeighbour(t.Context(), "theirs", "a", "demo"); !errors.Is(err, ErrNoNeighbours) {
		t.Errorf("beside a volume: %v", err)
	}
}

// TestNeighboursOfARealServer holds the same to a server that is none of ours.
func TestNeighboursOfARealServer(t *testing.T) {
	b, client := openReal(t, "")
	for _, bucket := range []string{"theirs", "silent"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
	}
	for _, object := range [][2]string{{"theirs", "folder/a.txt"}, {"theirs", consent + "demo"}, {"silent", "folder/a.txt"}} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &object[0], Key: &object[1], Body: strings.NewReader("content")}); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := b.OpenNeighbour(t.Context(), "theirs", "folder/a.txt", "demo")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err := errors.Join(err, reader.Close()); err != nil || string(content) != "content" {
		t.Errorf("%q, %v", content, err)
	}
	for _, at := range [][3]string{{"silent", "folder/a.txt", "demo"}, {"theirs", "folder/b.txt", "demo"}, {"theirs", "folder/a.txt", "other"}, {"none", "a", "demo"}, {"media", "a", "demo"}} {
		if _, err := b.OpenNeighbour(t.Context(), at[0], at[1], at[2]); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: %v", at, err)
		}
	}
}
