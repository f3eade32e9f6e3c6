package v1alpha1

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

	// maxOutputPixels bounds width × height of a picture that a transformation sizes, pads, turns or extends. All frames or pages
	// of a file together are bounded by spec.uploads.maxImagePixels. When absent it is 25 million.
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
