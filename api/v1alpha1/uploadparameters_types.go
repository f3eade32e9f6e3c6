package v1alpha1

// UploadParameters are the parameters of an upload that a preset may carry. The APIs know each by its name in snake
// case. A field that is not set, and an empty text, is no parameter at all.
type UploadParameters struct {
	// Identity and placement.

	// publicID is the identifier without extension (with it for raw assets) that every upload gets. When absent it is a
	// random one.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	PublicID string `json:"publicID,omitempty"`

	// publicIDPrefix is put before the public ID, followed by a slash.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	PublicIDPrefix string `json:"publicIDPrefix,omitempty"`

	// folder is put before the public ID in fixed folder mode; in dynamic folder mode it sets publicIDPrefix and
	// assetFolder.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Folder string `json:"folder,omitempty"`

	// assetFolder is the folder that the asset lies in, independent of its public ID, in dynamic folder mode.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	AssetFolder string `json:"assetFolder,omitempty"`

	// useAssetFolderAsPublicIDPrefix puts the asset folder before the public ID, unless folder or publicIDPrefix is given.
	// +optional
	UseAssetFolderAsPublicIDPrefix *bool `json:"useAssetFolderAsPublicIDPrefix,omitempty"`

	// displayName is the name that people see, in dynamic folder mode.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	DisplayName string `json:"displayName,omitempty"`

	// useFilenameAsDisplayName takes the display name from the file's name.
	// +optional
	UseFilenameAsDisplayName *bool `json:"useFilenameAsDisplayName,omitempty"`

	// uniqueDisplayName makes the display name unique in its asset folder.
	// +optional
	UniqueDisplayName *bool `json:"uniqueDisplayName,omitempty"`

	// useFilename takes the public ID from the file's name.
	// +optional
	UseFilename *bool `json:"useFilename,omitempty"`

	// uniqueFilename adds six random characters to a public ID taken from the file's name. When absent it is true.
	// +optional
	UniqueFilename *bool `json:"uniqueFilename,omitempty"`

	// filenameOverride replaces the file's name.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	FilenameOverride string `json:"filenameOverride,omitempty"`

	// discardOriginalFilename does not keep the file's name.
	// +optional
	DiscardOriginalFilename *bool `json:"discardOriginalFilename,omitempty"`

	// type is the delivery type of the asset. When absent it is upload.
	// +optional
	Type UploadType `json:"type,omitempty"`

	// resourceType is used when a request leaves the resource type to be found out (auto).
	// +optional
	ResourceType UploadResourceType `json:"resourceType,omitempty"`

	// overwrite replaces an asset that has the public ID already. When absent it is true, and false for unsigned uploads.
	// +optional
	Overwrite *bool `json:"overwrite,omitempty"`

	// invalidate asks caches in front to forget what the upload replaces.
	// +optional
	Invalidate *bool `json:"invalidate,omitempty"`

	// backup keeps the replaced bytes as a version of the asset.
	// +optional
	Backup *bool `json:"backup,omitempty"`

	// Content and processing.

	// allowedFormats are the only formats accepted; with format given, others are converted instead of refused.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=16
	AllowedFormats []string `json:"allowedFormats,omitempty"`

	// format converts the file before it is stored, for example webp.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Format string `json:"format,omitempty"`

	// transformation is applied before the file is stored and replaces the original, for example c_limit,w_2000.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	Transformation string `json:"transformation,omitempty"`

	// eager are transformations that are made at upload time. Each may end in a slash and an extension; a slash alone
	// means no extension.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=4096
	Eager []string `json:"eager,omitempty"`

	// eagerAsync makes the eager transformations after the response.
	// +optional
	EagerAsync *bool `json:"eagerAsync,omitempty"`

	// eagerNotificationURL is notified when the eager transformations are done.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	EagerNotificationURL string `json:"eagerNotificationURL,omitempty"`

	// responsiveBreakpoints finds the widths at which the file size changes noticeably, one result for each entry.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	ResponsiveBreakpoints []ResponsiveBreakpoints `json:"responsiveBreakpoints,omitempty"`

	// async answers at once and uploads in the background.
	// +optional
	Async *bool `json:"async,omitempty"`

	// notificationURL is notified of the upload instead of the environment's webhook triggers.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	NotificationURL string `json:"notificationURL,omitempty"`

	// callback is the address that a form upload is redirected to, with the signed result.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	Callback string `json:"callback,omitempty"`

	// proxy is the HTTP proxy, as http://host:port, through which remote files are fetched.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	Proxy string `json:"proxy,omitempty"`

	// headers are sent whenever the asset is delivered.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	Headers []DeliveryHeader `json:"headers,omitempty"`

	// qualityOverride is the quality that q_auto uses for the asset.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	QualityOverride string `json:"qualityOverride,omitempty"`

	// eval is JavaScript that runs before the asset is stored and may change the upload's options.
	// +optional
	// +kubebuilder:validation:MaxLength=65536
	Eval string `json:"eval,omitempty"`

	// onSuccess is JavaScript that runs after the upload.
	// +optional
	// +kubebuilder:validation:MaxLength=65536
	OnSuccess string `json:"onSuccess,omitempty"`

	// accessControl restricts who may fetch the asset, and when.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	AccessControl []AccessControlRule `json:"accessControl,omitempty"`

	// accessMode is the deprecated form of accessControl.
	// +optional
	AccessMode AccessMode `json:"accessMode,omitempty"`

	// returnDeleteToken answers with a token that deletes the asset during the next minutes.
	// +optional
	ReturnDeleteToken *bool `json:"returnDeleteToken,omitempty"`

	// rawConvert is the add-on that converts a raw file.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	RawConvert string `json:"rawConvert,omitempty"`

	// backgroundRemoval is the add-on that removes the background.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	BackgroundRemoval string `json:"backgroundRemoval,omitempty"`

	// ocr is the add-on that reads text in the picture.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	OCR string `json:"ocr,omitempty"`

	// detection is the add-on and model that detects objects.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Detection string `json:"detection,omitempty"`

	// categorization is a comma-separated list of add-ons that categorise the asset.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Categorization string `json:"categorization,omitempty"`

	// autoTagging turns categories and detected objects of at least this confidence, from 0 to 1, into tags. It is a
	// decimal in a string.
	// +optional
	// +kubebuilder:validation:Pattern=`^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$`
	// +kubebuilder:validation:MaxLength=8
	AutoTagging string `json:"autoTagging,omitempty"`

	// similaritySearch is the add-on that indexes the asset for search by similarity.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	SimilaritySearch string `json:"similaritySearch,omitempty"`

	// moderation are the kinds of moderation that the asset passes, in order, for example manual or duplicate:0.8.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	Moderation []string `json:"moderation,omitempty"`

	// autoTranscription transcribes the speech of a video.
	// +optional
	AutoTranscription *AutoTranscription `json:"autoTranscription,omitempty"`

	// autoChaptering finds the chapters of a video.
	// +optional
	AutoChaptering *bool `json:"autoChaptering,omitempty"`

	// autoVideoDetails describes a video.
	// +optional
	AutoVideoDetails *AutoVideoDetails `json:"autoVideoDetails,omitempty"`

	// visualSearch indexes the picture for visual search.
	// +optional
	VisualSearch *bool `json:"visualSearch,omitempty"`

	// Description.

	// tags are given to every asset, beside those of the request.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	Tags []string `json:"tags,omitempty"`

	// context are key-value pairs given to every asset.
	// +optional
	// +kubebuilder:validation:MaxProperties=1000
	Context map[string]string `json:"context,omitempty"`

	// metadata are values of structured metadata fields given to every asset.
	// +optional
	// +listType=map
	// +listMapKey=field
	// +kubebuilder:validation:MaxItems=100
	Metadata []PresetMetadata `json:"metadata,omitempty"`

	// clearInvalid drops metadata values that the fields do not allow instead of refusing the upload.
	// +optional
	ClearInvalid *bool `json:"clearInvalid,omitempty"`

	// faceCoordinates are the faces that face gravity uses instead of the detected ones.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	FaceCoordinates []Rectangle `json:"faceCoordinates,omitempty"`

	// customCoordinates are the rectangles that custom gravity uses.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	CustomCoordinates []Rectangle `json:"customCoordinates,omitempty"`

	// regions are named areas that region gravity uses.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=100
	Regions []Region `json:"regions,omitempty"`

	// batchID is repeated in notifications.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	BatchID string `json:"batchID,omitempty"`

	// Analysis whose outcome is added to the response.

	// colors adds the main colours.
	// +optional
	Colors *bool `json:"colors,omitempty"`

	// faces adds the detected faces.
	// +optional
	Faces *bool `json:"faces,omitempty"`

	// exif adds the EXIF data.
	// +optional
	Exif *bool `json:"exif,omitempty"`

	// imageMetadata adds IPTC, XMP and EXIF data.
	// +optional
	ImageMetadata *bool `json:"imageMetadata,omitempty"`

	// mediaMetadata adds the metadata of a picture, video or sound.
	// +optional
	MediaMetadata *bool `json:"mediaMetadata,omitempty"`

	// phash adds the perceptual hash.
	// +optional
	Phash *bool `json:"phash,omitempty"`

	// qualityAnalysis adds scores of the picture's quality.
	// +optional
	QualityAnalysis *bool `json:"qualityAnalysis,omitempty"`

	// accessibilityAnalysis adds scores of how well colour-blind people can see the picture.
	// +optional
	AccessibilityAnalysis *bool `json:"accessibilityAnalysis,omitempty"`

	// cinemagraphAnalysis adds a score of how much a video is a cinemagraph.
	// +optional
	CinemagraphAnalysis *bool `json:"cinemagraphAnalysis,omitempty"`
}
