package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// pattern are n bytes that are others at every offset.
func pattern(offset, n int64) []byte {
	content := make([]byte, n)
	for i := range content {
		at := offset + int64(i)
		content[i] = byte(at) ^ byte(at>>8) ^ byte(at>>16)
	}
	return content
}

// sendPlace sends content to a place, as the renderer sends chunks.
func sendPlace(t *testing.T, b *Bucket, key, upload string, offset int64, content []byte, after string) Written {
	t.Helper()
	writing, err := b.Receive(t.Context(), key, bytes.NewReader(content), Receiving{After: after, Place: &Place{Upload: upload, Offset: offset, Bytes: int64(len(content))}})
	if err != nil {
		t.Fatal(err)
	}
	if file, err := writing.File(); file != nil || err != nil {
		t.Errorf("there is a file before the object: %v, %v", file, err)
	}
	written, err := writing.Wait()
	if err != nil || written.Bytes != int64(len(content)) || written.Parts == "" {
		t.Fatalf("sent %+v, %v", written, err)
	}
	return written
}

// TestPlacesOnARealServer has an object come in pieces of many lengths, out of order, one of them as an object of its own.
func TestPlacesOnARealServer(t *testing.T) {
	b, client := openReal(t, "tenants/a/")
	for _, checksum := range []types.ChecksumAlgorithm{"", types.ChecksumAlgorithmCrc32} {
		b.store.(*remote).checksum = checksum
		key := "originals/whole" + string(checksum)
		upload, err := b.BeginMultipart(t.Context(), key, "video/mp4")
		if err != nil || upload == "" {
			t.Fatalf("%q, %v", upload, err)
		}
		lengths := []int64{minPartBytes, 20_000_000, partBytes - 1, minPartBytes + 1, 2*maxPartBytes + 17, 3}
		offsets := make([]int64, len(lengths))
		total := int64(0)
		for i, length := range lengths {
			offsets[i], total = total, total+length
		}
		whole := pattern(0, total)
		pieces := make([]Piece, len(lengths))
		for _, i := range []int{4, 0, 5, 3, 2, 1} {
			pieces[i].Bytes = lengths[i]
			content := whole[offsets[i]:][:lengths[i]]
			if i == 2 {
				pieces[i].Key = "originals/piece" + string(checksum)
				if _, err := b.Put(t.Context(), pieces[i].Key, bytes.NewReader(content), ""); err != nil {
					t.Fatal(err)
				}
				continue
			}
			pieces[i].Parts = sendPlace(t, b, key, upload, offsets[i], content, "").Parts
		}
		// What has come twice is there once, as when the answer to it was lost.
		pieces[1].Parts = sendPlace(t, b, key, upload, offsets[1], whole[offsets[1]:][:lengths[1]], "").Parts
		if _, there := objects(t, client)["tenants/a/"+key]; there {
			t.Error("the object is there before it is whole")
		}
		for i := range 2 { // The second time nobody has heard of the first.
			if err := b.Join(t.Context(), key, upload, pieces, ""); err != nil {
				t.Fatalf("Join %d: %v", i, err)
			}
			if got := read(t, b, key); !bytes.Equal(got, whole) {
				t.Errorf("%d bytes are stored, want %d equal ones", len(got), len(whole))
			}
		}
		name, stored := "media", "tenants/a/"+key
		if head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &name, Key: &stored}); err != nil || *head.ContentType != "video/mp4" {
			t.Errorf("content type %v, %v", head, err)
		}
		if err := b.AbortMultipart(t.Context(), key, upload); err != nil {
			t.Errorf("aborting what was joined: %v", err)
		}
		if got := read(t, b, key); len(got) != len(whole) {
			t.Errorf("aborting what was joined has left %d bytes", len(got))
		}
	}
	expectNoUploads(t, client)
}

func TestDigestOfPlaces(t *testing.T) {
	b, _ := openReal(t, "")
	upload, err := b.BeginMultipart(t.Context(), "originals/a", "")
	if err != nil {
		t.Fatal(err)
	}
	whole := pattern(0, maxPartBytes+minPartBytes+9)
	first := sendPlace(t, b, "originals/a", upload, 0, whole[:maxPartBytes], "")
	second := sendPlace(t, b, "originals/a", upload, maxPartBytes, whole[maxPartBytes:], first.MD5State)
	if sum := md5.Sum(whole); second.MD5 != hex.EncodeToString(sum[:]) {
		t.Errorf("MD5 %s", second.MD5)
	}
}

func TestPiecesThatAreLost(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, b *Bucket, key, upload string){
		"aborted": func(t *testing.T, b *Bucket, key, upload string) {
			for range 2 {
				if err := b.AbortMultipart(t.Context(), key, upload); err != nil {
					t.Fatal(err)
				}
			}
		},
		"other bytes in a place": func(t *testing.T, b *Bucket, key, upload string) {
			sendPlace(t, b, key, upload, 0, make([]byte, minPartBytes), "")
		},
		"another object": func(t *testing.T, b *Bucket, key, upload string) {
			if err := b.AbortMultipart(t.Context(), key, upload); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Put(t.Context(), key, strings.NewReader("short"), ""); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := openReal(t, "")
			upload, err := b.BeginMultipart(t.Context(), "originals/a", "")
			if err != nil {
				t.Fatal(err)
			}
			pieces := []Piece{
				{Bytes: minPartBytes, Parts: sendPlace(t, b, "originals/a", upload, 0, pattern(0, minPartBytes), "").Parts},
				{Bytes: 10, Parts: sendPlace(t, b, "originals/a", upload, minPartBytes, pattern(0, 10), "").Parts},
			}
			lose(t, b, "originals/a", upload)
			if err := b.Join(t.Context(), "originals/a", upload, pieces, ""); !errors.Is(err, ErrPiecesLost) {
				t.Errorf("Join: %v", err)
			}
		})
	}
}

// TestAnUploadOutlivesAFailure joins again after the server could not.
func TestAnUploadOutlivesAFailure(t *testing.T) {
	for _, operation := range []string{"complete", "copy"} {
		away := true
		b, server := openPartServer(t, func(asked, _ string) int {
			if asked == operation && away {
				return http.StatusForbidden
			}
			return 0
		})
		pieces := []Piece{{Bytes: minPartBytes, Parts: `[{"n":1,"e":"a"}]`}, {Key: "originals/b", Bytes: 10}}
		err := b.Join(t.Context(), "originals/a", "id", pieces, "")
		if err == nil || errors.Is(err, ErrPiecesLost) || server.asked["abort"] != 0 {
			t.Errorf("%s: Join: %v, asked for %v", operation, err, server.asked)
		}
		away, server.length = false, minPartBytes+10
		if err := b.Join(t.Context(), "originals/a", "id", pieces, ""); err != nil || !maps.Equal(server.copied, map[string]string{"2": "media/originals/b "}) {
			t.Errorf("%s: the second time: %v, copied %v", operation, err, server.copied)
		}
	}
}

// TestACopyThatWasWrittenOver has bytes come to the place of a copy behind it.
func TestACopyThatWasWrittenOver(t *testing.T) {
	pieces := []Piece{{Bytes: minPartBytes, Parts: `[{"n":1,"e":"a"}]`}, {Key: "originals/b", Bytes: 10}}
	for name, test := range map[string]struct {
		pieces []Piece
		times  int
		lost   bool
	}{
		"once":             {pieces, 1, false},
		"again and again":  {pieces, 2, true},
		"without any copy": {pieces[:1], 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			completed := 0
			b, server := openPartServer(t, func(operation, _ string) int {
				if operation == "complete" {
					if completed++; completed <= test.times {
						return invalidPart
					}
				}
				return 0
			})
			for _, piece := range test.pieces {
				server.length += int(piece.Bytes)
			}
			if err := b.Join(t.Context(), "originals/a", "id", test.pieces, ""); errors.Is(err, ErrPiecesLost) != test.lost || (err != nil) != test.lost {
				t.Errorf("Join: %v", err)
			}
		})
	}
}

// TestAnObjectThatIsNotThereYet is of servers that answer whoever joins once more before the object is there.
func TestAnObjectThatIsNotThereYet(t *testing.T) {
	b, server := openPartServer(t, func(operation, _ string) int {
		if operation == "head" {
			return http.StatusNotFound
		}
		return 0
	})
	pieces := []Piece{{Bytes: minPartBytes, Parts: `[{"n":1,"e":"a"}]`}}
	if err := b.Join(t.Context(), "originals/a", "id", pieces, ""); err == nil || errors.Is(err, ErrPiecesLost) || server.asked["abort"] != 0 {
		t.Errorf("Join: %v, asked for %v", err, server.asked)
	}
}

// TestAStoreThatIsAwayHasLostNothing: whether the object is there is not known.
func TestAStoreThatIsAwayHasLostNothing(t *testing.T) {
	b, client := openReal(t, "")
	b.store.(*remote).client = s3.New(client.Options(), func(o *s3.Options) {
		o.HTTPClient = refusing{o.HTTPClient, func(r *http.Request) *http.Response {
			if r.Method != http.MethodHead {
				return nil
			}
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}
		}}
	})
	err := b.Join(t.Context(), "originals/a", "unknown", []Piece{{Bytes: 1, Parts: `[{"n":1,"e":"d41d8cd98f00b204e9800998ecf8427e"}]`}}, "")
	if err == nil || errors.Is(err, ErrPiecesLost) {
		t.Errorf("Join: %v", err)
	}
}

func TestPartsThatCannotBeRead(t *testing.T) {
	b, server := openPartServer(t, nil)
	if err := b.Join(t.Context(), "originals/a", "id", []Piece{{Bytes: 1, Parts: "?"}}, ""); err == nil || !strings.Contains(err.Error(), "reading the parts of a piece") || len(server.asked) != 0 {
		t.Errorf("Join: %v, asked for %v", err, server.asked)
	}
}

// TestPartsHaveNumbersOfTheirOwn divides objects into places at random, the longest that there may be among them.
func TestPartsHaveNumbersOfTheirOwn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		offset, last := int64(0), 0
		total := minPartBytes + random.Int64N(MaxMultipartBytes-minPartBytes)
		for offset < total {
			length := minPartBytes + random.Int64N(1<<uint(22+random.IntN(14)))
			length = min(length, total-offset)
			sum := int64(0)
			for _, part := range partLengths(length) {
				if part > maxPartBytes || part < minPartBytes && offset+int64(part) != total {
					t.Fatalf("a part of %d bytes, in a place of %d", part, length)
				}
				if number := partNumber(offset); number <= last || number > maxParts {
					t.Fatalf("part %d comes behind part %d", number, last)
				}
				last = partNumber(offset)
				offset, sum = offset+int64(part), sum+int64(part)
			}
			if sum != length {
				t.Fatalf("a place of %d bytes has parts of %d", length, sum)
			}
		}
	}
}

// TestAPlaceOfAnotherLength counts what comes, and sends no more than belongs there.
func TestAPlaceOfAnotherLength(t *testing.T) {
	const place = 2*minPartBytes + 2 // Two parts.
	for come, sent := range map[int]map[string]int{
		0: {}, 10: {}, minPartBytes + 2: {"3": minPartBytes + 2}, place - 1: {"3": minPartBytes + 2},
		place: {"3": minPartBytes + 2, "4": minPartBytes}, place + 1: {"3": minPartBytes + 2, "4": minPartBytes},
		place + 100: {"3": minPartBytes + 2, "4": minPartBytes},
	} {
		b, server := openPartServer(t, nil)
		writing, err := b.Receive(t.Context(), "originals/a", io.LimitReader(zeros{}, int64(come)), Receiving{Place: &Place{Upload: "id", Offset: 2 * minPartBytes, Bytes: place}})
		if err != nil {
			t.Fatal(err)
		}
		written, err := writing.Wait()
		if err != nil || writing.Bytes() != int64(come) || written.Bytes != int64(come) || !maps.Equal(server.parts, sent) {
			t.Errorf("%d bytes: written %+v, %v, sent %v", come, written, err, server.parts)
		}
		if server.asked["create"]+server.asked["complete"]+server.asked["abort"] != 0 {
			t.Errorf("%d bytes: asked for %v", come, server.asked)
		}
	}
}

func TestAPartOfAPlaceThatIsRefused(t *testing.T) {
	for _, refused := range []string{"1", "3"} {
		b, server := openPartServer(t, func(operation, part string) int {
			if part == refused {
				return http.StatusForbidden
			}
			return 0
		})
		writing, err := b.Receive(t.Context(), "originals/a", io.LimitReader(zeros{}, 40*minPartBytes), Receiving{Place: &Place{Upload: "id", Bytes: 40 * minPartBytes}})
		if err == nil {
			_, err = writing.Wait()
		}
		if err == nil || !strings.Contains(err.Error(), "refused by the test") || server.asked["abort"] != 0 {
			t.Errorf("part %s: %v, asked for %v", refused, err, server.asked)
		}
	}
}

func TestAPlaceWithoutAClaim(t *testing.T) {
	b, server := openPartServer(t, nil)
	failure := errors.New("no claim")
	_, err := b.Receive(t.Context(), "originals/a", zeros{}, Receiving{
		Claim: func(context.Context) error { return failure }, Place: &Place{Upload: "id", Bytes: minPartBytes},
	})
	if !errors.Is(err, failure) || len(server.asked) != 0 {
		t.Errorf("%v, asked for %v", err, server.asked)
	}
}

// leaving ends the caller's context when a part is on its way, and then itself.
type leaving struct {
	content  io.Reader
	onItsWay chan struct{}
	leave    func()
	left     chan struct{}
}

func (l *leaving) Read(p []byte) (int, error) {
	if n, err := l.content.Read(p); err == nil {
		return n, nil
	}
	<-l.onItsWay
	l.leave()
	close(l.left)
	return 0, io.ErrUnexpectedEOF
}

// TestPartsOfAPlaceAreWaitedFor: nothing arrives in a place behind the end of its caller.
func TestPartsOfAPlaceAreWaitedFor(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	source := &leaving{io.LimitReader(zeros{}, minPartBytes), make(chan struct{}), leave, make(chan struct{})}
	b, server := openPartServer(t, func(string, string) int {
		close(source.onItsWay)
		<-source.left
		return 0
	})
	_, err := b.Receive(ctx, "originals/a", source, Receiving{Place: &Place{Upload: "id", Bytes: 2 * minPartBytes}})
	server.mu.Lock()
	defer server.mu.Unlock()
	if !errors.Is(err, io.ErrUnexpectedEOF) || !maps.Equal(server.parts, map[string]int{"1": minPartBytes}) {
		t.Errorf("%v, sent %v", err, server.parts)
	}
}

func TestVolumesHaveNoMultipart(t *testing.T) {
	b, directory := openTemporary(t)
	upload, err := b.BeginMultipart(t.Context(), "originals/a", "")
	if b.HasMultipart() || upload != "" || err != nil {
		t.Errorf("%q, %v", upload, err)
	}
	if err := b.AbortMultipart(t.Context(), "originals/a", "id"); err != nil || len(files(t, directory)) != 0 {
		t.Errorf("aborting: %v", err)
	}
}

func TestInvalidKeysOfMultipart(t *testing.T) {
	b, server := openPartServer(t, nil)
	_, begin := b.BeginMultipart(t.Context(), "../a", "")
	for _, err := range []error{begin, b.AbortMultipart(t.Context(), "../a", "id"), b.Join(t.Context(), "originals/a", "", []Piece{{Key: "../b", Bytes: 1}}, "")} {
		if err == nil || !strings.Contains(err.Error(), "invalid object key") {
			t.Errorf("%v", err)
		}
	}
	if slices.Collect(maps.Keys(server.asked)) != nil {
		t.Errorf("asked for %v", fmt.Sprint(server.asked))
	}
}
