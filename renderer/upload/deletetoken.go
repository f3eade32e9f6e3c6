package upload

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// deleteTokenLifetime is how long the maker of an upload may take it back.
const deleteTokenLifetime = 10 * time.Minute

// deleteGrant is what a token allows: to delete one version of one asset. Its holder cannot change it, because it is signed
// by the secret of a key.
type deleteGrant struct {
	APIKey    string `json:"k"`
	AssetID   string `json:"a"`
	VersionID string `json:"v"`
	Expires   int64  `json:"e"`
}

// deleteToken makes a token that any replica understands.
func deleteToken(asset *library.Asset, key *catalog.Key, now time.Time) (string, error) {
	grant, err := json.Marshal(deleteGrant{APIKey: key.APIKey, AssetID: asset.AssetID, VersionID: asset.VersionID, Expires: now.Add(deleteTokenLifetime).Unix()})
	if err != nil {
		return "", problem.Failed(err)
	}
	encoded := base64.RawURLEncoding.EncodeToString(grant)
	return encoded + "." + base64.RawURLEncoding.EncodeToString(deleteTag(encoded, key.APISecret)), nil
}

func deleteTag(encoded, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("delete_by_token\x00" + encoded))
	return mac.Sum(nil)
}

// readDeleteToken checks a token: its key must be known still, and its time not over.
func readDeleteToken(token string, snapshot *catalog.Snapshot, now time.Time) (*deleteGrant, error) {
	invalid := problem.BadRequest("Invalid token")
	encoded, tag, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, invalid
	}
	given, err := base64.RawURLEncoding.DecodeString(tag)
	grant := &deleteGrant{}
	if err != nil || json.Unmarshal(raw, grant) != nil {
		return nil, invalid
	}
	key, known := snapshot.Keys[grant.APIKey]
	if !known || !hmac.Equal(given, deleteTag(encoded, key.APISecret)) {
		return nil, invalid
	}
	if now.Unix() >= grant.Expires {
		return nil, problem.BadRequest("Token expired")
	}
	return grant, nil
}

// deleteByToken deletes what its caller has just uploaded. The token is the permission.
func (h *Handler) deleteByToken(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	params, err := wire.ReadParams(r, maxFieldBytes)
	if err != nil {
		return nil, err
	}
	if err := checkCloud(route.cloud, params, snapshot); err != nil {
		return nil, err
	}
	token := params.String("token")
	if token == "" {
		return nil, problem.BadRequest("Missing required parameter - token")
	}
	grant, err := readDeleteToken(token, snapshot, h.now())
	if err != nil {
		return nil, err
	}
	asset, err := h.library.AssetByID(r.Context(), grant.AssetID)
	if errors.Is(err, library.ErrNotFound) || err == nil && asset.VersionID != grant.VersionID {
		// What has taken the upload's place meanwhile is not what the token was given for.
		return wire.Object{"result": "not found"}, nil
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return h.delete(r, keyOf(asset), notify.Event{Type: notify.DeleteByToken, At: h.now()}, notify.Targets(snapshot, notify.DeleteByToken, ""))
}

func keyOf(asset *library.Asset) library.Key {
	return library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
}
