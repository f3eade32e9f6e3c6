package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestJoin(t *testing.T) { onEveryStore(t, testJoin) }

func testJoin(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	var pieces []Piece
	var whole []byte
	state := ""
	for i, size := range []int{minPartBytes, partBytes + 3, 7} {
		content := bytes.Repeat([]byte{byte('a' + i)}, size)
		whole = append(whole, content...)
		key := fmt.Sprint("originals/piece-", i)
		writing, err := b.Receive(t.Context(), key, bytes.NewReader(content), Receiving{After: state})
		if err != nil {
			t.Fatal(err)
		}
		written, err := writing.Wait()
		if err != nil {
			t.Fatal(err)
		}
		sum := md5.Sum(whole)
		if want := hex.EncodeToString(sum[:]); written.MD5 != want {
			t.Errorf("the MD5 with piece %d is %s, want %s", i, written.MD5, want)
		}
		state = written.MD5State
		pieces = append(pieces, Piece{Key: key, Bytes: int64(size)})
	}
	for range 2 { // What is there already is replaced.
		if err := b.Join(t.Context(), "originals/whole", "", pieces, "image/png"); err != nil {
			t.Fatal(err)
		}
		if got := stored()["originals/whole"]; !bytes.Equal(got, whole) {
			t.Errorf("%d bytes are stored, want %d equal ones", len(got), len(whole))
		}
	}
	if err := b.Join(t.Context(), "originals/one", "", pieces[2:], ""); err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(stored())); len(got) != 5 {
		t.Errorf("there are %v", got)
	}
}

func TestAPieceThatIsMissing(t *testing.T) {
	onEveryStore(t, func(t *testing.T, b *Bucket, stored func() map[string][]byte) {
		if _, err := b.Put(t.Context(), "originals/a", bytes.NewReader(make([]byte, minPartBytes)), ""); err != nil {
			t.Fatal(err)
		}
		err := b.Join(t.Context(), "originals/whole", "", []Piece{{Key: "originals/a", Bytes: minPartBytes}, {Key: "originals/b", Bytes: 10}}, "")
		if err == nil || errors.Is(err, ErrCannotJoin) || !strings.Contains(err.Error(), "originals/whole") {
			t.Errorf("Join: %v", err)
		}
		if got := slices.Collect(maps.Keys(stored())); !slices.Equal(got, []string{"originals/a"}) {
			t.Errorf("there are %v", got)
		}
		if remote, ok := b.store.(*remote); ok {
			expectNoUploads(t, remote.client)
		}
	})
}

func TestAPieceOfAnotherLength(t *testing.T) {
	b, directory := openTemporary(t)
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("hello"), ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Join(t.Context(), "originals/whole", "", []Piece{{Key: "originals/a", Bytes: 6}}, ""); err == nil || !strings.Contains(err.Error(), "originals/a has 5 bytes, not 6") {
		t.Errorf("Join: %v", err)
	}
	if got := files(t, directory); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}

// TestJoinedIsDurable fails the sync of the file, and ends the caller's context.
func TestJoinedIsDurable(t *testing.T) {
	b, directory := openTemporary(t)
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("hello"), ""); err != nil {
		t.Fatal(err)
	}
	pieces := []Piece{{Key: "originals/a", Bytes: 5}}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := b.Join(ended, "originals/whole", "", pieces, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Join: %v", err)
	}
	b.store.(*volume).fsync = func(*os.File) error { return syscall.EIO }
	if err := b.Join(t.Context(), "originals/whole", "", pieces, ""); !errors.Is(err, syscall.EIO) {
		t.Errorf("Join: %v", err)
	}
	if got := files(t, directory); len(got) != 1 {
		t.Errorf("there are %v", got)
	}
}

func TestWhatCannotBeJoined(t *testing.T) {
	for name, pieces := range map[string][]Piece{
		"a short piece": {{Key: "originals/a", Bytes: minPartBytes - 1}, {Key: "originals/b", Bytes: 1}},
		"many pieces":   slices.Repeat([]Piece{{Key: "originals/a", Bytes: minPartBytes}}, maxParts+1),
	} {
		t.Run(name, func(t *testing.T) {
			b, server := openPartServer(t, nil)
			if err := b.Join(t.Context(), "originals/whole", "", pieces, ""); !errors.Is(err, ErrCannotJoin) || len(server.asked) != 0 {
				t.Errorf("Join: %v, asked for %v", err, server.asked)
			}
		})
	}
	t.Run("a copy that is refused", func(t *testing.T) {
		b, server := openPartServer(t, func(operation, part string) int {
			if operation == "copy" && part == "2" {
				return http.StatusForbidden
			}
			return 0
		})
		err := b.Join(t.Context(), "originals/whole", "", []Piece{{Key: "originals/a", Bytes: minPartBytes}, {Key: "originals/b", Bytes: 1}}, "")
		if err == nil || errors.Is(err, ErrCannotJoin) {
			t.Errorf("Join: %v", err)
		}
		if server.asked["abort"] != 1 || server.asked["complete"] != 0 {
			t.Errorf("asked for %v", server.asked)
		}
	})
}

// TestAStoreThatCopiesNoParts reads the pieces from a real server that stands for one, and sends them once more.
func TestAStoreThatCopiesNoParts(t *testing.T) {
	for _, status := range []int{http.StatusNotImplemented, http.StatusMethodNotAllowed} {
		b, client := openReal(t, "")
		client = s3.New(client.Options(), withoutCopies(status))
		b.store.(*remote).client = client
		var pieces []Piece
		var whole []byte
		for i, size := range []int{maxCopyBytes + 1, 7} {
			content := bytes.Repeat([]byte{byte('a' + i)}, size)
			whole = append(whole, content...)
			key := fmt.Sprint("originals/piece-", i)
			if _, err := b.Put(t.Context(), key, bytes.NewReader(content), ""); err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, Piece{Key: key, Bytes: int64(size)})
		}
		if err := b.Join(t.Context(), "originals/whole", "", pieces, ""); err != nil {
			t.Fatal(err)
		}
		if got := read(t, b, "originals/whole"); !bytes.Equal(got, whole) {
			t.Errorf("%d bytes are stored, want %d equal ones", len(got), len(whole))
		}
		if err := b.Join(t.Context(), "originals/none", "", []Piece{{Key: "originals/missing", Bytes: 7}}, ""); err == nil {
			t.Error("a piece that is missing was joined")
		}
		expectNoUploads(t, client)
	}
}

// withoutCopies is a client whose server answers the copying of parts by a status.
func withoutCopies(status int) func(*s3.Options) {
	return func(o *s3.Options) {
		o.HTTPClient = refusing{o.HTTPClient, func(r *http.Request) *http.Response {
			if r.Header.Get("X-Amz-Copy-Source") == "" {
				return nil
			}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}
		}}
	}
}

// refusing answers some requests by itself.
type refusing struct {
	s3.HTTPClient
	answer func(*http.Request) *http.Response
}

func (r refusing) Do(request *http.Request) (*http.Response, error) {
	if answer := r.answer(request); answer != nil {
		return answer, nil
	}
	return r.HTTPClient.Do(request)
}

// TestLongPiecesAreCopiedInRanges looks at what a server is asked to copy.
func TestLongPiecesAreCopiedInRanges(t *testing.T) {
	b, server := openPartServer(t, nil)
	if err := b.Join(t.Context(), "originals/whole", "", []Piece{{Key: "originals/a", Bytes: 2*maxCopyBytes + 1}, {Key: "originals/b", Bytes: maxCopyBytes}}, ""); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{
		"1": "media/originals/a bytes=0-44739242", "2": "media/originals/a bytes=44739243-89478485", "3": "media/originals/a bytes=89478486-134217728",
		"4": "media/originals/b ",
	}; !maps.Equal(server.copied, want) {
		t.Errorf("copied %v, want %v", server.copied, want)
	}
}

func TestAStateThatIsNone(t *testing.T) {
	b, directory := openTemporary(t)
	for _, state := range []string{"!", "aGVsbG8="} {
		if _, err := b.Receive(t.Context(), "originals/a", strings.NewReader("x"), Receiving{After: state}); err == nil || !strings.Contains(err.Error(), "state of MD5") {
			t.Errorf("%q: %v", state, err)
		}
	}
	if got := files(t, directory); len(got) != 0 {
		t.Errorf("there are %v", got)
	}
}
