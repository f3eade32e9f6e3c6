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

// there are those assets that are there, by key.
func (t *Target) there(ctx context.Context, batch []source.Asset) (map[string]bool, error) {
	lists := map[[2]string][]string{}
	for i := range batch {
		resourceType, publicID := place(&batch[i])
		if resourceType != "auto" {
			list := [2]string{resourceType, batch[i].Type}
			lists[list] = append(lists[list], publicID)
		}
	}
	found := map[string]bool{}
	for list, ids := range lists {
		for some := range slices.Chunk(ids, maxIDs) {
			var answer struct {
				Resources []struct {
					PublicID string `json:"public_id"`
				} `json:"resources"`
			}
			query := url.Values{"public_ids[]": some, "max_results": {strconv.Itoa(maxIDs)}}
			if err := t.call(ctx, http.MethodGet, "resources/"+list[0]+"/"+list[1]+"?"+query.Encode(), nil, &answer); err != nil {
				return nil, err
			}
			for _, resource := range answer.Resources {
				found[list[0]+"/"+list[1]+"/"+resource.PublicID] = true
			}
		}
	}
	return found, nil
}

// bring has the environment import an asset, and says whether it was there already, and as it should be.
func (t *Target) bring(ctx context.Context, asset *source.Asset, replace bool) (unchanged bool, err error) {
	given := struct {
		*source.Asset
		Replace bool `json:"replace"`
	}{asset, replace}
	var answer struct {
		Unchanged bool `json:"unchanged"`
	}
	err = t.call(ctx, http.MethodPost, "import", given, &answer)
	if refused, ok := errors.AsType[*source.RefusedError](err); ok {
		// The URL may be signed.
		shown, _, _ := strings.Cut(asset.URL, "?")
		refused.Reason = strings.ReplaceAll(refused.Reason, asset.URL, shown)
	}
	return answer.Unchanged, err
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
		if err := t.call(ctx, http.MethodGet, setting.Path, nil, &answer); err != nil {
			return err
		}
		for _, rule := range answer.Rules {
			if rule.Name == setting.Key {
				return nil
			}
		}
		return t.call(ctx, http.MethodPost, setting.Path, setting.Body, nil)
	}
	err := t.call(ctx, http.MethodGet, there, nil, nil)
	if answered, ok := errors.AsType[*statusError](err); !ok || answered.status != http.StatusNotFound {
		return err
	}
	err = t.call(ctx, http.MethodPost, setting.Path, setting.Body, nil)
	if answered, ok := errors.AsType[*statusError](err); ok && answered.status == http.StatusConflict {
		return nil
	}
	return err
}

// statusError is an answer that refuses.
type statusError struct {
	source.RefusedError
	status int
}

// Unwrap makes it a refusal.
func (e *statusError) Unwrap() error { return &e.RefusedError }

// call makes a call with the access key. body, where it is not nil, is sent as JSON; the answer is read into into, unless that is nil.
func (t *Target) call(ctx context.Context, method, path string, body, into any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, t.BaseURL+"/v1_1/"+url.PathEscape(t.CloudName)+"/"+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.SetBasicAuth(t.APIKey, t.APISecret)
	response, err := t.Client.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", t.BaseURL, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading what %s answers: %w", t.BaseURL, err)
	}
	if response.StatusCode == http.StatusOK {
		if into == nil {
			return nil
		}
		if err := json.Unmarshal(answer, into); err != nil {
			return fmt.Errorf("%s answers with something else than JSON: %w", t.BaseURL, err)
		}
		return nil
	}
	reason := source.Reason(response, answer)
	switch status := response.StatusCode; {
	case status == source.StatusQuota || status == http.StatusTooManyRequests:
		return &source.LaterError{At: source.Again(response.Header, time.Now()), Reason: reason}
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return &statusError{source.RefusedError{Reason: reason}, status}
	}
	return errors.New(reason)
}
