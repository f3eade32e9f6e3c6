package upload

import (
	"errors"
	"mime"
	"net/http"
	"path"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// readBackup reads whether the caller wants this version in the backup, which is the rule where there is one.
func (h *Handler) readBackup(wanted *settings, params wire.Params) error {
	backup, err := params.Bool("backup", h.backup != nil)
	if err != nil {
		return err
	}
	if backup && h.backup == nil {
		return problem.BadRequest("Invalid value for backup: it is not available")
	}
	wanted.noBackup = !backup
	return nil
}

// downloadBackup writes a version from the backup, of an asset that is there or deleted, to whoever has a signed link.
func (h *Handler) downloadBackup(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) error {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return err
	}
	assetID, versionID := c.params.String("asset_id"), c.params.String("version_id")
	for name, value := range map[string]string{"asset_id": assetID, "version_id": versionID} {
		if value == "" {
			return problem.BadRequest("Missing required parameter - %s", name)
		}
	}
	version, err := h.library.Version(r.Context(), versionID)
	if h.backup == nil || errors.Is(err, library.ErrNotFound) || err == nil && version.Asset.AssetID != assetID {
		return problem.NotFound("Resource not found - version %s of %s", printable(versionID), printable(assetID))
	}
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	content, err := h.backup.Open(r.Context(), version)
	if err != nil {
		return wire.Unavailable("The backup", err)
	}
	defer func() { _ = content.Close() }()
	asset := version.Asset
	writeFile(w, "attachment", fileName(path.Base(asset.PublicID), asset, asset.Format), mime.TypeByExtension("."+asset.Format))
	w.Header().Set("Content-Length", strconv.FormatInt(asset.Bytes, 10))
	h.send(w, content, asset.Sample)
	return nil
}
