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
		if got, ok := s.Source("raw", publicID, ""); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", publicID, got, ok)
		}
	}
	if got, _ := s.Source("image", "legacy/a", "jpg"); got != "https://old.example.com/images/a.jpg" {
		t.Errorf("with an extension: %q", got)
	}
	root := &Snapshot{Mappings: translateMappings([]*v1alpha1.UploadMapping{
		mapping("/", "https://res.example.com/old/{resource_type}/upload/{public_id}"), mapping("legacy", "https://old.example.com/{public_id}/file"),
	})}
	for _, test := range [][3]string{
		{"image", "a/b", "https://res.example.com/old/image/upload/a/b"}, {"video", "c", "https://res.example.com/old/video/upload/c"},
		{"image", "legacy/a", "https://old.example.com/a/file"},
	} {
		if got, ok := root.Source(test[0], test[1], "jpg"); got != test[2] || !ok {
			t.Errorf("%v: %q, %v", test, got, ok)
		}
	}
}
