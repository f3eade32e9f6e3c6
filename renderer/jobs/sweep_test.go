package jobs

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func openStores(t *testing.T) (*library.Library, *bucket.Bucket) {
	t.Helper()
	objects, _ := databases.Bucket(t)
	return databases.Library(t), objects
}

// leave writes an object that nothing refers to once its reservation ends.
func leave(t *testing.T, rows *library.Library, objects *bucket.Bucket, until time.Time) string {
	t.Helper()
	key := bucket.NewKey("originals")
	if err := rows.ReserveObject(t.Context(), key, until); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Put(t.Context(), key, bytes.NewReader([]byte("bytes")), ""); err != nil {
		t.Fatal(err)
	}
	return key
}

func exists(t *testing.T, objects *bucket.Bucket, key string) bool {
	t.Helper()
	file, err := objects.File(t.Context(), key)
	if errors.Is(err, bucket.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	return true
}

// stubborn does not delete some keys.
type stubborn struct {
	Objects
	mu   sync.Mutex
	keep map[string]bool
}

func (s *stubborn) Delete(ctx context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep[key] {
		return errors.New("the bucket is away")
	}
	return s.Objects.Delete(ctx, key)
}

func TestSweepDeletesWhatNothingRefersTo(t *testing.T) {
	rows, objects := openStores(t)
	now := time.Now()
	var expired []string
	for range sweepBatch + 5 {
		expired = append(expired, leave(t, rows, objects, now.Add(-time.Minute)))
	}
	reserved := leave(t, rows, objects, now.Add(time.Hour))
	taken := leave(t, rows, objects, now.Add(-time.Minute))
	if _, err := rows.StoreAsset(t.Context(), &library.Asset{PublicID: "kept", ResourceType: library.Image, Type: "upload", Format: "png", Bytes: 5, ObjectKey: taken}, library.StoreOptions{}); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	tick, ended := make(chan time.Time), make(chan error)
	go func() {
		ended <- Sweep(ctx, SweepOptions{Garbage: rows, Objects: objects, Tick: tick, Now: func() time.Time { return now }})
	}()
	tick <- now
	tick <- now // Taken only when the first sweep is over.
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, key := range expired {
		if exists(t, objects, key) {
			t.Errorf("%s is still there", key)
		}
	}
	if !exists(t, objects, reserved) || !exists(t, objects, taken) {
		t.Error("a reserved or owned object was deleted")
	}
	if left, err := rows.Garbage(t.Context(), now, 10); err != nil || len(left) != 0 {
		t.Errorf("still on the list: %v, %v", left, err)
	}
}

func TestSweepTriesAgainWhatFailed(t *testing.T) {
	rows, objects := openStores(t)
	now := time.Now()
	bad, good := leave(t, rows, objects, now.Add(-time.Minute)), leave(t, rows, objects, now.Add(-time.Minute))
	away := &stubborn{Objects: objects, keep: map[string]bool{bad: true}}
	options := SweepOptions{Garbage: rows, Objects: away, Now: func() time.Time { return now }}
	if deleted, err := sweepAll(t.Context(), options); deleted != 1 || err == nil {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	if exists(t, objects, good) || !exists(t, objects, bad) {
		t.Error("one broken object must not hold the others back, nor vanish")
	}
	away.keep = nil
	now = now.Add(time.Hour)
	if deleted, err := sweepAll(t.Context(), options); deleted != 1 || err != nil {
		t.Errorf("second time: deleted %d, %v", deleted, err)
	}
	if exists(t, objects, bad) {
		t.Error("the object is still there")
	}
}

// AbortMultipart fails as Delete does.
func (s *stubborn) AbortMultipart(ctx context.Context, key, upload string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep[key] {
		return errors.New("the bucket is away")
	}
	return s.Objects.AbortMultipart(ctx, key, upload)
}

// TestSweepAbortsMultipartUploads collects an upload in chunks that nobody goes on with.
func TestSweepAbortsMultipartUploads(t *testing.T) {
	rows := databases.Library(t)
	objects, keys := databases.S3Bucket(t)
	now := time.Now()
	offered := library.Multipart{ObjectKey: bucket.NewKey("originals")}
	if err := rows.ReserveObject(t.Context(), offered.ObjectKey, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var err error
	if offered.Upload, err = objects.BeginMultipart(t.Context(), offered.ObjectKey, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := rows.BeginChunk(t.Context(), "chunks", 0, 9, 20, offered); err != nil {
		t.Fatal(err)
	}
	away := &stubborn{Objects: objects, keep: map[string]bool{offered.ObjectKey: true}}
	options := SweepOptions{Garbage: rows, Objects: away, Now: func() time.Time { return now }}
	if deleted, err := sweepAll(t.Context(), options); deleted != 0 || err != nil || len(keys()) != 1 {
		t.Errorf("within a day: deleted %d, %v", deleted, err)
	}
	now = now.Add(25 * time.Hour)
	if deleted, err := sweepAll(t.Context(), options); deleted != 0 || err == nil || len(keys()) != 1 {
		t.Errorf("while the bucket is away: deleted %d, %v", deleted, err)
	}
	away.keep = nil
	now = now.Add(time.Hour)
	if deleted, err := sweepAll(t.Context(), options); deleted != 1 || err != nil || len(keys()) != 0 {
		t.Errorf("a day later: deleted %d, %v, there are %q", deleted, err, keys())
	}
}
