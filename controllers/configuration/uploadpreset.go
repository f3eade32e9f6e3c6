package configuration

import (
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func uploadPresets() kind[*v1alpha1.UploadPreset] {
	return kind[*v1alpha1.UploadPreset]{
		name: "uploadpreset", word: "UploadPreset", list: &v1alpha1.UploadPresetList{},
		validate: rules.ValidateUploadPreset, namePath: "spec.name",
		check: checkPreset, alsoWokenBy: []v1alpha1.Configuration{&v1alpha1.MetadataField{}},
	}
}

// checkPreset names the metadata fields that preset gives values of and that its environment does not have: uploads with
// the preset are refused until there are fields of those external IDs.
func checkPreset(ctx context.Context, reader client.Reader, preset *v1alpha1.UploadPreset, _ *v1alpha1.ProductEnvironment) (conditions.Part, error) {
	if len(preset.Spec.Metadata) == 0 {
		return inUse("UploadPreset"), nil
	}
	known, err := fieldsInUse(ctx, reader, preset)
	if err != nil {
		return conditions.Part{}, err
	}
	var missing []string
	for i, value := range preset.Spec.Metadata {
		if known[value.Field] == nil {
			missing = append(missing, fmt.Sprintf("spec.metadata[%d].field: the environment has no MetadataField with the external ID %s", i, value.Field))
		}
	}
	if len(missing) > 0 {
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonInvalidReference, strings.Join(missing, "; ")), nil
	}
	return inUse("UploadPreset"), nil
}
