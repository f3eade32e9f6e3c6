package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// StorageSpec says where the bytes of an environment live: exactly one of its members is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.volume), has(self.s3)].filter(x, x).size() == 1",message="exactly one of volume and s3 must be set"
type StorageSpec struct {
	// volume keeps the bytes on a PersistentVolumeClaim.
	// +optional
	Volume *VolumeStorage `json:"volume,omitempty"`

	// s3 keeps the bytes in a bucket of S3 or of a compatible store.
	// +optional
	S3 *S3Storage `json:"s3,omitempty"`
}

// VolumeStorage keeps the bytes on a PersistentVolumeClaim.
type VolumeStorage struct {
	// size is what the claim asks for; it can grow where the storage class lets it, and never shrink. When absent it is
	// 10Gi.
	// +optional
	Size *resource.Quantity `json:"size,omitempty"`

	// storageClassName is the class of the claim. When absent it is the default class of the cluster; the empty string
	// asks for a volume without class. It cannot change once the claim exists.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	StorageClassName *string `json:"storageClassName,omitempty"`
}

// S3Storage keeps the bytes in a bucket.
//
// +kubebuilder:validation:XValidation:rule="has(self.bucket) || has(self.credentialsSecretRef)",message="bucket is required where credentialsSecretRef is absent: buckets are made with the credentials of their environment",fieldPath=".bucket"
type S3Storage struct {
	BucketPlace `json:",inline"`

	// derivedExpirationDays is after how many days the bucket drops derived files, which are made again when they are
	// asked for. When absent they are kept. Originals never expire.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	DerivedExpirationDays *int32 `json:"derivedExpirationDays,omitempty"`
}

// DatabaseSpec says where the library of assets lives: exactly one of its members is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.embedded), has(self.postgres)].filter(x, x).size() == 1",message="exactly one of embedded and postgres must be set"
type DatabaseSpec struct {
	// embedded keeps the library in a SQLite file on the environment's volume.
	// +optional
	Embedded *EmbeddedDatabase `json:"embedded,omitempty"`

	// postgres keeps the library in a PostgreSQL database that you bring.
	// +optional
	Postgres *PostgresDatabase `json:"postgres,omitempty"`
}

// EmbeddedDatabase is a SQLite file on the environment's volume. It has no settings.
type EmbeddedDatabase struct{}

// PostgresDatabase is a PostgreSQL database.
type PostgresDatabase struct {
	// secretRef names the entry of a Secret that holds the connection string, postgres://user:password@host/database.
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}
