package library

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// assetRow is an asset as it is stored. Nil JSON is NULL.
type assetRow struct {
	bun.BaseModel `bun:"table:assets,alias:a"`

	AssetID          string  `bun:"asset_id,pk"`
	ResourceType     string  `bun:"resource_type"`
	Type             string  `bun:"type"`
	PublicID         string  `bun:"public_id"`
	Version          int64   `bun:"version"`
	VersionID        string  `bun:"version_id"`
	Format           string  `bun:"format"`
	Bytes            int64   `bun:"bytes"`
	Width            int     `bun:"width"`
	Height           int     `bun:"height"`
	Pages            int     `bun:"pages"`
	ETag             string  `bun:"etag"`
	ObjectKey        string  `bun:"object_key"`
	OriginalFilename string  `bun:"original_filename"`
	DisplayName      string  `bun:"display_name"`
	AssetFolder      string  `bun:"asset_folder"`
	AccessMode       string  `bun:"access_mode"`
	Alpha            bool    `bun:"alpha"`
	Sample           bool    `bun:"sample"`
	Tags             *string `bun:"tags"`
	Context          *string `bun:"context"`
	AdminContext     *string `bun:"admin_context"`
	Metadata         *string `bun:"metadata"`
	Faces            *string `bun:"faces"`
	Custom           *string `bun:"custom"`
	Regions          *string `bun:"regions"`
	Moderation       *string `bun:"moderation"`
	Changed          *string `bun:"changed"`
	TextStyle        *string `bun:"text_style"`
	AccessControl    *string `bun:"access_control"`
	Headers          *string `bun:"headers"`
	Analysis         *string `bun:"analysis"`
	Duration         float64 `bun:"duration"`
	Media            *string `bun:"media"`
	QualityOverride  string  `bun:"quality_override"`
	CreatedAt        int64   `bun:"created_at"`
	UpdatedAt        int64   `bun:"updated_at"`
	UploadedAt       int64   `bun:"uploaded_at"`
	PurgedAt         int64   `bun:"purged_at"`
	BackupBytes      int64   `bun:"backup_bytes"`
	CreatedBy        string  `bun:"created_by"`
	UploadedBy       string  `bun:"uploaded_by"`
	// Computed, for searches.
	Pixels      int64   `bun:"pixels"`
	AspectRatio float64 `bun:"aspect_ratio"`
	FaceCount   int     `bun:"face_count"`
}

// tagRow is an entry of the index of tags.
type tagRow struct {
	bun.BaseModel `bun:"table:asset_tags,alias:t"`

	AssetID      string `bun:"asset_id,pk"`
	Tag          string `bun:"tag,pk"`
	CreatedAt    int64  `bun:"created_at"`
	ResourceType string `bun:"resource_type"`
}

// derivedRow is a derived file as it is stored.
type derivedRow struct {
	bun.BaseModel `bun:"table:derived,alias:d"`

	ID             string `bun:"id,pk"`
	AssetID        string `bun:"asset_id"`
	VersionID      string `bun:"version_id"`
	Key            string `bun:"key"`
	Transformation string `bun:"transformation"`
	Format         string `bun:"format"`
	Bytes          int64  `bun:"bytes"`
	Width          int    `bun:"width"`
	Height         int    `bun:"height"`
	ETag           string `bun:"etag"`
	ObjectKey      string `bun:"object_key"`
	CreatedAt      int64  `bun:"created_at"`
}

// garbageRow is an object that no row owns.
type garbageRow struct {
	bun.BaseModel `bun:"table:garbage,alias:g"`

	ObjectKey string `bun:"object_key,pk"`
	Due       int64  `bun:"due"`
	Claimed   bool   `bun:"claimed"`
	Multipart string `bun:"multipart"`
}

// snapshotRow is a named blob.
type snapshotRow struct {
	bun.BaseModel `bun:"table:snapshots,alias:s"`

	Name    string `bun:"name,pk"`
	Data    []byte `bun:"data"`
	SavedAt int64  `bun:"saved_at"`
}

func newAssetRow(a *Asset) (*assetRow, error) {
	row := &assetRow{
		AssetID: a.AssetID, ResourceType: a.ResourceType, Type: a.Type, PublicID: a.PublicID,
		Version: a.Version, VersionID: a.VersionID,
		Format: a.Format, Bytes: a.Bytes, Width: a.Width, Height: a.Height, Pages: a.Pages, ETag: a.ETag, ObjectKey: a.ObjectKey,
		OriginalFilename: a.OriginalFilename, DisplayName: a.DisplayName, AssetFolder: a.AssetFolder, AccessMode: a.AccessMode,
		QualityOverride: a.QualityOverride, Duration: a.Duration,
		Alpha: a.Alpha, Sample: a.Sample,
		CreatedAt: micros(a.CreatedAt), UpdatedAt: micros(a.UpdatedAt), UploadedAt: micros(a.UploadedAt),
		BackupBytes: a.BackupBytes, CreatedBy: a.CreatedBy.String(), UploadedBy: a.UploadedBy.String(),
		Pixels: int64(a.Width) * int64(a.Height), FaceCount: a.faces(),
	}
	if !a.PurgedAt.IsZero() {
		row.PurgedAt = micros(a.PurgedAt)
	}
	if a.Height > 0 {
		row.AspectRatio = float64(a.Width) / float64(a.Height)
	}
	for _, column := range []struct {
		to    **string
		from  any
		empty bool
	}{
		{&row.Tags, a.Tags, len(a.Tags) == 0},
		{&row.Context, a.Context, len(a.Context) == 0},
		{&row.AdminContext, a.AdminContext, len(a.AdminContext) == 0},
		{&row.Metadata, a.Metadata, len(a.Metadata) == 0},
		{&row.Faces, a.Faces, len(a.Faces) == 0},
		{&row.Custom, a.Custom, len(a.Custom) == 0},
		{&row.Regions, a.Regions, len(a.Regions) == 0},
		{&row.Moderation, a.Moderation, len(a.Moderation) == 0},
		{&row.Changed, a.Changed, len(a.Changed) == 0},
		{&row.TextStyle, a.TextStyle, a.TextStyle == nil},
		{&row.AccessControl, a.AccessControl, len(a.AccessControl) == 0},
		{&row.Headers, a.Headers, len(a.Headers) == 0},
		{&row.Analysis, a.Analysis, len(a.Analysis) == 0},
		{&row.Media, a.Media, len(a.Media) == 0},
	} {
		if column.empty {
			continue
		}
		b, err := json.Marshal(column.from)
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", a.PublicID, err)
		}
		text := string(b)
		*column.to = &text
	}
	return row, nil
}

func (row *assetRow) asset() (*Asset, error) {
	a := &Asset{
		AssetID: row.AssetID, ResourceType: row.ResourceType, Type: row.Type, PublicID: row.PublicID,
		Version: row.Version, VersionID: row.VersionID,
		Format: row.Format, Bytes: row.Bytes, Width: row.Width, Height: row.Height, Pages: row.Pages, ETag: row.ETag, ObjectKey: row.ObjectKey,
		OriginalFilename: row.OriginalFilename, DisplayName: row.DisplayName, AssetFolder: row.AssetFolder, AccessMode: row.AccessMode,
		QualityOverride: row.QualityOverride, Duration: row.Duration,
		Alpha: row.Alpha, Sample: row.Sample,
		CreatedAt: fromMicros(row.CreatedAt), UpdatedAt: fromMicros(row.UpdatedAt), UploadedAt: fromMicros(row.UploadedAt),
		BackupBytes: row.BackupBytes, CreatedBy: parseUploader(row.CreatedBy), UploadedBy: parseUploader(row.UploadedBy),
	}
	if row.PurgedAt > 0 {
		a.PurgedAt = fromMicros(row.PurgedAt)
	}
	for _, column := range []struct {
		to   any
		from *string
	}{
		{&a.Tags, row.Tags},
		{&a.Context, row.Context},
		{&a.AdminContext, row.AdminContext},
		{&a.Faces, row.Faces},
		{&a.Custom, row.Custom},
		{&a.Regions, row.Regions},
		{&a.Moderation, row.Moderation},
		{&a.Changed, row.Changed},
		{&a.TextStyle, row.TextStyle},
		{&a.AccessControl, row.AccessControl},
		{&a.Headers, row.Headers},
		{&a.Analysis, row.Analysis},
		{&a.Media, row.Media},
	} {
		if column.from == nil || readFlat(column.to, *column.from) {
			continue
		}
		if err := json.Unmarshal([]byte(*column.from), column.to); err != nil {
			return nil, fmt.Errorf("asset %s has damaged JSON: %w", row.AssetID, err)
		}
	}
	if row.Metadata != nil {
		var err error
		if a.Metadata, err = decodeMetadata(*row.Metadata); err != nil {
			return nil, fmt.Errorf("asset %s has damaged JSON: %w", row.AssetID, err)
		}
	}
	return a, nil
}

// readFlat reads what is plain without encoding/json, and says whether it was.
func readFlat(to any, text string) bool {
	switch to := to.(type) {
	case *[]string:
		if list, ok := flatList(text); ok {
			*to = list
			return true
		}
	case *map[string]string:
		if texts, ok := flatTexts(text); ok {
			*to = texts
			return true
		}
	}
	return false
}

func newDerivedRow(d *Derived) *derivedRow {
	return &derivedRow{
		ID: d.ID, AssetID: d.AssetID, VersionID: d.VersionID, Key: d.Key, Transformation: d.Transformation,
		Format: d.Format, Bytes: d.Bytes, Width: d.Width, Height: d.Height, ETag: d.ETag, ObjectKey: d.ObjectKey,
		CreatedAt: micros(d.CreatedAt),
	}
}

func (row *derivedRow) derived() *Derived {
	return &Derived{
		ID: row.ID, AssetID: row.AssetID, VersionID: row.VersionID, Key: row.Key, Transformation: row.Transformation,
		Format: row.Format, Bytes: row.Bytes, Width: row.Width, Height: row.Height, ETag: row.ETag, ObjectKey: row.ObjectKey,
		CreatedAt: fromMicros(row.CreatedAt),
	}
}

// micros is how a time is stored: both databases count and compare it alike.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// newID makes an ID of 32 lower-case hex characters.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // Never fails.
	return hex.EncodeToString(random[:])
}
