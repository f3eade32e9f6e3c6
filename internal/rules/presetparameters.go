package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// PresetParameters are the upload parameters that a preset supplies, by their names in the APIs and in the JSON types
// in which the Admin API shows them. It holds exactly what spec sets. Transformations are texts, eager ones a list of
// texts; whoever shows them as objects needs their grammar.
func PresetParameters(spec *v1alpha1.UploadPresetSpec) map[string]json.RawMessage {
	p, u := parameters{}, &spec.UploadParameters
	p.placement(u)
	p.processing(u)
	p.addOns(u)
	p.description(u)
	p.analysis(u)
	return p
}

// PresetSettings are the settings of a preset as the Admin API shows them: its parameters, and what rules its use.
// The name and unsigned stand beside the settings there.
func PresetSettings(spec *v1alpha1.UploadPresetSpec) map[string]json.RawMessage {
	p := parameters(PresetParameters(spec))
	p.flag("disallow_public_id", spec.DisallowPublicID)
	p.flag("live", spec.Live)
	return p
}

// parameters collects what is set.
type parameters map[string]json.RawMessage

func (p parameters) placement(u *v1alpha1.UploadParameters) {
	p.text("public_id", u.PublicID)
	p.text("public_id_prefix", u.PublicIDPrefix)
	p.text("folder", u.Folder)
	p.text("asset_folder", u.AssetFolder)
	p.flag("use_asset_folder_as_public_id_prefix", u.UseAssetFolderAsPublicIDPrefix)
	p.text("display_name", u.DisplayName)
	p.flag("use_filename_as_display_name", u.UseFilenameAsDisplayName)
	p.flag("unique_display_name", u.UniqueDisplayName)
	p.flag("use_filename", u.UseFilename)
	p.flag("unique_filename", u.UniqueFilename)
	p.text("filename_override", u.FilenameOverride)
	p.flag("discard_original_filename", u.DiscardOriginalFilename)
	p.text("type", string(u.Type))
	p.text("resource_type", string(u.ResourceType))
	p.flag("overwrite", u.Overwrite)
	p.flag("invalidate", u.Invalidate)
	p.flag("backup", u.Backup)
}

func (p parameters) processing(u *v1alpha1.UploadParameters) {
	p.list("allowed_formats", u.AllowedFormats)
	p.text("format", u.Format)
	p.text("transformation", u.Transformation)
	p.list("eager", u.Eager)
	p.flag("eager_async", u.EagerAsync)
	p.text("eager_notification_url", u.EagerNotificationURL)
	p.breakpoints(u.ResponsiveBreakpoints)
	p.flag("async", u.Async)
	p.text("notification_url", u.NotificationURL)
	p.text("callback", u.Callback)
	p.text("proxy", u.Proxy)
	p.headers(u.Headers)
	p.text("quality_override", u.QualityOverride)
	p.text("eval", u.Eval)
	p.text("on_success", u.OnSuccess)
	p.accessControl(u.AccessControl)
	p.text("access_mode", string(u.AccessMode))
	p.flag("return_delete_token", u.ReturnDeleteToken)
}

func (p parameters) addOns(u *v1alpha1.UploadParameters) {
	p.text("raw_convert", u.RawConvert)
	p.text("background_removal", u.BackgroundRemoval)
	p.text("ocr", u.OCR)
	p.text("detection", u.Detection)
	p.text("categorization", u.Categorization)
	if confidencePattern.MatchString(u.AutoTagging) {
		p.set("auto_tagging", json.Number(u.AutoTagging))
	}
	p.text("similarity_search", u.SimilaritySearch)
	p.text("moderation", strings.Join(u.Moderation, "|"))
	if transcription := u.AutoTranscription; transcription != nil {
		p.flag("auto_transcription", new(true))
		if len(transcription.Translate) > 0 {
			p.set("auto_transcription", map[string][]string{"translate": transcription.Translate})
		}
	}
	p.flag("auto_chaptering", u.AutoChaptering)
	if details := u.AutoVideoDetails; details != nil {
		p.set("auto_video_details", map[string][]string{"fields": append([]string{}, details.Fields...)})
	}
	p.flag("visual_search", u.VisualSearch)
}

func (p parameters) description(u *v1alpha1.UploadParameters) {
	p.list("tags", u.Tags)
	if len(u.Context) > 0 {
		p.set("context", u.Context)
	}
	p.metadata(u.Metadata)
	p.flag("clear_invalid", u.ClearInvalid)
	p.rectangles("face_coordinates", u.FaceCoordinates)
	p.rectangles("custom_coordinates", u.CustomCoordinates)
	p.regions(u.Regions)
	p.text("batch_id", u.BatchID)
}

func (p parameters) analysis(u *v1alpha1.UploadParameters) {
	p.flag("colors", u.Colors)
	p.flag("faces", u.Faces)
	p.flag("exif", u.Exif)
	p.flag("image_metadata", u.ImageMetadata)
	p.flag("media_metadata", u.MediaMetadata)
	p.flag("phash", u.Phash)
	p.flag("quality_analysis", u.QualityAnalysis)
	p.flag("accessibility_analysis", u.AccessibilityAnalysis)
	p.flag("cinemagraph_analysis", u.CinemagraphAnalysis)
}

// breakpoint is one entry of responsive_breakpoints.
type breakpoint struct {
	CreateDerived  *bool  `json:"create_derived,omitempty"`
	BytesStep      *int32 `json:"bytes_step,omitempty"`
	MinWidth       *int32 `json:"min_width,omitempty"`
	MaxWidth       *int32 `json:"max_width,omitempty"`
	MaxImages      *int32 `json:"max_images,omitempty"`
	Transformation string `json:"transformation,omitempty"`
	Format         string `json:"format,omitempty"`
}

func (p parameters) breakpoints(requests []v1alpha1.ResponsiveBreakpoints) {
	if len(requests) == 0 {
		return
	}
	entries := make([]breakpoint, 0, len(requests))
	for _, r := range requests {
		entries = append(entries, breakpoint(r))
	}
	p.set("responsive_breakpoints", entries)
}

// headers are written as the lines of an HTTP header.
func (p parameters) headers(headers []v1alpha1.DeliveryHeader) {
	lines := make([]string, 0, len(headers))
	for _, header := range headers {
		lines = append(lines, header.Name+": "+header.Value)
	}
	p.text("headers", strings.Join(lines, "\n"))
}

// accessRule is one entry of access_control.
type accessRule struct {
	AccessType v1alpha1.AccessType `json:"access_type"`
	Start      string              `json:"start,omitempty"`
	End        string              `json:"end,omitempty"`
	Key        string              `json:"key,omitempty"`
	Path       string              `json:"path,omitempty"`
}

func (p parameters) accessControl(given []v1alpha1.AccessControlRule) {
	if len(given) == 0 {
		return
	}
	entries := make([]accessRule, 0, len(given))
	for _, rule := range given {
		entries = append(entries, accessRule{rule.AccessType, timestamp(rule.Start), timestamp(rule.End), rule.Key, rule.Path})
	}
	p.set("access_control", entries)
}

func (p parameters) metadata(values []v1alpha1.PresetMetadata) {
	if len(values) == 0 {
		return
	}
	byField := map[string]any{}
	for _, value := range values {
		if value.Value != nil {
			byField[value.Field] = *value.Value
			continue
		}
		byField[value.Field] = append([]string{}, value.Values...)
	}
	p.set("metadata", byField)
}

func (p parameters) rectangles(name string, rectangles []v1alpha1.Rectangle) {
	if len(rectangles) == 0 {
		return
	}
	rows := make([][4]int32, 0, len(rectangles))
	for _, r := range rectangles {
		rows = append(rows, [4]int32{r.Left, r.Top, r.Width, r.Height})
	}
	p.set(name, rows)
}

func (p parameters) regions(regions []v1alpha1.Region) {
	if len(regions) == 0 {
		return
	}
	byName := map[string][][2]int32{}
	for _, region := range regions {
		for _, point := range region.Points {
			byName[region.Name] = append(byName[region.Name], [2]int32{point.Left, point.Top})
		}
	}
	p.set("regions", byName)
}

func (p parameters) text(name, value string) {
	if value != "" {
		p.set(name, value)
	}
}

func (p parameters) flag(name string, value *bool) {
	if value != nil {
		p.set(name, *value)
	}
}

func (p parameters) list(name string, values []string) {
	if len(values) > 0 {
		p.set(name, values)
	}
}

// set panics when value is no JSON, which none of the types above can be.
func (p parameters) set(name string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("writing the upload parameter %s: %v", name, err))
	}
	p[name] = encoded
}
