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

func TestContextChanges(t *testing.T) {
	before := library.Asset{AssetID: "1", PublicID: "a", ResourceType: "image", Type: "upload", Context: map[string]string{"gone": "1", "other": "2", "same": "3"}}
	after := before
	after.Context = map[string]string{"other": "4", "same": "3", "new": "5"}
	got, err := json.Marshal(contextFields([]library.Change{{Before: &before, After: &after}, {Before: &after, After: &after}}))
	const want = `{"resources":{"a":{"added":[{"name":"new","value":"5"}],"asset_id":"1","removed":[{"name":"gone","value":"1"}],"resource_type":"image",` +
		`"type":"upload","updated":[{"name":"other","value":"4"}]}}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if fields := contextFields([]library.Change{{Before: &after, After: &after}}); fields != nil {
		t.Errorf("nothing has changed: %v", fields)
	}
}

func TestModerationSummary(t *testing.T) {
	for name, test := range map[string]struct {
		statuses []string
		want     any
	}{
		"none":                 {nil, nil},
		"one is open":          {[]string{library.ModerationApproved, library.ModerationPending}, nil},
		"one waits":            {[]string{library.ModerationQueued, library.ModerationRejected}, nil},
		"approved by all":      {[]string{library.ModerationApproved, library.ModerationApproved}, "approved"},
		"rejected by the last": {[]string{library.ModerationApproved, library.ModerationRejected}, "rejected"},
		"rejected at first":    {[]string{library.ModerationRejected, library.ModerationApproved}, "rejected"},
	} {
		asset := &library.Asset{PublicID: "a"}
		for _, status := range test.statuses {
			asset.Moderation = append(asset.Moderation, library.Moderation{Kind: "k", Status: status})
		}
		fields := ModerationSummaryFields(asset)
		if fields["moderation_status"] != test.want || (fields == nil) != (test.want == nil) {
			t.Errorf("%s: %v", name, fields)
		}
		if fields == nil {
			continue
		}
		if all := fields["moderation"].([]map[string]string); len(all) != len(test.statuses) || all[0]["kind"] != "k" || all[0]["status"] != test.statuses[0] {
			t.Errorf("%s: told of %v", name, all)
		}
	}
}
