package upload

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// chunkBytes is what the SDKs' own tests send: a little above the least.
const chunkBytes = 5_243_000

// roomy takes large raw files.
func roomy(f *fixture) *fixture {
	f.snapshot.Environment.MaxRawBytes = 40 << 20
	return f
}

// noise are n bytes that are the same in every run.
func noise(n int) []byte {
	content := make([]byte, n)
	source := rand.NewChaCha8([32]byte{7})
	_, _ = source.Read(content)
	return content
}

// sendChunk sends content[first:last+1] with the headers that chunks have. total is as it is written.
func (f *fixture) sendChunk(server *httptest.Server, id string, content []byte, first, last int, total string, pairs ...string) *reply {
	f.Helper()
	return f.sendChunkOf(server, id, signed(pairs...), content, first, last, total)
}

// sendChunkOf is sendChunk with parameters that are signed already.
func (f *fixture) sendChunkOf(server *httptest.Server, id string, params url.Values, content []byte, first, last int, total string) *reply {
	f.Helper()
	return f.sendChunkBetween(server, id, params, nil, content, first, last, total)
}

// sendChunkBetween is sendChunkOf with parameters before and behind the file.
func (f *fixture) sendChunkBetween(server *httptest.Server, id string, before, behind url.Values, content []byte, first, last int, total string) *reply {
	f.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	write := func(params url.Values) {
		for _, p := range parts(params) {
			if err := writer.WriteField(p.name, p.value); err != nil {
				f.Fatal(err)
			}
		}
	}
	write(before)
	file, err := writer.CreateFormFile("file", "large.bin")
	if err != nil {
		f.Fatal(err)
	}
	if _, err := file.Write(content[first : last+1]); err != nil {
		f.Fatal(err)
	}
	write(behind)
	if err := writer.Close(); err != nil {
		f.Fatal(err)
	}
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, server.URL+"/v1_1/demo/raw/upload", &body)
	if err != nil {
		f.Fatal(err)
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	request.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", first, last, total))
	if id != "" {
		request.Header.Set("X-Unique-Upload-Id", id)
	}
	return f.do(request)
}

// expectBytes compares the stored original with content.
func (f *fixture) expectBytes(assetID string, content []byte) {
	f.Helper()
	asset, err := f.library.AssetByID(f.Context(), assetID)
	if err != nil {
		f.Fatal(err)
	}
	stored, err := f.bucket.Open(f.Context(), asset.ObjectKey)
	if err != nil {
		f.Fatal(err)
	}
	defer stored.Close()
	if got, err := io.ReadAll(stored); err != nil || !bytes.Equal(got, content) {
		f.Errorf("%d bytes are stored, %v; want %d others", len(got), err, len(content))
	}
}

func TestChunksInAnyOrderByAnyReplica(t *testing.T) {
	content := noise(2*chunkBytes + 1000)
	size := fmt.Sprint(len(content))
	type sent struct {
		first, last int
		total       string
	}
	a, b, c := sent{0, chunkBytes - 1, size}, sent{chunkBytes, 2*chunkBytes - 1, size}, sent{2 * chunkBytes, len(content) - 1, size}
	unknown := func(s sent, total string) sent { s.total = total; return s }
	for title, order := range map[string][]sent{
		"size told by the last": {unknown(a, "-1"), unknown(b, "*"), c},
		"backwards":             {c, b, a},
		"repeated":              {b, a, b, a, c},
	} {
		t.Run(title, func(t *testing.T) {
			onEach(t, func(f *fixture) {
				roomy(f)
				other := httptest.NewServer(New(Options{Catalog: catalog.Fixed{Snapshot: f.snapshot}, Library: f.library, Bucket: f.bucket, Engine: f.engine}))
				defer other.Close()
				var got *reply
				for i, chunk := range order {
					server := f.server
					if i%2 == 1 {
						server = other
					}
					got = f.expect(f.sendChunk(server, "one", content, chunk.first, chunk.last, chunk.total, "public_id", "large.bin", "tags", "b,a"))
					if i < len(order)-1 && (got.body["done"] != false || got.body["public_id"] != "large.bin" || got.body["kind"] != "upload") {
						t.Fatalf("answer to chunk %d: %s", i, got.text)
					}
				}
				if got.body["public_id"] != "large.bin" || fmt.Sprint(got.body["bytes"]) != size || fmt.Sprint(got.body["tags"]) != "[a b]" || got.body["original_filename"] != "large" {
					t.Fatalf("last answer: %s", got.text)
				}
				assetID := fmt.Sprint(got.body["asset_id"])
				f.expectBytes(assetID, content)
				f.sweep()
				f.expectStored(1)
				// A client that has lost the last answer sends the last chunk again.
				again := f.expect(f.sendChunk(other, "one", content, c.first, c.last, c.total, "public_id", "large.bin", "tags", "b,a"))
				if again.body["asset_id"] != assetID || again.body["version"] != got.body["version"] {
					t.Errorf("repeated last chunk: %s", again.text)
				}
				f.expectStoredAfterSweep(1)
				// The same name for another file begins anew.
				changed := noise(len(content) + 1)
				if next := f.expect(f.sendChunk(other, "one", changed, 0, chunkBytes, fmt.Sprint(len(changed)))); next.body["done"] != false {
					t.Errorf("first chunk of another file: %s", next.text)
				}
			})
		})
	}
}

// TestUploadIDAsParameter is of clients that send it beside the other parameters, where it is no part of what they sign.
func TestUploadIDAsParameter(t *testing.T) {
	onEach(t, func(f *fixture) {
		roomy(f)
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		params := signed("public_id", "p.bin")
		params.Set("x_unique_upload_id", "one")
		var got *reply
		for _, chunk := range [][2]int{{0, chunkBytes - 1}, {chunkBytes, len(content) - 1}} {
			got = f.expect(f.sendChunkOf(f.server, "", params, content, chunk[0], chunk[1], size))
		}
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
	})
}

// TestKeysHaveChunksOfTheirOwn: two callers may choose the same ID for their files.
func TestKeysHaveChunksOfTheirOwn(t *testing.T) {
	onEach(t, func(f *fixture) {
		roomy(f)
		f.snapshot.Keys["2"] = catalog.Key{Name: "second", APIKey: "2", APISecret: "other"}
		content := noise(2 * chunkBytes)
		size := fmt.Sprint(len(content))
		second := url.Values{"timestamp": {fmt.Sprint(time.Now().Unix())}, "public_id": {"b.bin"}}
		second.Set("signature", sign.Upload(second, "other"))
		second.Set("api_key", "2")
		reversed := bytes.Clone(content)
		slices.Reverse(reversed)
		f.expect(f.sendChunk(f.server, "same", content, 0, chunkBytes-1, size, "public_id", "a.bin"))
		f.expect(f.sendChunkOf(f.server, "same", second, reversed, 0, chunkBytes-1, size))
		a := f.expect(f.sendChunk(f.server, "same", content, chunkBytes, len(content)-1, size, "public_id", "a.bin"))
		b := f.expect(f.sendChunkOf(f.server, "same", second, reversed, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(a.body["asset_id"]), content)
		f.expectBytes(fmt.Sprint(b.body["asset_id"]), reversed)
	})
}

// sweep deletes what is due now, as the collector does.
func (f *fixture) sweep() {
	f.Helper()
	keys := f.garbage()
	for _, key := range keys {
		if err := f.bucket.Delete(f.Context(), key); err != nil {
			f.Fatal(err)
		}
	}
	if err := f.library.ForgetGarbage(f.Context(), keys); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) expectStoredAfterSweep(assets int) {
	f.Helper()
	f.sweep()
	f.expectStored(assets)
}

func TestUnfinishedChunksAreCollected(t *testing.T) {
	onEach(t, func(f *fixture) {
		roomy(f)
		content := noise(chunkBytes + 10)
		f.expect(f.sendChunk(f.server, "u", content, 0, chunkBytes-1, fmt.Sprint(len(content))))
		f.sweep()
		if len(f.objects()) != 1 {
			t.Fatalf("%d objects wait, want 1", len(f.objects()))
		}
		keys, err := f.library.Garbage(t.Context(), time.Now().Add(25*time.Hour), 100)
		if err != nil || len(keys) != 1 {
			t.Fatalf("a day later: %v %v", keys, err)
		}
		// What was collected has to come again.
		if got := f.expect(f.sendChunk(f.server, "u", content, chunkBytes, len(content)-1, fmt.Sprint(len(content)))); got.body["done"] != false || fmt.Sprint(got.body["bytes"]) != "10" {
			t.Errorf("answer %s", got.text)
		}
	})
}

func TestRefusedChunks(t *testing.T) {
	f := roomy(newFixture(t))
	content := noise(2*chunkBytes + 10)
	size := fmt.Sprint(len(content))
	f.expect(f.sendChunk(f.server, "r", content, 0, chunkBytes-1, size))
	for _, test := range []struct {
		title, id   string
		first, last int
		total       string
		message     string
	}{
		{"too small", "r", chunkBytes, chunkBytes + 99, size, "All parts except EOF-chunk must be larger than 5mb"},
		{"too small, size unknown", "r", chunkBytes, chunkBytes + 99, "-1", "All parts except EOF-chunk must be larger than 5mb"},
		{"overlap", "r", chunkBytes - 1, 2*chunkBytes - 1, size, fmt.Sprintf("Content-Range bytes %d-%d overlaps bytes 0-%d, which were received before", chunkBytes-1, 2*chunkBytes-1, chunkBytes-1)},
		{"other size", "r", chunkBytes, 2*chunkBytes - 1, fmt.Sprint(len(content) + 1), fmt.Sprintf("Content-Range gives a size of %d bytes, an earlier chunk has given %s", len(content)+1, size)},
		{"behind the end", "r", chunkBytes, chunkBytes + 4, "9", fmt.Sprintf("Invalid Content-Range \"bytes %d-%d/9\"", chunkBytes, chunkBytes+4)},
		{"too large", "r", chunkBytes, 2*chunkBytes - 1, fmt.Sprint(41 << 20), "File size too large. Got 42991616. Maximum is 41943040."},
		{"no upload ID", "", chunkBytes, 2*chunkBytes - 1, size, "Missing X-Unique-Upload-Id header of an upload in chunks"},
		{"long upload ID", strings.Repeat("x", 257), chunkBytes, 2*chunkBytes - 1, size, "Invalid X-Unique-Upload-Id: it is longer than 256 bytes"},
	} {
		t.Run(test.title, func(t *testing.T) {
			f.expectRefused(f.sendChunk(f.server, test.id, content, test.first, test.last, test.total), http.StatusBadRequest, test.message)
		})
	}
	// None of them has hurt the upload.
	f.expect(f.sendChunk(f.server, "r", content, chunkBytes, 2*chunkBytes-1, size))
	got := f.expect(f.sendChunk(f.server, "r", content, 2*chunkBytes, len(content)-1, size))
	f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
	f.expectStoredAfterSweep(1)
	// As large as may be is not too large.
	f.expect(f.sendChunk(f.server, "full", content, 0, chunkBytes-1, fmt.Sprint(40<<20)))
}

func TestChunkHeaders(t *testing.T) {
	content := picture("png", 5, 4)
	for header, message := range map[string]string{
		fmt.Sprintf("bytes 0-%d/%d", len(content)-1, len(content)): "",
		"bytes 0-9/10": fmt.Sprintf("Content-Range is for 10 bytes, but the file has %d", len(content)),
		"bytes 0-0/0":  `Invalid Content-Range "bytes 0-0/0"`,
		"bytes 0-9/9":  `Invalid Content-Range "bytes 0-9/9"`,
		"pages 1-2/3":  `Invalid Content-Range "pages 1-2/3"`,
		"bytes 5-4/10": `Invalid Content-Range "bytes 5-4/10"`,
	} {
		f := newFixture(t)
		params := signed("file", dataURI(content))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/v1_1/demo/image/upload_chunked", strings.NewReader(params.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Range", header)
		if got := f.do(request); got.message() != message {
			t.Errorf("%s: answer %q, want %q", header, got.message(), message)
		}
	}
}

// joiningBucket counts how objects are joined, and fails when it is first asked to.
type joiningBucket struct {
	Bucket
	// unjoined and unopened are what the first calls get.
	unjoined, unopened error
	joined, opened     int
	// parts is how many pieces were sent to their places.
	parts int
}

func (b *joiningBucket) Join(ctx context.Context, key, upload string, pieces []bucket.Piece, contentType string) error {
	b.joined++
	for _, piece := range pieces {
		if piece.Parts != "" {
			b.parts++
		}
	}
	if err := b.unjoined; err != nil {
		b.unjoined = nil
		return err
	}
	return b.Bucket.Join(ctx, key, upload, pieces, contentType)
}

func (b *joiningBucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	b.opened++
	if err := b.unopened; err != nil {
		b.unopened = nil
		return nil, err
	}
	return b.Bucket.Open(ctx, key)
}

// TestJoining: chunks are joined by the store, whichever replica took them; only those that came out of order are read, for their MD5.
func TestJoining(t *testing.T) {
	content := noise(2*chunkBytes + 1000)
	size := fmt.Sprint(len(content))
	sum := md5.Sum(content)
	for title, test := range map[string]struct {
		order    []int
		unjoined error
		// behind says that the parameters come behind the file.
		behind                bool
		parts, joined, opened int
	}{
		"in order":                   {order: []int{0, 1, 2}, parts: 3, joined: 1},
		"one repeated":               {order: []int{0, 1, 1, 2}, parts: 3, joined: 1},
		"out of order":               {order: []int{1, 0, 2}, parts: 3, joined: 1, opened: 1},
		"the last two out of order":  {order: []int{0, 2, 1}, parts: 3, joined: 1, opened: 1},
		"parameters behind the file": {order: []int{0, 1, 2}, behind: true, joined: 1, opened: 1},
		"by a store that cannot":     {order: []int{0, 1, 2}, behind: true, unjoined: bucket.ErrCannotJoin, joined: 1, opened: 3},
	} {
		t.Run(title, func(t *testing.T) {
			onEach(t, func(f *fixture) {
				roomy(f)
				counted := &joiningBucket{Bucket: f.bucket, unjoined: test.unjoined}
				f.handler.bucket = counted
				var got *reply
				for _, i := range test.order {
					before, behind := signed("public_id", "joined"), url.Values(nil)
					if test.behind {
						before, behind = nil, before
					}
					got = f.expect(f.sendChunkBetween(f.server, "j", before, behind, content, i*chunkBytes, min((i+1)*chunkBytes, len(content))-1, size))
				}
				f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
				if want := hex.EncodeToString(sum[:]); got.body["etag"] != want || fmt.Sprint(got.body["bytes"]) != size {
					t.Errorf("etag %v of %v bytes, want %s of %s", got.body["etag"], got.body["bytes"], want, size)
				}
				if counted.joined != test.joined || counted.opened != test.opened {
					t.Errorf("%d joins by the store, %d objects read, want %d and %d", counted.joined, counted.opened, test.joined, test.opened)
				}
				if f.bucket.HasMultipart() && counted.parts != test.parts {
					t.Errorf("%d chunks were sent to their places, want %d", counted.parts, test.parts)
				}
				f.expectStoredAfterSweep(1)
			})
		})
	}
}

func TestJoiningThatFailedIsTriedAgain(t *testing.T) {
	away := errors.New("the bucket is away")
	for title, test := range map[string]struct {
		order              [2]int
		unjoined, unopened error
	}{
		"joining":               {order: [2]int{0, 1}, unjoined: away},
		"joining without order": {order: [2]int{1, 0}, unjoined: away},
		"reading":               {order: [2]int{1, 0}, unopened: away},
	} {
		t.Run(title, func(t *testing.T) {
			onEach(t, func(f *fixture) {
				roomy(f)
				f.handler.bucket = &joiningBucket{Bucket: f.bucket, unjoined: test.unjoined, unopened: test.unopened}
				content := noise(chunkBytes + 10)
				size := fmt.Sprint(len(content))
				send := func(i int) *reply {
					return f.sendChunk(f.server, "j", content, i*chunkBytes, min((i+1)*chunkBytes, len(content))-1, size)
				}
				f.expect(send(test.order[0]))
				if got := send(test.order[1]); got.status != http.StatusInternalServerError {
					t.Fatalf("status %d: %s", got.status, got.text)
				}
				got := f.expect(send(test.order[1]))
				f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
				f.expectStoredAfterSweep(1)
			})
		})
	}
}

func TestRefusedFileOfChunksIsDropped(t *testing.T) {
	f := roomy(newFixture(t))
	content := noise(chunkBytes + 10)
	size := fmt.Sprint(len(content))
	f.expect(f.sendChunk(f.server, "d", content, 0, chunkBytes-1, size, "allowed_formats", "zip"))
	f.expectRefused(f.sendChunk(f.server, "d", content, chunkBytes, len(content)-1, size, "allowed_formats", "zip"),
		http.StatusBadRequest, "Raw file format bin not allowed")
	f.expectStoredAfterSweep(0)
}

// A failure of ours that is no refusal leaves the chunks: the client sends the last one again.
func TestChunksOutliveAFailureOfOurs(t *testing.T) {
	for name, test := range map[string]struct {
		failure error
		kept    bool
	}{
		"a failure":            {problem.Failed(errors.New("the engine died")), true},
		"a passing refusal":    {problem.Busy(1), true},
		"a refusal":            {problem.BadRequest("Invalid image file"), false},
		"no failure":           {nil, true},
		"a store that is away": {problem.Unavailable("The bucket", nil), true},
	} {
		t.Run(name, func(t *testing.T) {
			f := roomy(newFixture(t))
			content := noise(2*chunkBytes + 10)
			size := fmt.Sprint(len(content))
			f.expect(f.sendChunk(f.server, "o", content, 0, chunkBytes-1, size))
			session := (&chunk{uploadID: "o"}).session(&caller{key: &catalog.Key{APIKey: apiKey}}, cloud)
			(&intake{handler: f.handler, chunked: session}).endChunks(t.Context(), test.failure)
			received := f.expect(f.sendChunk(f.server, "o", content, chunkBytes, 2*chunkBytes-1, size)).body["bytes"]
			if kept := fmt.Sprint(received) == fmt.Sprint(2*chunkBytes); kept != test.kept {
				t.Errorf("%v bytes are there", received)
			}
		})
	}
}

func TestSDKUploadsInChunks(t *testing.T) {
	onEach(t, func(f *fixture) {
		roomy(f)
		client := f.sdk("")
		client.Upload.Config.API.ChunkSize = chunkBytes
		content := noise(3*chunkBytes + 123)
		got, err := client.Upload.Upload(t.Context(), io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))),
			uploader.UploadParams{ResourceType: "raw", PublicID: "from the SDK"})
		if err != nil || got.Error.Message != "" || got.PublicID != "from the SDK" || got.Bytes != len(content) {
			t.Fatalf("upload: %+v %v", got, err)
		}
		f.expectBytes(got.AssetID, content)
		f.expectStoredAfterSweep(1)
	})
}
