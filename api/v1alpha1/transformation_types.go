package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TransformationSpec gives a transformation a name.
type TransformationSpec struct {
	// environmentRef names the product environment that the transformation belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// name that delivery URLs refer to as t_<name>. The object's name when not set.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{N}_\-. ]+$`
	Name string `json:"name,omitempty"`

	// transformation in the syntax of delivery URLs, for example c_fill,g_face,h_200,w_200/r_max. It may end in a
	// slash and an extension.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Transformation string `json:"transformation"`

	// allowedForStrict lets unsigned URLs use it where strict transformations are on. When absent it is true.
	// +optional
	AllowedForStrict *bool `json:"allowedForStrict,omitempty"`
}

// TransformationStatus is the observed state of a named transformation.
type TransformationStatus struct {
	ConfigurationStatus `json:",inline"`
}

// Transformation is a named transformation of a product environment, used in delivery URLs as t_<name>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=tfm,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Name in URLs",type=string,JSONPath=`.status.externalName`
// +kubebuilder:printcolumn:name="Transformation",type=string,JSONPath=`.spec.transformation`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Transformation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the transformation that the user wishes.
	// +required
	Spec TransformationSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status TransformationStatus `json:"status,omitzero"`
}

// TransformationList is a list of named transformations.
//
// +kubebuilder:object:root=true
type TransformationList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the named transformations.
	Items []Transformation `json:"items"`
}
