package library

import "strings"

// Kinds of an Uploader, spelled as answers do.
const (
	// UploaderKey is the owner of an access key, by its API key.
	UploaderKey = "access_key"
	// UploaderPreset is anybody who knows an unsigned preset, by its name.
	UploaderPreset = "upload_preset"
	// UploaderMapping is a delivery URL below the folder of an upload mapping, by that folder.
	UploaderMapping = "upload_mapping"
	// UploaderImport is an import, by its name.
	UploaderImport = "asset_import"
	// UploaderSystem is the environment itself: one of the names below.
	UploaderSystem = "system"
)

// Names of an Uploader of the kind UploaderSystem.
const (
	// SystemSamples are the samples that every environment begins with.
	SystemSamples = "samples"
	// SystemDelivery is a delivery URL whose file was fetched or made when it was asked for.
	SystemDelivery = "delivery"
)

// Uploader says who has stored an asset. The zero value is not known: assets from before it was noted have none.
type Uploader struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
}

// known says whether anything is known.
func (u Uploader) known() bool { return u.Kind != "" }

// String is how it is stored, with the name first so that assets are sorted by it; empty when it is not known.
func (u Uploader) String() string {
	if !u.known() {
		return ""
	}
	return u.Name + ":" + u.Kind
}

// parseUploader reads what String has written.
func parseUploader(text string) Uploader {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return Uploader{}
	}
	return Uploader{Kind: text[colon+1:], Name: text[:colon]}
}
