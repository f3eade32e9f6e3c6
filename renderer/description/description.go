// Package description is what a request says of an asset beside its bytes: tags, context, metadata, coordinates, where it is
// shown and who may have it. Uploads, explicit calls and updates read it from the same parameters and give it to assets in the
// same way. It reads and writes nothing else.
package description

import (
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Description is what a request says of an asset. What is nil or empty was not said, and stays as it is.
type Description struct {
	// Tags are sorted, each of them once.
	Tags    []string
	Context map[string]string
	// Metadata is changed field by field; ClearInvalid drops values that the fields do not take.
	Metadata     metadata.Given
	ClearInvalid bool
	// Faces and Custom are rectangles (x, y, w, h); Regions are corners (x, y) of named polygons.
	Faces, Custom [][4]int
	Regions       map[string][][2]int

	DisplayName string
	// UniqueDisplayName has the library make the name unlike all others of the folder.
	UniqueDisplayName bool
	// AssetFolder is the folder that was named, the root as an empty text; nil when none was.
	AssetFolder *string

	// AccessMode is public or authenticated.
	AccessMode string
	// AccessControl are the rules by which the asset is delivered: any of them may admit a request. Empty, but not nil, removes
	// those that there are.
	AccessControl []library.AccessRule
	// Headers are sent with the asset, each as "Name: value".
	Headers []string
	// QualityOverride stands in for q_auto, in the syntax of q_.
	QualityOverride string
}

// maxDisplayName bounds a display name, in characters.
const maxDisplayName = 255

// Read reads and checks every parameter that describes an asset. Errors are 400s that name the parameter.
func Read(params wire.Params) (d *Description, err error) {
	d = &Description{DisplayName: params.String("display_name"), AccessMode: params.String("access_mode")}
	if utf8.RuneCountInString(d.DisplayName) > maxDisplayName || strings.Contains(d.DisplayName, "/") {
		return nil, problem.BadRequest("Invalid display_name %q: at most %d characters and no slashes are allowed", wire.Printable(d.DisplayName), maxDisplayName)
	}
	switch d.AccessMode {
	case "", "public", "authenticated":
	default:
		return nil, problem.BadRequest("Invalid access_mode %s: it must be public or authenticated", wire.Printable(d.AccessMode))
	}
	for _, read := range []func() error{
		func() (err error) { d.Tags, err = wire.ParseTags(params.Rows("tags")); return err },
		func() (err error) { d.Context, err = wire.ParsePairs("context", params.Pairs("context")); return err },
		func() (err error) { d.Metadata, err = metadata.Parse(params.Pairs("metadata")); return err },
		func() (err error) { d.ClearInvalid, err = params.Bool("clear_invalid", false); return err },
		func() (err error) {
			d.Faces, err = wire.ParseCoordinates("face_coordinates", params.Rows("face_coordinates"))
			return err
		},
		func() (err error) {
			d.Custom, err = wire.ParseCoordinates("custom_coordinates", params.Rows("custom_coordinates"))
			return err
		},
		func() (err error) { d.Regions, err = wire.ParseRegions(params.String("regions")); return err },
		func() (err error) { d.UniqueDisplayName, err = params.Bool("unique_display_name", false); return err },
		func() (err error) {
			d.AccessControl, err = parseAccessControl(params.Rows("access_control"))
			return err
		},
		func() (err error) { d.Headers, err = parseHeaders(params.Rows("headers")); return err },
		func() (err error) {
			d.QualityOverride, err = parseQuality(params.String("quality_override"))
			return err
		},
		func() error { return d.readFolder(params) },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// readFolder reads asset_folder. A slash names the root.
func (d *Description) readFolder(params wire.Params) error {
	if !params.Has("asset_folder") {
		return nil
	}
	folder := wire.CleanID(params.String("asset_folder"))
	d.AssetFolder = &folder
	if folder == "" {
		return nil
	}
	return wire.CheckFolder("asset_folder", folder)
}

// ReadChange is Read for what changes a stored asset: metadata of no field is refused. A folder in an environment whose public IDs
// hold it says nothing, as in uploads.
func ReadChange(params wire.Params, snapshot *catalog.Snapshot) (*Description, error) {
	d, err := Read(params)
	if err != nil {
		return nil, err
	}
	if !snapshot.Environment.DynamicFolders {
		d.AssetFolder = nil
	}
	return d, metadata.CheckFields(snapshot.MetadataFields, d.Metadata)
}

// Apply gives asset what was said of it, but for its metadata. Tags, context, coordinates and rules replace those that it
// has.
func (d *Description) Apply(asset *library.Asset) {
	if len(d.Tags) > 0 {
		asset.Tags = d.Tags
	}
	if len(d.Context) > 0 {
		asset.Context = d.Context
	}
	if len(d.Faces) > 0 {
		asset.Faces = d.Faces
	}
	if len(d.Custom) > 0 {
		asset.Custom = d.Custom
	}
	if len(d.Regions) > 0 {
		asset.Regions = d.Regions
	}
	if d.DisplayName != "" {
		asset.DisplayName = d.DisplayName
	}
	if d.AssetFolder != nil {
		asset.AssetFolder = *d.AssetFolder
	}
	if d.AccessMode != "" {
		asset.AccessMode = d.AccessMode
	}
	if d.AccessControl != nil {
		asset.AccessControl = d.AccessControl
	}
	if len(d.Headers) > 0 {
		asset.Headers = d.Headers
	}
	if d.QualityOverride != "" {
		asset.QualityOverride = d.QualityOverride
	}
	asset.UniqueDisplayName = d.UniqueDisplayName
}

// Change is Apply for a stored asset, with its metadata. The error is a 400 of values that the fields do not take.
func (d *Description) Change(asset *library.Asset, snapshot *catalog.Snapshot) (err error) {
	d.Apply(asset)
	if len(d.Metadata) > 0 || d.ClearInvalid {
		asset.Metadata, err = metadata.Assign(snapshot, asset.Metadata, d.Metadata, metadata.Options{ClearInvalid: d.ClearInvalid})
	}
	return err
}
