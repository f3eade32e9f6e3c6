package library_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// chunked adds chunks of ten bytes to uploads.
type chunked struct {
	*testing.T
	library *library.Library
	clock   *clock
}

// add brings the chunk from first on, whose object is named key, of an upload of total bytes.
func (c *chunked) add(upload string, first int64, md5, key string, total int64) *library.ChunkedUpload {
	c.Helper()
	if err := c.library.ReserveObject(c.Context(), key, c.clock.time.Add(time.Hour)); err != nil {
		c.Fatal(err)
	}
	found, err := c.library.AddChunk(c.Context(), upload, library.Chunk{First: first, Last: first + 9, MD5: md5, ObjectKey: key}, total)
	if err != nil {
		c.Fatal(err)
	}
	return found
}

func (c *chunked) keys(found *library.ChunkedUpload) (keys []string) {
	for _, chunk := range found.Chunks {
		keys = append(keys, chunk.ObjectKey)
	}
	return keys
}

func eachChunked(t *testing.T, run func(c *chunked)) {
	each(t, func(t *testing.T, l *library.Library) { run(&chunked{T: t, library: l, clock: newClock(l)}) })
}

func TestUploadsInChunksAreApart(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.add("a", 0, "1", "a/0", 20)
		c.add("b", 0, "1", "b/0", 30)
		if found := c.add("a", 10, "2", "a/1", 20); !found.Assemble || found.Received != 20 || !slices.Equal(c.keys(found), []string{"a/0", "a/1"}) {
			c.Errorf("the first is %+v", found)
		}
		if found := c.add("b", 20, "3", "b/2", -1); found.Assemble || found.Assembling || found.Received != 20 || !slices.Equal(c.keys(found), []string{"b/0", "b/2"}) {
			c.Errorf("the second is %+v", found)
		}
		if found := c.add("b", 10, "2", "b/1", 30); !found.Assemble || found.Received != 30 {
			c.Errorf("the second is %+v", found)
		}
		// What one replica joins no other one joins, until it gives up; what is given up of one upload is not of another.
		if err := c.library.ReleaseChunks(c.Context(), "a"); err != nil {
			c.Fatal(err)
		}
		if found := c.add("b", 10, "2", "b/1 again", 30); found.Assemble || !found.Assembling || found.Kept {
			c.Errorf("while it is joined: %+v", found)
		}
		if found := c.add("a", 10, "2", "a/1 again", 20); !found.Assemble || found.Assembling || found.Kept {
			c.Errorf("after it was released: %+v", found)
		}
		// One that is dropped leaves the other as it is.
		if err := c.library.DropChunks(c.Context(), "a"); err != nil {
			c.Fatal(err)
		}
		dropped := garbage(c.T, c.library, c.clock.time.Add(time.Minute))
		if slices.Sort(dropped); !slices.Equal(dropped, []string{"a/0", "a/1"}) {
			c.Errorf("dropped are %q", dropped)
		}
		if found := c.add("a", 0, "9", "new", 10); !found.Assemble || found.Received != 10 {
			c.Errorf("another upload of that ID: %+v", found)
		}
		if found := c.add("b", 0, "1", "b/0 again", 30); !found.Assembling || !slices.Equal(c.keys(found), []string{"b/0", "b/1", "b/2"}) {
			c.Errorf("the second is %+v", found)
		}
	})
}

func TestChunksOfAnAssetAreRemembered(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.add("a", 0, "1", "a/0", 10)
		c.add("b", 0, "1", "b/0", 20)
		if err := c.library.ReserveObject(c.Context(), "originals/x", c.clock.time.Add(time.Hour)); err != nil {
			c.Fatal(err)
		}
		stored, err := c.library.StoreAsset(c.Context(), picture("x"), library.StoreOptions{Chunked: "a"})
		if err != nil {
			c.Fatal(err)
		}
		if due := garbage(c.T, c.library, c.clock.time.Add(time.Minute)); !slices.Equal(due, []string{"a/0"}) {
			c.Errorf("the chunks of the other upload are garbage, too: %q", due)
		}
		if found := c.add("a", 0, "1", "a/0 again", 10); found.AssetID != stored.Asset.AssetID || found.Kept {
			c.Errorf("the same chunk again: %+v", found)
		}
		if found := c.add("b", 10, "2", "b/1", 20); !found.Assemble || found.AssetID != "" || !slices.Equal(c.keys(found), []string{"b/0", "b/1"}) {
			c.Errorf("the other upload: %+v", found)
		}
		// Other bytes begin another upload, and are the only ones of it.
		if found := c.add("a", 0, "2", "a/0 anew", 20); found.AssetID != "" || !found.Kept || !slices.Equal(c.keys(found), []string{"a/0 anew"}) {
			c.Errorf("another chunk: %+v", found)
		}
		if found := c.add("b", 10, "2", "b/1 again", 20); len(found.Chunks) != 2 {
			c.Errorf("the other upload: %+v", found)
		}
	})
}

func TestAChunkTakesThePlaceOfOneThatDiffers(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.add("a", 0, "1", "a/0", 20)
		if found := c.add("a", 0, "2", "a/0 other", 20); !found.Kept || !slices.Equal(c.keys(found), []string{"a/0 other"}) {
			c.Errorf("replaced: %+v", found)
		}
		if due := garbage(c.T, c.library, c.clock.time.Add(time.Minute)); !slices.Equal(due, []string{"a/0"}) {
			c.Errorf("what was replaced is garbage: %q", due)
		}
		if found := c.add("a", 10, "3", "a/1", 20); !found.Assemble {
			c.Errorf("%+v", found)
		}
		// While they are joined, nothing takes the place of what is being read; when whoever joined them has died, another one may.
		if found := c.add("a", 10, "4", "a/1 other", 20); !found.Assembling || found.Kept || !slices.Equal(c.keys(found), []string{"a/0 other", "a/1"}) {
			c.Errorf("replaced while it was joined: %+v", found)
		}
		c.clock.advance(time.Hour)
		if found := c.add("a", 10, "4", "a/1 late", 20); !found.Assemble || found.Assembling || !found.Kept || !slices.Equal(c.keys(found), []string{"a/0 other", "a/1 late"}) {
			c.Errorf("after the lease has ended: %+v", found)
		}
	})
}

func TestUploadsInChunksEndAfterADay(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.add("a", 0, "1", "a/0", 30)
		c.clock.advance(23 * time.Hour)
		c.add("b", 0, "1", "b/0", 30)
		c.add("a", 10, "2", "a/1", 30)
		// A chunk keeps those before it for another day.
		if due := garbage(c.T, c.library, c.clock.time.Add(23*time.Hour)); len(due) != 0 {
			c.Errorf("garbage within a day: %q", due)
		}
		c.clock.advance(23 * time.Hour)
		if found := c.add("a", 20, "3", "a/2", 30); !found.Assemble || found.Received != 30 {
			c.Errorf("%+v", found)
		}
		c.clock.advance(2 * time.Hour)
		// The size of an upload that has ended is forgotten with it.
		if found := c.add("b", 0, "9", "b/0 anew", 10); !found.Assemble {
			c.Errorf("%+v", found)
		}
	})
}

func TestChunksThatCannotBe(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.add("a", 10, "2", "a/1", -1)
		for _, test := range []struct {
			first, last, total int64
			message            string
		}{
			{19, 28, -1, "Content-Range bytes 19-28 overlaps bytes 10-19, which were received before"},
			{1, 10, -1, "Content-Range bytes 1-10 overlaps bytes 10-19, which were received before"},
			{10, 18, -1, "Content-Range bytes 10-18 overlaps bytes 10-19, which were received before"},
			{0, 9, 19, "Content-Range gives a size of 19 bytes, but byte 19 was received before"},
			{20, 29, 29, "Content-Range bytes 20-29 lies behind the end of a file of 29 bytes"},
		} {
			_, err := c.library.AddChunk(c.Context(), "a", library.Chunk{First: test.first, Last: test.last, MD5: "3", ObjectKey: "o"}, test.total)
			if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || p.Message != test.message {
				c.Errorf("%+v: %v", test, err)
			}
		}
		if found := c.add("a", 20, "3", "a/2", 30); found.Received != 20 || found.Assemble {
			c.Errorf("%+v", found)
		}
		_, err := c.library.AddChunk(c.Context(), "a", library.Chunk{First: 0, Last: 9, MD5: "1", ObjectKey: "o"}, 31)
		if p := problem.From(err); err == nil || p.Message != "Content-Range gives a size of 31 bytes, an earlier chunk has given 30" {
			c.Errorf("another size: %v", err)
		}
		if found := c.add("a", 0, "1", "a/0", 30); !found.Assemble || found.Received != 30 {
			c.Errorf("%+v", found)
		}
	})
}

// digested adds a chunk whose MD5 has gone on from what BeforeChunk gives, or is its own, as the renderer does. An MD5 that goes on
// is written as the sums of all chunks up to there.
func (c *chunked) digested(upload string, first int64, sum, key string, total int64) *library.ChunkedUpload {
	c.Helper()
	before, err := c.library.BeforeChunk(c.Context(), upload, first)
	if err != nil {
		c.Fatal(err)
	}
	if first == 0 {
		before = &library.Chunk{}
	}
	return c.addAfter(before, upload, first, sum, key, total)
}

// addAfter is digested with a given chunk before.
func (c *chunked) addAfter(before *library.Chunk, upload string, first int64, sum, key string, total int64) *library.ChunkedUpload {
	c.Helper()
	if err := c.library.ReserveObject(c.Context(), key, c.clock.time.Add(time.Hour)); err != nil {
		c.Fatal(err)
	}
	chunk := library.Chunk{First: first, Last: first + 9, MD5: sum, ObjectKey: key}
	if before != nil {
		chunk.Continued, chunk.After, chunk.MD5 = true, before.MD5, before.MD5+sum
		chunk.MD5State = "state " + chunk.MD5
	}
	found, err := c.library.AddChunk(c.Context(), upload, chunk, total)
	if err != nil {
		c.Fatal(err)
	}
	return found
}

// sums are the MD5s of chunks in order, those in parentheses that have not gone on.
func sums(found *library.ChunkedUpload) (sums []string) {
	for _, chunk := range found.Chunks {
		if !chunk.Continued {
			chunk.MD5 = "(" + chunk.MD5 + ")"
		}
		sums = append(sums, chunk.MD5)
	}
	return sums
}

func TestDigestsGoOnFromChunkToChunk(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		expect := func(title string, found *library.ChunkedUpload, want ...string) {
			c.Helper()
			if got := sums(found); !slices.Equal(got, want) {
				c.Errorf("%s: %v, want %v", title, got, want)
			}
		}
		c.digested("a", 0, "x", "a/0", 40)
		expect("in order", c.digested("a", 10, "y", "a/1", 40), "x", "xy")
		if before, err := c.library.BeforeChunk(c.Context(), "a", 20); err != nil || before == nil || before.MD5 != "xy" || before.MD5State != "state xy" {
			c.Errorf("before the third: %+v, %v", before, err)
		}
		expect("with a gap", c.digested("a", 30, "w", "a/3", 40), "x", "xy", "(w)")
		expect("a repeated one that has gone on", c.digested("a", 10, "y", "a/1 again", 40), "x", "xy", "(w)")
		if found := c.digested("a", 30, "w", "a/3 again", 40); found.Kept {
			c.Errorf("a repeated one that has not gone on is taken: %+v", found)
		}
		expect("the gap", c.digested("a", 20, "z", "a/2", 40), "x", "xy", "xyz", "(w)")

		// Of another upload there is nothing to go on from.
		if before, err := c.library.BeforeChunk(c.Context(), "b", 10); err != nil || before != nil {
			c.Errorf("before one of another upload: %+v, %v", before, err)
		}
		expect("of another upload", c.digested("b", 10, "y", "b/1", 40), "(y)")
	})
}

func TestDigestsEndWhereAChunkChanges(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.digested("a", 0, "x", "a/0", 50)
		c.digested("a", 10, "y", "a/1", 50)
		stale, err := c.library.BeforeChunk(c.Context(), "a", 20)
		if err != nil || stale == nil {
			c.Fatalf("%+v, %v", stale, err)
		}
		c.digested("a", 20, "z", "a/2", 50)
		found := c.digested("a", 10, "Y", "a/1 changed", 50)
		if got, want := sums(found), []string{"x", "xY", "(xyz)"}; !slices.Equal(got, want) || !slices.Equal(c.keys(found), []string{"a/0", "a/1 changed", "a/2"}) {
			c.Errorf("behind the chunk that has changed: %v, want %v", got, want)
		}
		if before, err := c.library.BeforeChunk(c.Context(), "a", 30); err != nil || before != nil {
			c.Errorf("behind a sum that does not hold: %+v, %v", before, err)
		}
		// One that was on its way meanwhile has gone on from what is no more.
		if got, want := sums(c.addAfter(stale, "a", 20, "Z", "a/2 changed", 50)), []string{"x", "xY", "(xyZ)"}; !slices.Equal(got, want) {
			c.Errorf("what was on its way: %v, want %v", got, want)
		}
		// What is sent once more is compared by its own sum, and is another one then.
		if found := c.digested("a", 20, "Z", "a/2 again", 50); !found.Kept || !slices.Equal(sums(found), []string{"x", "xY", "(Z)"}) {
			c.Errorf("sent once more: %+v", found)
		}
	})
}

// A chunk that was collected and comes again may be another one: what is behind it does not count on it.
func TestDigestsEndWhereAChunkIsLost(t *testing.T) {
	eachChunked(t, func(c *chunked) {
		c.digested("a", 0, "x", "a/0", 40)
		c.digested("a", 10, "y", "a/1", 40)
		c.digested("a", 20, "z", "a/2", 40)
		if err := c.library.Exec(c.Context(), "DELETE FROM chunks WHERE first_byte = 10"); err != nil {
			c.Fatal(err)
		}
		if got, want := sums(c.digested("a", 10, "Y", "a/1 again", 40)), []string{"x", "xY", "(xyz)"}; !slices.Equal(got, want) {
			c.Errorf("%v, want %v", got, want)
		}
	})
}
