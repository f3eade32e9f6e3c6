package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Account is an environment of Cloudinary or of another Darkroom, read by its Admin API.
type Account struct {
	// Client makes the requests.
	Client *http.Client
	// BaseURL is scheme://host[:port] of the API.
	BaseURL, CloudName, APIKey, APISecret string
	// Types are the delivery types to read; Prefix is what public IDs begin with, empty for all.
	Types  []string
	Prefix string
	// Configuration asks for the settings of the environment as the first pages.
	Configuration bool
	// Now is the clock that downloads are signed by.
	Now func() time.Time
}

const (
	// accountPage is how many assets are listed at once, as many as the API allows: calls are what is limited.
	accountPage = 500
	// maxAnswer bounds an answer of the API.
	maxAnswer = 32 << 20
	// defaultPause is the wait when the API does not say how long it takes.
	defaultPause = time.Minute
	// longestPause bounds what it says: the windows of the API are hours.
	longestPause = 2 * time.Hour
)

// place is where an account stands.
type place struct {
	// Assets says that the settings are behind.
	Assets bool `json:"assets,omitempty"`
	// List counts the lists that are behind, Cursor is that of the API in the next one.
	List   int    `json:"list,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

// lists are the lists that assets are in.
func (a *Account) lists() [][2]string {
	var lists [][2]string
	for _, resourceType := range []string{"image", "video", "raw"} {
		for _, deliveryType := range a.Types {
			lists = append(lists, [2]string{resourceType, deliveryType})
		}
	}
	return lists
}

// Page reads the settings, and then list after list.
func (a *Account) Page(ctx context.Context, at string) (*Page, error) {
	stand := place{Assets: !a.Configuration}
	if at != "" {
		if err := json.Unmarshal([]byte(at), &stand); err != nil {
			return nil, refused("%q is no place in an account", at)
		}
	}
	lists := a.lists()
	if !stand.Assets {
		return a.settings(ctx, place{Assets: true})
	}
	if stand.List >= len(lists) {
		return &Page{}, nil
	}
	list := lists[stand.List]
	query := url.Values{
		"max_results": {strconv.Itoa(accountPage)}, "direction": {"asc"},
		"tags": {"true"}, "context": {"true"}, "metadata": {"true"}, "moderations": {"true"},
	}
	if a.Prefix != "" {
		query.Set("prefix", a.Prefix)
	}
	if stand.Cursor != "" {
		query.Set("next_cursor", stand.Cursor)
	}
	var answer struct {
		Resources  []resource `json:"resources"`
		NextCursor string     `json:"next_cursor"`
	}
	if err := a.get(ctx, "resources/"+list[0]+"/"+list[1], query, &answer); err != nil {
		return nil, err
	}
	page := &Page{}
	for i := range answer.Resources {
		page.Assets = append(page.Assets, a.asset(&answer.Resources[i], list))
	}
	next := place{Assets: true, List: stand.List, Cursor: answer.NextCursor}
	if answer.NextCursor == "" {
		next.List++
	}
	if next.List < len(lists) {
		page.Next = next.text()
	}
	return page, nil
}

func (p place) text() string {
	encoded, err := json.Marshal(p)
	if err != nil {
		panic(err) // A flag, a number and a text can be written as JSON.
	}
	return string(encoded)
}

// Total asks the search, which counts all types at once. Not every environment has it.
func (a *Account) Total(ctx context.Context) (int64, error) {
	expression := "type:(" + strings.Join(a.Types, " OR ") + ")"
	if a.Prefix != "" {
		// A prefix of public IDs is no word of the search.
		return 0, nil
	}
	var answer struct {
		TotalCount int64 `json:"total_count"`
	}
	err := a.get(ctx, "resources/search", url.Values{"expression": {expression}, "max_results": {"1"}}, &answer)
	if _, later := errors.AsType[*LaterError](err); later || err != nil && !IsRefused(err) {
		return 0, err
	}
	return answer.TotalCount, nil
}

// resource is an asset as the API lists it.
type resource struct {
	AssetID          string   `json:"asset_id"`
	PublicID         string   `json:"public_id"`
	Format           string   `json:"format"`
	Version          int64    `json:"version"`
	CreatedAt        string   `json:"created_at"`
	Bytes            int64    `json:"bytes"`
	ETag             string   `json:"etag"`
	SecureURL        string   `json:"secure_url"`
	AccessMode       string   `json:"access_mode"`
	OriginalFilename string   `json:"original_filename"`
	AssetFolder      *string  `json:"asset_folder"`
	DisplayName      *string  `json:"display_name"`
	Tags             []string `json:"tags"`
	Context          struct {
		Custom map[string]any `json:"custom"`
	} `json:"context"`
	Metadata      json.RawMessage `json:"metadata"`
	AccessControl json.RawMessage `json:"access_control"`
	Moderation    []struct {
		Kind      string `json:"kind"`
		Status    string `json:"status"`
		UpdatedAt string `json:"updated_at"`
	} `json:"moderation"`
	ModerationKind   string `json:"moderation_kind"`
	ModerationStatus string `json:"moderation_status"`
	Placeholder      bool   `json:"placeholder"`
}

// asset describes a listed asset.
func (a *Account) asset(r *resource, list [2]string) Asset {
	asset := Asset{
		Name: list[0] + "/" + list[1] + "/" + r.PublicID, ResourceType: list[0], Type: list[1], PublicID: r.PublicID,
		AssetID: r.AssetID, Version: r.Version, Bytes: r.Bytes, ETag: md5Of(r.ETag), AccessMode: r.AccessMode,
		Tags: append([]string{}, r.Tags...), Context: map[string]string{}, Metadata: []string{}, Settled: true, AssetFolder: r.AssetFolder, DisplayName: r.DisplayName,
		Moderation: []Moderation{},
	}
	asset.CreatedAt, _ = time.Parse(time.RFC3339, r.CreatedAt) // Without it the asset is as old as its import.
	for name, value := range r.Context.Custom {
		asset.Context[name] = fmt.Sprint(value)
	}
	if len(r.Metadata) > 2 && r.Metadata[0] == '{' {
		asset.Metadata = []string{string(r.Metadata)}
	}
	for _, m := range r.Moderation {
		updated, _ := time.Parse(time.RFC3339, m.UpdatedAt)
		asset.Moderation = append(asset.Moderation, Moderation{Kind: m.Kind, Status: m.Status, UpdatedAt: updated})
	}
	if len(r.Moderation) == 0 && r.ModerationKind != "" {
		asset.Moderation = append(asset.Moderation, Moderation{Kind: r.ModerationKind, Status: r.ModerationStatus, UpdatedAt: asset.CreatedAt})
	}
	asset.AccessControl = "[]"
	if len(r.AccessControl) > 0 && r.AccessControl[0] == '[' {
		asset.AccessControl = string(r.AccessControl)
	}
	asset.Filename = filenameOf(r)
	asset.URL = r.SecureURL
	if list[1] != "upload" || r.AccessMode == "authenticated" || asset.AccessControl != "[]" || asset.URL == "" {
		asset.URL = a.downloadURL(r, list)
	}
	return asset
}

// filenameOf is the name of the file with its extension.
func filenameOf(r *resource) string {
	name := r.OriginalFilename
	if name == "" {
		name = r.PublicID[strings.LastIndexByte(r.PublicID, '/')+1:]
	}
	if r.Format != "" && !strings.HasSuffix(name, "."+r.Format) {
		name += "." + r.Format
	}
	return name
}

// downloadURL is a signed link to an original that is not delivered to everybody.
func (a *Account) downloadURL(r *resource, list [2]string) string {
	query := url.Values{"public_id": {r.PublicID}, "type": {list[1]}, "timestamp": {strconv.FormatInt(a.Now().Unix(), 10)}}
	if list[0] != "raw" && r.Format != "" {
		query.Set("format", r.Format)
	}
	query.Set("signature", sign.Upload(query, a.APISecret))
	query.Set("api_key", a.APIKey)
	return a.endpoint(list[0]+"/download") + "?" + query.Encode()
}

func (a *Account) endpoint(path string) string {
	return a.BaseURL + "/v1_1/" + url.PathEscape(a.CloudName) + "/" + path
}

// get asks the Admin API.
func (a *Account) get(ctx context.Context, path string, query url.Values, into any) error {
	target := a.endpoint(path)
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return refused("%s cannot be asked: %v", a.BaseURL, err)
	}
	request.SetBasicAuth(a.APIKey, a.APISecret)
	response, err := a.Client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the Admin API of %s: %w", a.CloudName, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading what the Admin API of %s answers: %w", a.CloudName, err)
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, into); err != nil {
			return fmt.Errorf("the Admin API of %s answers /%s with something else than JSON: %w", a.CloudName, path, err)
		}
		return nil
	}
	return a.failed(response, path, body)
}

// StatusQuota is what the Admin API answers when its calls are used up, beside 429.
const StatusQuota = 420

func (a *Account) failed(response *http.Response, path string, body []byte) error {
	reason := fmt.Sprintf("the Admin API of %s answers /%s with %s", a.CloudName, path, Reason(response, body))
	switch status := response.StatusCode; {
	case status == StatusQuota || status == http.StatusTooManyRequests:
		return &LaterError{At: Again(response.Header, a.Now()), Reason: reason}
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return &RefusedError{Reason: reason}
	}
	return errors.New(reason)
}

// Reason is the status of an answer of an API that is no success, and what its body says.
func Reason(response *http.Response, body []byte) string {
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	reason := strings.TrimSpace(strconv.Itoa(response.StatusCode) + " " + http.StatusText(response.StatusCode))
	if json.Unmarshal(body, &answer) == nil && answer.Error.Message != "" {
		reason += ": " + answer.Error.Message
	}
	return reason
}

// Again is when an API that has had enough of calls wants to be asked again, as the header of its answer says; after a minute
// when it does not say, and not before now.
func Again(header http.Header, now time.Time) time.Time {
	at := now.Add(defaultPause)
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		at = now.Add(min(time.Duration(seconds)*time.Second, longestPause))
	} else if reset, err := http.ParseTime(header.Get("X-FeatureRateLimit-Reset")); err == nil {
		at = reset
	}
	if at.Before(now) {
		return now
	}
	if latest := now.Add(longestPause); at.After(latest) {
		return latest
	}
	return at
}

// md5Of is an ETag that is an MD5, without its quotes; empty for any other.
func md5Of(etag string) string {
	etag = strings.ToLower(strings.Trim(etag, `"`))
	if len(etag) != 32 || strings.Trim(etag, "0123456789abcdef") != "" {
		return ""
	}
	return etag
}
