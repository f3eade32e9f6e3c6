package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Mapping downloads the missing assets of a folder.
type Mapping struct {
	// Folder is without slashes around it.
	Folder string `json:"folder"`
	// Template is the http or https URL that the rest of the public ID is appended to.
	Template string `json:"template"`
}

// Source is where the asset with that public ID, extension included, is downloaded from; ok is false when its folder is
// not mapped.
func (s *Snapshot) Source(publicID string) (url string, ok bool) {
	for _, mapping := range s.Mappings {
		if rest, ok := strings.CutPrefix(publicID, mapping.Folder+"/"); ok && rest != "" {
			return mapping.Template + rest, true
		}
	}
	return "", false
}

// translateMappings orders mappings so that the folder that says most about a public ID comes first.
func translateMappings(used []*v1alpha1.UploadMapping) []Mapping {
	mappings := make([]Mapping, len(used))
	for i, mapping := range used {
		mappings[i] = Mapping{Folder: strings.Trim(mapping.Spec.Folder, "/"), Template: mapping.Spec.Template}
	}
	longestFirst(mappings)
	return mappings
}

func longestFirst(mappings []Mapping) {
	slices.SortStableFunc(mappings, func(a, b Mapping) int { return cmp.Compare(len(b.Folder), len(a.Folder)) })
}
