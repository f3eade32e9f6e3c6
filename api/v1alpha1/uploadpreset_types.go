package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UploadPresetSpec is a named set of upload parameters.
type UploadPresetSpec struct {
	// environmentRef names the product environment that the preset belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// name of the preset in the APIs, where upload_preset refers to it. The object's name when not set; needed when
	// that name is no DNS label.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// unsigned allows uploads without a signature that name this preset. When absent it is false.
	// +optional
	Unsigned *bool `json:"unsigned,omitempty"`

	// disallowPublicID refuses a public_id chosen by the client in an unsigned upload. When absent it is false.
	// +optional
	DisallowPublicID *bool `json:"disallowPublicID,omitempty"`

	// live marks a preset for live video streams. It is kept and shown by the Admin API.
	// +optional
	Live *bool `json:"live,omitempty"`

	// The upload parameters that the preset supplies. Parameters of a signed request win over them.
	UploadParameters `json:",inline"`
}

// UploadPresetStatus is the observed state of an upload preset.
type UploadPresetStatus struct {
	ConfigurationStatus `json:",inline"`
}

// UploadPreset is a named set of upload parameters of a product environment; an unsigned one lets browsers and apps
// upload without a secret.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=upre,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Preset",type=string,JSONPath=`.status.externalName`
// +kubebuilder:printcolumn:name="Unsigned",type=boolean,JSONPath=`.spec.unsigned`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type UploadPreset struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the preset that the user wishes.
	// +required
	Spec UploadPresetSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status UploadPresetStatus `json:"status,omitzero"`
}

// UploadPresetList is a list of upload presets.
//
// +kubebuilder:object:root=true
type UploadPresetList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the upload presets.
	Items []UploadPreset `json:"items"`
}
