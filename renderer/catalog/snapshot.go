// Package catalog is the live configuration of a product environment: its settings, access keys, upload presets,
// named transformations and metadata fields. It reads the custom resources and the keys Secret; it is the only renderer package
// that knows Kubernetes. What the other packages see is a Snapshot, plain data that is replaced as a whole.
package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/internal/rules"
)

// Snapshot is the configuration at one moment. It is immutable once published, and JSON-serialisable so that a
// renderer can restart and serve while the API server is away.
type Snapshot struct {
	Environment Environment `json:"environment"`
	// Keys are the enabled access keys by api_key.
	Keys map[string]Key `json:"keys"`
	// PrimaryKey is the api_key of the oldest enabled key, empty without keys; see Primary.
	PrimaryKey string `json:"primaryKey,omitempty"`
	// WebhookKey is the api_key of the oldest enabled key that is for signing notifications, empty for none; see Webhooks.
	WebhookKey string `json:"webhookKey,omitempty"`
	// Presets are the upload presets by external name.
	Presets map[string]Preset `json:"presets,omitempty"`
	// Transformations are the named transformations, by name without t_.
	Transformations map[string]Transformation `json:"transformations,omitempty"`
	// MetadataFields are the structured metadata fields by external ID.
	MetadataFields map[string]MetadataField `json:"metadataFields,omitempty"`
	// MetadataRules are the active metadata rules, in the order in which they are followed.
	MetadataRules []MetadataRule `json:"metadataRules,omitempty"`
	// Mappings are the folders whose missing assets are downloaded, the longest folder first.
	Mappings []Mapping `json:"mappings,omitempty"`
	// Triggers are the webhook triggers that are in use, the oldest first.
	Triggers []Trigger `json:"triggers,omitempty"`
	// Imports are the imports into the environment, the oldest first.
	Imports []Import `json:"imports,omitempty"`
}

// Trigger returns the webhook trigger of that name.
func (s *Snapshot) Trigger(name string) (Trigger, bool) {
	for _, trigger := range s.Triggers {
		if trigger.Name == name {
			return trigger, true
		}
	}
	return Trigger{}, false
}

// Stalled says whether nothing is sent for a trigger because it names a private address that the environment has not opened,
// as the status of its object tells.
func (s *Snapshot) Stalled(trigger *Trigger) bool {
	_, closed := rules.ClosedHost(trigger.URI, s.Environment.FetchAllowedCIDRs, s.Environment.FetchHostAliases)
	return closed
}

// Primary is the key that signs what no key has asked for: the oldest enabled one, or else the first by api_key. It is
// the zero Key without keys.
func (s *Snapshot) Primary() Key {
	if key, ok := s.Keys[s.PrimaryKey]; ok {
		return key
	}
	if names := slices.Sorted(maps.Keys(s.Keys)); len(names) > 0 {
		return s.Keys[names[0]]
	}
	return Key{}
}

// Webhooks is the key that signs notifications: the one that is for it, else the primary one.
func (s *Snapshot) Webhooks() Key {
	if key, ok := s.Keys[s.WebhookKey]; ok {
		return key
	}
	return s.Primary()
}

// Environment holds the settings of the environment, defaults filled in.
type Environment struct {
	CloudName   string `json:"cloudName"`
	DisplayName string `json:"displayName,omitempty"`
	// CreatedAt is when the environment was created.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// SignatureAlgorithm signs answers to unsigned calls and the notifications of triggers: sha1 or sha256. Empty is sha1.
	SignatureAlgorithm string `json:"signatureAlgorithm,omitempty"`
	// Uploads.
	MaxImageBytes int64 `json:"maxImageBytes"`
	MaxRawBytes   int64 `json:"maxRawBytes"`
	// MaxImagePixels bounds width × height × pages of an uploaded picture.
	MaxImagePixels int64 `json:"maxImagePixels"`
	// DynamicFolders is the folder mode: true for dynamic.
	DynamicFolders bool `json:"dynamicFolders,omitempty"`
	// KeepMetadataOnOverwrite keeps tags, context and metadata of an overwritten asset that the upload does not give.
	KeepMetadataOnOverwrite bool `json:"keepMetadataOnOverwrite,omitempty"`
	// SampleAssets says that the environment wants the sample assets.
	SampleAssets bool `json:"sampleAssets,omitempty"`
	// FetchAllowedCIDRs opens private ranges to the fetcher; FetchAllowedDomains, when not empty, closes all others.
	FetchAllowedCIDRs   []string `json:"fetchAllowedCIDRs,omitempty"`
	FetchAllowedDomains []string `json:"fetchAllowedDomains,omitempty"`
	// FetchHostAliases maps a host name to the address that the fetcher dials instead of asking DNS.
	FetchHostAliases map[string]string `json:"fetchHostAliases,omitempty"`
	// FetchCABundle is PEM, trusted beside the system's roots.
	FetchCABundle string `json:"fetchCABundle,omitempty"`
	// DeliveryBaseURL is scheme://host[:port] of delivery URLs, without the cloud name, as written in upload responses.
	DeliveryBaseURL string `json:"deliveryBaseURL"`
	// SecureDeliveryBaseURL is the same for secure_url; equal to DeliveryBaseURL when there is no TLS host.
	SecureDeliveryBaseURL string `json:"secureDeliveryBaseURL"`
	// StrictTransformations refuses unsigned on-the-fly transformations that are not allowed.
	StrictTransformations bool `json:"strictTransformations,omitempty"`
	// DefaultQuality is the q_ of pictures that ask for none: 1 to 100, auto, auto:best and so on. Empty is auto:good.
	DefaultQuality string `json:"quality,omitempty"`
	// MaxOutputPixels bounds a derived picture.
	MaxOutputPixels int64 `json:"maxOutputPixels"`
	// CacheMaxAge is the max-age of public assets, in seconds.
	CacheMaxAge int `json:"cacheMaxAge"`
	// Hosts are host names that address this environment without a cloud segment in the path.
	Hosts []string `json:"hosts,omitempty"`
	// NoAutoAVIF keeps f_auto from giving AVIF.
	NoAutoAVIF bool `json:"noAutoAVIF,omitempty"`
	// NoMezzanines keeps smaller copies of photos from being made and used.
	NoMezzanines bool `json:"noMezzanines,omitempty"`
	// RestrictedTypes are refused in unsigned URLs: delivery types, RestrictedLayers and RestrictedValues.
	RestrictedTypes []string `json:"restrictedTypes,omitempty"`
	// RemoteTypes are the URLs, with {id} in them, of delivery types whose pictures are fetched.
	RemoteTypes map[string]string `json:"remoteTypes,omitempty"`
	// RefetchAfter is after how long a fetched file is compared with its source again, in seconds; 0 is a week.
	RefetchAfter int `json:"refetchAfter,omitempty"`
	// Quotas bound what may be used.
	Quotas Quotas `json:"quotas,omitzero"`
}

// Quotas bound what an environment may use. Zero bounds nothing.
type Quotas struct {
	// Transformations and Requests are numbers, CPUSeconds seconds, Bandwidth bytes.
	Transformations Quota `json:"transformations,omitzero"`
	CPUSeconds      Quota `json:"cpuSeconds,omitzero"`
	Requests        Quota `json:"requests,omitzero"`
	Bandwidth       Quota `json:"bandwidth,omitzero"`
	StorageBytes    int64 `json:"storageBytes,omitempty"`
}

// Quota bounds one measure by day and calendar month in UTC. Zero bounds nothing.
type Quota struct {
	PerDay   int64 `json:"perDay,omitempty"`
	PerMonth int64 `json:"perMonth,omitempty"`
}

// What may be restricted and is no delivery type.
const (
	// RestrictedLayers are layers that are fetched.
	RestrictedLayers = "remote_layers"
	// RestrictedValues are tags, context and metadata in conditions and variables.
	RestrictedValues = "asset_values"
)

// Restricts says whether unsigned URLs are refused a delivery type, or RestrictedLayers, or RestrictedValues.
func (e *Environment) Restricts(what string) bool { return slices.Contains(e.RestrictedTypes, what) }

// IsCloud says whether the segment of a path, decoded or not, is the environment's cloud name. Case does not matter;
// letters that only Unicode takes for the same do.
func (e *Environment) IsCloud(segment string) bool {
	return len(segment) == len(e.CloudName) && strings.EqualFold(segment, e.CloudName)
}

// Key is an access key.
type Key struct {
	Name      string `json:"name"`
	APIKey    string `json:"apiKey"`
	APISecret string `json:"apiSecret"`
	// AdminSignatures lets calls of the Admin API be signed with the key, in place of sending it.
	AdminSignatures bool `json:"adminSignatures,omitempty"`
	// Webhooks says that the key is for signing notifications.
	Webhooks bool `json:"webhooks,omitempty"`
}

// Preset is an upload preset. Parameters are upload parameters by wire name, values in JSON types as the Admin
// API shows them (admin-api contract, section 9).
type Preset struct {
	Name             string                     `json:"name"`
	Unsigned         bool                       `json:"unsigned,omitempty"`
	DisallowPublicID bool                       `json:"disallowPublicID,omitempty"`
	Parameters       map[string]json.RawMessage `json:"parameters,omitempty"`
}

// Transformation is a named transformation.
type Transformation struct {
	Name             string `json:"name"`
	Transformation   string `json:"transformation"`
	AllowedForStrict bool   `json:"allowedForStrict,omitempty"`
}

// EventTypeAll is the event type of a trigger that wants every event.
const EventTypeAll = "all"

// Trigger posts notifications about events to a URL.
type Trigger struct {
	// Name is that of the WebhookTrigger.
	Name string `json:"name"`
	// EventType is upload, delete, rename and so on, or EventTypeAll.
	EventType string `json:"eventType"`
	// URI is an http or https URL.
	URI string `json:"uri"`
	// Additive makes the trigger fire for calls that name a notification URL of their own, too.
	Additive bool `json:"additive,omitempty"`
	// Filter is the JSONLogic that a notification must satisfy, PayloadTemplate what is sent in its place; both may be empty.
	Filter          json.RawMessage `json:"filter,omitempty"`
	PayloadTemplate json.RawMessage `json:"payloadTemplate,omitempty"`
}

// TriggerReport is what came of a trigger's notifications since the last report.
type TriggerReport struct {
	// Delivered and Failed count attempts, GivenUp notifications.
	Delivered, Failed, GivenUp int64
	// FailedSince counts the attempts that failed after the last one that succeeded, or all that failed.
	FailedSince int64
	// DeadLetters counts the notifications that were given up and are kept to be sent again; nil when it is not known.
	DeadLetters *int64
	// LastDelivery and LastFailure are zero when there was none.
	LastDelivery, LastFailure time.Time
	// LastError says why the attempt at LastFailure failed.
	LastError string
}

// Catalog gives the newest snapshot.
type Catalog interface {
	// Current never returns nil once the catalog is ready.
	Current() *Snapshot
}

// Fixed is a catalog that does not change, for tests and for a renderer outside Kubernetes.
type Fixed struct{ Snapshot *Snapshot }

// Current returns the snapshot.
func (f Fixed) Current() *Snapshot { return f.Snapshot }
