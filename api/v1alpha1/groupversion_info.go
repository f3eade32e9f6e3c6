// Package v1alpha1 holds the custom resources of Darkroom, one file per kind, and the condition types and reasons
// that their status uses.
//
// +kubebuilder:object:generate=true
// +groupName=media.darkroom.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of all kinds.
const GroupName = "media.darkroom.dev"

// GroupVersion is the group and version of the kinds in this package.
var GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

// AddToScheme adds the kinds of this package to scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ProductEnvironment{}, &ProductEnvironmentList{},
		&AccessKey{}, &AccessKeyList{},
		&UploadPreset{}, &UploadPresetList{},
		&WebhookTrigger{}, &WebhookTriggerList{},
		&MetadataField{}, &MetadataFieldList{},
		&MetadataRule{}, &MetadataRuleList{},
		&Transformation{}, &TransformationList{},
		&StreamingProfile{}, &StreamingProfileList{},
		&UploadMapping{}, &UploadMappingList{},
		&AssetImport{}, &AssetImportList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
