package library_test

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestUploaders(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		ann, web := library.Uploader{Kind: library.UploaderKey, Name: "ann"}, library.Uploader{Kind: library.UploaderPreset, Name: "a:b"}
		asset := picture("a")
		asset.UploadedBy = web
		stored := librarytest.Store(t, l, asset, library.StoreOptions{}).Asset
		if stored.CreatedBy != web || stored.UploadedBy != web {
			t.Errorf("stored by %+v and %+v", stored.CreatedBy, stored.UploadedBy)
		}
		again := picture("a")
		again.UploadedBy, again.CreatedBy, again.ObjectKey = ann, ann, "originals/again"
		if stored = librarytest.Store(t, l, again, overwrite()).Asset; stored.CreatedBy != web || stored.UploadedBy != ann {
			t.Errorf("overwritten by %+v and %+v", stored.CreatedBy, stored.UploadedBy)
		}
		// Who had it made before that was noted is not known, and does not become whoever overwrites it.
		librarytest.Store(t, l, picture("old"), library.StoreOptions{})
		old := picture("old")
		old.UploadedBy, old.ObjectKey = ann, "originals/new"
		if stored = librarytest.Store(t, l, old, overwrite()).Asset; stored.CreatedBy != (library.Uploader{}) || stored.UploadedBy != ann {
			t.Errorf("old and overwritten by %+v and %+v", stored.CreatedBy, stored.UploadedBy)
		}
		// What comes back from the backup has what it had.
		kept := keep(t, l, "kept", "o/kept", func(a *library.Asset) { a.UploadedBy = web })
		keep(t, l, "kept", "o/again", func(a *library.Asset) { a.UploadedBy = ann })
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "kept"}
		for title, deleted := range map[string]bool{"over another": false, "after its deletion": true} {
			if deleted {
				if _, _, err := l.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			version, err := l.Version(t.Context(), kept.VersionID)
			if err != nil {
				t.Fatal(err)
			}
			restored := *version.Asset
			restored.ObjectKey = "o/" + title
			if asset := librarytest.Store(t, l, &restored, library.StoreOptions{Overwrite: true, Backup: true}).Asset; asset.CreatedBy != web || asset.UploadedBy != web {
				t.Errorf("restored %s it was created by %+v and uploaded by %+v", title, asset.CreatedBy, asset.UploadedBy)
			}
		}
		bad := picture("bad")
		bad.UploadedBy = library.Uploader{Kind: library.UploaderImport, Name: "a\x00"}
		if err := l.ReserveObject(t.Context(), bad.ObjectKey, stored.CreatedAt.AddDate(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.StoreAsset(t.Context(), bad, library.StoreOptions{}); err == nil {
			t.Error("a NUL is stored")
		}
	})
}
