package v1alpha1

// BackupSpec says where every version of every upload is copied to: exactly one of its members is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.volume), has(self.s3)].filter(x, x).size() == 1",message="exactly one of volume and s3 must be set"
type BackupSpec struct {
	// s3 copies to a bucket of S3 or of a compatible store, under object lock where it is asked for and the store has it.
	// +optional
	S3 *BackupBucket `json:"s3,omitempty"`

	// volume copies to a second PersistentVolumeClaim, which has no object lock. It serves one replica.
	// +optional
	Volume *VolumeStorage `json:"volume,omitempty"`
}

// BackupBucket keeps backups in a bucket, another one than that of the bytes.
//
// +kubebuilder:validation:XValidation:rule="has(self.bucket) || has(self.credentialsSecretRef)",message="bucket is required where credentialsSecretRef is absent: buckets are made with the credentials of their environment",fieldPath=".bucket"
type BackupBucket struct {
	BucketPlace `json:",inline"`

	// objectLock keeps backups from being deleted or overwritten before their time, by anybody. When absent they are not
	// locked.
	// +optional
	ObjectLock *ObjectLock `json:"objectLock,omitempty"`
}

// ObjectLock is the retention that every object of a bucket begins with.
type ObjectLock struct {
	// mode is Governance, which who has the right to can bypass, or Compliance, which nobody can. When absent it is
	// Governance.
	// +optional
	Mode ObjectLockMode `json:"mode,omitempty"`

	// days is for how many days an object is locked.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	Days int32 `json:"days"`
}

// ObjectLockMode says who can bypass a lock.
// +kubebuilder:validation:Enum=Governance;Compliance
type ObjectLockMode string

// Object lock modes.
const (
	// ObjectLockGovernance lets those with a right of their own bypass it.
	ObjectLockGovernance ObjectLockMode = "Governance"
	// ObjectLockCompliance lets nobody bypass it.
	ObjectLockCompliance ObjectLockMode = "Compliance"
)
