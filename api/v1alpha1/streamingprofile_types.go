package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// StreamingProfileSpec is a set of renditions for adaptive streaming.
type StreamingProfileSpec struct {
	// environmentRef names the product environment that the profile belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// name that delivery URLs refer to as sp_<name>; the name of a predefined profile overrides that. The object's
	// name when not set.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_\-]+$`
	Name string `json:"name,omitempty"`

	// displayName is the name that people see.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	DisplayName string `json:"displayName,omitempty"`

	// representations are the renditions, best first.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Representations []StreamingRepresentation `json:"representations"`
}

// StreamingRepresentation is one rendition of a video.
type StreamingRepresentation struct {
	// transformation that makes the rendition, for example br_5500k,c_limit,h_1080,w_1920.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Transformation string `json:"transformation"`
}

// StreamingProfileStatus is the observed state of a streaming profile.
type StreamingProfileStatus struct {
	ConfigurationStatus `json:",inline"`
}

// StreamingProfile is a set of renditions for adaptive streaming of the videos of a product environment.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=sprof,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Profile",type=string,JSONPath=`.status.externalName`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type StreamingProfile struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the profile that the user wishes.
	// +required
	Spec StreamingProfileSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status StreamingProfileStatus `json:"status,omitzero"`
}

// StreamingProfileList is a list of streaming profiles.
//
// +kubebuilder:object:root=true
type StreamingProfileList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the streaming profiles.
	Items []StreamingProfile `json:"items"`
}
