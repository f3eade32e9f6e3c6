package upload

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

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
		"gs://theirs": "it must be gs://bucket/object", "gs:///a": "it must be gs://bucket/object", "file:///etc/passwd": "Unsupported protocol file",
		"ftp://127.0.0.1:1/a": "the connection failed",
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

func TestObjectsOfGoogleStorageAsSources(t *testing.T) {
	certificate, authority := authorityOf(t, googleStorage)
	storage := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != googleStorage || r.URL.EscapedPath() != "/theirs/folder/a%20%25b.txt" {
			http.Error(w, "AccessDenied", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, "content")
	}))
	storage.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	storage.StartTLS()
	t.Cleanup(storage.Close)
	f := newFixture(t)
	f.snapshot.Environment.FetchHostAliases = map[string]string{googleStorage: storage.Listener.Addr().String()}
	f.snapshot.Environment.FetchCABundle = authority
	got := f.expect(f.call("/raw/upload", "file", "gs://theirs/folder/a %b.txt", "use_filename", "1", "unique_filename", "0"))
	if got.body["bytes"] != json.Number("7") {
		t.Errorf("%s", pretty(got.body))
	}
	f.expectRefused(f.call("/raw/upload", "file", "GS://theirs/other"), 400, "Error in loading GS://theirs/other - 403 Forbidden")
	f.snapshot.Environment.FetchAllowedDomains = []string{"example.com"}
	f.expectRefused(f.call("/raw/upload", "file", "gs://theirs/other"), 400,
		"Error in loading gs://theirs/other - the host storage.googleapis.com is not allowed: its domain is not allowed")
	f.expectStored(1)
}

// authorityOf is a certificate for a host, and what trusts it in PEM.
func authorityOf(t *testing.T, host string) (certificate tls.Certificate, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
