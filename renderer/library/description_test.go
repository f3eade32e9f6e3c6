package library_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestDescriptionsAndAnalyses(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		given := picture("a")
		given.AccessControl = []library.AccessRule{{Type: library.AccessToken}, {Type: library.AccessAnonymous, Start: &start}}
		given.Headers, given.QualityOverride, given.Analysis = []string{"Link: <https://a.example>"}, "40", json.RawMessage(`{"phash":"00"}`)
		given.Duration, given.Media = 2.5, json.RawMessage(`{"format":"mp4"}`)
		stored := librarytest.Store(t, l, given, library.StoreOptions{}).Asset
		same := func(a *library.Asset) bool {
			return reflect.DeepEqual(a.AccessControl, given.AccessControl) && reflect.DeepEqual(a.Headers, given.Headers) && a.QualityOverride == "40"
		}
		if !same(stored) || !sameJSON(stored.Analysis, `{"phash":"00"}`) {
			t.Errorf("stored %+v", stored)
		}
		updated, err := l.UpdateAsset(t.Context(), pictureA, func(a *library.Asset) error {
			a.Tags, a.Analysis = []string{"x"}, nil // What was found out is not for updates.
			return nil
		})
		if err != nil || !same(updated) || !sameJSON(updated.Analysis, `{"phash":"00"}`) {
			t.Errorf("updated %+v, %v", updated, err)
		}
		if err := l.SetAnalysis(t.Context(), stored.AssetID, stored.VersionID, json.RawMessage(`{"phash":"01"}`)); err != nil {
			t.Fatal(err)
		}
		if err := l.SetAnalysis(t.Context(), stored.AssetID, "another", json.RawMessage(`{"phash":"02"}`)); err != nil {
			t.Fatal(err)
		}
		for expression, want := range map[string]int64{"colors:blue": 0, "tags:x": 1} {
			if found, err := l.Search(t.Context(), library.SearchOptions{Expression: expression}); err != nil || found.Total != want {
				t.Errorf("%s finds %d, %v", expression, found.Total, err)
			}
		}
		if err := l.SetAnalysis(t.Context(), stored.AssetID, stored.VersionID, json.RawMessage(`{"phash":"01","findings":`+findings+`}`)); err != nil {
			t.Fatal(err)
		}
		if found, err := l.Search(t.Context(), library.SearchOptions{Expression: "colors:blue AND face_count=2 AND tags:x"}); err != nil || found.Total != 1 {
			t.Errorf("what was found out finds %d, %v", found.Total, err)
		}
		if err := l.SetAnalysis(t.Context(), stored.AssetID, stored.VersionID, json.RawMessage(`{"phash":"01"}`)); err != nil {
			t.Fatal(err)
		}
		read, err := l.Asset(t.Context(), pictureA)
		if err != nil || !sameJSON(read.Analysis, `{"phash":"01"}`) || read.Duration != 2.5 || !sameJSON(read.Media, `{"format":"mp4"}`) || !read.UpdatedAt.Equal(updated.UpdatedAt) || !same(read) {
			t.Errorf("read %+v, %v", read, err)
		}
		emptied, err := l.UpdateAsset(t.Context(), pictureA, func(a *library.Asset) error { a.AccessControl = nil; return nil })
		if err != nil || emptied.AccessControl != nil {
			t.Errorf("emptied %+v, %v", emptied, err)
		}
		next := picture("a")
		next.ObjectKey = "originals/next"
		if over := librarytest.Store(t, l, next, overwrite()).Asset; over.Analysis != nil || over.Media != nil || over.Duration != 0 || over.Headers != nil || over.QualityOverride != "" {
			t.Errorf("overwritten %+v", over)
		}
	})
}

func sameJSON(got json.RawMessage, want string) bool {
	var a, b any
	return json.Unmarshal(got, &a) == nil && json.Unmarshal([]byte(want), &b) == nil && reflect.DeepEqual(a, b)
}
