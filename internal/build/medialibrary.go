package build

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// MediaLibraryPreset is the upload preset that an environment begins with, for uploads by people: they find a file again
// by its name, and two of the same name are two assets. It is made once and then its users' own, so it carries none of
// the labels of what the operator keeps; it goes with the environment.
func MediaLibraryPreset(e *Environment) *v1alpha1.UploadPreset {
	return &v1alpha1.UploadPreset{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: e.namespace(),
			Name:      MediaLibraryPresetName(e.name()),
			Labels:    map[string]string{LabelPartOf: "darkroom", LabelEnvironment: e.name()},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(),
				Kind:       "ProductEnvironment",
				Name:       e.name(),
				UID:        e.Object.UID,
			}},
		},
		Spec: v1alpha1.UploadPresetSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: e.name()},
			Name:           MediaLibraryPresetExternalName,
			UploadParameters: v1alpha1.UploadParameters{
				UseFilename:              new(true),
				UniqueFilename:           new(true),
				UseFilenameAsDisplayName: new(true),
			},
		},
	}
}
