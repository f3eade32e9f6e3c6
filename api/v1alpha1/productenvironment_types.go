package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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

	// deletionPolicy says what becomes of the stored data when this object is deleted. When absent it is Retain.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

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

// RendererSpec shapes the pods of an environment.
type RendererSpec struct {
	// replicas is how many pods serve the environment. When absent it is 1. More than 1 needs storage and a database
	// that replicas can share; 0 stops the environment.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Replicas *int32 `json:"replicas,omitempty"`

	// image overrides the image of the renderer container that the operator would choose.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// imagePullSecrets name the Secrets with which the images are pulled.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	ImagePullSecrets []PullSecretReference `json:"imagePullSecrets,omitempty"`

	// resources are the requests and limits of the renderer container.
	// +optional
	Resources *Resources `json:"resources,omitempty"`

	// engine shapes the engine container, which decodes and encodes.
	// +optional
	Engine *EngineSpec `json:"engine,omitempty"`

	// cacheSize bounds the local disk cache of derived files. When absent it is 1Gi.
	// +optional
	CacheSize *resource.Quantity `json:"cacheSize,omitempty"`

	// nodeSelector is the labels that a node must have.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// tolerations are the taints that the pods tolerate.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// affinity says how the replicas spread.
	// +optional
	Affinity *RendererAffinity `json:"affinity,omitempty"`

	// upgrade says when a new version of the operator brings its new images to this environment. When absent it is
	// paced.
	// +optional
	Upgrade UpgradePolicy `json:"upgrade,omitempty"`
}

// UpgradePolicy says when new images of the operator reach an environment.
// +kubebuilder:validation:Enum=paced;manual
type UpgradePolicy string

// Upgrade policies.
const (
	// UpgradePaced brings new images to one environment after the other.
	UpgradePaced UpgradePolicy = "paced"
	// UpgradeManual keeps the images in use until the spec names others.
	UpgradeManual UpgradePolicy = "manual"
)

// PullSecretReference names a Secret of type kubernetes.io/dockerconfigjson.
type PullSecretReference struct {
	// name is the name of the Secret, in the namespace of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// Resources are requests and limits of a container.
type Resources struct {
	// requests is what the scheduler sets aside.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Requests corev1.ResourceList `json:"requests,omitempty"`

	// limits is what the container may not exceed.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// EngineSpec shapes the engine container of a renderer pod.
type EngineSpec struct {
	// image overrides the image of the engine container that the operator would choose.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// children is how many pictures are decoded at the same time, each in a process of its own. When absent it is the
	// CPU limit of the engine rounded up, or 2 where there is none.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Children *int32 `json:"children,omitempty"`

	// queue is how many jobs may wait for a child; beyond that requests are answered 429. When absent it is 16 for each
	// child.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=4096
	Queue *int32 `json:"queue,omitempty"`

	// deadlineSeconds bounds one job, in whole seconds; a child that takes longer is killed. When absent it is 30.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=600
	DeadlineSeconds *int32 `json:"deadlineSeconds,omitempty"`

	// resources are the requests and limits of the engine container.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// RendererAffinity says how the replicas of a renderer spread.
type RendererAffinity struct {
	// spread says how strictly replicas keep apart. When absent it is preferred.
	// +optional
	Spread SpreadPolicy `json:"spread,omitempty"`

	// topologyKey is the node label whose values they are spread over. When absent it is kubernetes.io/hostname.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=316
	TopologyKey string `json:"topologyKey,omitempty"`
}

// SpreadPolicy says how strictly replicas keep apart.
// +kubebuilder:validation:Enum=none;preferred;required
type SpreadPolicy string

// Spread policies.
const (
	// SpreadNone puts no condition on where replicas run.
	SpreadNone SpreadPolicy = "none"
	// SpreadPreferred keeps replicas apart where possible.
	SpreadPreferred SpreadPolicy = "preferred"
	// SpreadRequired does not start a replica beside another one.
	SpreadRequired SpreadPolicy = "required"
)

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
	// bucket is the bucket's name. One that exists is adopted, unless it is marked as somebody else's; one that does not
	// is made. When absent a bucket is made whose name derives from the environment's, and shown in
	// status.bucket.name. The bytes of an environment stay in the bucket that its status names: bucket, endpoint and
	// prefix cannot change any more.
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
	// bucket must name one that exists.
	// +optional
	CredentialsSecretRef *SecretReference `json:"credentialsSecretRef,omitempty"`

	// derivedExpirationDays is after how many days the bucket drops derived files, which are made again when they are
	// asked for. When absent they are kept. Originals never expire.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3650
	DerivedExpirationDays *int32 `json:"derivedExpirationDays,omitempty"`
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

// UploadsSpec bounds what may be uploaded and fetched.
type UploadsSpec struct {
	// maxImageSize bounds the bytes of an uploaded picture. When absent it is 20Mi.
	// +optional
	MaxImageSize *resource.Quantity `json:"maxImageSize,omitempty"`

	// maxRawSize bounds the bytes of an uploaded raw file. When absent it is 20Mi.
	// +optional
	MaxRawSize *resource.Quantity `json:"maxRawSize,omitempty"`

	// maxImagePixels bounds width × height × pages of an uploaded picture. When absent it is 100 million.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2000000000
	MaxImagePixels *int64 `json:"maxImagePixels,omitempty"`

	// folderMode is fixed, where folders are a part of the public ID, or dynamic, where they are a property of the
	// asset. When absent it is dynamic.
	// +optional
	FolderMode FolderMode `json:"folderMode,omitempty"`

	// keepMetadataOnOverwrite keeps the tags, the context and the structured metadata of an asset that is overwritten,
	// unless the upload gives others. When absent it is false: an overwrite clears them.
	// +optional
	KeepMetadataOnOverwrite *bool `json:"keepMetadataOnOverwrite,omitempty"`

	// fetch bounds what the environment fetches from elsewhere.
	// +optional
	Fetch *FetchSpec `json:"fetch,omitempty"`
}

// FolderMode says what a folder is.
// +kubebuilder:validation:Enum=fixed;dynamic
type FolderMode string

// Folder modes.
const (
	// FolderModeFixed makes folders a part of the public ID.
	FolderModeFixed FolderMode = "fixed"
	// FolderModeDynamic makes folders a property of the asset.
	FolderModeDynamic FolderMode = "dynamic"
)

// FetchSpec bounds what the environment fetches from elsewhere: remote uploads, fetched delivery, notifications.
// Loopback, link-local and private addresses are closed unless it opens them.
type FetchSpec struct {
	// allowedCIDRs are address ranges that are opened although they are private.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self)",message="must be a CIDR such as 10.1.0.0/16"
	AllowedCIDRs []string `json:"allowedCIDRs,omitempty"`

	// allowedDomains, when not empty, closes all host names that neither are listed nor lie below a listed one.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	AllowedDomains []string `json:"allowedDomains,omitempty"`

	// hostAliases are host names with the addresses to dial for them instead of asking DNS.
	// +optional
	// +listType=map
	// +listMapKey=host
	// +kubebuilder:validation:MaxItems=64
	HostAliases []HostAlias `json:"hostAliases,omitempty"`

	// caBundle is PEM certificates that are trusted beside the system's roots.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	CABundle string `json:"caBundle,omitempty"`
}

// HostAlias is a host name with the address to dial for it.
type HostAlias struct {
	// host is the host name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host"`

	// ip is the address.
	// +required
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="isIP(self)",message="must be an IP address"
	IP string `json:"ip"`
}

// DeliverySpec shapes delivery URLs and what they may ask for.
type DeliverySpec struct {
	// hosts are host names that address this environment alone, so that paths need no cloud name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Hosts []string `json:"hosts,omitempty"`

	// publicBaseURL is the scheme://host[:port] under which browsers reach the environment. Delivery URLs are built
	// from it. When absent it is the Service's name in the cluster.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHost() != '' && url(self).getEscapedPath() in ['', '/'] && url(self).getQuery().size() == 0",message="must be scheme://host[:port] with scheme http or https"
	PublicBaseURL string `json:"publicBaseURL,omitempty"`

	// secureHost is the host name (with :port where it is not 443) under which something in front of the environment
	// serves it with TLS. Secure delivery URLs are built from it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=260
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$`
	SecureHost string `json:"secureHost,omitempty"`

	// strictTransformations refuses transformations that are neither signed nor allowed by name. When absent they are
	// not refused.
	// +optional
	StrictTransformations *bool `json:"strictTransformations,omitempty"`

	// defaultQuality is the quality of pictures that ask for none: auto, auto:best, auto:good, auto:eco, auto:low, or 1
	// to 100. When absent it is auto:good.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^(auto(:(best|good|eco|low))?|[1-9][0-9]?|100)$`
	DefaultQuality string `json:"defaultQuality,omitempty"`

	// cacheMaxAgeSeconds is the max-age that public assets are delivered with, in seconds. When absent it is 2592000,
	// 30 days.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31536000
	CacheMaxAgeSeconds *int32 `json:"cacheMaxAgeSeconds,omitempty"`

	// maxOutputPixels bounds width × height × pages of a derived picture. When absent it is 100 million.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2000000000
	MaxOutputPixels *int64 `json:"maxOutputPixels,omitempty"`

	// autoAVIF lets f_auto give AVIF to browsers that name it, where that is smaller. It is made in the background: until
	// it is there they get what they would get without it. When absent it is true.
	// +optional
	AutoAVIF *bool `json:"autoAVIF,omitempty"`

	// mezzanines lets later sizes of a photo start from smaller copies of it, which are stored beside its derived files once
	// the second of those is made, and deleted with them. The pictures look the same and take less processor
	// time; the copies take about as much storage as a photo of five megapixels. When absent it is true.
	// +optional
	Mezzanines *bool `json:"mezzanines,omitempty"`

	// restrictedTypes are refused in unsigned URLs: delivery types, remote_layers for layers that are fetched, and
	// asset_values for tags, context and metadata in conditions and variables. When absent it is list alone.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	RestrictedTypes *[]RestrictedType `json:"restrictedTypes,omitempty"`

	// remoteTypes are delivery types whose pictures are fetched from a URL made of the ID in the delivery URL. They add to
	// gravatar and youtube, which are known, or replace them.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	RemoteTypes []RemoteType `json:"remoteTypes,omitempty"`

	// refetchAfterSeconds is after how many seconds a fetched file is compared with its source again, when the source does
	// not say so itself with a longer time. When absent it is 604800, 7 days.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31536000
	RefetchAfterSeconds *int32 `json:"refetchAfterSeconds,omitempty"`

	// authTokenSecretRef names the entry of a Secret with the keys of auth tokens (__cld_token__): hexadecimal, one a line,
	// any of which is valid. The entry is key where none is named. When absent no token is valid.
	// +optional
	AuthTokenSecretRef *SecretKeyReference `json:"authTokenSecretRef,omitempty"`
}

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

// BackupBucket keeps backups in a bucket.
//
// +kubebuilder:validation:XValidation:rule="has(self.bucket) || has(self.credentialsSecretRef)",message="bucket is required where credentialsSecretRef is absent: buckets are made with the credentials of their environment",fieldPath=".bucket"
type BackupBucket struct {
	// bucket is the bucket's name, another one than that of the bytes. One that exists is adopted, unless it is marked as
	// somebody else's; one that does not is made. When absent a bucket is made whose name derives from the environment's, and
	// shown in status.backup.bucket.name. Bucket, endpoint and prefix cannot change once backups are there.
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
	// own identity is used; the operator neither makes nor looks after the bucket then, and its object lock is its owner's.
	// +optional
	CredentialsSecretRef *SecretReference `json:"credentialsSecretRef,omitempty"`

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

// QuotasSpec bounds what an environment may use. Once a quota is used up, new derived files are refused with status 420
// until its period ends or the quota is raised; stored files are delivered as ever. Days and months are those of UTC. What
// is made and delivered of sample assets does not count. Replicas tell each other what they have used every few seconds,
// so that a quota can be overrun by as much.
type QuotasSpec struct {
	// transformations bounds how many derived files are made.
	// +optional
	Transformations *CountQuota `json:"transformations,omitempty"`

	// cpuSeconds bounds the processor time of the engine, in seconds.
	// +optional
	CPUSeconds *CountQuota `json:"cpuSeconds,omitempty"`

	// requests bounds how many requests delivery answers.
	// +optional
	Requests *CountQuota `json:"requests,omitempty"`

	// bandwidth bounds how many bytes delivery sends.
	// +optional
	Bandwidth *BytesQuota `json:"bandwidth,omitempty"`

	// storage bounds the bytes of assets and derived files together. Once it is used up, uploads are refused as well, and
	// so is one that would go beyond it.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
}

// CountQuota bounds a number by period. At least one of its members is set.
//
// +kubebuilder:validation:MinProperties=1
type CountQuota struct {
	// perDay is the most in a day.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	PerDay *int64 `json:"perDay,omitempty"`

	// perMonth is the most in a calendar month.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	PerMonth *int64 `json:"perMonth,omitempty"`
}

// BytesQuota bounds a number of bytes by period. At least one of its members is set.
//
// +kubebuilder:validation:MinProperties=1
type BytesQuota struct {
	// perDay is the most in a day.
	// +optional
	PerDay *resource.Quantity `json:"perDay,omitempty"`

	// perMonth is the most in a calendar month.
	// +optional
	PerMonth *resource.Quantity `json:"perMonth,omitempty"`
}

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
