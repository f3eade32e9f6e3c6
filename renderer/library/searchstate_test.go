package library_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// found are the public IDs that a search finds, in the order of the search.
func found(t *testing.T, l *library.Library, expression string, sort ...library.SortKey) string {
	t.Helper()
	page, err := l.Search(t.Context(), library.SearchOptions{Expression: expression, Sort: sort})
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	ids := ""
	for _, asset := range page.Assets {
		ids += asset.PublicID
	}
	if page.Total != int64(len(page.Assets)) {
		t.Errorf("%s: %d of %d", expression, len(page.Assets), page.Total)
	}
	return ids
}

func expectFound(t *testing.T, l *library.Library, want map[string]string) {
	t.Helper()
	for expression, ids := range want {
		if got := found(t, l, expression); !slices.Equal(slices.Sorted(slices.Values([]rune(got))), slices.Sorted(slices.Values([]rune(ids)))) {
			t.Errorf("%s: %q, want %q in any order", expression, got, ids)
		}
	}
}

func TestSearchForBackups(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		first := keep(t, l, "a", "o/first", nil)
		clock.advance(time.Minute)
		keep(t, l, "a", "o/2", nil)
		librarytest.Store(t, l, picture("b"), library.StoreOptions{})
		expectFound(t, l, map[string]string{"backup_bytes>0": "", "backup_bytes=0": "ab"})
		for _, object := range []string{"o/first", "o/2"} {
			if err := l.VersionCopied(t.Context(), object, "copy/"+object); err != nil {
				t.Fatal(err)
			}
		}
		expectFound(t, l, map[string]string{"backup_bytes:*": "a", "backup_bytes=10": "a", "backup_bytes>=10b": "a", "backup_bytes:[1 TO 1k]": "a", "NOT backup_bytes:* AND type:upload": "b"})
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		if asset, err := l.Asset(t.Context(), key); err != nil || asset.BackupBytes != 10 {
			t.Errorf("%+v, %v", asset, err)
		}
		for _, ascending := range []bool{true, false} {
			if got := found(t, l, "", library.SortKey{Field: "backup_bytes", Ascending: ascending}); got != "ab" {
				t.Errorf("by its backup, %v: %s", ascending, got)
			}
		}
		// It stays when the asset is described or overwritten, and when it is deleted and comes back under its ID.
		if _, err := l.UpdateAsset(t.Context(), key, func(asset *library.Asset) error { asset.Tags = []string{"x"}; return nil }); err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Minute)
		keep(t, l, "a", "o/third", nil)
		expectFound(t, l, map[string]string{"backup_bytes=10": "a"})
		if _, _, err := l.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := l.VersionCopied(t.Context(), "o/third", "copy/3"); err != nil { // of an asset that is not there
			t.Fatal(err)
		}
		clock.advance(time.Minute)
		if again := keep(t, l, "a", "o/4", nil); again.AssetID != first.AssetID || again.BackupBytes != 17 {
			t.Errorf("%s came back as %s with %d bytes", first.AssetID, again.AssetID, again.BackupBytes)
		}
		if err := l.DeleteVersion(t.Context(), first.VersionID); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{"backup_bytes=10": "a"})
	})
}

func TestSearchForTransformations(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		assets := map[string]*library.Asset{}
		for _, id := range []string{"a", "b", "c"} {
			assets[id] = librarytest.Store(t, l, picture(id), library.StoreOptions{}).Asset
		}
		made := 0
		derive := func(id string, transformations ...string) (ids []string) {
			for _, transformation := range transformations {
				made++
				file := derivedOf(assets[id], fmt.Sprint("k", made))
				file.Transformation = transformation
				ids = append(ids, librarytest.StoreDerived(t, l, file).ID)
			}
			return ids
		}
		files := derive("a", "c_fill,w_10", "c_fill,w_20", "t_small")
		derive("b", "c_fill,w_10")
		expectFound(t, l, map[string]string{
			"transformations=c_fill\\,w_10": "ab", `transformations:"c_fill,w_20"`: "a", "transformations:c_fill*": "ab", "transformations.name=t_small": "a", "transformations:c_fil": "",
			"transformations:*": "ab", "transformations.count:*": "ab", "transformations.count=0": "c", "transformations.count<3": "bc", "transformations.count>0": "ab",
			"transformations.count:3": "a", "transformations.count:[1 TO 2]": "b", "transformations.count:{0 TO 3}": "b", "transformations.count>=0": "abc", "transformations.count<=0": "c",
			"transformations.count<0": "", "NOT transformations:t_small AND type:upload": "bc", "transformations:t_small OR transformations.count:1": "ab", "public_id:b AND transformations:c_fill*": "b",
			"transformations.size>1": "", "transformations.count>many": "",
		})
		count := library.SortKey{Field: "transformations.count"}
		if got := found(t, l, "", count); got != "abc" {
			t.Errorf("by their count: %s", got)
		}
		if count.Ascending = true; found(t, l, "", count) != "cba" {
			t.Error("by their count, upwards")
		}
		// What was there already counts once, and what is described anew keeps its count.
		again := derivedOf(assets["b"], "k4")
		again.ObjectKey = "derived/again"
		librarytest.StoreDerived(t, l, again)
		if _, err := l.UpdateAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "b"}, func(asset *library.Asset) error {
			asset.Tags = []string{"x"}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{"transformations.count:1": "b"})
		if _, err := l.DeleteDerived(t.Context(), files[2]); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{"transformations.count:2": "a", "transformations:t_small": ""})
		if _, err := l.DeleteTransformation(t.Context(), "c_fill,w_10"); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{"transformations.count:1": "a", "transformations.count:0": "bc"})
		derive("b", "x", "y")
		if _, err := l.DeleteDerivedOf(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "b"}, []string{"x"}); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{"transformations.count:1": "ab"})
		next := picture("a")
		next.ObjectKey = "originals/next"
		librarytest.Store(t, l, next, overwrite())
		expectFound(t, l, map[string]string{"transformations.count>0": "b", "transformations:*": "b"})
		left, err := l.Ints(t.Context(), "SELECT COUNT(*) FROM asset_values WHERE field = 'transformations.count'")
		if err != nil || left[0] != 1 {
			t.Errorf("%d counts are left, %v", left, err)
		}
	})
}

func TestConcurrentFilesAreAllCounted(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				file := derivedOf(asset, fmt.Sprint("k", i))
				librarytest.StoreDerived(t, l, file)
			})
		}
		group.Wait()
		expectFound(t, l, map[string]string{"transformations.count:12": "a"})
	})
}

// TestRowsOfEarlierSchemas takes the newest fields away from a library that has rows, and brings it up to date again.
func TestRowsOfEarlierSchemas(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := gallery(t, l)
		kept := keep(t, l, "kept", "o/kept", nil)
		if err := l.VersionCopied(t.Context(), "o/kept", "copy"); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			librarytest.StoreDerived(t, l, derivedOf(kept, fmt.Sprint("k", i)))
		}
		for _, statement := range []string{
			"DROP INDEX assets_by_backup_bytes", "ALTER TABLE assets DROP COLUMN backup_bytes", "ALTER TABLE assets DROP COLUMN created_by", "ALTER TABLE assets DROP COLUMN uploaded_by", "ALTER TABLE assets DROP COLUMN admin_context",
			"DROP TABLE chunk_claims", "DROP INDEX IF EXISTS asset_terms_by_public_id", "ALTER TABLE garbage DROP COLUMN multipart", "DROP INDEX chunked_uploads_object_key",
			"ALTER TABLE chunked_uploads DROP COLUMN object_key", "ALTER TABLE chunked_uploads DROP COLUMN multipart", "ALTER TABLE chunks DROP COLUMN parts",
			"ALTER TABLE chunks DROP COLUMN md5_state", "ALTER TABLE chunks DROP COLUMN continued",
			"DROP TABLE asset_places", "DELETE FROM asset_values WHERE field LIKE 'video%' OR field = 'transformations.count'", "DELETE FROM asset_terms WHERE term LIKE '%video%' OR term LIKE '%ed_by%'",
			"DELETE FROM schema_migrations WHERE number >= 26", "UPDATE search_index SET version = 3",
		} {
			if err := l.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		if err := l.Migrate(t.Context(), library.MigrationFiles()); err != nil {
			t.Fatal(err)
		}
		expectFound(t, l, map[string]string{
			"backup_bytes=6": "kept", "backup_bytes>0": "kept", "transformations.count:3": "kept", "transformations.count>0": "kept", "created_by:*": "", "uploaded_by:111": "",
			`location:"48.8577,2.295 1km"`: "summer/2026/july/beach", "video_metadata.video.codec:h264": "product:blue",
		})
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "kept"}
		asset, err := l.Asset(t.Context(), key)
		if err != nil || asset.BackupBytes != 6 || asset.UploadedBy != (library.Uploader{}) {
			t.Errorf("%+v, %v", asset, err)
		}
		clock.advance(time.Hour)
		librarytest.StoreDerived(t, l, derivedOf(kept, "k3"))
		expectFound(t, l, map[string]string{"transformations.count:4": "kept"})
	})
}
