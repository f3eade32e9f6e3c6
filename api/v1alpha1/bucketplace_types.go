package v1alpha1

// BucketPlace is a place in S3 or in a compatible store.
type BucketPlace struct {
	// bucket is the bucket's name. One that exists is adopted, unless it is marked as somebody else's; one that does not
	// is made. When absent a bucket is made whose name derives from the environment's, and shown in the environment's
	// status. What is stored stays in the bucket that the status names: bucket, endpoint and prefix cannot change any
	// more.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket,omitempty"`

	// region is the region of the bucket.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Region string `json:"region,omitempty"`

	// endpoint is the base URL of a compatible store. When absent it is that of AWS.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="must be an http or https URL"
	Endpoint string `json:"endpoint,omitempty"`

	// pathStyle puts the bucket into the path of URLs, not into the host name. When absent it is true where endpoint is
	// set.
	// +optional
	PathStyle *bool `json:"pathStyle,omitempty"`

	// prefix is put before every object key.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Prefix string `json:"prefix,omitempty"`

	// credentialsSecretRef names a Secret with the entries access_key_id and secret_access_key. When absent the pod's
	// own identity is used; the operator, which has no credentials then, neither makes nor looks after the bucket, and
	// bucket must name one that exists, with the object lock that its owner gives it.
	// +optional
	CredentialsSecretRef *SecretReference `json:"credentialsSecretRef,omitempty"`
}
