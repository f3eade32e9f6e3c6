package v1alpha1

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
