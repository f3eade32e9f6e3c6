package library_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestUniqueDisplayNames(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		named := func(publicID, folder, name string) *library.Asset {
			asset := picture(publicID)
			asset.AssetFolder, asset.DisplayName, asset.UniqueDisplayName = folder, name, true
			return asset
		}
		of := func(resourceType, deliveryType string, asset *library.Asset) *library.Asset {
			asset.ResourceType, asset.Type, asset.ObjectKey = resourceType, deliveryType, asset.ObjectKey+resourceType+deliveryType
			return asset
		}
		long := strings.Repeat("ü", 255)
		for _, test := range []struct {
			asset *library.Asset
			want  string
		}{
			{named("a", "f", "cat"), `^cat$`},
			{named("b", "f", "cat"), `^cat_[a-z0-9]{6}$`},
			{named("c", "g", "cat"), `^cat$`},
			{of(library.Video, "upload", named("a", "f", "cat")), `^cat_[a-z0-9]{6}$`},
			{of(library.Image, "private", named("a", "f", "cat")), `^cat_[a-z0-9]{6}$`},
			{named("d", "f", long), `^ü{255}$`},
			{named("e", "f", long), `^ü{248}_[a-z0-9]{6}$`},
		} {
			stored := librarytest.Store(t, l, test.asset, library.StoreOptions{}).Asset
			if !regexp.MustCompile(test.want).MatchString(stored.DisplayName) {
				t.Errorf("%s got the name %s, want %s", test.asset.PublicID, stored.DisplayName, test.want)
			}
		}
		// The own name is not taken, and moving to a folder asks anew.
		for _, test := range []struct{ folder, want string }{{"g", `^cat$`}, {"f", `^cat_[a-z0-9]{6}$`}} {
			key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "c"}
			changed, err := l.UpdateAsset(t.Context(), key, func(asset *library.Asset) error {
				asset.AssetFolder, asset.UniqueDisplayName = test.folder, true
				return nil
			})
			if err != nil || !regexp.MustCompile(test.want).MatchString(changed.DisplayName) {
				t.Errorf("moved to %s: %+v, %v", test.folder, changed, err)
			}
		}
		// At the same time.
		var all sync.WaitGroup
		names := make([]string, 8)
		for i := range names {
			all.Go(func() {
				names[i] = librarytest.Store(t, l, named("same"+string(rune('a'+i)), "h", "dog"), library.StoreOptions{}).Asset.DisplayName
			})
		}
		all.Wait()
		seen := map[string]bool{}
		for _, name := range names {
			if seen[name] {
				t.Errorf("the name %s was given twice", name)
			}
			seen[name] = true
		}
	})
}
