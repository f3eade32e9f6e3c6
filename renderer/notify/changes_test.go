package notify

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestAccessControlChanges(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	asset := library.Asset{AssetID: "1", PublicID: "a", ResourceType: "image", Type: "upload"}
	opened := asset
	opened.AccessControl = []library.AccessRule{{Type: library.AccessAnonymous, Start: &start}, {Type: library.AccessToken}}
	fields, err := json.Marshal(accessControlFields([]library.Change{{Before: &asset, After: &opened}, {Before: &opened, After: &opened}}))
	const want = `{"resources":[{"asset_id":"1","new_access_control":[{"access_type":"anonymous","start":"2026-01-02T03:04:05Z"},{"access_type":"token"}],` +
		`"previous_access_control":[],"public_id":"a","resource_type":"image","type":"upload"}]}`
	if err != nil || string(fields) != want {
		t.Errorf("%s, %v, want %s", fields, err, want)
	}
	if fields := accessControlFields([]library.Change{{Before: &opened, After: &opened}}); fields != nil {
		t.Errorf("nothing has changed: %v", fields)
	}
}
