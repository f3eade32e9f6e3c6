package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UploadMappingSpec maps a folder to a remote address.
type UploadMappingSpec struct {
	// environmentRef names the product environment that the mapping belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// folder whose missing assets are uploaded from the template's address when they are first asked for; / stands for all.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Folder string `json:"folder"`

	// template is the address that the rest of the public ID is appended to, with the extension that was asked for. It may hold
	// {resource_type}, which stands for image, video or raw, and {public_id}, which stands for the rest of the public ID without
	// that extension: then nothing is appended. Where folder is /, https://res.cloudinary.com/NAME/{resource_type}/upload/{public_id}
	// brings everything of another cloud.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(https?|ftp|s3|gs)://`
	Template string `json:"template"`

	// uploadPresetName is the upload preset, by its name in the APIs, whose parameters these uploads get.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	UploadPresetName string `json:"uploadPresetName,omitempty"`
}

// UploadMappingStatus is the observed state of an upload mapping.
type UploadMappingStatus struct {
	ConfigurationStatus `json:",inline"`
}

// UploadMapping uploads the missing assets of a folder of a product environment from a remote address when they are first asked for.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=umap,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Folder",type=string,JSONPath=`.spec.folder`
// +kubebuilder:printcolumn:name="Template",type=string,JSONPath=`.spec.template`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type UploadMapping struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the mapping that the user wishes.
	// +required
	Spec UploadMappingSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status UploadMappingStatus `json:"status,omitzero"`
}

// UploadMappingList is a list of upload mappings.
//
// +kubebuilder:object:root=true
type UploadMappingList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the upload mappings.
	Items []UploadMapping `json:"items"`
}
