package catalog

import (
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestMappings(t *testing.T) {
	mapping := func(folder, template string) *v1alpha1.UploadMapping {
		return &v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{Folder: folder, Template: template}}
	}
	s := &Snapshot{Mappings: translateMappings([]*v1alpha1.UploadMapping{
		mapping("legacy", "https://old.example.com/images/"), mapping("legacy/shop/", "https://shop.example.com/?file="),
	})}
	for publicID, want := range map[string]string{
		"legacy/a/b.jpg":    "https://old.example.com/images/a/b.jpg",
		"legacy/shop/b.jpg": "https://shop.example.com/?file=b.jpg",
		"legacy/shopping/b": "https://old.example.com/images/shopping/b",
		"legacy":            "",
		"legacy/":           "",
		"legacyx/a":         "",
		"a/legacy/b":        "",
	} {
		if got, ok := s.Source(publicID); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", publicID, got, ok)
		}
	}
}
