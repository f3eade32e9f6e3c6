package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api"
	sdk "github.com/cloudinary/cloudinary-go/v2/api/admin"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

const (
	cloud     = "demo"
	apiKey    = "123456789012345"
	apiSecret = "secret"
)

// fixture is an Admin API over a real library.
type fixture struct {
	*testing.T
	handler  *Handler
	server   *httptest.Server
	snapshot *catalog.Snapshot
	library  *library.Library
	stored   int
}

func newFixture(t *testing.T, changes ...func(*fixture, *Options)) *fixture {
	t.Helper()
	f := &fixture{T: t, library: databases.Library(t)}
	f.snapshot = &catalog.Snapshot{
		Environment: catalog.Environment{
			CloudName: cloud, CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			MaxImageBytes: 1000, MaxRawBytes: 2000, MaxImagePixels: 3000,
			DeliveryBaseURL: "http://media.example.com", SecureDeliveryBaseURL: "https://media.example.com",
		},
		Keys: map[string]catalog.Key{
			apiKey: {Name: "root", APIKey: apiKey, APISecret: apiSecret},
			"2":    {Name: "second", APIKey: "2", APISecret: "other"},
		},
	}
	options := Options{Catalog: catalog.Fixed{Snapshot: f.snapshot}, Library: f.library}
	for _, change := range changes {
		change(f, &options)
	}
	f.handler = New(options)
	f.server = httptest.NewServer(f.handler)
	t.Cleanup(f.server.Close)
	return f
}

// store puts an asset into the library.
func (f *fixture) store(resourceType, deliveryType, publicID string, change func(*library.Asset)) *library.Asset {
	f.Helper()
	f.stored++
	asset := &library.Asset{
		ResourceType: resourceType, Type: deliveryType, PublicID: publicID, Format: "png", Bytes: 100, Width: 4, Height: 3, Pages: 1,
		ETag: "7dc60722d4653261648038b579fdb89e", ObjectKey: fmt.Sprintf("originals/%d", f.stored),
	}
	if change != nil {
		change(asset)
	}
	if err := f.library.ReserveObject(f.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
		f.Fatal(err)
	}
	stored, err := f.library.StoreAsset(f.Context(), asset, library.StoreOptions{})
	if err != nil {
		f.Fatal(err)
	}
	return stored.Asset
}

func (f *fixture) derive(asset *library.Asset, transformation string) *library.Derived {
	f.Helper()
	f.stored++
	key := fmt.Sprintf("derived/%d", f.stored)
	if err := f.library.ReserveObject(f.Context(), key, time.Now().Add(time.Hour)); err != nil {
		f.Fatal(err)
	}
	derived, err := f.library.StoreDerived(f.Context(), &library.Derived{AssetID: asset.AssetID, VersionID: asset.VersionID, Key: key,
		Transformation: transformation, Format: "jpg", Bytes: 50, Width: 2, Height: 2, ETag: "x", ObjectKey: key})
	if err != nil {
		f.Fatal(err)
	}
	return derived
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r *reply) message() string {
	failure, _ := r.body["error"].(map[string]any)
	message, _ := failure["message"].(string)
	return message
}

// ids are the public IDs of a list, in order.
func (r *reply) ids() string {
	var ids []string
	resources, _ := r.body["resources"].([]any)
	for _, resource := range resources {
		ids = append(ids, resource.(map[string]any)["public_id"].(string))
	}
	return strings.Join(ids, " ")
}

func (f *fixture) call(method, path, contentType, body string) *reply {
	f.Helper()
	return f.callPath(method, "/v1_1/"+path, contentType, body)
}

func (f *fixture) callPath(method, path, contentType, body string) *reply {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	request.SetBasicAuth(apiKey, apiSecret)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return f.do(request)
}

func (f *fixture) get(path string) *reply {
	f.Helper()
	return f.call(http.MethodGet, cloud+"/"+path, "", "")
}

func (f *fixture) do(request *http.Request) *reply {
	f.Helper()
	response, err := f.server.Client().Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	got := &reply{status: response.StatusCode, header: response.Header}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&got.body); err != nil {
		f.Fatalf("the answer is no JSON object: %s", text)
	}
	for _, name := range []string{"X-FeatureRateLimit-Limit", "X-FeatureRateLimit-Remaining", "X-FeatureRateLimit-Reset", "X-Request-Id"} {
		if got.header.Get(name) == "" {
			f.Errorf("%s %s: the answer has no %s", request.Method, request.URL.Path, name)
		}
	}
	return got
}

func (f *fixture) expect(got *reply, want string) {
	f.Helper()
	var wanted map[string]any
	decoder := json.NewDecoder(strings.NewReader(want))
	decoder.UseNumber()
	if err := decoder.Decode(&wanted); err != nil {
		f.Fatal(err)
	}
	if got.status != http.StatusOK || !reflect.DeepEqual(got.body, wanted) {
		text, _ := json.MarshalIndent(got.body, "", " ")
		f.Errorf("answer %d %s\nwant %s", got.status, text, want)
	}
}

func (f *fixture) expectRefused(got *reply, status int, message string) {
	f.Helper()
	if got.status != status || got.message() != message {
		f.Errorf("answer %d %q\n    want %d %q", got.status, got.message(), status, message)
	}
}

func TestCredentials(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		title, cloud, authorization string
		status                      int
		message                     string
	}{
		{"good", cloud, basic(apiKey, apiSecret), 200, ""},
		{"other key", cloud, basic("2", "other"), 200, ""},
		{"cloud name in capitals", strings.ToUpper(cloud), basic(apiKey, apiSecret), 200, ""},
		{"none", cloud, "", 401, "Invalid credentials"},
		{"wrong secret", cloud, basic(apiKey, "x"), 401, "Invalid credentials"},
		{"secret of another key", cloud, basic(apiKey, "other"), 401, "Invalid credentials"},
		{"unknown key", cloud, basic("1", apiSecret), 401, "Invalid credentials"},
		{"empty", cloud, basic("", ""), 401, "Invalid credentials"},
		{"bearer", cloud, "Bearer abc", 401, "Invalid token"},
		{"other cloud", "other", basic(apiKey, apiSecret), 401, "cloud_name mismatch"},
		{"other cloud, other key", "other", basic("1", "x"), 401, "Invalid cloud_name other"},
	} {
		t.Run(test.title, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/"+test.cloud+"/ping", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.authorization != "" {
				request.Header.Set("Authorization", test.authorization)
			}
			got := f.do(request)
			if got.status != test.status || got.message() != test.message || got.header.Get("X-Cld-Error") != test.message {
				t.Errorf("answer %d %q, X-Cld-Error %q", got.status, got.message(), got.header.Get("X-Cld-Error"))
			}
		})
	}
	// What was signed for an upload, by somebody who gave it to a browser, opens nothing here.
	signed := url.Values{"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
	signed.Set("signature", sign.Upload(signed, apiSecret))
	signed.Set("api_key", apiKey)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/demo/resources/image/upload?"+signed.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.expectRefused(f.do(request), 401, signatureRefused().Error())
	f.snapshot.Keys = map[string]catalog.Key{}
	f.expectRefused(f.get("ping"), 401, "Invalid credentials")
}

func basic(user, password string) string {
	request := &http.Request{Header: http.Header{}}
	request.SetBasicAuth(user, password)
	return request.Header.Get("Authorization")
}

func TestAccount(t *testing.T) {
	f := newFixture(t)
	f.expect(f.get("ping"), `{"status":"ok"}`)
	f.expect(f.get("resources"), `{"resource_types":["image","raw","video"]}`)
	f.expect(f.get("config"), `{"cloud_name":"demo","created_at":"2026-01-02T03:04:05Z"}`)
	f.expect(f.get("config?settings=true"), `{"cloud_name":"demo","created_at":"2026-01-02T03:04:05Z","settings":{"folder_mode":"fixed"}}`)
	f.snapshot.Environment.DynamicFolders = true
	f.expect(f.get("config?settings=1"), `{"cloud_name":"demo","created_at":"2026-01-02T03:04:05Z","settings":{"folder_mode":"dynamic"}}`)
}

func TestRateLimit(t *testing.T) {
	now := time.Date(2026, 10, 21, 7, 30, 0, 0, time.UTC)
	f := newFixture(t, func(_ *fixture, options *Options) {
		options.HourlyLimit, options.Now = 2, func() time.Time { return now }
	})
	for _, remaining := range []string{"1", "0"} {
		got := f.get("ping")
		if got.status != 200 || got.header.Get("X-FeatureRateLimit-Limit") != "2" || got.header.Get("X-FeatureRateLimit-Remaining") != remaining ||
			got.header.Get("X-FeatureRateLimit-Reset") != "Wed, 21 Oct 2026 08:00:00 GMT" {
			t.Errorf("answer %d %v", got.status, got.header)
		}
	}
	f.expectRefused(f.get("ping"), 420, "Rate Limit Exceeded. Limit of 2 api operations reached. Try again on 2026-10-21 08:00:00 UTC")
	// Another replica has the same count, and who has no key uses none of it.
	replica := httptest.NewServer(New(Options{Catalog: catalog.Fixed{Snapshot: f.snapshot}, Library: f.library, HourlyLimit: 3, Now: func() time.Time { return now }}))
	defer replica.Close()
	f.server = replica
	anonymous, err := http.NewRequestWithContext(t.Context(), http.MethodGet, replica.URL+"/v1_1/demo/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.expectRefused(f.do(anonymous), 401, "Invalid credentials")
	if got := f.get("ping"); got.status != 200 || got.header.Get("X-FeatureRateLimit-Remaining") != "0" {
		t.Errorf("the third call, at another replica: %d %v", got.status, got.header)
	}
	f.expectRefused(f.get("ping"), 420, "Rate Limit Exceeded. Limit of 3 api operations reached. Try again on 2026-10-21 08:00:00 UTC")
	now = now.Add(time.Hour)
	if got := f.get("ping"); got.status != 200 {
		t.Errorf("answer %d in the next hour", got.status)
	}
}

func TestUnknownEndpoints(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"", "tags", "tags/film", "ping/x", "resources/film", "resources/image/context/x", "resources/image/moderations/manual", "resources/related_assets/x", "usage/a/b", "image/upload"} {
		got := f.get(path)
		f.expectRefused(got, 404, "No such endpoint: GET /"+path)
	}
	f.expectRefused(f.call(http.MethodPost, "demo/ping", "", ""), 404, "No such endpoint: POST /ping")
	for _, path := range []string{"folders", "resources/backup/x", "resources/image/upload"} {
		f.expectRefused(f.call(http.MethodPost, "demo/"+path, "", ""), 404, "No such endpoint: POST /"+path)
	}
	// What one method does, no other one does.
	asset := f.store("image", "upload", "a", nil)
	derived := f.derive(asset, "w_1")
	for _, call := range [][2]string{
		{"GET", "derived_resources"}, {"DELETE", "ping"}, {"PUT", "config"}, {"DELETE", "usage"}, {"DELETE", "reports/transformations"}, {"POST", "notifications"},
		{"GET", "notifications/resend"}, {"DELETE", "tags/image"}, {"DELETE", "imports"}, {"POST", "resources/image"}, {"PUT", "collections"}, {"DELETE", "comments"},
		{"GET", "comments/x/resolve"}, {"POST", "comments/x/other"}, {"GET", "comments/x/replies/y"},
	} {
		f.expectRefused(f.call(call[0], "demo/"+call[1]+"?public_ids[]=a&derived_resource_ids[]="+derived.ID, "", ""), 404, "No such endpoint: "+call[0]+" /"+call[1])
	}
	if got := f.get("resources/image/upload/a"); len(got.body["derived"].([]any)) != 1 {
		t.Errorf("left is %v", got.body)
	}
}

func TestAPostCanStandForAnotherMethod(t *testing.T) {
	f := newFixture(t)
	f.store("image", "upload", "a", nil)
	f.store("image", "upload", "b", nil)
	const form = "application/x-www-form-urlencoded"
	if got := f.call(http.MethodPost, "demo/resources/image/upload", form, "_method=delete&public_ids[]=a"); got.status != 200 || fmt.Sprint(got.body["deleted"]) != "map[a:deleted]" {
		t.Errorf("answer %d %v", got.status, got.body)
	}
	f.expectRefused(f.call(http.MethodPost, "demo/folders?_method=PUT", form, ""), 404, "No such endpoint: PUT /folders")
	// Nothing else stands for another one.
	f.expectRefused(f.call(http.MethodPost, "demo/ping?_method=GET", form, ""), 404, "No such endpoint: POST /ping")
	if got := f.get("resources/image/upload?_method=delete&all=true"); got.status != 200 || got.ids() != "b" {
		t.Errorf("answer %d %v", got.status, got.body)
	}
}

func TestLists(t *testing.T) {
	f := newFixture(t)
	f.snapshot.MetadataFields = map[string]catalog.MetadataField{"m": {ExternalID: "m", Type: catalog.MetadataString}}
	tagged := func(asset *library.Asset) {
		// The field gone was deleted.
		asset.Tags, asset.Context, asset.Metadata = []string{"big one", "red"}, map[string]string{"k": "v"}, map[string]any{"m": "1", "gone": "2"}
	}
	first := f.store("image", "upload", "a/1", tagged)
	f.store("image", "upload", "a/2", nil)
	f.store("image", "private", "a/3", nil)
	f.store("raw", "upload", "a/4.txt", func(asset *library.Asset) { asset.Format, asset.Width, asset.Height = "txt", 0, 0 })
	f.store("image", "upload", "b,c", tagged)
	for path, want := range map[string]string{
		"resources/image":                                                           "b,c a/3 a/2 a/1",
		"resources/image/upload":                                                    "b,c a/2 a/1",
		"resources/image?type=upload":                                               "b,c a/2 a/1",
		"resources/image/private":                                                   "a/3",
		"resources/raw/upload":                                                      "a/4.txt",
		"resources/video":                                                           "",
		"resources/image?prefix=a/":                                                 "a/2 a/1",
		"resources%2Fimage%2Fupload?prefix=a%2F2":                                   "a/2",
		"resources/image/upload?direction=asc":                                      "a/1 a/2 b,c",
		"resources/image/upload?direction=1":                                        "a/1 a/2 b,c",
		"resources/image/upload?public_ids=a/1,a/2":                                 "a/2 a/1",
		"resources/image/upload?public_ids[]=a/1&public_ids[]=b,c":                  "b,c a/1",
		"resources/image/upload?public_ids[0]=b,c":                                  "b,c",
		"resources/image/upload?public_ids=none":                                    "",
		"resources/image/tags/red":                                                  "b,c a/1",
		"resources/image/tags/big%20one":                                            "b,c a/1",
		"resources/image/tags/none":                                                 "",
		"resources/by_asset_ids?asset_ids[]=" + first.AssetID + "&asset_ids[]=none": "a/1",
	} {
		got := f.get(path)
		if got.status != 200 || got.ids() != want || got.body["resources"] == nil {
			t.Errorf("%s: answer %d %v, want %s", path, got.status, got.body, want)
		}
	}

	got := f.get("resources/image/upload?public_ids=a/1&tags=true&context=1&metadata=true")
	f.expect(got, fmt.Sprintf(`{"resources":[{"asset_id":%q,"public_id":"a/1","format":"png","version":%d,"resource_type":"image","type":"upload",
		"created_at":%q,"bytes":100,"width":4,"height":3,"folder":"a","access_mode":"public","placeholder":false,"etag":"7dc60722d4653261648038b579fdb89e",
		"url":"http://media.example.com/demo/image/upload/v%d/a/1.png","secure_url":"https://media.example.com/demo/image/upload/v%d/a/1.png",
		"tags":["big one","red"],"context":{"custom":{"k":"v"}},"metadata":{"m":"1"}}]}`,
		first.AssetID, first.Version, first.CreatedAt.UTC().Format(time.RFC3339), first.Version, first.Version))
	f.expect(f.get("resources/image/upload?public_ids=a/1&fields=tags"), fmt.Sprintf(`{"resources":[{"asset_id":%q,"public_id":"a/1","folder":"a","tags":["big one","red"]}]}`, first.AssetID))
	for field, value := range map[string]string{"context": `{"custom":{"k":"v"}}`, "metadata": `{"m":"1"}`} {
		f.expect(f.get("resources/image/upload?public_ids=a/1&fields="+field), fmt.Sprintf(`{"resources":[{"asset_id":%q,"public_id":"a/1","folder":"a",%q:%s}]}`, first.AssetID, field, value))
	}
	f.expect(f.get("resources/image/upload?public_ids=a/1&fields=bytes&fields=format"), fmt.Sprintf(`{"resources":[{"asset_id":%q,"public_id":"a/1","folder":"a","bytes":100,"format":"png"}]}`, first.AssetID))
	// Some are only shown when they are named.
	f.expect(f.get("resources/image/upload?public_ids=a/1&fields=filename,status,pixels,aspect_ratio,uploaded_at,version_id,signature"), fmt.Sprintf(
		`{"resources":[{"asset_id":%q,"public_id":"a/1","folder":"a","filename":"1","status":"active","pixels":12,"aspect_ratio":1.33333,"uploaded_at":%q,"version_id":%q,"signature":%q}]}`,
		first.AssetID, first.UploadedAt.UTC().Format(time.RFC3339), first.VersionID, sign.Response("a/1", first.Version, apiSecret, sign.SHA1)))

	for path, message := range map[string]string{
		"resources/image?direction=up":                                   `Invalid direction "up": it must be asc or desc`,
		"resources/image?max_results=0":                                  `Invalid value for max_results: "0" is no integer between 1 and 500`,
		"resources/image?max_results=501":                                `Invalid value for max_results: "501" is no integer between 1 and 500`,
		"resources/image?max_results=many":                               `Invalid value for max_results: "many" is no integer between 1 and 500`,
		"resources/image?tags=perhaps":                                   `Invalid value for tags: "perhaps" is neither true nor false`,
		"resources/image?start_at=someday":                               `Invalid value for parameter start_at: "someday" is no time as 2026-01-31T10:00:00Z`,
		"resources/image/context":                                        "Missing required parameter - key",
		"resources/by_asset_folder":                                      "Missing required parameter - asset_folder",
		"resources/by_asset_folder?asset_folder=a&resource_type=picture": `Invalid resource_type "picture": it must be image, video, raw`,
		"resources/image/moderations/a/pending":                          `Invalid moderation kind "a"`,
		"resources/image/moderations/manual/b":                           `Invalid moderation status "b"`,
		"resources/by_asset_ids":                                         "Missing required parameter - asset_ids",
		"resources/image?public_ids=" + many(101):                        "Too many public_ids. Got 101. Maximum is 100.",
	} {
		f.expectRefused(f.get(path), 400, message)
	}
	if got := f.get("resources/image?next_cursor=nonsense"); got.status != 400 {
		t.Errorf("answer %d", got.status)
	}
}

func many(n int) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	return strings.Join(ids, ",")
}

func TestPages(t *testing.T) {
	f := newFixture(t)
	var want []string
	for i := range 12 {
		id := fmt.Sprintf("p%02d", i)
		f.store("image", "upload", id, nil)
		want = append(want, id)
	}
	slices.Reverse(want)
	var got []string
	path, pages := "resources/image/upload?max_results=5&next_cursor=", 0
	for cursor := ""; ; {
		page := f.get(path + url.QueryEscape(cursor))
		got = append(got, strings.Fields(page.ids())...)
		pages++
		next, more := page.body["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	if pages != 3 || !slices.Equal(got, want) {
		t.Errorf("%d pages: %v", pages, got)
	}
	if page := f.get("resources/image/upload"); len(strings.Fields(page.ids())) != 10 {
		t.Errorf("by default a page has %s", page.ids())
	}
}

func TestDetails(t *testing.T) {
	f := newFixture(t)
	asset := f.store("image", "upload", "folder one/a+b", func(asset *library.Asset) {
		asset.UploadedBy = library.Uploader{Kind: library.UploaderKey, Name: "1234"}
		asset.Tags, asset.OriginalFilename, asset.Faces, asset.Custom = []string{"t"}, "orig", [][4]int{{1, 2, 30, 40}}, [][4]int{{5, 6, 7, 8}}
	})
	derived := f.derive(asset, "c_fill,w_2")
	id := fmt.Sprintf(`"asset_id":%q,"public_id":"folder one/a+b","format":"png","version":%d,"version_id":%q,"resource_type":"image","type":"upload",
		"created_at":%q,"bytes":100,"width":4,"height":3,"pages":1,"folder":"folder one","access_mode":"public","placeholder":false,
		"etag":"7dc60722d4653261648038b579fdb89e","original_filename":"orig","tags":["t"],"created_by":{"access_key":"1234"},"uploaded_by":{"access_key":"1234"},"last_updated":{"updated_at":%q},
		"url":"http://media.example.com/demo/image/upload/v%d/folder%%20one/a%%2Bb.png","secure_url":"https://media.example.com/demo/image/upload/v%d/folder%%20one/a%%2Bb.png",
		"derived":[{"id":%q,"transformation":"c_fill,w_2","format":"jpg","bytes":50,
		"url":"http://media.example.com/demo/image/upload/c_fill,w_2/v%d/folder%%20one/a%%2Bb.jpg","secure_url":"https://media.example.com/demo/image/upload/c_fill,w_2/v%d/folder%%20one/a%%2Bb.jpg"}]`,
		asset.AssetID, asset.Version, asset.VersionID, asset.CreatedAt.UTC().Format(time.RFC3339), asset.UpdatedAt.UTC().Format(time.RFC3339),
		asset.Version, asset.Version, derived.ID, asset.Version, asset.Version)
	for _, path := range []string{"resources/image/upload/folder%20one/a+b", "resources/image/upload/folder%20one%2Fa%2Bb", "resources%2Fimage%2Fupload%2Ffolder%20one%2Fa+b", "resources/" + asset.AssetID} {
		f.expect(f.get(path), "{"+id+"}")
	}
	f.expect(f.get("resources/"+asset.AssetID+"?coordinates=true&faces=1"), "{"+id+`,"coordinates":{"faces":[[1,2,30,40]],"custom":[[5,6,7,8]]},"faces":[[1,2,30,40]]}`)

	plain := f.store("image", "upload", "plain", nil)
	if got := f.get("resources/image/upload/plain"); got.body["tags"] != nil || got.body["context"] != nil || len(got.body["derived"].([]any)) != 0 {
		t.Errorf("answer %v", got.body)
	}
	for i := range 3 {
		f.derive(plain, fmt.Sprintf("w_%d", i+1))
	}
	got := f.get("resources/image/upload/plain?max_results=2")
	next, _ := got.body["next_cursor"].(string)
	if len(got.body["derived"].([]any)) != 2 || next == "" {
		t.Errorf("answer %v", got.body)
	}
	if got := f.get("resources/image/upload/plain?max_results=2&derived_next_cursor=" + url.QueryEscape(next)); len(got.body["derived"].([]any)) != 1 || got.body["next_cursor"] != nil {
		t.Errorf("answer %v", got.body)
	}
	f.expectRefused(f.get("resources/image/upload/none/such"), 404, "Resource not found - none/such")
	f.expectRefused(f.get("resources/image/private/plain"), 404, "Resource not found - plain")
	f.expectRefused(f.get("resources/0123456789abcdef0123456789abcdef"), 404, "Resource not found - 0123456789abcdef0123456789abcdef")
}

func TestDeletes(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	ids := func(f *fixture) string { return f.get("resources/image?max_results=500&direction=asc").ids() }
	for _, test := range []struct{ title, path, contentType, body, want, left string }{
		{"form body", "resources/image/upload", form, "public_ids[]=a/1&public_ids[]=none",
			`{"deleted":{"a/1":"deleted","none":"not_found"},"deleted_counts":{"a/1":{"original":1,"derived":2},"none":{"original":0,"derived":0}},"partial":false}`, "a/2 b,c p"},
		{"JSON with commas", "resources/image/upload", "application/json; charset=utf-8", `{"public_ids":"a/1,a/2","invalidate":true,"next_cursor":null}`,
			`{"deleted":{"a/1":"deleted","a/2":"deleted"},"deleted_counts":{"a/1":{"original":1,"derived":2},"a/2":{"original":1,"derived":0}},"partial":false}`, "b,c p"},
		{"JSON array", "resources/image/upload", "application/json", `{"public_ids":["b,c"]}`,
			`{"deleted":{"b,c":"deleted"},"deleted_counts":{"b,c":{"original":1,"derived":0}},"partial":false}`, "a/1 a/2 p"},
		{"query", "resources%2Fimage%2Fupload?public_ids[]=b,c", "", "",
			`{"deleted":{"b,c":"deleted"},"deleted_counts":{"b,c":{"original":1,"derived":0}},"partial":false}`, "a/1 a/2 p"},
		{"query of .NET", "resources/image/upload?keep_original=false&public_ids[]=a/2&public_ids[]=b,c&public_ids[]=a/2", "", "",
			`{"deleted":{"a/2":"deleted","b,c":"deleted"},"deleted_counts":{"a/2":{"original":1,"derived":0},"b,c":{"original":1,"derived":0}},"partial":false}`, "a/1 p"},
		{"prefix", "resources/image/upload", form, "prefix=a/",
			`{"deleted":{"a/1":"deleted","a/2":"deleted"},"deleted_counts":{"a/1":{"original":1,"derived":2},"a/2":{"original":1,"derived":0}},"partial":false}`, "b,c p"},
		{"tag", "resources/image/tags/t", form, "invalidate=true",
			`{"deleted":{"a/2":"deleted"},"deleted_counts":{"a/2":{"original":1,"derived":0}},"partial":false}`, "a/1 b,c p"},
		{"what is derived", "resources/image/upload", form, "keep_original=true&public_ids[]=a/1&public_ids[]=none",
			`{"deleted":{"a/1":"deleted","none":"not_found"},"deleted_counts":{"a/1":{"original":0,"derived":2},"none":{"original":0,"derived":0}},"partial":false}`, "a/1 a/2 b,c p"},
		{"all of a type", "resources/image/private", "application/json", `{"all":true}`,
			`{"deleted":{"p":"deleted"},"deleted_counts":{"p":{"original":1,"derived":0}},"partial":false}`, "a/1 a/2 b,c"},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			asset := f.store("image", "upload", "a/1", nil)
			f.derive(asset, "w_1")
			f.derive(asset, "w_2")
			f.store("image", "upload", "a/2", func(asset *library.Asset) { asset.Tags = []string{"t"} })
			f.store("image", "upload", "b,c", nil)
			f.store("image", "private", "p", nil)
			f.expect(f.call(http.MethodDelete, "demo/"+test.path, test.contentType, test.body), test.want)
			if left := ids(f); left != test.left {
				t.Errorf("left are %s, want %s", left, test.left)
			}
		})
	}
	t.Run("asset IDs", func(t *testing.T) {
		f := newFixture(t)
		asset := f.store("image", "upload", "a", nil)
		f.expect(f.call(http.MethodDelete, "demo/resources", form, "asset_ids[]="+asset.AssetID+"&asset_ids[]=x"), fmt.Sprintf(
			`{"deleted":{%q:"deleted","x":"not_found"},"deleted_counts":{%q:{"original":1,"derived":0},"x":{"original":0,"derived":0}},"partial":false}`, asset.AssetID, asset.AssetID))
	})
	t.Run("refused", func(t *testing.T) {
		f := newFixture(t)
		f.store("image", "upload", "a", nil)
		for body, message := range map[string]string{
			"":                      "Missing required parameter - public_ids, prefix or all",
			"all=false":             "Missing required parameter - public_ids, prefix or all",
			"public_ids[]=":         "Missing required parameter - public_ids, prefix or all",
			"public_ids=a&prefix=b": "Invalid parameters: only one of public_ids, prefix and all says what to delete",
			"prefix=b&all=true":     "Invalid parameters: only one of public_ids, prefix and all says what to delete",
			"all=true&batch_id=" + strings.Repeat("x", 256): "Invalid batch_id: it is longer than 255 bytes",
			"all=true&keep_original=maybe":                  `Invalid value for keep_original: "maybe" is neither true nor false`,
			"all=true&invalidate=maybe":                     `Invalid value for invalidate: "maybe" is neither true nor false`,
			"all=perhaps":                                   `Invalid value for all: "perhaps" is neither true nor false`,
			"public_ids=" + many(101):                       "Too many public_ids. Got 101. Maximum is 100.",
			"public_ids=%zz":                                "Invalid form in the request's body",
			"prefix=x&a=" + strings.Repeat("x", maxBody):    "Request is too large. Maximum is 4194304 bytes",
		} {
			f.expectRefused(f.call(http.MethodDelete, "demo/resources/image/upload", form, body), 400, message)
		}
		f.expectRefused(f.call(http.MethodDelete, "demo/resources/image/upload", "application/json", "[]"), 400, "The request's body is no JSON object")
		f.expectRefused(f.call(http.MethodDelete, "demo/resources", "", ""), 400, "Missing required parameter - asset_ids")
		f.expectRefused(f.call(http.MethodDelete, "demo/derived_resources", form, "derived_resource_ids=a&invalidate=maybe"), 400, `Invalid value for invalidate: "maybe" is neither true nor false`)
		if left := ids(f); left != "a" {
			t.Errorf("left are %q", left)
		}
	})
	t.Run("many", func(t *testing.T) {
		f := newFixture(t)
		f.handler.deleteLimit, f.handler.deletePage = 4, 2
		for i := range 5 {
			f.store("image", "upload", fmt.Sprintf("m%d", i), nil)
		}
		// What stays is gone through once.
		first := f.call(http.MethodDelete, "demo/resources/image/upload", form, "all=true&keep_original=true")
		second := f.call(http.MethodDelete, "demo/resources/image/upload", form, "all=true&keep_original=true&next_cursor="+url.QueryEscape(fmt.Sprint(first.body["next_cursor"])))
		if first.body["partial"] != true || len(first.body["deleted"].(map[string]any)) != 4 || second.body["partial"] != false || len(second.body["deleted"].(map[string]any)) != 1 {
			t.Errorf("the first %v, the second %v", first.body, second.body)
		}
		got := f.call(http.MethodDelete, "demo/resources/image/upload", form, "all=true")
		cursor, _ := got.body["next_cursor"].(string)
		if got.body["partial"] != true || len(got.body["deleted"].(map[string]any)) != 4 || cursor == "" {
			t.Fatalf("answer %d, partial %v, %d deleted", got.status, got.body["partial"], len(got.body["deleted"].(map[string]any)))
		}
		got = f.call(http.MethodDelete, "demo/resources/image/upload", form, "all=true&next_cursor="+url.QueryEscape(cursor))
		if got.body["partial"] != false || len(got.body["deleted"].(map[string]any)) != 1 || ids(f) != "" {
			t.Errorf("answer %d %v", got.status, got.body)
		}
	})
}

// cloudinary is the official SDK.
func (f *fixture) cloudinary() *cloudinary.Cloudinary {
	f.Helper()
	client, err := cloudinary.NewFromURL("cloudinary://" + apiKey + ":" + apiSecret + "@" + cloud + "?upload_prefix=" + url.QueryEscape(f.server.URL))
	if err != nil {
		f.Fatal(err)
	}
	return client
}

// sdk is its Admin API.
func (f *fixture) sdk() *sdk.API { return &f.cloudinary().Admin }

func TestSDK(t *testing.T) {
	f := newFixture(t)
	f.snapshot.Environment.DynamicFolders = true
	client := f.cloudinary()
	asset := f.store("image", "upload", "folder/a b+c", func(asset *library.Asset) { asset.Tags = []string{"t"} })
	f.store("image", "upload", "other", nil)
	ping, err := client.Admin.Ping(t.Context())
	if err != nil || ping.Status != "ok" {
		t.Errorf("ping: %+v %v", ping, err)
	}
	list, err := client.Admin.Assets(t.Context(), sdk.AssetsParams{AssetType: api.Image, DeliveryType: "upload", Tags: new(true), MaxResults: 1})
	if err != nil || list.Error.Message != "" || len(list.Assets) != 1 || list.NextCursor == "" {
		t.Errorf("list: %+v %v", list, err)
	}
	byIDs, err := client.Admin.AssetsByIDs(t.Context(), sdk.AssetsByIDsParams{PublicIDs: api.CldAPIArray{"other", "folder/a b+c"}})
	if err != nil || byIDs.Error.Message != "" || len(byIDs.Assets) != 2 {
		t.Errorf("list by IDs: %+v %v", byIDs, err)
	}
	one, err := client.Admin.Asset(t.Context(), sdk.AssetParams{PublicID: "folder/a b+c"})
	if err != nil || one.Error.Message != "" || one.AssetID != asset.AssetID || one.CreatedAt.IsZero() {
		t.Errorf("details: %+v %v", one, err)
	}
	usage, err := client.Admin.Usage(t.Context(), sdk.UsageParams{})
	if err != nil || usage.Error.Message != "" || usage.Resources != 2 {
		t.Errorf("usage: %+v %v", usage, err)
	}
	deleted, err := client.Admin.DeleteAssets(t.Context(), sdk.DeleteAssetsParams{PublicIDs: []string{"folder/a b+c", "none"}})
	if err != nil || deleted.Error.Message != "" || deleted.Deleted["folder/a b+c"] != "deleted" || deleted.Deleted["none"] != "not_found" {
		t.Errorf("delete: %+v %v", deleted, err)
	}
	all, err := client.Admin.DeleteAllAssets(t.Context(), sdk.DeleteAllAssetsParams{})
	if err != nil || all.Error.Message != "" || all.Deleted["other"] != "deleted" {
		t.Errorf("delete all: %+v %v", all, err)
	}
	gone, err := client.Admin.Asset(t.Context(), sdk.AssetParams{PublicID: "other"})
	if err != nil || gone.Error.Message != "Resource not found - other" {
		t.Errorf("details of a deleted asset: %+v %v", gone.Error, err)
	}
}

// brokenLibrary fails in everything.
type brokenLibrary struct{ Library }

var errBroken = errors.New("broken")

func (brokenLibrary) Asset(context.Context, library.Key) (*library.Asset, error) {
	return nil, errBroken
}
func (brokenLibrary) AssetByID(context.Context, string) (*library.Asset, error) {
	return nil, errBroken
}
func (brokenLibrary) UpdateAssets(context.Context, []library.Key, library.UpdateOptions) ([]library.Change, error) {
	return nil, errBroken
}
func (brokenLibrary) List(context.Context, library.ListOptions) (*library.Page, error) {
	return nil, errBroken
}
func (brokenLibrary) Totals(context.Context) (library.Totals, error) {
	return library.Totals{}, errBroken
}
func (brokenLibrary) DeleteAsset(context.Context, library.Key, library.DeleteOptions) (*library.Asset, int, error) {
	return nil, 0, errBroken
}

func (brokenLibrary) CountCalls(context.Context, time.Time, int) (int64, error) {
	return 0, errBroken
}
func (brokenLibrary) Search(context.Context, library.SearchOptions) (*library.Found, error) {
	return nil, errBroken
}
func (brokenLibrary) SearchFolders(context.Context, library.FolderSearch) ([]*library.Folder, int64, string, error) {
	return nil, 0, "", errBroken
}
func (brokenLibrary) Folders(context.Context, bool, string, int, string) ([]*library.Folder, int64, string, error) {
	return nil, 0, "", errBroken
}
func (brokenLibrary) CreateFolder(context.Context, bool, string, func([]string) ([]library.NewJob, error)) (*library.Folder, error) {
	return nil, errBroken
}
func (brokenLibrary) DeleteFolder(context.Context, bool, string, ...library.NewJob) ([]string, error) {
	return nil, errBroken
}
func (brokenLibrary) Tags(context.Context, string, string, int, string) ([]string, string, error) {
	return nil, "", errBroken
}
func (brokenLibrary) DeleteDerived(context.Context, string) (*library.Asset, error) {
	return nil, errBroken
}
func (brokenLibrary) Version(context.Context, string) (*library.Version, error) {
	return nil, errBroken
}
func (brokenLibrary) UsageOn(context.Context, time.Time) (library.Usage, *library.Level, error) {
	return library.Usage{}, nil, errBroken
}
func (brokenLibrary) Books(context.Context) (*library.Books, error) {
	return nil, errBroken
}
func (brokenLibrary) ListJobs(context.Context, library.JobList) ([]*library.Job, string, error) {
	return nil, "", errBroken
}
func (brokenLibrary) ReviveJobs(context.Context, string, []string, string) ([]*library.Job, error) {
	return nil, errBroken
}

func TestBrokenLibrary(t *testing.T) {
	f := newFixture(t, func(_ *fixture, options *Options) { options.Library = brokenLibrary{} })
	for _, call := range [][2]string{
		{"GET", "resources/image"}, {"GET", "resources/image/upload/x"}, {"GET", "resources/0123456789abcdef0123456789abcdef"}, {"GET", "usage"}, {"GET", "usage/" + time.Now().UTC().AddDate(0, 0, -1).Format("02-01-2006")},
		{"DELETE", "resources/image/upload?public_ids=x"}, {"DELETE", "resources/image/upload?all=1"}, {"DELETE", "resources?asset_ids=x"},
		{"POST", "resources/image/upload/x"}, {"PUT", "resources/0123456789abcdef0123456789abcdef"},
		{"POST", "resources/search"}, {"GET", "folders/search"}, {"GET", "folders"}, {"POST", "folders/x"}, {"DELETE", "folders/x"}, {"GET", "tags/image"},
		{"DELETE", "derived_resources?derived_resource_ids=x"}, {"POST", "resources/related_assets/image/upload/x?assets_to_relate=y"},
		{"GET", "notifications"}, {"POST", "notifications/resend?all=1"},
		{"POST", "resources/image/publish_resources?prefix=x"}, {"POST", "resources/image/upload/update_access_mode?prefix=x&access_mode=public"},
		{"POST", "resources/related_complementary_assets/0123456789abcdef0123456789abcdef?related_asset_ids=x&complementary_type=y"},
		{"DELETE", "resources/backup/0123456789abcdef0123456789abcdef?version_ids=x"},
	} {
		f.expectRefused(f.call(call[0], "demo/"+call[1], "", ""), 500, "The database is unavailable, try again later")
	}
}

func TestNotReady(t *testing.T) {
	f := newFixture(t, func(_ *fixture, options *Options) { options.Catalog = catalog.Fixed{} })
	f.expectRefused(f.get("ping"), 500, "The configuration is unavailable, try again later")
}
