package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

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
