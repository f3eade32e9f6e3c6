package library_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// offer reserves the object of a multipart upload.
func (c *chunked) offer(key string) library.Multipart {
	c.Helper()
	if err := c.library.ReserveObject(c.Context(), key, c.clock.time.Add(time.Hour)); err != nil {
		c.Fatal(err)
	}
	return library.Multipart{ObjectKey: key, Upload: "upload of " + key}
}

// begin begins the chunk of ten bytes from first on.
func (c *chunked) begin(upload string, first, total int64, offered library.Multipart) *library.Arrival {
	c.Helper()
	arrival, err := c.library.BeginChunk(c.Context(), upload, first, first+9, total, offered)
	if err != nil {
		c.Fatal(err)
	}
	return arrival
}

// place adds a chunk that was sent to its place.
func (c *chunked) place(upload string, first int64, md5 string, arrival *library.Arrival, total int64) (*library.ChunkedUpload, error) {
	c.Helper()
	return c.library.AddChunk(c.Context(), upload, library.Chunk{
		First: first, Last: first + 9, MD5: md5, ObjectKey: arrival.Multipart.ObjectKey, Parts: "parts " + md5, Claim: arrival.Claim,
	}, total)
}

// send begins a chunk and adds it.
func (c *chunked) send(upload string, first int64, md5 string, total int64) *library.ChunkedUpload {
	c.Helper()
	found, err := c.place(upload, first, md5, c.begin(upload, first, total, library.Multipart{}), total)
	if err != nil {
		c.Fatal(err)
	}
	return found
}

func (c *chunked) expectLate(err error) {
	c.Helper()
	if p := problem.From(err); err == nil || p.Status != http.StatusTooManyRequests || p.Message != "The upload that this chunk belongs to has begun anew meanwhile, send the chunk again" {
		c.Errorf("a chunk that has come too late: %v", err)
	}
}

func TestChunksOfAMultipartUpload(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		if first := c.begin("a", 10, 30, library.Multipart{}); !first.MayOffer || first.Claim != "" || first.Multipart != (library.Multipart{}) {
			c.Errorf("before there is one: %+v", first)
		}
		offered := c.offer("a/whole")
		second := c.begin("a", 10, 30, offered)
		if second.Multipart != offered || second.Claim == "" || second.MayOffer {
			c.Fatalf("after the offer: %+v", second)
		}
		other := c.offer("a/other")
		if first := c.begin("a", 0, 30, other); first.Multipart != offered || first.Before == nil || first.Before.MD5 != "" {
			c.Errorf("a second offer: %+v", first)
		}
		if found, err := c.place("a", 10, "2", second, 30); err != nil || !found.Kept || found.Assemble || found.Received != 10 {
			c.Fatalf("the first that came: %+v, %v", found, err)
		}
		found := c.send("a", 20, "3", 30)
		if found.Assemble {
			c.Errorf("with a gap: %+v", found)
		}
		// The claim of the first is held by who never sends it: then it is an object.
		if again := c.begin("a", 0, 30, library.Multipart{}); again.Claim != "" || again.Multipart.Upload != "" || again.MayOffer {
			c.Errorf("while another one sends it: %+v", again)
		}
		found = c.add("a", 0, "1", "a/0", 30)
		if !found.Assemble || found.Multipart != offered || !found.Kept {
			c.Fatalf("whole: %+v", found)
		}
		var parts []string
		for _, chunk := range found.Chunks {
			parts = append(parts, chunk.ObjectKey+" "+chunk.Parts)
		}
		if want := []string{"a/0 ", "a/whole parts 2", "a/whole parts 3"}; !slices.Equal(parts, want) {
			c.Errorf("%q, want %q", parts, want)
		}
		// While they are joined nobody sends anything to a place.
		if late := c.begin("a", 20, 30, library.Multipart{}); late.Claim != "" || late.Multipart.Upload != "" {
			c.Errorf("while it is joined: %+v", late)
		}
		asset := picture("a")
		asset.ObjectKey = "a/whole"
		stored, err := c.library.StoreAsset(c.Context(), asset, library.StoreOptions{Chunked: "a"})
		if err != nil {
			c.Fatal(err)
		}
		if due := garbage(c.T, c.library, c.clock.time.Add(time.Minute)); !slices.Equal(due, []string{"a/0"}) {
			c.Errorf("garbage are %q", due)
		}
		if again := c.begin("a", 20, 30, library.Multipart{}); again.Claim != "" || again.MayOffer {
			c.Errorf("one that is an asset: %+v", again)
		}
		if found := c.add("a", 20, "3", "a/2 again", 30); found.AssetID != stored.Asset.AssetID {
			c.Errorf("a repeated one: %+v", found)
		}
		// Others of that name begin another upload, with objects of their own as the first of them is one.
		c.add("a", 0, "9", "a/0 anew", 30)
		if next := c.begin("a", 10, 30, library.Multipart{}); next.MayOffer || next.Claim != "" {
			c.Errorf("behind an object: %+v", next)
		}
	})
}

// TestAPlaceIsClaimedOnce begins chunks that would write to what others have written, or are about to write.
func TestAPlaceIsClaimedOnce(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		sent := c.begin("a", 10, 50, c.offer("a/whole"))
		if _, err := c.place("a", 10, "2", sent, 50); err != nil {
			c.Fatal(err)
		}
		claimed := c.begin("a", 30, 50, library.Multipart{})
		for _, place := range [][2]int64{{10, 19}, {5, 10}, {19, 25}, {12, 15}, {0, 49}, {30, 39}, {25, 30}, {39, 45}} {
			arrival, err := c.library.BeginChunk(c.Context(), "a", place[0], place[1], 50, library.Multipart{})
			if err != nil || arrival.Claim != "" || arrival.Multipart.Upload != "" {
				c.Errorf("%v: %+v, %v", place, arrival, err)
			}
		}
		for _, place := range [][2]int64{{0, 9}, {20, 29}, {40, 49}} {
			arrival, err := c.library.BeginChunk(c.Context(), "a", place[0], place[1], 50, library.Multipart{})
			if err != nil || arrival.Claim == "" {
				c.Errorf("%v: %+v, %v", place, arrival, err)
			}
		}
		if other := c.begin("b", 30, 50, c.offer("b/whole")); other.Claim == "" {
			c.Errorf("the same place of another upload: %+v", other)
		}
		// Given up, it may be claimed again, by one only.
		if err := c.library.AbandonChunk(c.Context(), "a", claimed.Claim); err != nil {
			c.Fatal(err)
		}
		again := c.begin("a", 30, 50, library.Multipart{})
		if again.Claim == "" || again.Claim == claimed.Claim {
			c.Errorf("after it was given up: %+v", again)
		}
		_, err := c.place("a", 30, "4", claimed, 50)
		c.expectLate(err)
		if found, err := c.place("a", 30, "4", again, 50); err != nil || found.Received != 20 {
			c.Errorf("%+v, %v", found, err)
		}
		if other := c.begin("a", 0, 51, library.Multipart{}); other.Claim != "" {
			c.Errorf("of another size: %+v", other)
		}
	})
}

func TestClaimsEnd(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		first := c.begin("a", 0, 30, c.offer("a/whole"))
		c.clock.advance(6 * time.Hour)
		if second := c.begin("a", 0, 30, library.Multipart{}); second.Claim != "" {
			c.Errorf("within the time of the first: %+v", second)
		}
		c.clock.advance(time.Minute)
		second := c.begin("a", 0, 30, library.Multipart{})
		if second.Claim == "" {
			c.Errorf("behind it: %+v", second)
		}
		_, err := c.place("a", 0, "1", first, 30)
		c.expectLate(err)
		if _, err := c.place("a", 0, "1", second, 30); err != nil {
			c.Error(err)
		}
	})
}

func TestAMultipartUploadEndsAfterADay(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		begun := c.begin("a", 0, 30, c.offer("a/whole"))
		c.begin("b", 0, 30, c.offer("b/whole")) // It never comes.
		c.clock.advance(5 * time.Hour)
		if _, err := c.place("a", 0, "1", begun, 30); err != nil {
			c.Fatal(err)
		}
		c.clock.advance(20 * time.Hour)
		due, err := c.library.Garbage(c.Context(), c.clock.time, 10)
		if err != nil || !slices.Equal(due, []library.Discarded{{ObjectKey: "b/whole", Multipart: "upload of b/whole"}}) {
			c.Errorf("what never came: %+v, %v", due, err)
		}
		if err := c.library.ForgetGarbage(c.Context(), []string{"b/whole"}); err != nil {
			c.Fatal(err)
		}
		if next := c.begin("b", 10, 30, library.Multipart{}); !next.MayOffer {
			c.Errorf("after it was collected: %+v", next)
		}
		// One that begins keeps all for another day.
		late := c.begin("a", 10, 30, library.Multipart{})
		c.clock.advance(23 * time.Hour)
		if due := garbage(c.T, c.library, c.clock.time); len(due) != 0 {
			c.Errorf("garbage within a day: %q", due)
		}
		c.clock.advance(2 * time.Hour)
		if due := garbage(c.T, c.library, c.clock.time); !slices.Equal(due, []string{"a/whole"}) {
			c.Errorf("after a day: %q", due)
		}
		_, err = c.place("a", 10, "2", late, 30)
		c.expectLate(err)
		if found := c.add("a", 20, "3", "a/2", 30); found.Received != 10 {
			c.Errorf("what was collected is there: %+v", found)
		}
	})
}

// TestCollectedPartsHaveToComeAgain collects a multipart upload whose row is still there.
func TestCollectedPartsHaveToComeAgain(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		begun := c.begin("a", 0, 20, c.offer("a/whole"))
		if _, err := c.place("a", 0, "1", begun, 20); err != nil {
			c.Fatal(err)
		}
		late := c.begin("a", 10, 20, library.Multipart{})
		if due := garbage(c.T, c.library, c.clock.time.Add(25*time.Hour)); !slices.Equal(due, []string{"a/whole"}) {
			c.Fatalf("%q", due)
		}
		_, err := c.place("a", 10, "2", late, 20)
		c.expectLate(err)
		next := c.offer("a/next")
		if begun := c.begin("a", 0, 20, next); begun.Multipart != next {
			c.Errorf("begun anew: %+v", begun)
		}
		if found := c.add("a", 10, "2", "a/1", 20); found.Received != 10 {
			c.Errorf("%+v", found)
		}
	})
}

func TestAnOfferNeedsAReservation(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		if _, err := c.library.BeginChunk(c.Context(), "a", 0, 9, 20, library.Multipart{ObjectKey: "a/whole", Upload: "u"}); !errors.Is(err, library.ErrNotReserved) {
			c.Errorf("BeginChunk: %v", err)
		}
		if first := c.begin("a", 0, 20, library.Multipart{}); !first.MayOffer {
			c.Errorf("the offer was taken: %+v", first)
		}
	})
}

// TestAbandonedUploadsAreForgotten: what is refused of an upload without any other chunk is the whole of it.
func TestAbandonedUploadsAreForgotten(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		first := c.begin("a", 0, 30, c.offer("a/whole"))
		second := c.begin("a", 10, 30, library.Multipart{})
		abandon := func(arrival *library.Arrival, want ...string) {
			c.Helper()
			if err := c.library.AbandonChunk(c.Context(), "a", arrival.Claim); err != nil {
				c.Fatal(err)
			}
			if due := garbage(c.T, c.library, c.clock.time); !slices.Equal(due, want) {
				c.Errorf("garbage %q, want %q", due, want)
			}
		}
		abandon(first)
		abandon(second, "a/whole")
		begun := c.begin("a", 0, 20, c.offer("a/next"))
		if _, err := c.place("a", 0, "1", begun, 20); err != nil {
			c.Fatal(err)
		}
		abandon(c.begin("a", 10, 20, library.Multipart{}))
		if found := c.send("a", 10, "2", 20); !found.Assemble {
			c.Errorf("%+v", found)
		}
	})
}

// TestAChunkSentToAPlaceChanges replaces it by an object: what else was sent to the upload stays.
func TestAChunkSentToAPlaceChanges(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		begun := c.begin("a", 0, 20, c.offer("a/whole"))
		if _, err := c.place("a", 0, "1", begun, 20); err != nil {
			c.Fatal(err)
		}
		c.add("a", 0, "9", "a/0", 20)
		found := c.send("a", 10, "2", 20)
		if !found.Assemble || found.Chunks[0].ObjectKey != "a/0" || found.Chunks[0].Parts != "" || found.Chunks[1].Parts != "parts 2" {
			c.Errorf("%+v", found)
		}
		if due := garbage(c.T, c.library, c.clock.time.Add(time.Minute)); len(due) != 0 {
			c.Errorf("garbage %q", due)
		}
	})
}

func TestDroppedMultipartUploads(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		whole := func(id string) {
			begun := c.begin(id, 0, 10, c.offer(id+"/whole"))
			if found, err := c.place(id, 0, "1", begun, 10); err != nil || !found.Assemble {
				c.Fatalf("%+v, %v", found, err)
			}
		}
		whole("a")
		if err := c.library.DropChunks(c.Context(), "a"); err != nil {
			c.Fatal(err)
		}
		due, err := c.library.Garbage(c.Context(), c.clock.time, 10)
		if err != nil || !slices.Equal(due, []library.Discarded{{ObjectKey: "a/whole", Multipart: "upload of a/whole"}}) {
			c.Errorf("dropped: %+v, %v", due, err)
		}
		// An asset that stays as it is has no use for what was joined.
		whole("b")
		if err := c.library.ReserveObject(c.Context(), "originals/x", c.clock.time.Add(time.Hour)); err != nil {
			c.Fatal(err)
		}
		if _, err := c.library.StoreAsset(c.Context(), picture("x"), library.StoreOptions{}); err != nil {
			c.Fatal(err)
		}
		asset := picture("x")
		asset.ObjectKey = "b/whole"
		if stored, err := c.library.StoreAsset(c.Context(), asset, library.StoreOptions{Chunked: "b"}); err != nil || !stored.Existing {
			c.Fatalf("%+v, %v", stored, err)
		}
		if due := garbage(c.T, c.library, c.clock.time); !slices.Equal(due, []string{"b/whole"}) {
			c.Errorf("not needed: %q", due)
		}
		// Released, it is joined once more.
		whole("c")
		if err := c.library.ReleaseChunks(c.Context(), "c"); err != nil {
			c.Fatal(err)
		}
		if found := c.add("c", 0, "1", "c/again", 10); !found.Assemble || found.Kept || found.Multipart.ObjectKey != "c/whole" || found.Chunks[0].Parts != "parts 1" {
			c.Errorf("released: %+v", found)
		}
	})
}
