package upload

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxImportBody bounds the description of an asset that is imported, in bytes.
const maxImportBody = 4 << 20

// importCall answers POST /v1_1/<cloud>/import, a call of ours: it imports one asset, which the body describes as a source does, a
// source.Asset in JSON, beside replace. It takes an access key and its secret: a signature, which is often given to browsers, must
// not say how old an asset is.
func (h *Handler) importCall(r *http.Request, asked route, snapshot *catalog.Snapshot) (wire.Object, error) {
	key := wire.BasicKey(r, snapshot)
	if key == nil {
		return nil, problem.Unauthorized("Invalid credentials")
	}
	if err := checkCloud(asked.cloud, nil, snapshot); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxImportBody+1))
	if err != nil {
		return nil, wire.BodyProblem(err)
	}
	if len(body) > maxImportBody {
		return nil, problem.BadRequest("Request is too large. Maximum is %d bytes", maxImportBody)
	}
	var given struct {
		source.Asset
		Replace bool `json:"replace"`
	}
	if err := json.Unmarshal(body, &given); err != nil {
		wrong, _ := errors.AsType[*json.UnmarshalTypeError](err)
		if wrong != nil && wrong.Field != "" {
			return nil, problem.BadRequest("Invalid value for %s: it is a JSON %s", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], wrong.Value).Because(err)
		}
		return nil, problem.BadRequest("The request's body is no JSON object").Because(err)
	}
	switch {
	case given.URL == "":
		return nil, problem.BadRequest("Missing required parameter - url")
	case given.Version < 0:
		return nil, problem.BadRequest("Invalid value for version: %d is below 0", given.Version)
	}
	imported, err := h.importAs(r.Context(), library.Uploader{Kind: library.UploaderKey, Name: key.APIKey}, &given.Asset, given.Replace)
	if err != nil {
		return nil, err
	}
	return wire.Object{"bytes": imported.Bytes, "unchanged": imported.Unchanged}, nil
}
