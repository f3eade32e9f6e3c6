package upload

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// elsewhere fetches pictures of people whose name is known.
type elsewhere struct{ f *fixture }

func (e *elsewhere) Asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	if key.PublicID == "nobody" {
		return nil, problem.NotFound("Resource not found - %s", key.PublicID)
	}
	if found, err := e.f.library.Asset(ctx, key); err == nil {
		return found, nil
	}
	object, err := e.f.handler.store(ctx, strings.NewReader(picture("png", 30, 20)), "a.png", 1<<20)
	if err != nil {
		return nil, err
	}
	stored, err := e.f.library.StoreAsset(ctx, &library.Asset{
		ResourceType: key.ResourceType, Type: key.Type, PublicID: key.PublicID, Format: "png", Width: 30, Height: 20, Bytes: object.bytes, ETag: object.md5, ObjectKey: object.key,
	}, library.StoreOptions{})
	if err != nil {
		return nil, err
	}
	return stored.Asset, nil
}

func TestExplicitOfRemoteTypes(t *testing.T) {
	source := &elsewhere{}
	f := newFixture(t, func(f *fixture, o *Options) { source.f, o.Sources = f, source })
	f.snapshot.Environment.RemoteTypes = map[string]string{"facebook": "https://graph.example/{id}"}

	got := f.expect(f.call("/image/explicit", "public_id", "https://a.example//b.png", "type", "fetch", "tags", "x"))
	if got.body["public_id"] != "https://a.example//b.png" || f.stored("image", "fetch", "https://a.example//b.png").Tags[0] != "x" {
		t.Errorf("%s", pretty(got.body))
	}
	// Whatever stood behind such a URL would be a part of it: formats are asked for by f_.
	f.handler.deriver = &eagerNotes{}
	made := pretty(f.expect(f.call("/image/explicit", "public_id", "https://a.example//b.png", "type", "fetch", "eager", "w_5|w_6/jpg", "responsive_breakpoints", `[{"format":"webp","min_width":20,"max_width":20}]`)).body)
	for _, want := range []string{
		`/demo/image/fetch/w_5/v`, `/demo/image/fetch/w_6/f_jpg/v`, `/demo/image/fetch/f_webp/c_scale,w_20/v`,
	} {
		if !strings.Contains(made, want) {
			t.Errorf("no %s in %s", want, made)
		}
	}
	if strings.Count(made, "https://a.example//b.png\"") < 9 || strings.Contains(made, "b.png.") {
		t.Errorf("%s", made)
	}
	f.expectRefused(f.call("/image/explicit", "public_id", "nobody", "type", "facebook"), http.StatusBadRequest, "Resource not found - nobody")

	got = f.expect(f.call("/image/explicit", "public_id", "cloud", "type", "facebook", "tags", "y", "async", "1", "notification_url", "http://receiver.example/x"))
	if got.body["status"] != "pending" || got.body["type"] != "facebook" || got.body["resource_type"] != "image" || got.body["public_id"] != "cloud" {
		t.Errorf("%s", pretty(got.body))
	}
	f.expectMissing("image", "facebook", "cloud")
	jobs := f.claim(CallJobKind)
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	if err := f.handler.CallKind().Run(t.Context(), jobs[0]); err != nil {
		t.Fatal(err)
	}
	told := payloads(f.claim(notify.JobKind))
	if f.stored("image", "facebook", "cloud").Tags[0] != "y" || !strings.Contains(told, `"notification_type":"explicit"`) || !strings.Contains(told, `"public_id":"cloud"`) {
		t.Errorf("told %s", told)
	}
	// What is wrong with the call is said at once.
	f.expectRefused(f.call("/image/explicit", "public_id", "cloud", "type", "facebook", "async", "1", "metadata", "none=1"), http.StatusBadRequest, `Metadata External IDs do not exist: ["none"]`)
	if len(f.claim(CallJobKind)) != 0 {
		t.Error("a refused call has left a job")
	}
	f.expectStored(2)
}
