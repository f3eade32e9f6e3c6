package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ProductEnvironmentStatus is what the operator knows about an environment.
type ProductEnvironmentStatus struct {
	// observedGeneration is the generation of the spec that the rest of the status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling and Stalled, and one condition for each part: StorageReady, DatabaseReady,
	// CredentialsReady, ConfigurationReady, RendererReady, Exposed, and BackupReady where spec.backup is set. Where
	// spec.quotas is set WithinQuota tells whether a quota is used up; it is no part of Ready.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// cloudName is the cloud name that the environment holds, in lower case. No other environment of the cluster can
	// have it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	CloudName string `json:"cloudName,omitempty"`

	// binding names the Secret with everything an app needs, ready for envFrom.
	// +optional
	Binding *BindingReference `json:"binding,omitempty"`

	// url is the base of delivery URLs, with the cloud name.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	URL string `json:"url,omitempty"`

	// uploadPrefix is the base of API URLs, without version and cloud name, as SDKs want it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	UploadPrefix string `json:"uploadPrefix,omitempty"`

	// database is the kind of database in effect, embedded or postgres.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Database string `json:"database,omitempty"`

	// storage is the kind of storage in effect, volume or s3.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Storage string `json:"storage,omitempty"`

	// bucket is the bucket that holds the bytes, where storage is s3. It is written before the bucket is made.
	// +optional
	Bucket *BucketStatus `json:"bucket,omitempty"`

	// mediaLibraryPreset is the name of the UploadPreset object of the Media Library. The operator makes it when the
	// environment is new and never touches it again: edit it, or delete it for good.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	MediaLibraryPreset string `json:"mediaLibraryPreset,omitempty"`

	// renderer is what runs.
	// +optional
	Renderer *RendererStatus `json:"renderer,omitempty"`

	// backup is where the backups are, and how far they have come.
	// +optional
	Backup *BackupStatus `json:"backup,omitempty"`

	// usage is what the renderer reported last; absent before its first report.
	// +optional
	Usage *UsageStatus `json:"usage,omitempty"`
}

// UsageStatus is what an environment holds and uses, as its renderer counted it. It is written at most every five minutes,
// and only when it has changed; that a quota is used up, or is not any more, is written at once.
type UsageStatus struct {
	// assets is how many assets were uploaded. Sample assets do not count.
	// +required
	// +kubebuilder:validation:Minimum=0
	Assets int64 `json:"assets"`

	// derivedFiles is how many files were made from them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	DerivedFiles int64 `json:"derivedFiles,omitempty"`

	// storedBytes is the length of assets and derived files together.
	// +optional
	// +kubebuilder:validation:Minimum=0
	StoredBytes int64 `json:"storedBytes,omitempty"`

	// day is what was used on the latest day, in UTC, on which anything was.
	// +optional
	Day *PeriodUsage `json:"day,omitempty"`

	// month is what was used in the month of that day so far.
	// +optional
	Month *PeriodUsage `json:"month,omitempty"`

	// exceeded are the quotas of the spec that are used up, storage for example, or transformations.perDay.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=64
	Exceeded []string `json:"exceeded,omitempty"`

	// observedAt is when they were counted.
	// +required
	ObservedAt metav1.Time `json:"observedAt"`
}

// PeriodUsage is what an environment used in a day or a month. What is made and delivered of sample assets does not count.
type PeriodUsage struct {
	// period is the day, as 2026-01-31, or the month, as 2026-01, in UTC.
	// +required
	// +kubebuilder:validation:MaxLength=10
	Period string `json:"period"`

	// transformations is how many derived files were made.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Transformations int64 `json:"transformations"`

	// cpuSeconds is the processor time of the engine for them, in whole seconds.
	// +optional
	// +kubebuilder:validation:Minimum=0
	CPUSeconds int64 `json:"cpuSeconds"`

	// requests is how many requests delivery has answered.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Requests int64 `json:"requests"`

	// bandwidthBytes is how many bytes delivery has sent.
	// +optional
	// +kubebuilder:validation:Minimum=0
	BandwidthBytes int64 `json:"bandwidthBytes"`
}

// BackupStatus is where the backups of an environment are, and how far they have come.
type BackupStatus struct {
	// bucket is the bucket that holds them, where spec.backup.s3 is set. It is written before the bucket is made.
	// +optional
	Bucket *BucketStatus `json:"bucket,omitempty"`

	// progress is what the renderer reported last.
	// +optional
	Progress *BackupProgress `json:"progress,omitempty"`
}

// BackupProgress is how far the backups have come. It is written every half minute while versions wait to be copied, else at
// most every five minutes and only when it has changed.
type BackupProgress struct {
	// phase is Initial while what was there before the backup is being found, Copying while versions wait to be copied, and
	// Complete otherwise.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Phase string `json:"phase,omitempty"`

	// assets is how many assets there are to back up.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Assets int64 `json:"assets"`

	// copied is how many versions of assets are in the backup, those of deleted assets included.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Copied int64 `json:"copied"`

	// pending is how many versions wait to be copied.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending int64 `json:"pending"`

	// bytes is the length of the copied versions.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Bytes int64 `json:"bytes"`

	// lastError says why the latest version could not be copied that still waits. It is tried again.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastError string `json:"lastError,omitempty"`

	// observedAt is when it was counted.
	// +required
	ObservedAt metav1.Time `json:"observedAt"`
}

// BucketStatus is the identity of the bucket of an environment.
type BucketStatus struct {
	// name is the bucket's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`

	// endpoint is the base URL of the store; it is absent for AWS.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	Endpoint string `json:"endpoint,omitempty"`

	// prefix is put before every object key.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Prefix string `json:"prefix,omitempty"`

	// owned says that the operator made the bucket for this environment: deletionPolicy Delete removes it. An adopted
	// bucket is never removed.
	// +optional
	Owned bool `json:"owned,omitempty"`
}

// RendererStatus is what runs for an environment.
type RendererStatus struct {
	// image is the image of the renderer container.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// engineImage is the image of the engine container.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	EngineImage string `json:"engineImage,omitempty"`

	// replicas is how many pods are wanted.
	// +optional
	Replicas int32 `json:"replicas"`

	// readyReplicas is how many of them are ready.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas"`

	// engineChildren is how many pictures each pod decodes at the same time.
	// +optional
	EngineChildren int32 `json:"engineChildren,omitempty"`

	// cacheSize is the bound of the local disk cache.
	// +optional
	CacheSize *resource.Quantity `json:"cacheSize,omitempty"`
}
