package upload

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
)

// call sends a signed form.
func (f *fixture) call(path string, pairs ...string) *reply {
	f.Helper()
	return f.post(path, "application/x-www-form-urlencoded", strings.NewReader(signed(pairs...).Encode()))
}

func (f *fixture) image(publicID string) *library.Asset {
	f.Helper()
	asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: publicID})
	if err != nil {
		f.Fatal(err)
	}
	return asset
}

// pictures stores one for each ID, with tags.
func (f *fixture) pictures(tags string, publicIDs ...string) {
	f.Helper()
	for _, id := range publicIDs {
		f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 20), "public_id", id, "tags", tags))
	}
}

func TestTags(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.pictures("x,y", "a", "b", "c")
		expect := func(got *reply, answered string, tags ...string) {
			t.Helper()
			f.expect(got)
			if ids := fmt.Sprint(got.body["public_ids"]); ids != answered {
				t.Errorf("answered %s, want %s", ids, answered)
			}
			for i, id := range []string{"a", "b", "c"} {
				if has := strings.Join(f.image(id).Tags, ","); has != tags[i] {
					t.Errorf("%s has the tags %q, want %q", id, has, tags[i])
				}
			}
		}
		expect(f.call("/image/tags", "command", "add", "tag", "z,é", "public_ids[]", "a", "public_ids[]", "none", "public_ids[]", "b"), "[a b]", "x,y,z,é", "x,y,z,é", "x,y")
		expect(f.call("/image/tags", "command", "remove", "tag", "x", "public_ids", "a,c"), "[a c]", "y,z,é", "x,y,z,é", "y")
		expect(f.call("/image/tags", "command", "replace", "tag", "n", "public_ids[0]", "c"), "[c]", "y,z,é", "x,y,z,é", "n")
		expect(f.call("/image/tags", "command", "replace", "tags[]", "n", "public_ids[0]", "c"), "[c]", "y,z,é", "x,y,z,é", "n")
		expect(f.call("/image/tags", "command", "set_exclusive", "tag", "y", "public_ids", "c"), "[c]", "z,é", "x,z,é", "n,y")
		expect(f.call("/image/tags", "command", "remove_all", "public_ids", "b"), "[b]", "z,é", "", "n,y")
		for title, test := range map[string]struct {
			pairs   []string
			message string
		}{
			"no command":   {[]string{"tag", "x", "public_ids", "a"}, `Invalid command "": it must be add, remove, replace, set_exclusive or remove_all`},
			"no tag":       {[]string{"command", "add", "public_ids", "a"}, "Missing required parameter - tag"},
			"no IDs":       {[]string{"command", "add", "tag", "x"}, "Missing required parameter - public_ids"},
			"too many IDs": {[]string{"command", "add", "tag", "x", "public_ids", strings.Repeat("i,", 1001)}, "Too many public_ids. Got 1001. Maximum is 1000."},
			"10,000 tags":  {[]string{"command", "add", "tag", manyTags(10_000), "public_ids", "a"}, "Too many tags. Got 10000. Maximum is 1000."},
			"1,001 in all": {[]string{"command", "add", "tag", manyTags(999), "public_ids", "a"}, "Too many tags. Got 1001. Maximum is 1000."},
		} {
			t.Run(title, func(*testing.T) {
				f.expectRefused(f.call("/image/tags", test.pairs...), http.StatusBadRequest, test.message)
			})
		}
		if tags := f.image("a").Tags; !slices.Equal(tags, []string{"z", "é"}) {
			t.Errorf("after refusals a has %q", tags)
		}
	})
}

func manyTags(n int) string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("t%d", i)
	}
	return strings.Join(tags, ",")
}

func TestContext(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.pictures("", "a", "b")
		f.expect(f.call("/image/context", "command", "add", "context", `alt=a\=b\|c|k=v`, "public_ids", "a,b,none"))
		got := f.expect(f.call("/image/context", "command", "add", "context", "k=w", "public_ids", "a"))
		if context := f.image("a").Context; fmt.Sprint(got.body["public_ids"]) != "[a]" || len(context) != 2 || context["alt"] != "a=b|c" || context["k"] != "w" {
			t.Errorf("answer %s, context %v", got.text, context)
		}
		f.expect(f.call("/image/context", "command", "remove_all", "public_ids", "a"))
		if len(f.image("a").Context) != 0 || f.image("b").Context["k"] != "v" {
			t.Errorf("contexts %v and %v", f.image("a").Context, f.image("b").Context)
		}
		f.expectRefused(f.call("/image/context", "command", "add", "public_ids", "a"), 400, "Missing required parameter - context")
		f.expectRefused(f.call("/image/context", "command", "set", "context", "a=b", "public_ids", "a"), 400, `Invalid command "set": it must be add or remove_all`)
		f.expectRefused(f.call("/image/context", "command", "add", "context", "ab", "public_ids", "a"), 400, `Invalid context: "ab" is not key=value`)
	})
}

func TestSDKEdits(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.pictures("old", "a", "b")
		client := f.sdk("").Upload
		ids := []string{"a", "b"}
		if got, err := client.AddTag(t.Context(), uploader.AddTagParams{Tag: "t&u", PublicIDs: ids}); err != nil || !slices.Equal(got.PublicIDs, ids) {
			t.Errorf("add tag: %+v %v", got, err)
		}
		if got, err := client.RemoveTag(t.Context(), uploader.RemoveTagParams{Tag: "old", PublicIDs: ids}); err != nil || !slices.Equal(got.PublicIDs, ids) {
			t.Errorf("remove tag: %+v %v", got, err)
		}
		if got, err := client.AddContext(t.Context(), uploader.AddContextParams{Context: api.CldAPIMap{"k": "v"}, PublicIDs: ids}); err != nil || !slices.Equal(got.PublicIDs, ids) {
			t.Errorf("add context: %+v %v", got, err)
		}
		got, err := client.Explicit(t.Context(), uploader.ExplicitParams{PublicID: "a", Type: "upload", Tags: api.CldAPIArray{"e"}, CustomCoordinates: api.Coordinates{{1, 2, 3, 4}}})
		if err != nil || got.Error.Message != "" || !slices.Equal(got.Tags, []string{"e"}) || got.PublicID != "a" || got.Width != 40 {
			t.Errorf("explicit: %+v %v", got, err)
		}
		if a, b := f.image("a"), f.image("b"); a.Custom[0] != [4]int{1, 2, 3, 4} || a.Context["k"] != "v" || !slices.Equal(b.Tags, []string{"t&u"}) {
			t.Errorf("stored %+v and %+v", a, b)
		}
	})
}

func TestExplicit(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.pictures("x", "a")
		before := f.image("a")
		got := f.expect(f.call("/image/explicit", "public_id", "a", "type", "upload", "tags", "b,c", "context", "k=v", "metadata", "size=4", "face_coordinates", "1,2,300,4",
			"display_name", "Shown", "asset_folder", "f/g", "access_mode", "authenticated", "moderation", "manual", "invalidate", "true"))
		a := f.image("a")
		if !slices.Equal(a.Tags, []string{"b", "c"}) || a.Context["k"] != "v" || a.Metadata["size"] != int64(4) || a.Faces[0] != [4]int{1, 2, 300, 4} ||
			a.DisplayName != "Shown" || a.AssetFolder != "f/g" || a.AccessMode != "authenticated" || a.Version != before.Version || a.ETag != before.ETag ||
			len(a.Moderation) != 1 || a.Moderation[0].Status != library.ModerationPending {
			t.Errorf("stored %+v", a)
		}
		if moderation := fmt.Sprint(got.body["moderation"]); !strings.HasPrefix(moderation, "[map[kind:manual status:pending") ||
			fmt.Sprint(got.body["faces"]) != "[[1 2 39 4]]" || fmt.Sprint(got.body["metadata"]) != "map[size:4]" || got.body["access_mode"] != "authenticated" {
			t.Errorf("answer %s", got.text)
		}
		// What is not given stays.
		f.expect(f.call("/image/explicit", "public_id", "a", "type", "upload", "tags", "d"))
		if a := f.image("a"); a.Context["k"] != "v" || len(a.Moderation) != 1 || a.AssetFolder != "f/g" || a.AccessMode != "authenticated" {
			t.Errorf("after another call %+v", a)
		}
		for title, test := range map[string]struct {
			status  int
			pairs   []string
			message string
		}{
			"unknown":       {404, []string{"public_id", "none", "type", "upload"}, "Resource not found - none"},
			"other type":    {404, []string{"public_id", "a", "type", "private"}, "Resource not found - a"},
			"no type":       {400, []string{"public_id", "a"}, "Missing required parameter - type"},
			"no ID":         {400, []string{"type", "upload"}, "Missing required parameter - public_id"},
			"moderation":    {400, []string{"public_id", "a", "type", "upload", "moderation", "illegal"}, "Moderation illegal moderation is not valid"},
			"raw_convert":   {400, []string{"public_id", "a", "type", "upload", "raw_convert", "illegal"}, "Raw convert is invalid"},
			"detection":     {400, []string{"public_id", "a", "type", "upload", "detection", "illegal"}, "Detection invalid model 'illegal'"},
			"colors":        {400, []string{"public_id", "a", "type", "upload", "colors", "many"}, `Invalid value for colors: "many" is neither true nor false`},
			"bad metadata":  {400, []string{"public_id", "a", "type", "upload", "tags", "lost", "metadata", "size=big"}, `Value "big" is invalid for metadata field size: it is no integer`},
			"access_mode":   {400, []string{"public_id", "a", "type", "upload", "access_mode", "secret"}, "Invalid access_mode secret: it must be public or authenticated"},
			"eager without": {400, []string{"public_id", "a", "type", "upload", "eager", "w_5"}, "Eager transformations are not available"},
		} {
			t.Run(title, func(*testing.T) { f.expectRefused(f.call("/image/explicit", test.pairs...), test.status, test.message) })
		}
		if a := f.image("a"); !slices.Equal(a.Tags, []string{"d"}) {
			t.Errorf("refused calls have left the tags %q", a.Tags)
		}
	})
}

func TestChangesAreToldToTriggers(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.pictures("x", "a", "b")
		for _, event := range []string{notify.TagsChanged, notify.ContextChanged, notify.MetadataChanged} {
			f.snapshot.Triggers = append(f.snapshot.Triggers, catalog.Trigger{Name: event, EventType: event, URI: url + "/" + event})
		}
		f.expect(f.call("/image/tags", "command", "replace", "tag", "y", "public_ids", "a,b"))
		body := f.expectTold(arrived, notify.TagsChanged, "/"+notify.TagsChanged)[0]
		if told := pretty(body["resources"]); body["source"] != "api" || strings.Count(told, `"added"`) != 2 || !strings.Contains(told, `"y"`) || !strings.Contains(told, `"x"`) {
			t.Errorf("told %s", told)
		}
		f.expect(f.call("/image/explicit", "public_id", "a", "type", "upload", "context", "k=v", "metadata", "size=4"))
		for range 2 {
			got := <-arrived
			if told := pretty(got.body["resources"]); !strings.Contains(told, `"a"`) {
				t.Errorf("told %s", pretty(got.body))
			}
		}
		// What changes nothing is not told.
		f.expect(f.call("/image/tags", "command", "add", "tag", "y", "public_ids", "a,b"))
		f.expectSilence(arrived)
	})
}

func TestEagerAsync(t *testing.T) {
	onEach(t, func(f *fixture) {
		deriver := &eagerNotes{}
		f.handler.deriver = deriver
		url, arrived := f.receive()
		uploaded := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 20), "public_id", "x", "eager", "c_scale,w_20/jpg|w_13", "eager_async", "1", "eager_notification_url", url+"/eager"))
		explicit := f.expect(f.call("/image/explicit", "public_id", "x", "type", "upload", "eager", "w_7", "eager_async", "true", "notification_url", url+"/both"))
		f.expectTold(arrived, notify.Explicit, "/both")
		if len(deriver.asked) != 0 {
			t.Fatalf("made before the answer: %v", deriver.asked)
		}
		entry := uploaded.body["eager"].([]any)[0].(map[string]any)
		if entry["status"] != "processing" || entry["batch_id"] != uploaded.body["batch_id"] || entry["batch_id"] == nil || entry["width"] != nil || !strings.HasSuffix(entry["secure_url"].(string), "/x.jpg") {
			t.Errorf("answer %s", uploaded.text)
		}
		for _, answer := range []*reply{uploaded, explicit} {
			job, err := f.library.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{EagerJobKind}, Worker: "w", Now: time.Now().Add(time.Second), Until: time.Now().Add(time.Minute)})
			if err != nil || job == nil || job.ID != answer.body["batch_id"] {
				t.Fatalf("job %+v, %v; want %v", job, err, answer.body["batch_id"])
			}
			if err := f.handler.EagerKind().Run(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			path := map[bool]string{true: "/eager", false: "/both"}[answer == uploaded]
			body := f.expectTold(arrived, notify.Eager, path)[0]
			made := body["eager"].([]any)[0].(map[string]any)
			if body["batch_id"] != job.ID || body["request_id"] != answer.header.Get("X-Request-Id") || body["timestamp"] == nil || body["api_key"] != apiKey || body["public_id"] != "x" || made["width"] == nil || made["status"] != nil {
				t.Errorf("told %s", pretty(body))
			}
		}
	})
}

func TestEagerAsyncOfWhatIsNotThereAnyMore(t *testing.T) {
	for name, change := range map[string]func(f *fixture){
		"deleted": func(f *fixture) { f.expect(f.call("/image/destroy", "public_id", "x")) },
		"replaced": func(f *fixture) {
			f.expect(f.upload("/image/upload", "b.png", picture("png", 20, 20), "public_id", "x"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			deriver := &eagerNotes{}
			f.handler.deriver = deriver
			f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 20), "public_id", "x", "eager", "w_13", "eager_async", "1"))
			change(f)
			job, err := f.library.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{EagerJobKind}, Worker: "w", Now: time.Now().Add(time.Second), Until: time.Now().Add(time.Minute)})
			if err != nil || job == nil {
				t.Fatal(job, err)
			}
			if err := f.handler.EagerKind().Run(t.Context(), job); err != nil || len(deriver.asked) != 0 {
				t.Errorf("%v, made %v", err, deriver.asked)
			}
		})
	}
}

func TestManyEagerTransformations(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("w_5|", maxEager), "|")
	if requests, err := parseEager([]string{many}, nil); err != nil || len(requests) != maxEager {
		t.Errorf("%d transformations, %v", len(requests), err)
	}
	if _, err := parseEager([]string{many, "w_6"}, nil); err == nil || err.Error() != "Too many eager transformations. Got 101. Maximum is 100." {
		t.Errorf("one too many: %v", err)
	}
}

// A tag that only one asset is to have is taken from all others, be they more than a page of them.
func TestATagThatOneOfManyKeeps(t *testing.T) {
	f := newFixture(t)
	others := library.MaxMaxResults + 1
	for n := range others {
		key := fmt.Sprint("originals/", n)
		if err := f.library.ReserveObject(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		_, err := f.library.StoreAsset(t.Context(), &library.Asset{
			ResourceType: library.Raw, Type: "upload", PublicID: fmt.Sprint("r", n), ObjectKey: key, Tags: []string{"only", "other"},
		}, library.StoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	f.expect(f.call("/raw/tags", "command", "set_exclusive", "tag", "only", "public_ids", "r7"))
	for tag, want := range map[string]int{"only": 1, "other": others} {
		found := 0
		options := library.ListOptions{ResourceType: library.Raw, Type: "upload", Tag: tag, MaxResults: library.MaxMaxResults}
		for more := true; more; more = options.Cursor != "" {
			page, err := f.library.List(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			found, options.Cursor = found+len(page.Assets), page.NextCursor
		}
		if found != want {
			t.Errorf("%d have the tag %s, want %d", found, tag, want)
		}
	}
}

func TestDeleteByToken(t *testing.T) {
	onEach(t, func(f *fixture) {
		now := time.Now()
		f.handler.now = func() time.Time { return now }
		f.snapshot.Presets["unsigned"] = catalog.Preset{Name: "unsigned", Unsigned: true, Parameters: map[string]json.RawMessage{"return_delete_token": json.RawMessage("true")}}
		spend := func(token string) *reply {
			return f.post("/delete_by_token", "application/json", strings.NewReader(`{"token":"`+token+`"}`))
		}
		uploaded := f.expect(f.multipart("/image/upload", part{"upload_preset", "", "unsigned"}, part{"file", "a.png", picture("png", 5, 4)}))
		token, _ := uploaded.body["delete_token"].(string)
		f.expectRefused(spend(token[:len(token)-2]), 400, "Invalid token")
		f.expectRefused(spend("x"), 400, "Invalid token")
		f.expectRefused(f.post("/delete_by_token", "", strings.NewReader("")), 400, "Missing required parameter - token")
		if got := f.expect(spend(token)); got.body["result"] != "ok" {
			t.Errorf("answer %s", got.text)
		}
		if got := f.expect(spend(token)); got.body["result"] != "not found" {
			t.Errorf("second answer %s", got.text)
		}
		signedUpload := func() string {
			got := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "s", "return_delete_token", "1"))
			return got.body["delete_token"].(string)
		}
		old := signedUpload()
		current := signedUpload()
		if got := f.expect(spend(old)); got.body["result"] != "not found" {
			t.Errorf("the token of an overwritten version: %s", got.text)
		}
		now = now.Add(deleteTokenLifetime)
		f.expectRefused(spend(current), 400, "Token expired")
		f.image("s")
	})
}

func TestDestroyByAssetID(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.pictures("", "a")
		id := f.image("a").AssetID
		if got := f.expect(f.call("/asset/destroy", "asset_id", id)); got.body["result"] != "ok" {
			t.Errorf("answer %s", got.text)
		}
		if got := f.expect(f.call("/asset/destroy", "asset_id", id)); got.body["result"] != "not found" {
			t.Errorf("second answer %s", got.text)
		}
		f.expectRefused(f.call("/asset/destroy", "public_id", "a"), 400, "Missing required parameter - asset_id")
		f.pictures("", "b")
		f.expectRefused(f.call("/asset/destroy", "asset_id", f.image("b").AssetID, "callback", "javascript:1"), 400, "Invalid callback: it must be an http or https URL")
		client := *f.server.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		response, err := client.PostForm(f.server.URL+"/v1_1/demo/asset/destroy", signed("asset_id", f.image("b").AssetID, "callback", "https://app.example/done?x=1"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if location := response.Header.Get("Location"); response.StatusCode != http.StatusFound || location != "https://app.example/done?asset_folder=&result=ok&x=1" {
			t.Errorf("a browser is sent to %q: %d", location, response.StatusCode)
		}
	})
}

func TestSignaturesOfEdits(t *testing.T) {
	f := newFixture(t)
	f.pictures("x", "a")
	old := fmt.Sprint(time.Now().Add(-61 * time.Minute).Unix())
	for _, path := range []string{"/image/tags", "/image/context", "/image/metadata", "/image/explicit", "/image/destroy", "/asset/destroy", "/image/rename", "/image/text", "/image/generate_archive"} {
		pairs := []string{"public_ids", "a", "public_id", "a", "command", "remove_all", "type", "upload"}
		send := func(params url.Values) *reply {
			return f.post(path, "application/x-www-form-urlencoded", strings.NewReader(params.Encode()))
		}
		wrong := signed(pairs...)
		wrong.Set("public_id", "b")
		if got := send(wrong); got.status != http.StatusUnauthorized || !strings.HasPrefix(got.message(), "Invalid Signature ") {
			t.Errorf("%s, wrong signature: %d %s", path, got.status, got.text)
		}
		missing := signed(pairs...)
		missing.Del("signature")
		f.expectRefused(send(missing), 400, "Missing required parameter - signature")
		if got := send(signed(append(pairs, "timestamp", old)...)); got.status != http.StatusBadRequest || !strings.HasPrefix(got.message(), "Stale request - reported time is ") {
			t.Errorf("%s, stale: %d %s", path, got.status, got.text)
		}
	}
	if !slices.Equal(f.image("a").Tags, []string{"x"}) {
		t.Errorf("a has %q", f.image("a").Tags)
	}
}
