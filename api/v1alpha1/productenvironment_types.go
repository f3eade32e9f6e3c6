package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ProductEnvironmentSpec is what a user wants of a product environment. Every block may be absent; its absence is
// safe, and the values then in effect are shown in status.
//
// +kubebuilder:validation:XValidation:rule="!has(self.renderer) || !has(self.renderer.replicas) || self.renderer.replicas <= 1 || (has(self.database) && has(self.database.postgres) && has(self.storage) && has(self.storage.s3))",message="renderer.replicas above 1 needs database.postgres and storage.s3: an embedded database or a volume serves one replica",fieldPath=".renderer.replicas"
// +kubebuilder:validation:XValidation:rule="(has(self.storage) && has(self.storage.s3)) == (has(oldSelf.storage) && has(oldSelf.storage.s3))",message="storage cannot move between a volume and s3",fieldPath=".storage"
// +kubebuilder:validation:XValidation:rule="(has(self.database) && has(self.database.postgres)) == (has(oldSelf.database) && has(oldSelf.database.postgres))",message="the library cannot move between the embedded database and postgres",fieldPath=".database"
type ProductEnvironmentSpec struct {
	// cloudName is the name that API paths and delivery URLs carry. When absent one is generated and shown in
	// status.cloudName. It has 2 to 128 letters, digits and hyphens, begins with a letter, and is the same in upper and
	// lower case. Changing it renames the environment: URLs and credentials with the old name stop working at once. An
	// environment of more than 1000 uploaded assets is renamed only with the annotation
	// media.darkroom.dev/allow-rename.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9-]*$`
	CloudName string `json:"cloudName,omitempty"`

	// displayName is the name that people see.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	DisplayName string `json:"displayName,omitempty"`

	// renderer shapes the pods that serve uploads, the APIs and delivery.
	// +optional
	Renderer *RendererSpec `json:"renderer,omitempty"`

	// storage says where the bytes live. When absent they live on a volume of 10Gi of the default storage class.
	// +optional
	Storage *StorageSpec `json:"storage,omitempty"`

	// database says where the library of assets lives. When absent it is embedded, on the volume.
	// +optional
	Database *DatabaseSpec `json:"database,omitempty"`

	// uploads bounds what may be uploaded and fetched.
	// +optional
	Uploads *UploadsSpec `json:"uploads,omitempty"`

	// delivery shapes delivery URLs and what they may ask for.
	// +optional
	Delivery *DeliverySpec `json:"delivery,omitempty"`

	// quotas bound what the environment may use. When absent nothing is bounded.
	// +optional
	Quotas *QuotasSpec `json:"quotas,omitempty"`

	// backup keeps a copy of every version of every upload in a second place. When absent there is none, and what is
	// overwritten or deleted is gone. deletionPolicy is not about backups: they stay when the environment goes.
	// +optional
	Backup *BackupSpec `json:"backup,omitempty"`

	// sampleAssets puts a small set of pictures, an animation and a raw file below samples/ when it is first true. They
	// count towards no quota or limit. One that was deleted never comes back, and false deletes none. When absent it is
	// false.
	// +optional
	SampleAssets *bool `json:"sampleAssets,omitempty"`

	// signatureAlgorithm signs the notifications of triggers and the answers to unsigned calls, as SDKs are configured to
	// check them (signature_algorithm). Signed calls are answered by the algorithm that they are signed by. When absent it is
	// sha1.
	// +optional
	SignatureAlgorithm SignatureAlgorithm `json:"signatureAlgorithm,omitempty"`

	// deletionPolicy says what becomes of the stored data when this object is deleted. When absent it is Retain.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// SignatureAlgorithm is a digest that SDKs sign and check by.
// +kubebuilder:validation:Enum=sha1;sha256
type SignatureAlgorithm string

// Signature algorithms.
const (
	// SignatureSHA1 is the default of all SDKs.
	SignatureSHA1 SignatureAlgorithm = "sha1"
	// SignatureSHA256 is for SDKs with signature_algorithm=sha256.
	SignatureSHA256 SignatureAlgorithm = "sha256"
)

// DeletionPolicy says what becomes of the stored data of a deleted environment.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// Deletion policies.
const (
	// DeletionRetain keeps the data. An environment of the same name in the same namespace takes it up again: the volume,
	// and the bucket where credentialsSecretRef lets the operator read whose it was. Any other one needs the tags that
	// begin with media.darkroom.dev/ removed from the bucket first.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete deletes the data.
	DeletionDelete DeletionPolicy = "Delete"
)

// ProductEnvironment is a programmable-media cloud of its own: a running upload, transformation and delivery service
// with its storage, its database and its credentials Secret.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=penv,categories=darkroom
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Cloud Name",type=string,JSONPath=`.status.cloudName`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Display Name",type=string,JSONPath=`.spec.displayName`,priority=1
// +kubebuilder:printcolumn:name="Database",type=string,JSONPath=`.status.database`,priority=1
// +kubebuilder:printcolumn:name="Storage",type=string,JSONPath=`.status.storage`,priority=1
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 52 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name must be a DNS label that starts with a letter, at most 52 characters long: names of Services and pods derive from it"
type ProductEnvironment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the user wants.
	// +optional
	Spec ProductEnvironmentSpec `json:"spec,omitempty"`

	// status is what the operator knows.
	// +optional
	Status ProductEnvironmentStatus `json:"status,omitempty"`
}

// ProductEnvironmentList is a list of ProductEnvironments.
//
// +kubebuilder:object:root=true
type ProductEnvironmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ProductEnvironment `json:"items"`
}
