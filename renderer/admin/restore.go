package admin

import (
	"errors"
	"regexp"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Without a backup there is one version of an asset, the current one, and nothing to restore: the calls answer that for
// each asset, in the shape that a backup has.

// restore answers POST /resources/<resource type>/<type>/restore and POST /resources/restore.
func (h *Handler) restore(parameter string) handle {
	return func(c *call) (wire.Object, error) {
		ids := c.params.List(parameter)
		if len(ids) == 0 {
			return nil, problem.BadRequest("Missing required parameter - %s", parameter)
		}
		if err := checkCount(parameter, ids); err != nil {
			return nil, err
		}
		answer := wire.Object{}
		for _, id := range ids {
			answer[id] = wire.Object{"error": "no_backup"}
		}
		return answer, nil
	}
}

var versionID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// deleteBackup answers DELETE /resources/backup/<asset ID>.
func (h *Handler) deleteBackup(c *call) (wire.Object, error) {
	ids := c.params.List("version_ids")
	if len(ids) == 0 {
		return nil, problem.BadRequest("Missing required parameter - version_ids")
	}
	asset, err := h.library.AssetByID(c.context, c.path[0])
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", c.path[0])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	failures := []wire.Object{}
	for _, id := range ids {
		reason := "there is no backup of this version"
		switch {
		case !versionID.MatchString(id):
			reason = "it is no version ID"
		case id == asset.VersionID:
			reason = "it is the current version"
		}
		failures = append(failures, wire.Object{"version_id": id, "error": reason})
	}
	return wire.Object{"asset_id": asset.AssetID, "deleted_version_ids": []string{}, "failures": failures}, nil
}

// addVersions adds the versions of an asset where they were asked for.
func addVersions(c *call, asset *library.Asset, object wire.Object) error {
	wanted, err := c.params.Bool("versions", false)
	if err != nil || !wanted {
		return err
	}
	object["versions"] = []wire.Object{{
		"version_id": asset.VersionID, "version": asset.Version, "size": asset.Bytes, "time": wire.Time(asset.UploadedAt), "restorable": false,
	}}
	return nil
}
