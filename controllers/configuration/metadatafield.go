package configuration

import (
	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func metadataFields() kind[*v1alpha1.MetadataField] {
	return kind[*v1alpha1.MetadataField]{
		name: "metadatafield", word: "MetadataField", list: &v1alpha1.MetadataFieldList{},
		validate: rules.ValidateMetadataField, namePath: "spec.externalID",
	}
}
