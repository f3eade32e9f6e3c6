// Package source reads assets of somewhere else: a list of URLs, a bucket, or an environment of Cloudinary or of another
// Darkroom by its Admin API. A source is read page by page; where it stands is a text, so that whoever was interrupted goes
// on from there. What is read is described, not fetched: each asset has a URL.
package source

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Asset is an asset, as it is at the source. What is nil or empty is not known there.
type Asset struct {
	// Name tells it apart from others of the source, for people: image/upload/<public ID>, a key, a line.
	Name string `json:"name,omitempty"`
	// URL is where its bytes are. It may be signed, and then be good for less than an hour.
	URL string `json:"url"`
	// ResourceType is image, video, raw or auto. PublicID is without the extension of a picture or a video; RawID is the
	// public ID of a file of the type auto that turns out to be neither.
	ResourceType string    `json:"resource_type"`
	Type         string    `json:"type"`
	PublicID     string    `json:"public_id"`
	RawID        string    `json:"raw_id,omitempty"`
	AssetID      string    `json:"asset_id,omitempty"`
	Version      int64     `json:"version,omitempty"`
	CreatedAt    time.Time `json:"created_at,omitzero"`
	Filename     string    `json:"filename,omitempty"`
	// Bytes and ETag, an MD5 in hex, are those of the content.
	Bytes int64  `json:"bytes,omitempty"`
	ETag  string `json:"etag,omitempty"`
	// Metadata are rows of a metadata parameter: id=value|… or an object of JSON. Lists that are empty, and not nil, say that there
	// is nothing.
	Tags     []string          `json:"tags"`
	Context  map[string]string `json:"context"`
	Metadata []string          `json:"metadata"`
	// Settled says that Metadata is what the asset holds there: the fields and the rules of the source have decided on it.
	Settled     bool    `json:"settled,omitempty"`
	AssetFolder *string `json:"asset_folder,omitempty"`
	DisplayName *string `json:"display_name,omitempty"`
	AccessMode  string  `json:"access_mode,omitempty"`
	// AccessControl is a list of rules in JSON, as an access_control parameter.
	AccessControl string       `json:"access_control,omitempty"`
	Moderation    []Moderation `json:"moderation"`
	// Details are what the source tells of an asset only when it is asked for it alone; nil while it was not asked.
	Details *Details `json:"details,omitempty"`
}

// Details are what a Detailed source tells of one asset.
type Details struct {
	// Faces and Custom are rectangles (x, y, w, h) in pixels.
	Faces  [][4]int `json:"faces,omitempty"`
	Custom [][4]int `json:"custom,omitempty"`
	// Related are the assets that belong to it.
	Related []Name `json:"related,omitempty"`
	// Versions are the earlier ones whose bytes are there still, the oldest first.
	Versions []Version `json:"versions,omitempty"`
}

// Name names an asset.
type Name struct {
	ResourceType string `json:"resource_type"`
	Type         string `json:"type"`
	PublicID     string `json:"public_id"`
}

// Version is an earlier version of an asset.
type Version struct {
	ID         string    `json:"version_id"`
	Number     int64     `json:"version"`
	UploadedAt time.Time `json:"uploaded_at,omitzero"`
	// URL is signed, and good for less than an hour.
	URL string `json:"url"`
}

// Detailed is a Source that tells more of an asset that it is asked for. It may be asked for several at once.
type Detailed interface {
	// Details asks for the details of an asset. Errors as those of Source.Page.
	Details(ctx context.Context, asset *Asset) (*Details, error)
}

// Moderation is where a moderation of an asset stands.
type Moderation struct {
	Kind      string    `json:"kind"`
	Status    string    `json:"status"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// Setting is something that configures the source, as the call of the Admin API that would make it.
type Setting struct {
	// Name tells it apart from others, for people.
	Name string
	// Path is that of the collection, such as upload_presets; Body are the parameters, in the types of JSON.
	Path string
	Body map[string]any
	// Key is the name of the setting in its collection.
	Key string
}

// Failure is something that cannot be read.
type Failure struct{ Name, Reason string }

// Page is a part of a source.
type Page struct {
	Settings []Setting
	Assets   []Asset
	Failures []Failure
	// Next is where the next page begins; empty at the end.
	Next string
}

// Source gives assets. Its methods are called one after the other.
type Source interface {
	// Page reads what begins at a place, the empty one at first. Errors: Later, Refused; all others may pass.
	Page(ctx context.Context, at string) (*Page, error)
	// Total is the number of assets, 0 when it cannot be told. Errors as those of Page.
	Total(ctx context.Context) (int64, error)
}

// LaterError says that the source wants to be asked again at a time, and not before.
type LaterError struct {
	At     time.Time
	Reason string
}

// Error says until when.
func (e *LaterError) Error() string {
	return fmt.Sprintf("%s: to be asked again at %s", e.Reason, e.At.UTC().Format(time.RFC3339))
}

// RefusedError says that the source does not give what is asked for, and will not do so later.
type RefusedError struct{ Reason string }

// Error is the reason.
func (e *RefusedError) Error() string { return e.Reason }

func refused(format string, values ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, values...)}
}

// IsRefused says whether to ask again is in vain.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*RefusedError](err)
	return ok
}
