package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UploadType is the delivery type of an uploaded asset.
//
// +kubebuilder:validation:Enum=upload;private;authenticated;asset
type UploadType string

// Delivery types of an upload.
const (
	UploadTypeUpload        UploadType = "upload"
	UploadTypePrivate       UploadType = "private"
	UploadTypeAuthenticated UploadType = "authenticated"
	UploadTypeAsset         UploadType = "asset"
)

// UploadResourceType is the resource type of an uploaded asset; auto leaves it to be found out.
//
// +kubebuilder:validation:Enum=image;video;raw;auto
type UploadResourceType string

// Resource types of an upload.
const (
	UploadResourceTypeImage UploadResourceType = "image"
	UploadResourceTypeVideo UploadResourceType = "video"
	UploadResourceTypeRaw   UploadResourceType = "raw"
	UploadResourceTypeAuto  UploadResourceType = "auto"
)

// AccessMode says whether an asset is delivered to everybody.
//
// +kubebuilder:validation:Enum=public;authenticated
type AccessMode string

// Access modes.
const (
	AccessModePublic        AccessMode = "public"
	AccessModeAuthenticated AccessMode = "authenticated"
)

// AccessType is the kind of an access control rule.
//
// +kubebuilder:validation:Enum=token;anonymous
type AccessType string

// Access types.
const (
	AccessTypeToken     AccessType = "token"
	AccessTypeAnonymous AccessType = "anonymous"
)

// ResponsiveBreakpoints asks for one set of responsive breakpoints.
type ResponsiveBreakpoints struct {
	// createDerived keeps the derived pictures. When absent it is true.
	// +optional
	CreateDerived *bool `json:"createDerived,omitempty"`

	// bytesStep is the least difference in size, in bytes, between neighbours. When absent it is 20000.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=104857600
	BytesStep *int32 `json:"bytesStep,omitempty"`

	// minWidth is the smallest width, in pixels. When absent it is 50.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	MinWidth *int32 `json:"minWidth,omitempty"`

	// maxWidth is the largest width, in pixels. When absent it is 1000.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	MaxWidth *int32 `json:"maxWidth,omitempty"`

	// maxImages bounds the number of breakpoints. When absent it is 20.
	// +optional
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=200
	MaxImages *int32 `json:"maxImages,omitempty"`

	// transformation is applied before the widths are tried.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Transformation string `json:"transformation,omitempty"`

	// format of the derived pictures. When absent it is the asset's.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Format string `json:"format,omitempty"`
}

// DeliveryHeader is an HTTP header that is sent with an asset.
type DeliveryHeader struct {
	// name of the header.
	// +required
	// +kubebuilder:validation:Enum=Link;Authorization;X-Robots-Tag
	Name string `json:"name"`

	// value of the header.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^[^\r\n]*$`
	Value string `json:"value"`
}

// AccessControlRule lets some requests fetch an asset. A request that no rule lets through is refused.
type AccessControlRule struct {
	// accessType is token, which needs a delivery token, or anonymous, which lets everybody through between start
	// and end.
	// +required
	AccessType AccessType `json:"accessType"`

	// start is when an anonymous rule begins to hold.
	// +optional
	Start *metav1.Time `json:"start,omitempty"`

	// end is when an anonymous rule ceases to hold.
	// +optional
	End *metav1.Time `json:"end,omitempty"`

	// key verifies the tokens of this rule, in hexadecimal digits. Whoever may read the preset can read it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^([0-9a-fA-F]{2})*$`
	Key string `json:"key,omitempty"`

	// path is the path that tokens of this rule are for.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`
}

// AutoTranscription asks for the transcript of a video.
type AutoTranscription struct {
	// translate are the languages, such as pl-PL, that the transcript is translated into.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=2
	// +kubebuilder:validation:items:MaxLength=35
	Translate []string `json:"translate,omitempty"`
}

// AutoVideoDetails asks for a description of a video.
type AutoVideoDetails struct {
	// fields that are wanted, such as title or description.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	Fields []string `json:"fields,omitempty"`
}

// PresetMetadata is the value of one structured metadata field.
type PresetMetadata struct {
	// field is the external ID of the metadata field.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Field string `json:"field"`

	MetadataValue `json:",inline"`
}

// Rectangle is an area of a picture, in pixels of the original from its top left corner. Its members are not called x
// and y, because an unquoted y is a boolean in the YAML that kubectl reads.
type Rectangle struct {
	// left is the distance of the left edge.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Left int32 `json:"left"`

	// top is the distance of the top edge.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Top int32 `json:"top"`

	// width of the area.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Width int32 `json:"width"`

	// height of the area.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Height int32 `json:"height"`
}

// Region is a named area: a rectangle given by two opposite corners, or a polygon.
type Region struct {
	// name that gravity refers to.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name"`

	// points are the corners, in order.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=100
	Points []Point `json:"points"`
}

// Point is a place in a picture, in pixels of the original from its top left corner.
type Point struct {
	// left is the distance from the left edge.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Left int32 `json:"left"`

	// top is the distance from the top edge.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Top int32 `json:"top"`
}
