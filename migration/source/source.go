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
	Name string
	// URL is where its bytes are. It may be signed, and then be good for less than an hour.
	URL string
	// ResourceType is image, video, raw or auto. PublicID is without the extension of a picture or a video; RawID is the
	// public ID of a file of the type auto that turns out to be neither.
	ResourceType, Type, PublicID, RawID string
	AssetID                             string
	Version                             int64
	CreatedAt                           time.Time
	Filename                            string
	// Bytes and ETag, an MD5 in hex, are those of the content.
	Bytes int64
	ETag  string
	// Metadata are rows of a metadata parameter: id=value|… or an object of JSON.
	Tags                     []string
	Context                  map[string]string
	Metadata                 []string
	AssetFolder, DisplayName *string
	AccessMode               string
	// AccessControl is a list of rules in JSON, as an access_control parameter.
	AccessControl string
	Moderation    []Moderation
	// Details are what the source tells of an asset only when it is asked for it alone; nil while it was not asked.
	Details *Details
}

// Details are what a Detailed source tells of one asset.
type Details struct {
	// Faces and Custom are rectangles (x, y, w, h) in pixels.
	Faces, Custom [][4]int
	// Related are the assets that belong to it.
	Related []Name
	// Versions are the earlier ones whose bytes are there still, the oldest first.
	Versions []Version
}

// Name names an asset.
type Name struct{ ResourceType, Type, PublicID string }

// String is resource type/type/public ID, as the APIs write it.
func (n Name) String() string { return n.ResourceType + "/" + n.Type + "/" + n.PublicID }

// Version is an earlier version of an asset.
type Version struct {
	ID         string
	Number     int64
	UploadedAt time.Time
	// URL is signed, and good for less than an hour.
	URL string
}

// Detailed is a Source that tells more of an asset that it is asked for. It may be asked for several at once.
type Detailed interface {
	// Details asks for the details of an asset. Errors as those of Source.Page.
	Details(ctx context.Context, asset *Asset) (*Details, error)
}

// Moderation is where a moderation of an asset stands.
type Moderation struct {
	Kind, Status string
	UpdatedAt    time.Time
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
