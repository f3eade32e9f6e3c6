package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EnvironmentReference names a ProductEnvironment of the same namespace.
type EnvironmentReference struct {
	// name is the name of the ProductEnvironment object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// BindingReference names a Secret as the Service Binding convention wants it.
type BindingReference struct {
	// name is the name of the Secret, in the namespace of the object that carries this status.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// ConfigurationStatus is what the operator knows about an object that only configures a ProductEnvironment.
type ConfigurationStatus struct {
	// observedGeneration is the generation of the spec that the rest of the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// externalName is the name by which the APIs know the object: the one that the spec gives, or the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	ExternalName string `json:"externalName,omitempty"`
}

// MetadataValue is a value of a structured metadata field: exactly one of its members is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.values)",message="exactly one of value and values must be set"
type MetadataValue struct {
	// value of a field that holds one: a text, an integer written in digits, a date as YYYY-MM-DD, or the external
	// ID of a datasource entry.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Value *string `json:"value,omitempty"`

	// values are the external IDs of the datasource entries that a field of type set holds.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	Values []string `json:"values,omitempty"`
}

// SecretReference names a Secret of the same namespace.
type SecretReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// SecretKeyReference names one entry of a Secret of the same namespace.
type SecretKeyReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// key is the entry of the Secret. When absent it is uri for a database, and key for auth tokens.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key,omitempty"`
}
