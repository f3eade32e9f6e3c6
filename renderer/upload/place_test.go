package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// onS3 runs a test with a bucket that has multipart uploads, and room for large raw files.
func onS3(t *testing.T, run func(f *fixture)) {
	t.Helper()
	databases.Each(t, func(t *testing.T, l *library.Library) {
		run(roomy(newFixture(t, func(f *fixture, options *Options) {
			f.library, options.Library = l, l
			f.bucket, f.objects = databases.S3Bucket(t)
			options.Bucket = f.bucket
		})))
	})
}

// isObject says whether a key is that of an object, as opposed to a multipart upload.
func (f *fixture) isObject(key string) bool {
	f.Helper()
	reader, err := f.bucket.Open(f.Context(), key)
	if errors.Is(err, bucket.ErrNotFound) {
		return false
	}
	if err == nil {
		err = reader.Close()
	}
	if err != nil {
		f.Fatal(err)
	}
	return true
}

// TestChunksAreSentToTheirPlaces: on S3 there is one multipart upload until the file is whole, and one object then.
func TestChunksAreSentToTheirPlaces(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(2*chunkBytes + 10)
		size := fmt.Sprint(len(content))
		f.expect(f.sendChunk(f.server, "p", content, 0, chunkBytes-1, size))
		keys := f.objects()
		if len(keys) != 1 || f.isObject(keys[0]) {
			t.Fatalf("after the first chunk there are %q", keys)
		}
		f.expect(f.sendChunk(f.server, "p", content, chunkBytes, 2*chunkBytes-1, size))
		got := f.expect(f.sendChunk(f.server, "p", content, 2*chunkBytes, len(content)-1, size))
		if now := f.objects(); len(now) != 1 || now[0] != keys[0] || !f.isObject(keys[0]) {
			t.Errorf("after the last chunk there are %q", now)
		}
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStored(1)
	})
}

// storing fails StoreAsset for the first time.
type storing struct {
	Library
	failure error
}

func (s *storing) StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error) {
	if err := s.failure; err != nil {
		s.failure = nil
		return nil, err
	}
	return s.Library.StoreAsset(ctx, asset, options)
}

// TestAJoinedFileOutlivesAFailure: the database is lost when the store has joined the chunks already.
func TestAJoinedFileOutlivesAFailure(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		f.handler.library = &storing{f.library, problem.Unavailable("The database", nil)}
		f.expect(f.sendChunk(f.server, "s", content, 0, chunkBytes-1, size))
		if got := f.sendChunk(f.server, "s", content, chunkBytes, len(content)-1, size); got.status != http.StatusInternalServerError {
			t.Fatalf("%d %s", got.status, got.text)
		}
		f.sweep()
		got := f.expect(f.sendChunk(f.server, "s", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStoredAfterSweep(1)
	})
}

func TestAFileThatStaysAsItIs(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		f.expect(f.upload("/raw/upload", "a.bin", "first", "public_id", "a"))
		for _, chunk := range [][2]int{{0, chunkBytes - 1}, {chunkBytes, len(content) - 1}} {
			got := f.expect(f.sendChunk(f.server, "e", content, chunk[0], chunk[1], size, "public_id", "a", "overwrite", "false"))
			if chunk[0] > 0 && got.body["existing"] != true {
				t.Errorf("the answer is %s", got.text)
			}
		}
		f.expectStoredAfterSweep(1)
	})
}

// hooked lets a test look at what is received.
type hooked struct {
	Bucket
	receive func(how bucket.Receiving)
	begin   func() error
	// begun gets what was begun.
	begun func(key, upload string)
}

func (h *hooked) Receive(ctx context.Context, key string, r io.Reader, how bucket.Receiving) (bucket.Writing, error) {
	if h.receive != nil {
		h.receive(how)
	}
	return h.Bucket.Receive(ctx, key, r, how)
}

func (h *hooked) BeginMultipart(ctx context.Context, key, contentType string) (string, error) {
	if h.begin != nil {
		if err := h.begin(); err != nil {
			return "", err
		}
	}
	upload, err := h.Bucket.BeginMultipart(ctx, key, contentType)
	if h.begun != nil {
		h.begun(key, upload)
	}
	return upload, err
}

// slowChunk is a chunk whose client sends half of it, and the rest, or an end that breaks off, when it is told to.
type slowChunk struct {
	rest  func(failure error)
	reply chan *reply
}

func (f *fixture) sendSlowly(id string, content []byte, first, last int, total string) *slowChunk {
	f.Helper()
	reader, pipe := io.Pipe()
	writer := multipart.NewWriter(pipe)
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.server.URL+"/v1_1/demo/raw/upload", reader)
	if err != nil {
		f.Fatal(err)
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	request.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", first, last, total))
	request.Header.Set("X-Unique-Upload-Id", id)
	sent := &slowChunk{reply: make(chan *reply, 1)}
	go func() {
		response, err := f.server.Client().Do(request)
		if err != nil {
			sent.reply <- nil
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		sent.reply <- &reply{status: response.StatusCode}
		response.Body.Close()
	}()
	for _, p := range parts(signed()) {
		if err := writer.WriteField(p.name, p.value); err != nil {
			f.Fatal(err)
		}
	}
	file, err := writer.CreateFormFile("file", "large.bin")
	if err != nil {
		f.Fatal(err)
	}
	middle := (first + last) / 2
	if _, err := file.Write(content[first:middle]); err != nil {
		f.Fatal(err)
	}
	sent.rest = func(failure error) {
		if failure == nil {
			_, _ = file.Write(content[middle : last+1]) // The answer tells.
			failure = writer.Close()
		}
		pipe.CloseWithError(failure)
	}
	return sent
}

// TestTheSameChunkTwiceAtOnce: a client that has waited for too long sends a chunk again while the first is still on its way. Only one
// of them writes to the place.
func TestTheSameChunkTwiceAtOnce(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(2*chunkBytes + 10)
		size := fmt.Sprint(len(content))
		received := make(chan *bucket.Place, 4)
		f.handler.bucket = &hooked{Bucket: f.bucket, receive: func(how bucket.Receiving) { received <- how.Place }}
		slow := f.sendSlowly("t", content, 0, chunkBytes-1, size)
		if place := <-received; place == nil || place.Offset != 0 || place.Bytes != chunkBytes {
			t.Errorf("the first is sent to %+v", place)
		}
		f.expect(f.sendChunk(f.server, "t", content, 0, chunkBytes-1, size))
		if place := <-received; place != nil {
			t.Errorf("the second is sent to %+v", place)
		}
		f.expect(f.sendChunk(f.server, "t", content, chunkBytes, 2*chunkBytes-1, size))
		if place := <-received; place == nil || place.Offset != chunkBytes {
			t.Errorf("the next is sent to %+v", place)
		}
		slow.rest(nil)
		if got := <-slow.reply; got == nil || got.status != http.StatusOK {
			t.Errorf("the first is answered %+v", got)
		}
		got := f.expect(f.sendChunk(f.server, "t", content, 2*chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStoredAfterSweep(1)
	})
}

// TestAChunkThatBreaksOff is sent to its place again.
func TestAChunkThatBreaksOff(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		begun := make(chan *bucket.Place, 4)
		f.handler.bucket = &hooked{Bucket: f.bucket, receive: func(how bucket.Receiving) { begun <- how.Place }}
		abandoned := make(chan struct{})
		f.handler.library = &abandoning{f.library, abandoned}
		slow := f.sendSlowly("b", content, 0, chunkBytes-1, size)
		<-begun
		slow.rest(errors.New("the client is gone"))
		<-slow.reply
		<-abandoned
		f.expectStoredAfterSweep(0)
		f.expect(f.sendChunk(f.server, "b", content, 0, chunkBytes-1, size))
		if place := <-begun; place == nil {
			t.Error("the second time it is an object")
		}
		got := f.expect(f.sendChunk(f.server, "b", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStoredAfterSweep(1)
	})
}

// abandoning tells when a chunk was given up.
type abandoning struct {
	Library
	abandoned chan struct{}
}

func (a *abandoning) AbandonChunk(ctx context.Context, uploadID, claim string) error {
	err := a.Library.AbandonChunk(ctx, uploadID, claim)
	close(a.abandoned)
	return err
}

// TestNothingIsBegunForStrangers: what may not be uploaded is an object until its parameters are known, which is deleted then.
func TestNothingIsBegunForStrangers(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(2 * chunkBytes)
		size := fmt.Sprint(len(content))
		f.handler.bucket = &hooked{Bucket: f.bucket, begin: func() error {
			t.Error("a multipart upload was begun")
			return nil
		}}
		forged := signed("public_id", "x")
		forged.Set("public_id", "y")
		stranger := url.Values{"upload_preset": {"signed"}}
		for name, params := range map[string][2]url.Values{
			"a wrong signature":           {forged, nil},
			"no unsigned preset":          {stranger, nil},
			"a wrong signature behind it": {nil, forged},
		} {
			if got := f.sendChunkBetween(f.server, "x", params[0], params[1], content, 0, chunkBytes-1, size); got.status/100 != 4 {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
		}
		f.expectStored(0)
	})
}

// TestARefusalBehindTheFile: the signature covers what comes behind the file, too.
func TestARefusalBehindTheFile(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(2 * chunkBytes)
		got := f.sendChunkBetween(f.server, "x", signed("public_id", "x"), url.Values{"tags": {"more"}}, content, 0, chunkBytes-1, fmt.Sprint(len(content)))
		if got.status != http.StatusUnauthorized || !strings.HasPrefix(got.message(), "Invalid Signature") {
			t.Errorf("%d %s", got.status, got.text)
		}
		f.expectStored(0)
	})
}

// TestWhatWasSentIsLost aborts the multipart upload behind the renderer's back.
func TestWhatWasSentIsLost(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		var upload, key string
		f.handler.bucket = &hooked{Bucket: f.bucket, begun: func(k, u string) { key, upload = k, u }}
		f.expect(f.sendChunk(f.server, "l", content, 0, chunkBytes-1, size))
		if err := f.bucket.AbortMultipart(t.Context(), key, upload); err != nil {
			t.Fatal(err)
		}
		// The last chunk is not sent to a place that is gone, but is an object when it comes behind the file.
		last := func() *reply {
			return f.sendChunkBetween(f.server, "l", nil, signed(), content, chunkBytes, len(content)-1, size)
		}
		f.expectRefused(last(), http.StatusConflict, "What was sent of this file is not in the bucket any more, send all of its chunks again")
		f.expectStoredAfterSweep(0)
		f.expect(f.sendChunk(f.server, "l", content, 0, chunkBytes-1, size))
		got := f.expect(f.sendChunk(f.server, "l", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStoredAfterSweep(1)
	})
}

// TestABucketThatIsAwayBeginsNothing refuses the chunk before its bytes are read.
func TestABucketThatIsAwayBeginsNothing(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		away := errors.New("the bucket is away")
		f.handler.bucket = &hooked{Bucket: f.bucket, begin: func() error { return away }, receive: func(bucket.Receiving) { t.Error("the chunk was received") }}
		f.expectRefused(f.sendChunk(f.server, "a", content, 0, chunkBytes-1, size), http.StatusInternalServerError, "The bucket is unavailable, try again later")
		f.handler.bucket = f.bucket
		f.expect(f.sendChunk(f.server, "a", content, 0, chunkBytes-1, size))
		got := f.expect(f.sendChunk(f.server, "a", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
	})
}

// racing has another replica begin the upload between two calls, or fails one.
type racing struct {
	Library
	bucket *bucket.Bucket
	theirs library.Multipart
	failAt int
	calls  int
}

func (r *racing) BeginChunk(ctx context.Context, uploadID string, first, last, total int64, offered library.Multipart) (*library.Arrival, error) {
	if r.calls++; r.calls == r.failAt {
		return nil, errors.New("the database is away")
	}
	if offered.Upload != "" && r.failAt == 0 && r.theirs.Upload == "" {
		theirs := library.Multipart{ObjectKey: bucket.NewKey("originals")}
		if err := r.ReserveObject(ctx, theirs.ObjectKey, time.Now().Add(time.Hour)); err != nil {
			return nil, err
		}
		var err error
		if theirs.Upload, err = r.bucket.BeginMultipart(ctx, theirs.ObjectKey, ""); err != nil {
			return nil, err
		}
		r.theirs = theirs
		begun, err := r.Library.BeginChunk(ctx, uploadID, last+1, total-1, total, theirs)
		if err != nil {
			return nil, err
		}
		if err := r.AbandonChunk(ctx, "another", begun.Claim); err != nil {
			return nil, err
		}
	}
	return r.Library.BeginChunk(ctx, uploadID, first, last, total, offered)
}

// TestTwoReplicasBeginAnUpload: one multipart upload is taken, the other one is aborted.
func TestTwoReplicasBeginAnUpload(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		race := &racing{Library: f.library, bucket: f.bucket}
		f.handler.library = race
		f.expect(f.sendChunk(f.server, "r", content, 0, chunkBytes-1, size))
		f.sweep()
		if keys := f.objects(); len(keys) != 1 || keys[0] != race.theirs.ObjectKey {
			t.Errorf("there are %q, want %q", keys, race.theirs.ObjectKey)
		}
		got := f.expect(f.sendChunk(f.server, "r", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
		f.expectStoredAfterSweep(1)
	})
}

func TestTheDatabaseIsLostWhenAChunkBegins(t *testing.T) {
	onS3(t, func(f *fixture) {
		content := noise(chunkBytes + 10)
		size := fmt.Sprint(len(content))
		for failAt := range 2 {
			f.handler.library = &racing{Library: f.library, failAt: failAt + 1}
			f.expectRefused(f.sendChunk(f.server, "d", content, 0, chunkBytes-1, size), http.StatusInternalServerError, "The database is unavailable, try again later")
		}
		f.handler.library = brokenLibrary{Library: f.library, reserve: errors.New("the database is away")}
		f.expectRefused(f.sendChunk(f.server, "d", content, 0, chunkBytes-1, size), http.StatusInternalServerError, "The database is unavailable, try again later")
		f.handler.library = f.library
		f.expect(f.sendChunk(f.server, "d", content, 0, chunkBytes-1, size))
		got := f.expect(f.sendChunk(f.server, "d", content, chunkBytes, len(content)-1, size))
		f.expectBytes(fmt.Sprint(got.body["asset_id"]), content)
	})
}
