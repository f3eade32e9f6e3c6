package admin

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/backup"
	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Backup brings versions of assets back. Errors about the store are its own.
type Backup interface {
	Restore(ctx context.Context, version *library.Version, options backup.RestoreOptions) (*library.Asset, error)
	// Delete deletes a version from the backup; bucket.ErrLocked when it is under object lock.
	Delete(ctx context.Context, version *library.Version) error
}

// Outcomes of a restoration that brought nothing back.
const (
	noBackup      = "no_backup"
	restoreFailed = "failed"
)

// restore answers POST /resources/<resource type>/<type>/restore and POST /resources/restore. Each asset is answered for
// itself: as it is then, or with the reason why it could not be brought back.
func (h *Handler) restore(parameter string) handle {
	return func(c *call) (wire.Object, error) {
		ids, versions := c.params.List(parameter), c.params.List("versions")
		if parallel := c.params["versions[]"]; len(parallel) == len(ids) {
			versions = parallel // An empty entry is for the newest version.
		}
		if len(ids) == 0 {
			return nil, problem.BadRequest("Missing required parameter - %s", parameter)
		}
		if err := checkCount(parameter, ids); err != nil {
			return nil, err
		}
		if len(versions) > 0 && len(versions) != len(ids) {
			return nil, problem.BadRequest("Invalid versions: there must be one for each of %s. Got %d for %d.", parameter, len(versions), len(ids))
		}
		callURL, err := notificationURL(c)
		if err != nil {
			return nil, err
		}
		told := notify.Targets(c.snapshot, notify.RestoreVersion, callURL)
		answer := wire.Object{}
		for i, id := range ids {
			wanted := ""
			if len(versions) > 0 {
				wanted = versions[i]
			}
			restored, err := h.restoreOne(c, parameter, id, wanted, told)
			if err != nil {
				return nil, err
			}
			answer[id] = restored
		}
		return answer, nil
	}
}

// restoreOne brings one asset back. wanted is the ID of a version; without one it is the newest of a deleted asset.
func (h *Handler) restoreOne(c *call, parameter, id, wanted string, told []notify.Target) (wire.Object, error) {
	refused := func(reason string) (wire.Object, error) { return wire.Object{"error": reason}, nil }
	if h.backup == nil {
		return refused(noBackup)
	}
	current, newest, err := h.found(c, parameter, id)
	switch {
	case err != nil:
		return nil, err
	case current != nil && (wanted == "" || wanted == current.VersionID):
		return c.restored(current), nil // It is there.
	case current == nil && newest == nil:
		return refused(noBackup)
	}
	version := newest
	if wanted != "" {
		assetID := ""
		if current != nil {
			assetID = current.AssetID
		} else {
			assetID = newest.Asset.AssetID
		}
		version, err = h.library.Version(c.context, wanted)
		if errors.Is(err, library.ErrNotFound) || err == nil && version.Asset.AssetID != assetID {
			return refused(noBackup)
		}
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
	}
	asset, err := h.backup.Restore(c.context, version, backup.RestoreOptions{Jobs: func(stored *library.Stored) ([]library.NewJob, error) {
		event := h.event(c)
		event.Type, event.Fields = notify.RestoreVersion, notify.RestoredFields(stored.Asset)
		return notify.Jobs(event, told, 0)
	}})
	if err != nil {
		if p, ok := errors.AsType[*problem.Problem](err); ok && p.Status < 500 {
			return nil, p // A quota, for example, holds for the others as well.
		}
		h.logger.ErrorContext(c.context, "a version could not be brought back", "asset", version.Asset.AssetID, "version", version.Asset.VersionID, "error", err)
		return refused(restoreFailed)
	}
	return c.restored(asset), nil
}

// restored is an asset as the answer to its upload was, so far as typed SDKs read it.
func (c *call) restored(asset *library.Asset) wire.Object {
	object := c.links.Item(asset)
	object["version_id"], object["etag"], object["placeholder"] = asset.VersionID, asset.ETag, false
	object["signature"] = c.links.Signature(asset)
	object["tags"] = asset.Tags
	if asset.Tags == nil {
		object["tags"] = []string{}
	}
	if asset.OriginalFilename != "" {
		object["original_filename"] = asset.OriginalFilename
	}
	return object
}

// found is the asset that a call names, or the newest version in the backup of a deleted one, or neither.
func (h *Handler) found(c *call, parameter, id string) (current *library.Asset, newest *library.Version, err error) {
	byName := parameter == "public_ids"
	var key library.Key
	if byName {
		key = library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: id}
		current, err = h.library.Asset(c.context, key)
	} else {
		current, err = h.library.AssetByID(c.context, id)
	}
	if err == nil || !errors.Is(err, library.ErrNotFound) {
		return current, nil, unavailableDatabase(err)
	}
	if byName {
		newest, err = h.library.DeletedAsset(c.context, key)
	} else {
		newest, err = h.library.DeletedAssetByID(c.context, id)
	}
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil, nil
	}
	return nil, newest, unavailableDatabase(err)
}

// unavailableDatabase types an error of the database; nil stays nil.
func unavailableDatabase(err error) error {
	if err == nil {
		return nil
	}
	return wire.Unavailable("The database", err)
}

var versionID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// deleteBackup answers DELETE /resources/backup/<asset ID>: it deletes versions from the backup, of an asset that is there or
// deleted. What is under object lock stays.
func (h *Handler) deleteBackup(c *call) (wire.Object, error) {
	ids, err := c.someIDs("version_ids")
	if err != nil {
		return nil, err
	}
	current, newest, err := h.found(c, "asset_ids", c.path[0])
	if err != nil {
		return nil, err
	}
	if current == nil && newest == nil {
		return nil, problem.NotFound("Resource not found - %s", c.path[0])
	}
	deleted, failures := []string{}, []wire.Object{}
	for _, id := range ids {
		reason, err := h.deleteVersion(c, c.path[0], id)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			failures = append(failures, wire.Object{"version_id": id, "error": reason})
			continue
		}
		deleted = append(deleted, id)
	}
	return wire.Object{"asset_id": c.path[0], "deleted_version_ids": deleted, "failures": failures}, nil
}

// deleteVersion deletes a version from the backup, or says why not.
func (h *Handler) deleteVersion(c *call, assetID, id string) (reason string, err error) {
	if !versionID.MatchString(id) {
		return "it is no version ID", nil
	}
	version, err := h.library.Version(c.context, id)
	if h.backup == nil || errors.Is(err, library.ErrNotFound) || err == nil && version.Asset.AssetID != assetID {
		return "there is no backup of this version", nil
	}
	if err != nil {
		return "", wire.Unavailable("The database", err)
	}
	err = h.backup.Delete(c.context, version)
	if errors.Is(err, bucket.ErrLocked) {
		return "it is under object lock", nil
	}
	if err != nil {
		h.logger.ErrorContext(c.context, "a version could not be deleted from the backup", "asset", assetID, "version", id, "error", err)
		return "it could not be deleted", nil
	}
	return "", nil
}

// addVersions adds the versions of an asset, deleted or not, where they were asked for. One is restorable when it is in the
// backup, or on its way there.
func (h *Handler) addVersions(c *call, asset *library.Asset, object wire.Object) error {
	wanted, err := c.params.Bool("versions", false)
	if err != nil || !wanted {
		return err
	}
	kept, err := h.library.Versions(c.context, asset.AssetID)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	entry := func(asset *library.Asset, restorable bool) wire.Object {
		return wire.Object{
			"version_id": asset.VersionID, "version": strconv.FormatInt(asset.Version, 10), "size": asset.Bytes, "time": wire.Time(asset.UploadedAt), "restorable": restorable,
		}
	}
	entries, current := []wire.Object{}, false
	for _, version := range kept {
		shown := version.Asset
		if shown.VersionID == asset.VersionID {
			shown, current = asset, true
		}
		entries = append(entries, entry(shown, h.backup != nil))
	}
	if !current {
		entries = append([]wire.Object{entry(asset, false)}, entries...)
	}
	object["versions"] = entries
	return nil
}
