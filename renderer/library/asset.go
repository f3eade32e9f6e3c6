// Package library holds the assets of an environment: rows in SQL, on SQLite or PostgreSQL with one portable schema.
// It knows no bytes: those are in the bucket under Asset.ObjectKey.
package library

import (
	"encoding/json"
	"time"
)

// Resource types.
const (
	Image = "image"
	Video = "video"
	Raw   = "raw"
)

// Asset is one stored original. (ResourceType, Type, PublicID) is unique.
type Asset struct {
	// AssetID is 32 lower-case hex characters and never changes.
	AssetID string
	// PublicID is without extension for images and videos, with it for raw.
	PublicID     string
	ResourceType string
	// Type is upload, private, authenticated, fetch, ...
	Type string
	// Version is the upload time in Unix seconds, or what the source of an import calls it; it grows strictly when the asset is
	// overwritten.
	Version int64
	// VersionID is 32 lower-case hex characters, new with every overwrite.
	VersionID string
	Format    string
	Bytes     int64
	Width     int
	Height    int
	Pages     int
	// ETag is the MD5 of the stored bytes, hex.
	ETag string
	// ObjectKey is where the bytes are in the bucket. Generated, never derived from the public ID.
	ObjectKey        string
	OriginalFilename string
	DisplayName      string
	AssetFolder      string
	AccessMode       string
	// AccessControl are the rules of delivery: any of them may admit a request; without rules every one is.
	AccessControl []AccessRule
	// Headers are sent with the asset, each as "Name: value".
	Headers []string
	// QualityOverride stands in for q_auto, in the syntax of q_; empty for none.
	QualityOverride string
	// UniqueDisplayName has DisplayName made unlike all others of the folder when the asset is written. It is not stored.
	UniqueDisplayName bool
	// Analysis is what was found out about the bytes, JSON of its makers with Findings in it; it goes when they are replaced.
	Analysis json.RawMessage
	// Duration is how long a video or sound is, in seconds; 0 for others, and where it is not known.
	Duration float64
	// Media is what else the header of a video or sound tells, JSON of its makers.
	Media   json.RawMessage
	Alpha   bool
	Tags    []string
	Context map[string]string
	// AdminContext holds values by name that only the Admin API gives an asset and shows.
	AdminContext map[string][]string
	// Metadata is structured metadata by external ID of the field. Read from the library it holds strings, int64 where a
	// number is an integer and float64 where not, booleans, nil, []any and map[string]any.
	Metadata map[string]any
	// Faces and Custom are stored coordinates (x, y, w, h).
	Faces  [][4]int
	Custom [][4]int
	// Regions are named parts of the picture: the corners (x, y) of a polygon, or two opposite ones of a rectangle.
	Regions map[string][][2]int
	Sample  bool
	// TextStyle is how the text of an asset of the type text is set, nil for others.
	TextStyle *TextStyle
	// Moderation is the newest state of each kind of moderation that was asked for.
	Moderation []Moderation
	// BackupBytes is how many bytes of its versions are in the backup. Assigned.
	BackupBytes int64
	// CreatedBy is who has stored the first version, UploadedBy this one. CreatedBy is assigned: it stays, and is UploadedBy at first.
	CreatedBy  Uploader
	UploadedBy Uploader
	CreatedAt  time.Time
	UpdatedAt  time.Time
	// UploadedAt is when these bytes were uploaded. Assigned.
	UploadedAt time.Time
	// PurgedAt is when derived files of this version were deleted last: what a replica has kept of one from before is not to be
	// used. The zero time is never. Assigned.
	PurgedAt time.Time
	// Changed tells when a part was changed last, by part: see PartTags and so on. Assigned.
	Changed map[string]time.Time
}

// Parts of an asset whose changes are noted, spelled as in last_updated.
const (
	PartTags     = "tags_updated_at"
	PartContext  = "context_updated_at"
	PartMetadata = "metadata_updated_at"
	PartPublicID = "public_id_updated_at"
	// PartAccess are the access mode and the rules of delivery.
	PartAccess = "access_control_updated_at"
)

// States of a moderation.
const (
	ModerationPending  = "pending"
	ModerationQueued   = "queued"
	ModerationApproved = "approved"
	ModerationRejected = "rejected"
	ModerationAborted  = "aborted"
)

// Moderation is where the moderation of an asset stands.
type Moderation struct {
	// Kind is who moderates: manual, or the name of a service.
	Kind      string    `json:"kind"`
	Status    string    `json:"status"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Kinds of access rules.
const (
	// AccessToken admits requests with a token.
	AccessToken = "token"
	// AccessAnonymous admits all requests, between its times.
	AccessAnonymous = "anonymous"
)

// AccessRule is one rule of delivery.
type AccessRule struct {
	// Type is token or anonymous.
	Type string `json:"access_type"`
	// Start and End bound when it holds; nil is without bound.
	Start *time.Time `json:"start,omitempty"`
	End   *time.Time `json:"end,omitempty"`
}

// Holds says whether the rule holds at a time.
func (r AccessRule) Holds(at time.Time) bool {
	return (r.Start == nil || !at.Before(*r.Start)) && (r.End == nil || at.Before(*r.End))
}

// same says whether two rules are the same.
func (r AccessRule) same(other AccessRule) bool {
	sameTime := func(a, b *time.Time) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(*b) }
	return r.Type == other.Type && sameTime(r.Start, other.Start) && sameTime(r.End, other.End)
}

// TextStyle is how text is set, as text layers write it.
type TextStyle struct {
	Style      string `json:"style"`
	Color      string `json:"color,omitempty"`
	Background string `json:"background,omitempty"`
}

// Derived is a file made from an asset.
type Derived struct {
	// ID is 32 lower-case hex characters.
	ID      string
	AssetID string
	// VersionID is the version of the asset it was made from.
	VersionID string
	// Key identifies plan and format; see derive.
	Key string
	// Transformation is the transformation as first written.
	Transformation string
	Format         string
	Bytes          int64
	Width          int
	Height         int
	ETag           string
	ObjectKey      string
	CreatedAt      time.Time
}
