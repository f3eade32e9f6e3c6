package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

var errClaim = errors.New("no claim")

func TestNothingIsThereWithoutAClaim(t *testing.T) { onEveryStore(t, testNothingIsThereWithoutAClaim) }

// testNothingIsThereWithoutAClaim looks at the store while the claim is out, when all bytes have come and when it is refused.
func testNothingIsThereWithoutAClaim(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	for name, size := range map[string]int{"small": 1000, "one part": partBytes - 1, "many parts": 2*partBytes + 1} {
		t.Run(name, func(t *testing.T) {
			asked, answer := make(chan struct{}), make(chan error)
			end := readerFunc(func([]byte) (int, error) {
				<-asked
				if found := stored(); len(found) != 0 {
					t.Errorf("%d objects or files are there before the claim", len(found))
				}
				return 0, io.EOF
			})
			go func() {
				<-asked
				answer <- errClaim
			}()
			content := io.MultiReader(bytes.NewReader(make([]byte, size)), end)
			if name == "many parts" { // of which the first is sent before the others are read
				content = bytes.NewReader(make([]byte, size))
			}
			writing, err := b.Receive(t.Context(), NewKey("originals"), content, Receiving{Claim: func(context.Context) error {
				close(asked)
				return <-answer
			}})
			if err == nil {
				_, err = writing.Wait()
			}
			if !errors.Is(err, errClaim) {
				t.Errorf("%v, want the error of the claim", err)
			}
			if found := stored(); len(found) != 0 {
				t.Errorf("%d objects or files are left", len(found))
			}
		})
	}
}

func TestFileBeforeWait(t *testing.T) { onEveryStore(t, testFileBeforeWait) }

// testFileBeforeWait reads the bytes while the object is not there yet.
func testFileBeforeWait(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	if volume, ok := b.store.(*volume); ok && !volume.nameless {
		return // A file with a name is made when the claim is there.
	}
	content := bytes.Repeat([]byte("0123456789"), 300_000)
	claim := make(chan error)
	writing, err := b.Receive(t.Context(), "originals/a", iotest.HalfReader(bytes.NewReader(content)), Receiving{Claim: func(context.Context) error { return <-claim }})
	if err != nil {
		t.Fatal(err)
	}
	if writing.Bytes() != int64(len(content)) {
		t.Errorf("%d bytes, want %d", writing.Bytes(), len(content))
	}
	file, err := writing.File()
	if err != nil || file == nil {
		t.Fatalf("File = %v, %v", file, err)
	}
	defer file.Close()
	if len(stored()) != 0 {
		t.Error("the object is there already")
	}
	if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes, %v, want %d equal ones", len(got), err, len(content))
	}
	if _, err := file.Write([]byte("x")); !errors.Is(err, syscall.EBADF) {
		t.Errorf("writing to it: %v, want EBADF", err)
	}
	claim <- nil
	for range 2 {
		if written, err := writing.Wait(); err != nil || written.Bytes != int64(len(content)) {
			t.Errorf("Wait = %+v, %v", written, err)
		}
	}
	if !bytes.Equal(stored()["originals/a"], content) {
		t.Error("the object has other bytes")
	}
}

func TestFileOfAVolumeAfterWait(t *testing.T) {
	b, _ := openTemporary(t)
	writing, err := b.Receive(t.Context(), "originals/a", strings.NewReader("hello"), Receiving{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writing.Wait(); err != nil {
		t.Fatal(err)
	}
	file, err := writing.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := io.ReadAll(file); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestAFileThatWasNotStoredCannotBeOpened(t *testing.T) {
	b, _ := openTemporary(t)
	b.store.(*volume).fsync = func(*os.File) error { return syscall.EIO }
	writing, err := b.Receive(t.Context(), "originals/a", strings.NewReader("hello"), Receiving{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writing.Wait(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Wait: %v, want EIO", err)
	}
	if file, err := writing.File(); !errors.Is(err, syscall.EIO) {
		t.Errorf("File = %v, %v, want EIO", file, err)
	}
}

// TestChunksThatWaitForTheHashAreBounded holds the hash up, and counts what is read beyond it.
func TestChunksThatWaitForTheHashAreBounded(t *testing.T) {
	own := make(chan struct{}, ownChunks)
	var taken []*buffer
	for range ownChunks + spareChunks {
		taken = append(taken, takeChunk(own))
	}
	got := make(chan *buffer)
	go func() { got <- takeChunk(own) }()
	select {
	case <-got:
		t.Error("there is more than was to be")
	default:
	}
	taken[0].hold()
	taken[0].release()
	if len(own)+len(spare) != ownChunks+spareChunks {
		t.Error("a chunk that is in use was given back")
	}
	taken[0].release()
	(<-got).release()
	for _, chunk := range taken[1:] {
		chunk.release()
	}
	if len(own)+len(spare) != 0 {
		t.Errorf("%d and %d chunks are still taken", len(own), len(spare))
	}
}
