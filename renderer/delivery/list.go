package delivery

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	// maxListed bounds the assets of a list by tag.
	maxListed = 2000
	// dataCaching is the Cache-Control of answers that change with what is stored.
	dataCaching = "public, max-age=60"
)

// Lists by tag (delivery contract, section 5.4).
type (
	listing struct {
		Resources any       `json:"resources"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	listed struct {
		PublicID  string           `json:"public_id"`
		Version   int64            `json:"version"`
		Format    string           `json:"format,omitempty"`
		Width     int              `json:"width,omitempty"`
		Height    int              `json:"height,omitempty"`
		Type      string           `json:"type"`
		CreatedAt time.Time        `json:"created_at"`
		Duration  float64          `json:"duration,omitempty"`
		Context   *listedContext   `json:"context,omitempty"`
		Metadata  []listedMetadata `json:"metadata,omitempty"`
	}
	listedContext struct {
		Custom map[string]string `json:"custom"`
	}
	listedMetadata struct {
		ExternalID string `json:"external_id"`
		Label      string `json:"label"`
		Type       string `json:"type"`
		Value      any    `json:"value"`
	}
)

// list answers /<type>/list/<tag>.json: the public assets with a tag, the newest first; those of them that fn_refine leaves, or
// the file of the one that fn_select chooses.
func (h *Handler) list(x *exchange, route *route) error {
	tag, isList := strings.CutSuffix(route.address.FullID(), ".json")
	choosing := route.choice != nil && (route.choice.Kind == transform.FunctionSelect || route.stored)
	if !isList || route.address.Transformation != "" && !choosing {
		return problem.BadRequest("Invalid list - %s: it is <tag>.json, without a transformation", route.address.FullID())
	}
	ctx := x.r.Context()
	resources, updatedAt, err := h.listTag(ctx, route, tag)
	if err != nil {
		return err
	}
	answer := listing{Resources: resources, UpdatedAt: updatedAt}
	switch {
	case !choosing:
	case route.choice.Kind == transform.FunctionSelect:
		chosen, err := h.choose(ctx, route, tag, resources)
		if err != nil {
			return err
		}
		return h.answerCurrent(x, chosen)
	default:
		if answer.Resources, err = h.refine(ctx, route, resources); err != nil {
			return err
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return problem.Failed(err)
	}
	h.serve(x, data(body, updatedAt, dataCaching))
	return nil
}

func (h *Handler) listTag(ctx context.Context, route *route, tag string) (resources []listed, updatedAt time.Time, err error) {
	options := library.ListOptions{ResourceType: route.address.AssetType, Type: typeUpload, Tag: tag, MaxResults: library.MaxMaxResults}
	for len(resources) < maxListed {
		page, err := h.lists.List(ctx, options)
		if err != nil {
			return nil, time.Time{}, problem.Unavailable("The database", fmt.Errorf("list tag %q: %w", tag, err))
		}
		for _, asset := range page.Assets {
			if isRestricted(asset, h.now()) {
				continue
			}
			resources = append(resources, listAsset(asset, route.snapshot))
			if asset.UpdatedAt.After(updatedAt) {
				updatedAt = asset.UpdatedAt.Truncate(time.Second)
			}
		}
		if options.Cursor = page.NextCursor; options.Cursor == "" {
			break
		}
	}
	if len(resources) == 0 {
		return nil, time.Time{}, problem.NotFound("Resource not found - %s", tag)
	}
	return resources, updatedAt, nil
}

func listAsset(asset *library.Asset, snapshot *catalog.Snapshot) listed {
	entry := listed{
		PublicID: asset.PublicID, Version: asset.Version, Format: asset.Format, Width: asset.Width, Height: asset.Height,
		Type: asset.Type, CreatedAt: asset.CreatedAt.Truncate(time.Second), Duration: asset.Duration,
	}
	if len(asset.Context) > 0 {
		entry.Context = &listedContext{Custom: asset.Context}
	}
	for _, field := range fieldsInOrder(snapshot) {
		if value, ok := asset.Metadata[field.ExternalID]; ok {
			entry.Metadata = append(entry.Metadata, listedMetadata{ExternalID: field.ExternalID, Label: field.Label, Type: field.Type, Value: value})
		}
	}
	return entry
}

// fieldsInOrder are the metadata fields of an environment by their position.
func fieldsInOrder(snapshot *catalog.Snapshot) []catalog.MetadataField {
	return slices.SortedFunc(maps.Values(snapshot.MetadataFields), func(a, b catalog.MetadataField) int { return cmp.Compare(a.Position, b.Position) })
}

// httpTime is a time as headers have it.
func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// data is JSON that was made now.
func data(body []byte, modified time.Time, caching string) *representation {
	sum := md5.Sum(body)
	meta := &derive.Meta{Bytes: int64(len(body)), ETag: hex.EncodeToString(sum[:]), Format: "json", CreatedAt: modified}
	d := &description{meta: meta, etag: `"` + meta.ETag + `"`, modified: modified}
	for _, f := range [...][2]string{
		{"Content-Type", "application/json"}, {"Content-Length", strconv.Itoa(len(body))}, {"Accept-Ranges", "bytes"}, {"Etag", d.etag},
		{"Cache-Control", caching}, {"Last-Modified", httpTime(modified)},
	} {
		d.headers = append(d.headers, field{f[0], []string{f[1]}})
	}
	return &representation{description: d, content: derive.BytesContent(body)}
}
