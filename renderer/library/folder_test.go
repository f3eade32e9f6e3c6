package library_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestFoldersOfOneFolder(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		var made []string
		create := func(dynamic bool, path string) *library.Folder {
			t.Helper()
			made = nil
			folder, err := l.CreateFolder(t.Context(), dynamic, path, func(paths []string) ([]library.NewJob, error) {
				made = paths
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return folder
		}
		fixed := create(false, "p/a")
		// That there is one of the other kind says nothing of this.
		dynamic := create(true, "p/a")
		if !slices.Equal(made, []string{"p", "p/a"}) || fixed.ID == dynamic.ID || dynamic.Path != "p/a" || dynamic.Name != "a" {
			t.Errorf("made %q, %+v beside %+v", made, dynamic, fixed)
		}
		if create(true, "p/a/x"); !slices.Equal(made, []string{"p/a/x"}) {
			t.Errorf("made %q", made)
		}
		if create(true, "p/a"); made != nil {
			t.Errorf("made %q", made)
		}
		for _, path := range []string{"p/c", "p/b", "q/b", "q/z"} {
			create(true, path)
		}
		for _, dynamically := range []bool{true, false} {
			folder, err := l.Folder(t.Context(), dynamically, "p/a")
			if want := map[bool]string{true: dynamic.ID, false: fixed.ID}[dynamically]; err != nil || folder.ID != want {
				t.Errorf("%+v, %v, not %s", folder, err, want)
			}
		}
		list := func(dynamic bool, parent string) string {
			t.Helper()
			var paths []string
			for next := ""; ; {
				page, total, more, err := l.Folders(t.Context(), dynamic, parent, 1, next)
				if err != nil || len(page) > 1 {
					t.Fatalf("%v, %v", page, err)
				}
				for _, folder := range page {
					paths = append(paths, folder.Path)
				}
				if next = more; next == "" {
					if int(total) != len(paths) {
						t.Errorf("%d are counted of %q", total, paths)
					}
					return strings.Join(paths, " ")
				}
			}
		}
		for parent, want := range map[string]string{"": "p q", "p": "p/a p/b p/c", "p/a": "p/a/x", "q": "q/b q/z", "q/z": ""} {
			if got := list(true, parent); got != want {
				t.Errorf("in %q are %s, not %s", parent, got, want)
			}
		}
		if got := list(false, "p"); got != "p/a" {
			t.Errorf("of the other kind are %s", got)
		}
		if _, _, _, err := l.Folders(t.Context(), false, "q", 1, ""); !errors.Is(err, library.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestFoldersWithAssets(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for name, folder := range map[string]string{"in": "a", "below": "a/b", "deep": "a/b/c", "first": "a/", "before": "a!", "after": "a0", "further": "a0/b", "else": "z"} {
			asset := picture(name)
			if asset.AssetFolder = folder; name == "first" {
				asset.AssetFolder = "a/ "
			}
			if err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.CreateFolder(t.Context(), true, "empty/sub", nil); err != nil {
			t.Fatal(err)
		}
		// Those with assets in them, or only below them, are in use.
		for path, want := range map[string]error{"a/b/c": library.ErrFolderInUse, "a0": library.ErrFolderInUse, "a": library.ErrFolderInUse, "none": library.ErrNotFound, "empty": nil} {
			if _, err := l.DeleteFolder(t.Context(), true, path); !errors.Is(err, want) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := l.CreateFolder(t.Context(), true, "above/x", nil); err != nil {
			t.Fatal(err)
		}
		moved, err := l.MoveFolder(t.Context(), "a", "above/y")
		if err != nil || moved.Path != "above/y" || moved.Name != "y" {
			t.Errorf("%+v, %v", moved, err)
		}
		want := []string{"after a0", "before a!", "below above/y/b", "deep above/y/b/c", "else z", "first above/y/ ", "further a0/b", "in above/y"}
		if got := rows(t, l, "SELECT "+textOf("public_id", "asset_folder")+" FROM assets ORDER BY public_id"); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if moved, err := l.MoveFolder(t.Context(), "above/y/b", "z"); err != nil || moved.Path != "z" {
			t.Errorf("%+v, %v", moved, err)
		}
		if _, err := l.DeleteFolder(t.Context(), true, "above/y/b"); !errors.Is(err, library.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestFoldersThatAreOnlyAbove(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := picture("p")
		asset.AssetFolder = "a/b"
		if err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"a", "a/b"} {
			if _, err := l.DeleteFolder(t.Context(), true, path); !errors.Is(err, library.ErrFolderInUse) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}
