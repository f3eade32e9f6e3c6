package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// incoming is an asset of somewhere else, as it was there, in the form in which it is stored.
type incoming struct {
	source.Asset
	// rules are AccessControl, understood; nil when it is not known.
	rules []library.AccessRule
	// by is the import that it comes by.
	by library.Uploader
}

// Imported is what became of an asset that was imported.
type Imported struct {
	// Bytes were stored; Unchanged says that the asset was as it should be already.
	Bytes     int64
	Unchanged bool
}

// Import stores an asset of somewhere else, with its age, its version and its asset ID where that one is free, and, where its
// details are known, relates it to those assets that are there and brings its earlier versions into the backup. Nobody is
// notified, name is the import's. Of metadata that another account has settled nothing is asked but that the fields take it; what a list
// says of it follows the rules. Where there is such an asset already it stays as it is, unless replace is true: then it is given the
// bytes, the description and the age that it should have, where they differ. Its version becomes that of the source where the bytes are
// the same, and grows where they are not.
func (h *Handler) Import(ctx context.Context, name string, asset *source.Asset, replace bool) (*Imported, error) {
	return h.importAs(ctx, library.Uploader{Kind: library.UploaderImport, Name: name}, asset, replace)
}

// importAs is Import on behalf of somebody.
func (h *Handler) importAs(ctx context.Context, by library.Uploader, asset *source.Asset, replace bool) (*Imported, error) {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	wanted := &incoming{Asset: *asset, by: by}
	if err := wanted.check(); err != nil {
		return nil, err
	}
	imported, err := h.importCurrent(ctx, snapshot, wanted, replace)
	if err != nil || wanted.Details == nil {
		return imported, err
	}
	current, err := h.existing(ctx, wanted)
	if err != nil || current == nil { // Deleted meanwhile.
		return imported, err
	}
	if err := h.relateImported(ctx, current, wanted.Details.Related); err != nil {
		return nil, err
	}
	for _, version := range wanted.Details.Versions {
		bytes, err := h.importVersion(ctx, snapshot, current, &version)
		if err != nil {
			return nil, err
		}
		imported.Bytes += bytes
		imported.Unchanged = imported.Unchanged && bytes == 0
	}
	return imported, nil
}

// importCurrent imports the asset itself.
func (h *Handler) importCurrent(ctx context.Context, snapshot *catalog.Snapshot, wanted *incoming, replace bool) (*Imported, error) {
	existing, err := h.existing(ctx, wanted)
	if err != nil {
		return nil, err
	}
	if existing != nil && (!replace || wanted.sameBytes(existing)) {
		return h.redescribe(ctx, snapshot, wanted, existing, replace)
	}
	taken, err := h.fetchImport(ctx, snapshot, wanted.URL, wanted.ResourceType)
	if err != nil {
		return nil, err
	}
	defer func() { h.discard(ctx, taken.object) }()
	if existing != nil && existing.ETag == taken.object.md5 {
		return h.redescribe(ctx, snapshot, wanted, existing, replace)
	}
	if wanted.AssetID, err = h.freeAssetID(ctx, wanted, existing); err != nil {
		return nil, err
	}
	taken.caller.system = wanted.by
	taken.wanted = &settings{
		resourceType: wanted.ResourceType, deliveryType: wanted.Type, publicID: wanted.PublicID, rawID: wanted.RawID,
		filenameOverride: wanted.Filename, overwrite: replace,
		imported: func(next, previous *library.Asset) error {
			next.AssetID, next.Version, next.CreatedAt = wanted.AssetID, wanted.Version, wanted.CreatedAt
			if previous != nil {
				// What the source does not tell of stays.
				next.Tags, next.Context, next.Metadata, next.Moderation = previous.Tags, previous.Context, previous.Metadata, previous.Moderation
				next.AccessMode, next.AccessControl = previous.AccessMode, previous.AccessControl
				next.AssetFolder, next.DisplayName = previous.AssetFolder, previous.DisplayName
			}
			return wanted.describe(snapshot, next)
		},
	}
	outcome, err := taken.finish(ctx)
	switch {
	case err != nil:
		return nil, err
	case outcome.Existing:
		return &Imported{Unchanged: true}, nil
	}
	return &Imported{Bytes: outcome.Asset.Bytes}, nil
}

// fetchImport fetches the bytes of an asset, or of an earlier version of it, which are then the intake's.
func (h *Handler) fetchImport(ctx context.Context, snapshot *catalog.Snapshot, url, resourceType string) (*intake, error) {
	stored, err := h.storeRemote(ctx, &snapshot.Environment, url, maxBytes(&snapshot.Environment, resourceType))
	if err != nil {
		return nil, err
	}
	return &intake{handler: h, snapshot: snapshot, object: stored, caller: &caller{}, links: wire.Links{Environment: snapshot.Environment}}, nil
}

// relateImported relates an asset to those that are there. Those that come later say so themselves.
func (h *Handler) relateImported(ctx context.Context, asset *library.Asset, related []source.Name) error {
	var ids []string
	for _, name := range related {
		other, err := h.library.Asset(ctx, library.Key{ResourceType: name.ResourceType, Type: name.Type, PublicID: name.PublicID})
		if errors.Is(err, library.ErrNotFound) {
			continue
		}
		if err != nil {
			return wire.Unavailable("The database", err)
		}
		ids = append(ids, other.AssetID)
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := h.library.Relate(ctx, asset.AssetID, ids, nil); err != nil {
		return wire.Unavailable("The database", err)
	}
	return nil
}

// importVersion brings an earlier version of an asset into the backup, unless it is there or there is no backup, and gives its
// length.
func (h *Handler) importVersion(ctx context.Context, snapshot *catalog.Snapshot, current *library.Asset, version *source.Version) (int64, error) {
	if h.backup == nil {
		return 0, nil
	}
	id := versionIDOf(version.ID)
	if _, err := h.library.Version(ctx, id); err == nil || !errors.Is(err, library.ErrNotFound) {
		if err != nil {
			err = wire.Unavailable("The database", err)
		}
		return 0, err
	}
	taken, err := h.fetchImport(ctx, snapshot, version.URL, current.ResourceType)
	if err != nil {
		return 0, err
	}
	defer func() { h.discard(ctx, taken.object) }()
	earlier := *current
	earlier.VersionID, earlier.Version = id, version.Number
	if earlier.UploadedAt = version.UploadedAt; earlier.UploadedAt.IsZero() {
		earlier.UploadedAt = current.CreatedAt // It cannot be older, and is not newer than the current one.
	}
	earlier.UpdatedAt = earlier.UploadedAt
	taken.asset, taken.extension = &earlier, current.Format
	taken.wanted = &settings{resourceType: current.ResourceType, deliveryType: current.Type, publicID: current.PublicID, imported: func(_, _ *library.Asset) error { return nil }}
	if err := taken.identify(ctx); err != nil {
		return 0, err
	}
	earlier.Bytes, earlier.ETag, earlier.ObjectKey = taken.object.bytes, taken.object.md5, taken.object.key
	if err := h.library.KeepEarlierVersion(ctx, &earlier); err != nil {
		return 0, wire.Unavailable("The database", err)
	}
	taken.object = nil // It is the backup's now.
	return earlier.Bytes, nil
}

// versionIDOf is a version ID of the source if it is one of ours, too, or one that is made of it.
func versionIDOf(id string) string {
	if len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" {
		return id
	}
	digest := sha256.Sum256([]byte(id))
	return hex.EncodeToString(digest[:16])
}

// check refuses what no upload could ask for, and brings the public ID into the form in which it is stored.
func (w *incoming) check() error {
	if !knownResourceType(w.ResourceType) {
		return problem.BadRequest("Invalid resource_type %s: it must be image, video, raw or auto", printable(w.ResourceType))
	}
	if !slices.Contains([]string{"upload", "private", "authenticated"}, w.Type) {
		return problem.BadRequest("Invalid type %s: it must be upload, private or authenticated", printable(w.Type))
	}
	if !slices.Contains([]string{"", "public", "authenticated"}, w.AccessMode) {
		return problem.BadRequest("Invalid access_mode %s: it must be public or authenticated", printable(w.AccessMode))
	}
	if w.AccessControl != "" {
		// An asset whose rules are not understood must not be delivered to everybody.
		said, err := description.Read(wire.Params{"access_control": {w.AccessControl}})
		if err != nil {
			return err
		}
		w.rules = said.AccessControl
	}
	w.PublicID, w.RawID = wire.CleanID(w.PublicID), wire.CleanID(w.RawID)
	return wire.CheckID("public_id", w.PublicID)
}

// keys are the names that the asset may have.
func (w *incoming) keys() []library.Key {
	if w.ResourceType != resourceAuto {
		return []library.Key{{ResourceType: w.ResourceType, Type: w.Type, PublicID: w.PublicID}}
	}
	raw := w.RawID
	if raw == "" {
		raw = w.PublicID
	}
	return []library.Key{
		{ResourceType: library.Image, Type: w.Type, PublicID: w.PublicID},
		{ResourceType: library.Video, Type: w.Type, PublicID: w.PublicID},
		{ResourceType: library.Raw, Type: w.Type, PublicID: raw},
	}
}

// existing is the asset that is there already, nil for none.
func (h *Handler) existing(ctx context.Context, wanted *incoming) (*library.Asset, error) {
	for _, key := range wanted.keys() {
		asset, err := h.library.Asset(ctx, key)
		if err == nil {
			return asset, nil
		}
		if !errors.Is(err, library.ErrNotFound) {
			return nil, wire.Unavailable("The database", err)
		}
	}
	return nil, nil
}

// sameBytes says that existing is known to have the bytes of the source.
func (w *incoming) sameBytes(existing *library.Asset) bool {
	if w.ETag != "" {
		return w.ETag == existing.ETag
	}
	return w.Version != 0 && w.Version == existing.Version && w.Bytes == existing.Bytes
}

// freeAssetID is the asset ID that the import can have: its own, or none where another asset has it.
func (h *Handler) freeAssetID(ctx context.Context, wanted *incoming, existing *library.Asset) (string, error) {
	if wanted.AssetID == "" || existing != nil {
		return "", nil
	}
	_, err := h.library.AssetByID(ctx, wanted.AssetID)
	switch {
	case err == nil:
		return "", nil
	case errors.Is(err, library.ErrNotFound):
		return wanted.AssetID, nil
	}
	return "", wire.Unavailable("The database", err)
}

// redescribe gives an asset that is there the description of the source, where it may and where that differs.
func (h *Handler) redescribe(ctx context.Context, snapshot *catalog.Snapshot, wanted *incoming, existing *library.Asset, replace bool) (*Imported, error) {
	if !replace {
		return &Imported{Unchanged: true}, nil
	}
	next := *existing
	if err := wanted.describe(snapshot, &next); err != nil {
		return nil, err
	}
	wanted.date(&next)
	if sameDescription(existing, &next) && existing.Version == next.Version && existing.CreatedAt.Equal(next.CreatedAt) {
		return &Imported{Unchanged: true}, nil
	}
	key := library.Key{ResourceType: existing.ResourceType, Type: existing.Type, PublicID: existing.PublicID}
	_, err := h.library.UpdateAssets(ctx, []library.Key{key}, library.UpdateOptions{
		Dated: true,
		Change: func(asset *library.Asset) error {
			if asset.VersionID == existing.VersionID { // Otherwise the version is that of other bytes by now.
				wanted.date(asset)
			}
			return wanted.describe(snapshot, asset)
		},
	})
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return &Imported{}, nil
}

// date gives an asset with the bytes of the source the version and the age that it has there, so far as they are known. Sources
// tell times in seconds, so that a finer one in the same second stays.
func (w *incoming) date(asset *library.Asset) {
	if w.Version > 0 {
		asset.Version = w.Version
	}
	if !w.CreatedAt.IsZero() && !asset.CreatedAt.Truncate(time.Second).Equal(w.CreatedAt.Truncate(time.Second)) {
		asset.CreatedAt = w.CreatedAt
	}
}

// describe gives an asset what is known of it at the source.
func (w *incoming) describe(snapshot *catalog.Snapshot, asset *library.Asset) error {
	if w.Tags != nil {
		asset.Tags = slices.Clone(w.Tags)
	}
	if w.Context != nil {
		asset.Context = maps.Clone(w.Context)
	}
	if w.Moderation != nil {
		asset.Moderation = nil
		for _, m := range w.Moderation {
			asset.Moderation = append(asset.Moderation, library.Moderation{Kind: m.Kind, Status: m.Status, UpdatedAt: m.UpdatedAt})
		}
	}
	if w.AccessMode != "" {
		asset.AccessMode = w.AccessMode
	}
	if w.rules != nil {
		asset.AccessControl = slices.Clone(w.rules)
	}
	if snapshot.Environment.DynamicFolders {
		switch {
		case w.AssetFolder != nil:
			asset.AssetFolder = wire.CleanID(*w.AssetFolder)
		case asset.AssetFolder == "":
			asset.AssetFolder = library.FolderOf(asset.PublicID)
		}
	}
	switch {
	case w.DisplayName != nil && *w.DisplayName != "":
		asset.DisplayName = *w.DisplayName
	case asset.DisplayName == "":
		asset.DisplayName = path.Base(asset.PublicID)
	}
	if w.Details != nil {
		asset.Faces, asset.Custom = slices.Clone(w.Details.Faces), slices.Clone(w.Details.Custom)
	}
	if w.Metadata == nil {
		return nil
	}
	given, err := metadata.Parse(w.Metadata)
	switch {
	case err != nil:
	case w.Settled:
		asset.Metadata, err = metadata.Adopt(snapshot, given)
	default:
		asset.Metadata, err = metadata.Assign(snapshot, nil, given, metadata.Options{})
	}
	return err
}

// sameDescription compares what describe sets.
func sameDescription(a, b *library.Asset) bool {
	values, others := descriptionOf(a), descriptionOf(b)
	return values != nil && bytes.Equal(values, others)
}

func descriptionOf(asset *library.Asset) []byte {
	var moderation []string
	for _, m := range asset.Moderation {
		moderation = append(moderation, m.Kind+" "+m.Status)
	}
	tags, values, fields, access := asset.Tags, asset.Context, asset.Metadata, asset.AccessControl
	faces, custom := asset.Faces, asset.Custom
	// None is none, whether it was read from a row or from a source.
	if len(tags) == 0 {
		tags = nil
	}
	if len(values) == 0 {
		values = nil
	}
	if len(fields) == 0 {
		fields = nil
	}
	if len(access) == 0 {
		access = nil
	}
	if len(faces) == 0 {
		faces = nil
	}
	if len(custom) == 0 {
		custom = nil
	}
	text, err := json.Marshal([]any{tags, values, fields, moderation, access, faces, custom, asset.AccessMode, asset.AssetFolder, asset.DisplayName})
	if err != nil {
		return nil
	}
	return text
}
