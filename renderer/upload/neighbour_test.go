package upload

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/bucket"
)

// neighbourhood is a bucket with another one beside it.
type neighbourhood struct {
	Bucket
	fail error
}

func (n *neighbourhood) OpenNeighbour(_ context.Context, name, key, reader string) (io.ReadCloser, error) {
	if n.fail != nil {
		return nil, n.fail
	}
	if name != "theirs" || reader != cloud {
		return nil, bucket.ErrNotFound
	}
	return io.NopCloser(strings.NewReader("content of " + key)), nil
}

func TestBucketsAsSources(t *testing.T) {
	beside := &neighbourhood{}
	f := newFixture(t, func(f *fixture, options *Options) { beside.Bucket, options.Bucket = f.bucket, beside })
	send := func(path, url string, pairs ...string) *reply {
		params := signed(append([]string{"file", url}, pairs...)...)
		return f.post(path, "application/x-www-form-urlencoded", strings.NewReader(params.Encode()))
	}
	got := f.expect(send("/raw/upload", "s3://theirs/folder/a%20b.txt", "use_filename", "1", "unique_filename", "0"))
	if got.body["public_id"] != "a_20b.txt" || got.body["bytes"] != json.Number(strconv.Itoa(len("content of folder/a%20b.txt"))) {
		t.Errorf("%s", pretty(got.body))
	}
	const marker = "no such object, or the bucket does not hold .wellknown/cloudinary/demo"
	for url, reason := range map[string]string{
		"s3://none/a": marker, "S3://none/a": marker, "s3://theirs": "it must be s3://bucket/key", "s3:///a": "it must be s3://bucket/key",
		"gs://theirs/a": "Unsupported protocol gs", "ftp://h/a": "Unsupported protocol ftp",
	} {
		f.expectRefused(send("/raw/upload", url), 400, "Error in loading "+url+" - "+reason)
	}
	f.expectRefused(f.multipart("/raw/upload", part{"upload_preset", "", "unsigned"}, part{"file", "", "s3://theirs/a"}),
		400, "Error in loading s3://theirs/a - only signed uploads read buckets")
	beside.fail = bucket.ErrNoNeighbours
	f.expectRefused(send("/raw/upload", "s3://theirs/a"), 400, "Error in loading s3://theirs/a - the environment has no S3 storage")
	beside.fail = errors.New("away")
	f.expectRefused(send("/raw/upload", "s3://theirs/a"), 500, "The bucket is unavailable, try again later")
	f.expectStored(1)
}

func TestAPresetThatForbidsAFormat(t *testing.T) {
	f := newFixture(t)
	preset := f.snapshot.Presets["unsigned"]
	preset.Parameters = map[string]json.RawMessage{"allowed_formats": json.RawMessage(`["jpg","webp"]`)}
	f.snapshot.Presets["unsigned"] = preset
	f.expectRefused(f.multipart("/image/upload", part{"upload_preset", "", "unsigned"}, part{"file", "a.png", picture("png", 3, 3)}),
		400, "Image file format png not allowed")
	f.expect(f.multipart("/image/upload", part{"upload_preset", "", "unsigned"}, part{"file", "a.jpg", picture("jpg", 3, 3)}))
	f.expectStored(1)
}
