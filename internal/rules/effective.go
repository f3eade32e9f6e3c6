package rules

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Values in effect where a ProductEnvironment gives none.
const (
	DefaultReplicas           = 1
	DefaultVolumeBytes        = 10 << 30
	DefaultCacheBytes         = 1 << 30
	DefaultEngineChildren     = 2
	DefaultEngineQueuePerSlot = 16
	DefaultEngineDeadline     = 30 * time.Second
	DefaultMaxImageBytes      = 20 << 20
	DefaultMaxRawBytes        = 20 << 20
	DefaultMaxImagePixels     = 100_000_000
	DefaultMaxOutputPixels    = 25_000_000
	DefaultCacheMaxAge        = 30 * 24 * time.Hour
	DefaultRefetchAfter       = 7 * 24 * time.Hour
	DefaultQuality            = "auto:good"
	DefaultFolderMode         = v1alpha1.FolderModeDynamic
	DefaultDeletionPolicy     = v1alpha1.DeletionRetain
	DefaultSignatureAlgorithm = v1alpha1.SignatureSHA1
	DefaultUpgradePolicy      = v1alpha1.UpgradePaced
	DefaultSpread             = v1alpha1.SpreadPreferred
	DefaultTopologyKey        = "kubernetes.io/hostname"
)

// Kinds of storage and database, as status shows them.
const (
	StorageVolume    = "volume"
	StorageS3        = "s3"
	DatabaseEmbedded = "embedded"
	DatabasePostgres = "postgres"
)

// Environment is what a ProductEnvironment means once absent values are filled in. It shares nothing with the object
// that it was made from.
type Environment struct {
	// CloudName is the name that the environment holds, or else the one that it asks for; empty until one is generated.
	CloudName string
	// DisplayName is the name that people see, or else the object's name.
	DisplayName string

	// Replicas is how many pods serve the environment.
	Replicas int32
	// CacheSize bounds the local disk cache of derived files.
	CacheSize resource.Quantity
	// EngineChildren is how many jobs an engine runs at once, EngineQueue how many may wait.
	EngineChildren, EngineQueue int32
	// EngineDeadline bounds one job.
	EngineDeadline time.Duration
	Upgrade        v1alpha1.UpgradePolicy
	Spread         v1alpha1.SpreadPolicy
	TopologyKey    string

	// Storage is StorageVolume or StorageS3, Database DatabaseEmbedded or DatabasePostgres.
	Storage, Database string
	// VolumeSize is what the claim asks for, where there is one.
	VolumeSize resource.Quantity
	// Bucket is the name of the bucket, empty where there is none.
	Bucket string
	// S3PathStyle puts the bucket into the path of URLs.
	S3PathStyle bool

	DeletionPolicy v1alpha1.DeletionPolicy
	// SampleAssets says that the environment wants the sample assets.
	SampleAssets bool
	// SignatureAlgorithm signs the notifications of triggers and the answers to unsigned calls.
	SignatureAlgorithm v1alpha1.SignatureAlgorithm
	// Quotas bound what the environment may use.
	Quotas Quotas
	// Backup is StorageVolume or StorageS3, empty where there is none or its bucket is not settled.
	Backup string
	// BackupVolumeSize is what its claim asks for, BackupBucket the name of its bucket; each where there is one.
	BackupVolumeSize resource.Quantity
	BackupBucket     string

	// MaxImageBytes and MaxRawBytes bound an uploaded file, MaxImagePixels width × height × pages of a picture.
	MaxImageBytes, MaxRawBytes, MaxImagePixels int64
	FolderMode                                 v1alpha1.FolderMode
	// KeepMetadataOnOverwrite keeps tags, context and metadata of an overwritten asset that the upload does not give.
	KeepMetadataOnOverwrite bool
	// FetchAllowedCIDRs opens private ranges; FetchAllowedDomains, when not empty, closes all other names.
	FetchAllowedCIDRs, FetchAllowedDomains []string
	// FetchHostAliases are addresses by lower case host name.
	FetchHostAliases map[string]string
	// FetchCABundle is PEM.
	FetchCABundle string

	// ServiceURL is the scheme://host of the Service in the cluster; APIs and delivery are always served there.
	ServiceURL string
	// DeliveryBaseURL and SecureDeliveryBaseURL are scheme://host[:port] of delivery URLs, without the cloud name. They
	// are the same where there is no TLS host.
	DeliveryBaseURL, SecureDeliveryBaseURL string
	// Hosts are lower case host names that address the environment alone.
	Hosts                 []string
	StrictTransformations bool
	// DefaultQuality is auto, auto:best, auto:good, auto:eco, auto:low, or 1 to 100.
	DefaultQuality string
	// CacheMaxAge is the max-age of public assets, in whole seconds.
	CacheMaxAge time.Duration
	// MaxOutputPixels bounds width × height of what a transformation makes.
	MaxOutputPixels int64
	// AutoAVIF lets f_auto give AVIF.
	AutoAVIF bool
	// Mezzanines lets later sizes of a photo start from smaller copies of it.
	Mezzanines bool
	// RestrictedTypes are refused in unsigned URLs.
	RestrictedTypes []string
	// RemoteTypes are the URLs, with {id}, of delivery types whose pictures are fetched.
	RemoteTypes map[string]string
	// RefetchAfter is after how long a fetched file is compared with its source again.
	RefetchAfter time.Duration
}

// knownRemoteTypes are the sources that need no account with anybody.
func knownRemoteTypes() map[string]string {
	return map[string]string{
		"gravatar": "https://www.gravatar.com/avatar/{id}?s=512&d=404",
		"youtube":  "https://img.youtube.com/vi/{id}/hqdefault.jpg",
	}
}

// DynamicFolders says whether folders are a property of assets and not a part of their public IDs.
func (e *Environment) DynamicFolders() bool { return e.FolderMode == v1alpha1.FolderModeDynamic }

// ServiceHost is the host name, in the cluster, of the Service that serves the named ProductEnvironment.
func ServiceHost(name, namespace string) string { return name + "-media." + namespace + ".svc" }

// Effective fills in what environment leaves out. The spec should be valid; of an invalid one it makes the best sense
// that it can.
func Effective(environment *v1alpha1.ProductEnvironment) *Environment {
	spec := &environment.Spec
	e := &Environment{
		CloudName:      orDefault(environment.Status.CloudName, CanonicalCloudName(spec.CloudName)),
		DisplayName:    orDefault(spec.DisplayName, environment.Name),
		DeletionPolicy: orDefault(spec.DeletionPolicy, DefaultDeletionPolicy),
		SampleAssets:   valueOr(spec.SampleAssets, false),

		SignatureAlgorithm: orDefault(spec.SignatureAlgorithm, DefaultSignatureAlgorithm),
		Quotas:             quotasOf(orEmpty(spec.Quotas)),
	}
	e.fillRenderer(orEmpty(spec.Renderer))
	e.fillStorage(orEmpty(spec.Storage), orEmpty(spec.Database))
	if e.Storage == StorageS3 {
		e.Bucket = bucketName(environment)
	}
	e.fillBackup(environment)
	e.fillUploads(orEmpty(spec.Uploads))
	e.fillDelivery(orEmpty(spec.Delivery), ServiceHost(environment.Name, environment.Namespace))
	return e
}

func (e *Environment) fillRenderer(spec *v1alpha1.RendererSpec) {
	engine, affinity := orEmpty(spec.Engine), orEmpty(spec.Affinity)
	e.Replicas = valueOr(spec.Replicas, DefaultReplicas)
	e.CacheSize = quantityOr(spec.CacheSize, DefaultCacheBytes)
	e.EngineChildren = valueOr(engine.Children, defaultChildren(engine.Resources))
	e.EngineQueue = valueOr(engine.Queue, DefaultEngineQueuePerSlot*e.EngineChildren)
	e.EngineDeadline = DefaultEngineDeadline
	if engine.DeadlineSeconds != nil {
		e.EngineDeadline = time.Duration(*engine.DeadlineSeconds) * time.Second
	}
	e.Upgrade = orDefault(spec.Upgrade, DefaultUpgradePolicy)
	e.Spread = orDefault(affinity.Spread, DefaultSpread)
	e.TopologyKey = orDefault(affinity.TopologyKey, DefaultTopologyKey)
}

// maxEngineChildren bounds the children of one engine.
const maxEngineChildren = 64

// defaultChildren is one for each CPU that the engine may use.
func defaultChildren(resources *v1alpha1.Resources) int32 {
	if resources == nil {
		return DefaultEngineChildren
	}
	limit, ok := resources.Limits[corev1.ResourceCPU]
	if !ok || limit.Sign() <= 0 {
		return DefaultEngineChildren
	}
	return int32(min(math.Ceil(limit.AsApproximateFloat64()), maxEngineChildren))
}

func (e *Environment) fillStorage(storage *v1alpha1.StorageSpec, database *v1alpha1.DatabaseSpec) {
	e.Storage, e.Database = StorageVolume, DatabaseEmbedded
	if storage.S3 != nil {
		e.Storage = StorageS3
		e.S3PathStyle = valueOr(storage.S3.PathStyle, storage.S3.Endpoint != "")
	}
	if database.Postgres != nil {
		e.Database = DatabasePostgres
	}
	e.VolumeSize = quantityOr(orEmpty(storage.Volume).Size, DefaultVolumeBytes)
}

func (e *Environment) fillUploads(spec *v1alpha1.UploadsSpec) {
	fetch := orEmpty(spec.Fetch)
	image, raw := quantityOr(spec.MaxImageSize, DefaultMaxImageBytes), quantityOr(spec.MaxRawSize, DefaultMaxRawBytes)
	e.MaxImageBytes, e.MaxRawBytes = image.Value(), raw.Value()
	e.MaxImagePixels = valueOr(spec.MaxImagePixels, DefaultMaxImagePixels)
	e.FolderMode = orDefault(spec.FolderMode, DefaultFolderMode)
	e.KeepMetadataOnOverwrite = valueOr(spec.KeepMetadataOnOverwrite, false)
	e.FetchAllowedCIDRs = slices.Clone(fetch.AllowedCIDRs)
	e.FetchAllowedDomains = lowered(fetch.AllowedDomains)
	e.FetchCABundle = fetch.CABundle
	if len(fetch.HostAliases) > 0 {
		e.FetchHostAliases = maps.Collect(func(yield func(string, string) bool) {
			for _, alias := range fetch.HostAliases {
				if !yield(strings.ToLower(alias.Host), alias.IP) {
					return
				}
			}
		})
	}
}

func (e *Environment) fillDelivery(spec *v1alpha1.DeliverySpec, serviceHost string) {
	e.ServiceURL = "http://" + serviceHost
	e.DeliveryBaseURL = orDefault(strings.TrimSuffix(spec.PublicBaseURL, "/"), e.ServiceURL)
	e.SecureDeliveryBaseURL = e.DeliveryBaseURL
	if spec.SecureHost != "" {
		e.SecureDeliveryBaseURL = "https://" + spec.SecureHost
	}
	e.Hosts = lowered(spec.Hosts)
	e.StrictTransformations = valueOr(spec.StrictTransformations, false)
	e.DefaultQuality = orDefault(spec.DefaultQuality, DefaultQuality)
	e.CacheMaxAge = DefaultCacheMaxAge
	if spec.CacheMaxAgeSeconds != nil {
		e.CacheMaxAge = time.Duration(*spec.CacheMaxAgeSeconds) * time.Second
	}
	e.MaxOutputPixels = valueOr(spec.MaxOutputPixels, DefaultMaxOutputPixels)
	e.AutoAVIF = valueOr(spec.AutoAVIF, true)
	e.Mezzanines = valueOr(spec.Mezzanines, true)
	e.RestrictedTypes = []string{}
	for _, restricted := range valueOr(spec.RestrictedTypes, []v1alpha1.RestrictedType{v1alpha1.RestrictList}) {
		e.RestrictedTypes = append(e.RestrictedTypes, string(restricted))
	}
	e.RemoteTypes = knownRemoteTypes()
	for _, remote := range spec.RemoteTypes {
		e.RemoteTypes[remote.Type] = remote.URL
	}
	e.RefetchAfter = DefaultRefetchAfter
	if spec.RefetchAfterSeconds != nil {
		e.RefetchAfter = time.Duration(*spec.RefetchAfterSeconds) * time.Second
	}
}

// orDefault is value, or fallback when it is empty.
func orDefault[T ~string](value, fallback T) T {
	if value != "" {
		return value
	}
	return fallback
}

// valueOr is what value points to, or fallback.
func valueOr[T any](value *T, fallback T) T {
	if value != nil {
		return *value
	}
	return fallback
}

// orEmpty lets the members of an absent block be read.
func orEmpty[T any](block *T) *T {
	if block != nil {
		return block
	}
	return new(T)
}

func quantityOr(quantity *resource.Quantity, fallback int64) resource.Quantity {
	if quantity != nil {
		return quantity.DeepCopy()
	}
	return *resource.NewQuantity(fallback, resource.BinarySI)
}

func lowered(names []string) []string {
	var lower []string
	for _, name := range names {
		lower = append(lower, strings.ToLower(name))
	}
	return lower
}
