package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Mapping downloads the missing assets of a folder.
type Mapping struct {
	// Folder is without slashes around it; empty for all folders.
	Folder string `json:"folder"`
	// Template is an http or https URL. The rest of the public ID stands in the place of {public_id}, or is appended with the
	// extension that was asked for; the resource type stands in the place of {resource_type}.
	Template string `json:"template"`
}

// Source is where an asset that was asked for with an extension, which may be empty, is downloaded from; ok is false when its
// folder is not mapped.
func (s *Snapshot) Source(resourceType, publicID, extension string) (url string, ok bool) {
	mapping, rest, ok := s.MappingOf(publicID)
	if !ok {
		return "", false
	}
	source := strings.ReplaceAll(mapping.Template, "{resource_type}", resourceType)
	if strings.Contains(source, "{public_id}") {
		return strings.ReplaceAll(source, "{public_id}", rest), true
	}
	if extension != "" {
		rest += "." + extension
	}
	return source + rest, true
}

// MappingOf is the mapping that an asset that is not there is downloaded by, with the rest of the public ID behind its folder.
func (s *Snapshot) MappingOf(publicID string) (mapping Mapping, rest string, ok bool) {
	for _, mapping := range s.Mappings {
		if mapping.Folder == "" {
			return mapping, publicID, true
		}
		if rest, ok := strings.CutPrefix(publicID, mapping.Folder+"/"); ok && rest != "" {
			return mapping, rest, true
		}
	}
	return Mapping{}, "", false
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
