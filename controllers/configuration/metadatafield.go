package configuration

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func metadataFields() kind[*v1alpha1.MetadataField] {
	return kind[*v1alpha1.MetadataField]{
		name: "metadatafield", word: "MetadataField", list: &v1alpha1.MetadataFieldList{},
		validate: rules.ValidateMetadataField, namePath: "spec.externalID",
	}
}

// fieldsInUse are the metadata fields of the environment of object by their external IDs. Fields that break a rule are not
// in use.
func fieldsInUse(ctx context.Context, reader client.Reader, object v1alpha1.Configuration) (map[string]*v1alpha1.MetadataField, error) {
	fields, err := ofEnvironment[*v1alpha1.MetadataField](ctx, reader, &v1alpha1.MetadataFieldList{}, object.GetNamespace(), object.EnvironmentName())
	if err != nil {
		return nil, err
	}
	known := map[string]*v1alpha1.MetadataField{}
	for _, field := range fields {
		if len(rules.ValidateMetadataField(field)) == 0 {
			known[field.ExternalName()] = field
		}
	}
	return known, nil
}
