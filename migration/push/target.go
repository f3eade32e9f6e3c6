package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Target is the environment that is pushed to.
type Target struct {
	Client *http.Client
	// BaseURL is scheme://host[:port] of the APIs.
	BaseURL, CloudName, APIKey, APISecret string
}

// maxAnswer bounds an answer of the APIs.
const maxAnswer = 16 << 20

// place is where an asset is put: the extension of its name says what it is where the source does not.
func place(asset *source.Asset) (resourceType, publicID string) {
	if asset.ResourceType != "auto" {
		return asset.ResourceType, asset.PublicID
	}
	kind, _, _ := strings.Cut(mime.TypeByExtension(path.Ext(asset.RawID)), "/")
	switch kind {
	case "image":
		return "image", asset.PublicID
	case "video", "audio":
		return "video", asset.PublicID
	}
	if path.Ext(asset.RawID) == "" {
		// Nothing says what it is but its bytes.
		return "auto", asset.PublicID
	}
	return "raw", asset.RawID
}

func keyOf(asset *source.Asset) string {
	resourceType, publicID := place(asset)
	return resourceType + "/" + asset.Type + "/" + publicID
}

// maxIDs bounds the IDs of one list.
const maxIDs = 100

// sizes are the bytes of those assets that are there, by key.
func (t *Target) sizes(ctx context.Context, batch []source.Asset) (map[string]int64, error) {
	lists := map[[2]string][]string{}
	for i := range batch {
		resourceType, publicID := place(&batch[i])
		if resourceType != "auto" {
			list := [2]string{resourceType, batch[i].Type}
			lists[list] = append(lists[list], publicID)
		}
	}
	found := map[string]int64{}
	for list, ids := range lists {
		for len(ids) > 0 {
			some := ids[:min(len(ids), maxIDs)]
			ids = ids[len(some):]
			var answer struct {
				Resources []struct {
					PublicID string `json:"public_id"`
					Bytes    int64  `json:"bytes"`
				} `json:"resources"`
			}
			query := url.Values{"public_ids[]": some, "max_results": {strconv.Itoa(maxIDs)}}
			if err := t.admin(ctx, http.MethodGet, "resources/"+list[0]+"/"+list[1]+"?"+query.Encode(), nil, &answer); err != nil {
				return nil, err
			}
			for _, resource := range answer.Resources {
				found[list[0]+"/"+list[1]+"/"+resource.PublicID] = resource.Bytes
			}
		}
	}
	return found, nil
}

// upload has the environment fetch an asset.
func (t *Target) upload(ctx context.Context, asset *source.Asset, replace bool) error {
	resourceType, publicID := place(asset)
	form := url.Values{
		"file": {asset.URL}, "public_id": {publicID}, "type": {asset.Type}, "overwrite": {strconv.FormatBool(replace)},
		"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)},
	}
	give := func(name, value string) {
		if value != "" {
			form.Set(name, value)
		}
	}
	give("filename_override", asset.Filename)
	give("access_mode", asset.AccessMode)
	if asset.AccessControl != "[]" {
		give("access_control", asset.AccessControl)
	}
	give("tags", strings.Join(asset.Tags, ","))
	give("context", contextOf(asset.Context))
	if len(asset.Metadata) > 0 {
		give("metadata", asset.Metadata[0])
	}
	if asset.AssetFolder != nil {
		give("asset_folder", *asset.AssetFolder)
	}
	if asset.DisplayName != nil {
		give("display_name", *asset.DisplayName)
	}
	for _, m := range asset.Moderation {
		if m.Kind == "manual" {
			give("moderation", "manual")
		}
	}
	if asset.Details != nil {
		give("face_coordinates", coordinatesOf(asset.Details.Faces))
		give("custom_coordinates", coordinatesOf(asset.Details.Custom))
	}
	form.Set("signature", sign.Upload(form, t.APISecret))
	form.Set("api_key", t.APIKey)
	err := t.call(ctx, http.MethodPost, resourceType+"/upload", "application/x-www-form-urlencoded", []byte(form.Encode()), nil, false)
	if refused, ok := errors.AsType[*source.RefusedError](err); ok {
		// The URL may be signed.
		shown, _, _ := strings.Cut(asset.URL, "?")
		refused.Reason = strings.ReplaceAll(refused.Reason, asset.URL, shown)
	}
	if err != nil {
		return err
	}
	for _, m := range asset.Moderation {
		if m.Kind == "manual" && (m.Status == "approved" || m.Status == "rejected") {
			segments := []string{"resources", resourceType, asset.Type, url.PathEscape(publicID)}
			return t.admin(ctx, http.MethodPost, strings.Join(segments, "/"), map[string]any{"moderation_status": m.Status}, nil)
		}
	}
	return nil
}

// maxRelated bounds the assets that one call relates.
const maxRelated = 10

// relate says which of the assets that are there belong to one. Those that come later say so themselves: it holds both ways.
func (t *Target) relate(ctx context.Context, asset *source.Asset) error {
	resourceType, publicID := place(asset)
	for some := range slices.Chunk(asset.Details.Related, maxRelated) {
		names := make([]string, len(some))
		for i, name := range some {
			names[i] = name.String()
		}
		path := strings.Join([]string{"resources/related_assets", resourceType, asset.Type, url.PathEscape(publicID)}, "/")
		if err := t.admin(ctx, http.MethodPost, path, map[string]any{"assets_to_relate": names}, nil); err != nil {
			return err
		}
	}
	return nil
}

// coordinatesOf writes rectangles as an upload wants them.
func coordinatesOf(rectangles [][4]int) string {
	var texts []string
	for _, r := range rectangles {
		texts = append(texts, fmt.Sprintf("%d,%d,%d,%d", r[0], r[1], r[2], r[3]))
	}
	return strings.Join(texts, "|")
}

// contextOf writes context as an upload wants it.
func contextOf(values map[string]string) string {
	escape := strings.NewReplacer(`=`, `\=`, `|`, `\|`)
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, escape.Replace(name)+"="+escape.Replace(value))
	}
	return strings.Join(pairs, "|")
}

// make makes a setting, unless there is one of its name.
func (t *Target) make(ctx context.Context, setting *source.Setting) error {
	there := setting.Path + "/" + url.PathEscape(setting.Key)
	switch setting.Path {
	case "transformations":
		there = setting.Path + "?" + url.Values{"transformation": {setting.Key}}.Encode()
	case "metadata_rules":
		var answer struct {
			Rules []struct {
				Name string `json:"name"`
			} `json:"metadata_rules"`
		}
		if err := t.admin(ctx, http.MethodGet, setting.Path, nil, &answer); err != nil {
			return err
		}
		for _, rule := range answer.Rules {
			if rule.Name == setting.Key {
				return nil
			}
		}
		return t.admin(ctx, http.MethodPost, setting.Path, setting.Body, nil)
	}
	err := t.admin(ctx, http.MethodGet, there, nil, nil)
	if answered, ok := errors.AsType[*statusError](err); !ok || answered.status != http.StatusNotFound {
		return err
	}
	err = t.admin(ctx, http.MethodPost, setting.Path, setting.Body, nil)
	if answered, ok := errors.AsType[*statusError](err); ok && answered.status == http.StatusConflict {
		return nil
	}
	return err
}

// admin makes a call of the Admin API.
func (t *Target) admin(ctx context.Context, method, path string, body map[string]any, into any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return t.call(ctx, method, path, "application/json", content, into, true)
}

// statusError is an answer that refuses.
type statusError struct {
	source.RefusedError
	status int
}

// Unwrap makes it a refusal.
func (e *statusError) Unwrap() error { return &e.RefusedError }

func (t *Target) call(ctx context.Context, method, path, contentType string, body []byte, into any, basic bool) error {
	request, err := http.NewRequestWithContext(ctx, method, t.BaseURL+"/v1_1/"+url.PathEscape(t.CloudName)+"/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if basic {
		request.SetBasicAuth(t.APIKey, t.APISecret)
	}
	response, err := t.Client.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", t.BaseURL, err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading what %s answers: %w", t.BaseURL, err)
	}
	if response.StatusCode == http.StatusOK {
		if into == nil {
			return nil
		}
		if err := json.Unmarshal(content, into); err != nil {
			return fmt.Errorf("%s answers with something else than JSON: %w", t.BaseURL, err)
		}
		return nil
	}
	reason := source.Reason(response, content)
	switch status := response.StatusCode; {
	case status == source.StatusQuota || status == http.StatusTooManyRequests:
		return &source.LaterError{At: source.Again(response.Header, time.Now()), Reason: reason}
	case status >= 400 && status < 500:
		return &statusError{source.RefusedError{Reason: reason}, status}
	}
	return errors.New(reason)
}
