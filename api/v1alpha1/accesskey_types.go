package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccessKeySpec is what a user wants of an access key.
type AccessKeySpec struct {
	// environmentRef names the ProductEnvironment that the key opens. It cannot change.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a key cannot move to another environment"
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// name is the key's display name, as the Admin API shows it. When absent it is the object's name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// enabled says whether requests with this key are accepted. When absent they are. A disabled key keeps its Secret
	// and works again once enabled.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// adminSignatures says whether calls of the Admin API may be signed with this key, as uploads are, in place of sending the
	// pair: @cloudinary/asset-management does so. A signature does not say which call it is for. With such a key, therefore,
	// never sign what a browser uploads: who has that signature could read and change assets with it. When absent they may not.
	// +optional
	AdminSignatures bool `json:"adminSignatures,omitempty"`

	// dedicatedFor says that the key signs something in place of the oldest enabled key: webhooks are notifications. Where several
	// keys are for it, the oldest enabled one of them signs. The key opens what any key does.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1
	DedicatedFor []KeyPurpose `json:"dedicatedFor,omitempty"`

	// rotation says when the pair of api_key and api_secret is replaced. When absent it is replaced only on demand: for
	// every new value of the annotation media.darkroom.dev/rotate.
	// +optional
	Rotation *KeyRotation `json:"rotation,omitempty"`
}

// KeyPurpose is something that a key can be dedicated to.
// +kubebuilder:validation:Enum=webhooks
type KeyPurpose string

// KeyForWebhooks has a key sign notifications.
const KeyForWebhooks KeyPurpose = "webhooks"

// KeyRotation says when a pair is replaced by a new one, and how long the one before is accepted beside it. The Secret
// holds the new pair at once.
//
// +kubebuilder:validation:XValidation:rule="!has(self.every) || duration(self.every) >= duration('1m')",message="must be at least 1m",fieldPath=".every"
// +kubebuilder:validation:XValidation:rule="!has(self.every) || duration(self.every) > (has(self.overlap) ? duration(self.overlap) : duration('24h'))",message="must be shorter than every: a key has two pairs at most",fieldPath=".overlap"
type KeyRotation struct {
	// every is the age at which a pair is replaced, such as 720h. When absent that happens only on demand. Pairs of a
	// disabled key are not replaced by age.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	Every *metav1.Duration `json:"every,omitempty"`

	// overlap is how long the pair before is accepted beside a new one, such as 1h; 0s ends it at once. A change counts
	// for the overlap under way, too. A new rotation waits for the end of the last one's overlap. When absent it is 24h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$`
	Overlap *metav1.Duration `json:"overlap,omitempty"`
}

// AccessKeyStatus is what the controller knows about an access key.
type AccessKeyStatus struct {
	// observedGeneration is the generation of the spec that the rest of the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// slots are the pairs of the key: the one in its Secret, and while a rotation overlaps the one before.
	// +optional
	// +listType=map
	// +listMapKey=apiKey
	// +kubebuilder:validation:MaxItems=2
	Slots []KeySlot `json:"slots,omitempty"`

	// apiKey is the public half of the key.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	APIKey string `json:"apiKey,omitempty"`

	// binding names the Secret that holds the key and everything an SDK needs to use it.
	// +optional
	Binding *BindingReference `json:"binding,omitempty"`
}

// KeySlot is one pair of an access key.
type KeySlot struct {
	// apiKey is the public half of the pair.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	APIKey string `json:"apiKey"`

	// since is when the pair was generated.
	// +required
	Since metav1.Time `json:"since"`

	// until is when the pair ceases to be accepted; absent for the pair in the Secret.
	// +optional
	Until *metav1.Time `json:"until,omitempty"`
}

// AccessKey is a pair of api_key and api_secret that opens a ProductEnvironment. The pair is generated into the Secret
// that status.binding names, and stays the same until it is rotated.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=akey,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="API Key",type=string,JSONPath=`.status.apiKey`
// +kubebuilder:printcolumn:name="Secret",type=string,JSONPath=`.status.binding.name`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Enabled",type=boolean,JSONPath=`.spec.enabled`,priority=1
// +kubebuilder:validation:XValidation:rule="self.metadata.name != self.spec.environmentRef.name",message="an access key cannot have the name of its environment: both would own the Secret <name>-credentials"
type AccessKey struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the user wants.
	// +required
	Spec AccessKeySpec `json:"spec"`

	// status is what the controller knows.
	// +optional
	Status AccessKeyStatus `json:"status,omitempty"`
}

// IsEnabled says whether requests with this key are accepted.
func (k *AccessKey) IsEnabled() bool { return k.Spec.Enabled == nil || *k.Spec.Enabled }

// DisplayName is spec.name, or the object's name.
func (k *AccessKey) DisplayName() string {
	if k.Spec.Name != "" {
		return k.Spec.Name
	}
	return k.Name
}

// AccessKeyList is a list of AccessKeys.
//
// +kubebuilder:object:root=true
type AccessKeyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []AccessKey `json:"items"`
}
