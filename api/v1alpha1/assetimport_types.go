package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ExistingPolicy says what an import does to an asset that is there already.
//
// +kubebuilder:validation:Enum=Keep;Replace
type ExistingPolicy string

// Policies for assets that are there already.
const (
	// ExistingKeep leaves them as they are.
	ExistingKeep ExistingPolicy = "Keep"
	// ExistingReplace makes them what the source says, where they differ from it.
	ExistingReplace ExistingPolicy = "Replace"
)

// AssetImportSpec says what is imported into which environment.
type AssetImportSpec struct {
	// environmentRef names the product environment that the assets are imported into.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// source is where the assets come from.
	// +required
	Source ImportSource `json:"source"`

	// existing says what happens to an asset that is there already: Keep leaves it as it is, Replace gives it the bytes and
	// the description of the source where they differ. When absent it is Keep.
	// +optional
	Existing ExistingPolicy `json:"existing,omitempty"`

	// parallel is how many assets are imported at once. When absent it is 4.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=32
	Parallel *int32 `json:"parallel,omitempty"`

	// suspend halts the import where it is; it goes on from there when this is false again. When absent it is false.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// ImportSource is where assets come from: exactly one of its members is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.account) ? 1 : 0) + (has(self.bucket) ? 1 : 0) + (has(self.list) ? 1 : 0) == 1",message="exactly one of account, bucket and list must be set"
type ImportSource struct {
	// account is an environment of Cloudinary, or of another Darkroom, that is read by its Admin API.
	// +optional
	Account *AccountSource `json:"account,omitempty"`

	// bucket is a bucket with the protocol of S3.
	// +optional
	Bucket *BucketSource `json:"bucket,omitempty"`

	// list is a list of URLs.
	// +optional
	List *ListSource `json:"list,omitempty"`
}

// AccountSource is an environment of Cloudinary, or of another Darkroom.
type AccountSource struct {
	// cloudName of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	CloudName string `json:"cloudName"`

	// apiBaseURL is scheme://host[:port] of the Admin API. When absent it is https://api.cloudinary.com.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://[^/]+$`
	APIBaseURL string `json:"apiBaseURL,omitempty"`

	// credentialsSecretRef names a Secret with the entries api_key and api_secret.
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef"`

	// types are the delivery types whose assets are imported. When absent they are upload, private and authenticated.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=upload;private;authenticated
	Types []string `json:"types,omitempty"`

	// prefix is what the public IDs of imported assets begin with. When absent all are imported.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Prefix string `json:"prefix,omitempty"`

	// configuration says whether metadata fields, upload presets, named transformations and streaming profiles are
	// imported, too, ahead of the assets. Those of a name that is taken stay as they are. When absent it is true.
	// +optional
	Configuration *bool `json:"configuration,omitempty"`

	// details says whether coordinates, related assets and earlier versions are imported, too. It takes a call of the Admin API
	// of the source for each asset, beside one for 500 of them. When absent it is false.
	// +optional
	Details *bool `json:"details,omitempty"`
}

// BucketSource is a bucket with the protocol of S3. The public ID of an object is its key without prefix, and without the
// extension of a picture, a video or a sound.
type BucketSource struct {
	// name of the bucket.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name"`

	// endpoint is scheme://host[:port] of a server that is not AWS.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://[^/]+$`
	Endpoint string `json:"endpoint,omitempty"`

	// region of the bucket. When absent it is us-east-1.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Region string `json:"region,omitempty"`

	// pathStyle puts the name of the bucket into the path of URLs and not into their host. When absent it is false.
	// +optional
	PathStyle *bool `json:"pathStyle,omitempty"`

	// prefix is what the keys of imported objects begin with. When absent all are imported.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Prefix string `json:"prefix,omitempty"`

	// folder is put in front of the public IDs.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Folder string `json:"folder,omitempty"`

	// credentialsSecretRef names a Secret with the entries access_key_id and secret_access_key.
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef"`
}

// ListSource is a list of URLs: CSV with a line of names, or an object of JSON a line. The names are url, public_id,
// resource_type, type, tags, context, metadata, asset_folder, display_name, access_mode and filename, as in an upload.
//
// +kubebuilder:validation:XValidation:rule="has(self.url) != has(self.inline)",message="exactly one of url and inline must be set"
type ListSource struct {
	// url is where the list is.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	URL string `json:"url,omitempty"`

	// inline is the list itself.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	Inline string `json:"inline,omitempty"`
}

// ImportState says where the run of an import stands.
//
// +kubebuilder:validation:Enum=Running;Suspended;Completed;Failed
type ImportState string

// States of an import.
const (
	// ImportRunning goes on.
	ImportRunning ImportState = "Running"
	// ImportSuspended waits until spec.suspend is false.
	ImportSuspended ImportState = "Suspended"
	// ImportCompleted has been through all assets.
	ImportCompleted ImportState = "Completed"
	// ImportFailed could not go on; the message says why.
	ImportFailed ImportState = "Failed"
)

// AssetImportStatus is the observed state of an import.
type AssetImportStatus struct {
	ConfigurationStatus `json:",inline"`

	// progress is what the renderers report of the latest run.
	// +optional
	Progress *ImportProgress `json:"progress,omitempty"`
}

// ImportProgress is how far a run has come.
type ImportProgress struct {
	// run tells runs apart. Another source, another policy for existing assets or another value of the annotation
	// media.darkroom.dev/run makes another one.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Run string `json:"run"`

	// state is where the run stands.
	// +required
	State ImportState `json:"state"`

	// message says what the run waits for, or why it failed.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// total is the number of assets of the source; 0 while it is not known.
	// +optional
	Total int64 `json:"total,omitempty"`

	// done counts the assets that are in the environment as they should be.
	// +optional
	Done int64 `json:"done,omitempty"`

	// unchanged counts those of done that were so already.
	// +optional
	Unchanged int64 `json:"unchanged,omitempty"`

	// failed counts the assets that could not be imported, and the configuration that could not.
	// +optional
	Failed int64 `json:"failed,omitempty"`

	// bytes is how much was stored.
	// +optional
	Bytes int64 `json:"bytes,omitempty"`

	// startedAt is when the run began.
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`

	// finishedAt is when the run was completed or failed.
	// +optional
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`

	// failures are the first of those that failed. The Admin API lists all, at /imports/<name>.
	// +optional
	// +listType=map
	// +listMapKey=item
	// +kubebuilder:validation:MaxItems=20
	Failures []ImportFailure `json:"failures,omitempty"`
}

// ImportFailure is something that could not be imported.
type ImportFailure struct {
	// item is what it is: image/upload/<public ID>, a key of the bucket, a line of the list.
	// +required
	// +kubebuilder:validation:MaxLength=1024
	Item string `json:"item"`

	// reason says why.
	// +required
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason"`
}

// AssetImport imports assets into a product environment, once: from a list, a bucket, or another account.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=aimp,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.progress.state`
// +kubebuilder:printcolumn:name="Done",type=integer,JSONPath=`.status.progress.done`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.progress.failed`
// +kubebuilder:printcolumn:name="Total",type=integer,JSONPath=`.status.progress.total`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type AssetImport struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the import that the user wishes.
	// +required
	Spec AssetImportSpec `json:"spec"`

	// status is what was seen of it last.
	// +optional
	Status AssetImportStatus `json:"status,omitzero"`
}

// AssetImportList is a list of imports.
//
// +kubebuilder:object:root=true
type AssetImportList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the imports.
	Items []AssetImport `json:"items"`
}
