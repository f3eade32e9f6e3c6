package upload

import (
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// resourceAuto leaves the resource type to be found out.
const resourceAuto = "auto"

func knownResourceType(resourceType string) bool {
	switch resourceType {
	case library.Image, library.Video, library.Raw, resourceAuto:
		return true
	}
	return false
}

// settings are the parameters of an upload, understood.
type settings struct {
	// resourceType is image, video, raw or auto.
	resourceType string
	deliveryType string
	// publicID is the ID that was asked for, without idPrefix; empty for none.
	publicID string
	idPrefix string

	// said is what is said of the asset beside its bytes; assetFolder is where it is put in the end.
	said                     description.Description
	assetFolder              string
	useFilenameAsDisplayName bool

	useFilename      bool
	uniqueFilename   bool
	filenameOverride string
	discardFilename  bool
	overwrite        bool
	// noBackup says that this version is not to be copied into the backup.
	noBackup bool

	// allowedFormats are canonical; empty allows all.
	allowedFormats []string
	// format is the canonical format to store, or empty.
	format string
	// incoming replaces the original; nil for none.
	incoming *transform.Plan
	eager    []eagerRequest
	// breakpoints are widths to be found once the asset is stored.
	breakpoints []breakpointRequest
	// eagerAsync leaves them to a job; toldEager are those who are told when they are made.
	eagerAsync bool
	toldEager  []notify.Target
	// analysis are the parts of the picture's analysis that the answer shows.
	analysis analysis.Wanted
	// async leaves the file to a job; callback is where the browser of a form is sent afterwards.
	async    bool
	callback string
	// eval runs before the storing, onSuccess after it; both are programs, empty for none.
	eval, onSuccess string
	// moderate asks a person to approve the asset.
	moderate bool
	// deleteToken asks for a token that deletes the upload.
	deleteToken bool
	// told are those who are notified of the upload; toldExisting those of one that left an existing asset as it is.
	told, toldExisting []notify.Target
	// once is a mark under which the file is stored a single time; empty for none. See library.StoreOptions.
	once string
	// imported, when not nil, describes an asset that comes from elsewhere, in place of the parameters above; previous is the
	// one that it replaces, nil for none.
	imported func(next, previous *library.Asset) error
	// rawID is the public ID that is asked for should the file turn out to be raw; empty is publicID.
	rawID string
	// sample exempts the file from limits and from what is asked of users' files.
	sample bool
}

// parseSettings reads and checks every parameter before any byte is fetched or decoded.
func parseSettings(params wire.Params, pathType string, unsigned bool, snapshot *catalog.Snapshot) (*settings, error) {
	wanted := &settings{
		resourceType:     pathType,
		deliveryType:     params.String("type"),
		filenameOverride: params.String("filename_override"),
	}
	if wanted.deliveryType == "" {
		wanted.deliveryType = "upload"
	}
	if asked := params.String("resource_type"); asked != "" && pathType == resourceAuto {
		wanted.resourceType = asked
	}
	if !knownResourceType(wanted.resourceType) {
		return nil, problem.BadRequest("Invalid resource_type %s: it must be image, video, raw or auto", printable(wanted.resourceType))
	}
	if !slices.Contains([]string{"upload", "private", "authenticated", "asset"}, wanted.deliveryType) {
		return nil, problem.BadRequest("Invalid type %s: it must be upload, private or authenticated", printable(wanted.deliveryType))
	}
	for _, step := range []func() error{
		func() error { return checkAvailable(params) },
		func() error { return wanted.readScripts(params) },
		func() error { return wanted.readFlags(params, unsigned) },
		func() error { return wanted.readDescription(params) },
		func() error { return wanted.readPlacement(params, snapshot.Environment.DynamicFolders) },
		func() error { return wanted.checkMetadata(snapshot) },
		func() error { return wanted.readProcessing(params, snapshot) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

// readAudience finds out who is told. A preset's notification URL counts as the call's.
func (s *settings) readAudience(h *Handler, params wire.Params, snapshot *catalog.Snapshot) (err error) {
	if err := s.readEager(h, params, snapshot); err != nil {
		return err
	}
	if s.told, err = h.audience(notify.Upload, params, snapshot); err != nil {
		return err
	}
	s.toldExisting = slices.DeleteFunc(slices.Clone(s.told), func(target notify.Target) bool { return target.Trigger != "" })
	return nil
}

func (s *settings) readFlags(params wire.Params, unsigned bool) error {
	flags := []struct {
		name     string
		fallback bool
		target   *bool
	}{
		{"use_filename", false, &s.useFilename},
		{"unique_filename", true, &s.uniqueFilename},
		{"discard_original_filename", false, &s.discardFilename},
		{"use_filename_as_display_name", false, &s.useFilenameAsDisplayName},
		{"overwrite", !unsigned, &s.overwrite},
		{"return_delete_token", false, &s.deleteToken},
		{"async", false, &s.async},
	}
	for _, flag := range flags {
		value, err := params.Bool(flag.name, flag.fallback)
		if err != nil {
			return err
		}
		*flag.target = value
	}
	// What was overwritten is never served afterwards, whether or not an invalidation is asked for.
	if _, err := params.Bool("invalidate", false); err != nil {
		return err
	}
	s.callback = params.String("callback")
	if unsigned {
		// Whoever knows the preset must not be able to replace what others have uploaded.
		s.overwrite = false
	}
	return nil
}

func (s *settings) readPlacement(params wire.Params, dynamicFolders bool) error {
	if asked := params.String("public_id"); asked != "" {
		s.publicID = wire.CleanID(asked)
		if err := wire.CheckID("public_id", s.publicID); err != nil {
			return err
		}
	}
	return s.readFolders(params, dynamicFolders)
}

// readFolders reads where the asset is put, and what its public ID begins with.
func (s *settings) readFolders(params wire.Params, dynamicFolders bool) error {
	folder, prefix := wire.CleanID(params.String("folder")), wire.CleanID(params.String("public_id_prefix"))
	if s.said.AssetFolder != nil {
		s.assetFolder = *s.said.AssetFolder
	}
	folderAsPrefix, err := params.Bool("use_asset_folder_as_public_id_prefix", false)
	if err != nil {
		return err
	}
	if dynamicFolders && s.assetFolder == "" {
		s.assetFolder = folder
	}
	s.idPrefix = prefix
	if s.idPrefix == "" {
		s.idPrefix = folder
	}
	if s.idPrefix == "" && folderAsPrefix {
		s.idPrefix = s.assetFolder
	}
	if !dynamicFolders {
		s.assetFolder = ""
	}
	// In a fixed order: the same request always gets the same answer.
	for _, given := range []struct{ name, value string }{{"folder", folder}, {"public_id_prefix", prefix}} {
		if given.value == "" {
			continue
		}
		if err := wire.CheckFolder(given.name, given.value); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) readDescription(params wire.Params) error {
	said, err := description.Read(params)
	if err != nil {
		return err
	}
	s.said = *said
	if s.analysis, err = analysis.Read(params); err != nil {
		return err
	}
	s.moderate, err = checkModeration(params.String("moderation"))
	return err
}

func (s *settings) readProcessing(params wire.Params, snapshot *catalog.Snapshot) error {
	for _, format := range params.List("allowed_formats") {
		for part := range strings.SplitSeq(format, ",") {
			if part = strings.TrimSpace(part); part != "" {
				s.allowedFormats = append(s.allowedFormats, canonical(part))
			}
		}
	}
	if format := params.String("format"); format != "" {
		s.format = canonical(format)
		if !writable(s.format) {
			return problem.BadRequest("Invalid extension in format: %s", printable(format))
		}
	}
	if raw := params.String("transformation"); raw != "" {
		plan, err := transform.Parse(raw, named(snapshot))
		if err != nil {
			return err
		}
		s.incoming = plan
	}
	return nil
}

// readEager reads the eager transformations, and who is told of them: the URL of the call for them, for those of a job that of
// the call itself, and triggers.
func (s *settings) readEager(h *Handler, params wire.Params, snapshot *catalog.Snapshot) (err error) {
	if s.eager, err = parseEager(params.Rows("eager"), named(snapshot)); err != nil {
		return err
	}
	if s.breakpoints, err = parseBreakpoints(params.Rows("responsive_breakpoints"), named(snapshot)); err != nil {
		return err
	}
	if len(s.eager)+len(s.breakpoints) > 0 && h.deriver == nil {
		return problem.BadRequest("Eager transformations are not available")
	}
	if s.eagerAsync, err = params.Bool("eager_async", false); err != nil {
		return err
	}
	parameter := "eager_notification_url"
	if !params.Has(parameter) && s.eagerAsync {
		parameter = "notification_url"
	}
	callURL := params.String(parameter)
	if callURL != "" {
		if err := notify.CheckURL(parameter, callURL); err != nil {
			return err
		}
	}
	s.toldEager = toldBy(params, notify.Targets(snapshot, notify.Eager, callURL))
	return nil
}

// canonical writes a format name as the library does.
func canonical(format string) string {
	format = strings.ToLower(strings.TrimPrefix(format, "."))
	if name, known := transform.CanonicalFormat(format); known {
		return name
	}
	return format
}

// writable says whether the engine can write format.
func writable(format string) bool {
	return slices.Contains([]string{"jpg", "png", "webp", "gif", "avif", "heic", "tif", "tiff", "pdf", "jxl", "jp2", "bmp", "ico", "tga"}, format)
}

// named looks named transformations up.
func named(snapshot *catalog.Snapshot) transform.Named {
	return func(name string) (string, bool) {
		found, ok := snapshot.Transformations[name]
		return found.Transformation, ok
	}
}
