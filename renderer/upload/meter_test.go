package upload

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/samples"
)

// meter leaves room for so many bytes and renderings.
type meter struct {
	room     int64
	renders  int
	rendered int
	// delivered are the lengths of what was downloaded.
	delivered []int64
}

func (m *meter) MayStore(bytes int64) error {
	if m.room <= 0 || bytes > m.room {
		return &problem.Problem{Status: 420, Message: fmt.Sprintf("no room for %d bytes", bytes), Transient: true}
	}
	return nil
}

func (m *meter) MayRender() error {
	if m.rendered >= m.renders {
		return &problem.Problem{Status: 420, Message: "no more renderings", Transient: true, RetryAfter: 60}
	}
	return nil
}

func (m *meter) Delivered(bytes int64) { m.delivered = append(m.delivered, bytes) }

func (m *meter) Rendered(time.Duration, int64) { m.rendered++ }

func TestUploadsAreRefusedWhenTheStorageIsUsedUp(t *testing.T) {
	full := &meter{}
	f := newFixture(t, func(_ *fixture, o *Options) { o.Meter = full })
	f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 8, 8)), 420, "no room for 0 bytes")
	f.expectStored(0)

	// Samples count towards nothing.
	all, err := samples.All()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.handler.StoreSample(t.Context(), all[0]); err != nil {
		t.Errorf("a sample: %v", err)
	}
}

func TestIncomingTransformationsAreRefusedWhenTheQuotaIsUsedUp(t *testing.T) {
	full := &meter{room: 1 << 30, renders: 1}
	f := newFixture(t, func(_ *fixture, o *Options) { o.Meter = full })
	file := picture("png", 8, 8)
	if got := f.upload("/image/upload", "a.png", file, "public_id", "a", "transformation", "c_scale,w_4"); got.status != 200 || full.rendered != 1 {
		t.Fatalf("%d %s, %d renderings", got.status, got.text, full.rendered)
	}
	f.expectRefused(f.upload("/image/upload", "b.png", file, "public_id", "b", "transformation", "c_scale,w_4"), 420, "no more renderings")
	f.expectStored(1)
	if got := f.upload("/image/upload", "c.png", file, "public_id", "c"); got.status != 200 {
		t.Errorf("an upload that renders nothing: %d %s", got.status, got.text)
	}
}

func TestAFileInChunksIsRefusedByItsWholeLength(t *testing.T) {
	small := &meter{room: 2*chunkBytes - 1}
	f := roomy(newFixture(t, func(_ *fixture, o *Options) { o.Meter = small }))
	content := noise(2 * chunkBytes)
	f.expectRefused(f.sendChunk(f.server, "r", content, 0, chunkBytes-1, fmt.Sprint(len(content))), 420, fmt.Sprintf("no room for %d bytes", len(content)))
	f.expectStored(0)
}

func TestDownloadsAreDelivered(t *testing.T) {
	counts := &meter{room: 1 << 30, renders: 10}
	f := newFixture(t, func(_ *fixture, o *Options) { o.Meter = counts })
	file := picture("png", 8, 8)
	f.expect(f.upload("/image/upload", "a.png", file, "public_id", "a", "tags", "t"))
	get := func(link string) int64 {
		response, err := f.server.Client().Get(f.server.URL + "/v1_1/" + cloud + link)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s, %v", link, response.StatusCode, content, err)
		}
		return int64(len(content))
	}
	var want []int64
	for _, link := range []string{
		"/image/download?" + signed("public_id", "a").Encode(),
		"/image/generate_archive?" + signed("mode", "download", "public_ids[]", "a").Encode(),
		"/image/multi?" + signed("mode", "download", "tag", "t").Encode(),
		"/image/sprite?" + signed("mode", "download", "tag", "t").Encode(),
	} {
		want = append(want, get(link))
	}
	// Samples count towards nothing.
	all, err := samples.All()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.handler.StoreSample(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	sample := all[0].PublicID
	get("/image/download?" + signed("public_id", sample).Encode())
	get("/image/generate_archive?" + signed("mode", "download", "public_ids[]", sample).Encode())
	want = append(want, get("/image/generate_archive?"+signed("mode", "download", "public_ids[0]", sample, "public_ids[1]", "a").Encode()))
	if !slices.Equal(counts.delivered, want) || slices.Contains(want, 0) {
		t.Errorf("counted %v, sent %v", counts.delivered, want)
	}
	// What is refused is no delivery.
	if got := f.post("/image/generate_archive", "", strings.NewReader(signed("mode", "download", "public_ids[]", "none").Encode())); got.status != http.StatusNotFound || len(counts.delivered) != len(want) {
		t.Errorf("%d, counted %v", got.status, counts.delivered)
	}
}
