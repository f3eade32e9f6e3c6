package configure

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// readPreset sets what the request gives; the rest of spec stays. It is the way back of rules.PresetSettings. What is no
// upload parameter is ignored, as the Admin API does everywhere.
func readPreset(params wire.Params, spec *v1alpha1.UploadPresetSpec) error {
	params, err := asText(params, "transformation", "/")
	if err != nil {
		return err
	}
	if params, err = asText(params, "eager", "|"); err != nil {
		return err
	}
	texts, flags, others := presetTexts(spec), presetFlags(spec), presetOthers(spec)
	for _, name := range params.Names() {
		if text, ok := texts[name]; ok {
			*text = params.String(name)
		}
		if flag, ok := flags[name]; ok {
			value, err := params.Bool(name, false)
			if err != nil {
				return err
			}
			*flag = &value
		}
		if read, ok := others[name]; ok {
			if err := read(params, name); err != nil {
				return err
			}
		}
	}
	return checkPresetTransformations(params, spec)
}

// checkPresetTransformations refuses given transformations that every upload with the preset would fail by.
func checkPresetTransformations(params wire.Params, spec *v1alpha1.UploadPresetSpec) error {
	given := map[string][]string{}
	if params.Has("transformation") {
		given["transformation"] = []string{spec.Transformation}
	}
	if params.Has("eager") {
		given["eager"] = spec.Eager
	}
	for name, texts := range given {
		for _, text := range texts {
			if err := checkTransformation(text); err != nil {
				return problem.BadRequest("Invalid value for %s: %s", name, problem.From(err).Message)
			}
		}
	}
	return nil
}

func presetTexts(spec *v1alpha1.UploadPresetSpec) map[string]*string {
	u := &spec.UploadParameters
	return map[string]*string{
		"public_id": &u.PublicID, "public_id_prefix": &u.PublicIDPrefix, "folder": &u.Folder, "asset_folder": &u.AssetFolder,
		"display_name": &u.DisplayName, "filename_override": &u.FilenameOverride, "type": (*string)(&u.Type),
		"resource_type": (*string)(&u.ResourceType), "format": &u.Format, "transformation": &u.Transformation,
		"eager_notification_url": &u.EagerNotificationURL, "notification_url": &u.NotificationURL, "callback": &u.Callback,
		"proxy": &u.Proxy, "quality_override": &u.QualityOverride, "eval": &u.Eval, "on_success": &u.OnSuccess,
		"access_mode": (*string)(&u.AccessMode), "raw_convert": &u.RawConvert, "background_removal": &u.BackgroundRemoval,
		"ocr": &u.OCR, "detection": &u.Detection, "categorization": &u.Categorization, "auto_tagging": &u.AutoTagging,
		"similarity_search": &u.SimilaritySearch, "batch_id": &u.BatchID,
	}
}

func presetFlags(spec *v1alpha1.UploadPresetSpec) map[string]**bool {
	u := &spec.UploadParameters
	return map[string]**bool{
		"unsigned": &spec.Unsigned, "disallow_public_id": &spec.DisallowPublicID, "live": &spec.Live,
		"use_asset_folder_as_public_id_prefix": &u.UseAssetFolderAsPublicIDPrefix,
		"use_filename_as_display_name":         &u.UseFilenameAsDisplayName, "unique_display_name": &u.UniqueDisplayName,
		"use_filename": &u.UseFilename, "unique_filename": &u.UniqueFilename, "discard_original_filename": &u.DiscardOriginalFilename,
		"overwrite": &u.Overwrite, "invalidate": &u.Invalidate, "backup": &u.Backup, "eager_async": &u.EagerAsync, "async": &u.Async,
		"return_delete_token": &u.ReturnDeleteToken, "auto_chaptering": &u.AutoChaptering, "visual_search": &u.VisualSearch,
		"clear_invalid": &u.ClearInvalid, "colors": &u.Colors, "faces": &u.Faces, "exif": &u.Exif, "image_metadata": &u.ImageMetadata,
		"media_metadata": &u.MediaMetadata, "phash": &u.Phash, "quality_analysis": &u.QualityAnalysis,
		"accessibility_analysis": &u.AccessibilityAnalysis, "cinemagraph_analysis": &u.CinemagraphAnalysis,
	}
}

// presetOthers are the parameters that are neither one text nor a flag.
func presetOthers(spec *v1alpha1.UploadPresetSpec) map[string]func(wire.Params, string) error {
	u := &spec.UploadParameters
	return map[string]func(wire.Params, string) error{
		"allowed_formats": func(p wire.Params, name string) error {
			u.AllowedFormats = p.List(name)
			return nil
		},
		"eager": func(p wire.Params, name string) error {
			u.Eager = split(p.Rows(name))
			return nil
		},
		"moderation": func(p wire.Params, name string) error {
			u.Moderation = split(p.Rows(name))
			return nil
		},
		"tags": func(p wire.Params, name string) (err error) {
			u.Tags, err = wire.ParseTags(p.Rows(name))
			return err
		},
		"context": func(p wire.Params, name string) (err error) {
			u.Context, err = wire.ParsePairs(name, p.Rows(name))
			return err
		},
		"metadata": func(p wire.Params, name string) (err error) {
			u.Metadata, err = readPresetMetadata(p, name)
			return err
		},
		"headers": func(p wire.Params, name string) (err error) {
			u.Headers, err = readHeaders(p.Rows(name))
			return err
		},
		"face_coordinates": func(p wire.Params, name string) (err error) {
			u.FaceCoordinates, err = readRectangles(p, name)
			return err
		},
		"custom_coordinates": func(p wire.Params, name string) (err error) {
			u.CustomCoordinates, err = readRectangles(p, name)
			return err
		},
		"regions": func(p wire.Params, name string) (err error) {
			u.Regions, err = readRegions(p.String(name))
			return err
		},
		"responsive_breakpoints": func(p wire.Params, name string) (err error) {
			u.ResponsiveBreakpoints, err = readBreakpoints(p, name)
			return err
		},
		"access_control": func(p wire.Params, name string) (err error) {
			u.AccessControl, err = readAccessControl(p, name)
			return err
		},
		"auto_transcription": func(p wire.Params, name string) error {
			if on, err := p.Bool(name, false); err == nil {
				u.AutoTranscription = nil
				if on {
					u.AutoTranscription = &v1alpha1.AutoTranscription{}
				}
				return nil
			}
			given := struct{ Translate []string }{}
			err := decode(p, name, &given)
			u.AutoTranscription = &v1alpha1.AutoTranscription{Translate: given.Translate}
			return err
		},
		"auto_video_details": func(p wire.Params, name string) error {
			given := struct{ Fields []string }{}
			err := decode(p, name, &given)
			u.AutoVideoDetails = &v1alpha1.AutoVideoDetails{Fields: given.Fields}
			return err
		},
	}
}

// split takes lists apart that are joined with |.
func split(rows []string) []string {
	var parts []string
	for _, row := range rows {
		for part := range strings.SplitSeq(row, "|") {
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// readPresetMetadata reads id=value pairs; a value that is a JSON list is that of a set.
func readPresetMetadata(p wire.Params, name string) ([]v1alpha1.PresetMetadata, error) {
	pairs, err := wire.ParsePairs(name, p.Rows(name))
	if err != nil {
		return nil, err
	}
	var values []v1alpha1.PresetMetadata
	for _, id := range slices.Sorted(maps.Keys(pairs)) {
		value := v1alpha1.PresetMetadata{Field: id}
		if json.Unmarshal([]byte(pairs[id]), &value.Values) != nil || value.Values == nil {
			value.Values = nil
			value.Value = new(pairs[id])
		}
		values = append(values, value)
	}
	return values, nil
}

// readHeaders reads lines, Name: value, or one JSON object or list of lines.
func readHeaders(rows []string) ([]v1alpha1.DeliveryHeader, error) {
	byName := map[string]string{}
	var lines []string
	for _, row := range rows {
		if json.Unmarshal([]byte(row), &byName) == nil || json.Unmarshal([]byte(row), &lines) == nil {
			continue
		}
		lines = append(lines, strings.Split(row, "\n")...)
	}
	var headers []v1alpha1.DeliveryHeader
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue // Behind the last one.
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, problem.BadRequest("Invalid headers: %q is no Name: value", wire.Printable(line))
		}
		headers = append(headers, v1alpha1.DeliveryHeader{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		headers = append(headers, v1alpha1.DeliveryHeader{Name: name, Value: byName[name]})
	}
	return headers, nil
}

func readRectangles(p wire.Params, name string) ([]v1alpha1.Rectangle, error) {
	rows, err := wire.ParseCoordinates(name, p.Rows(name))
	var rectangles []v1alpha1.Rectangle
	for _, r := range rows {
		rectangles = append(rectangles, v1alpha1.Rectangle{Left: int32(r[0]), Top: int32(r[1]), Width: int32(r[2]), Height: int32(r[3])})
	}
	return rectangles, err
}

func readRegions(text string) ([]v1alpha1.Region, error) {
	byName, err := wire.ParseRegions(text)
	var regions []v1alpha1.Region
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		region := v1alpha1.Region{Name: name}
		for _, corner := range byName[name] {
			region.Points = append(region.Points, v1alpha1.Point{Left: int32(corner[0]), Top: int32(corner[1])})
		}
		regions = append(regions, region)
	}
	return regions, err
}

// flag is true or false, in any way in which parameters are: the SDK for .NET writes texts into JSON.
type flag bool

// UnmarshalJSON takes what Params.Bool does.
func (f *flag) UnmarshalJSON(raw []byte) error {
	text, ok := wire.Scalar(raw)
	if !ok {
		return nil
	}
	value, err := wire.Params{"flag": {text}}.Bool("flag", false)
	*f = flag(value)
	return err
}

// loose is a number or flag that SDKs also send as a text.
type loose string

// UnmarshalJSON takes any scalar.
func (l *loose) UnmarshalJSON(raw []byte) error {
	text, _ := wire.Scalar(raw)
	*l = loose(text)
	return nil
}

func (l loose) number(name string) (*int32, error) {
	if l == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(string(l), 10, 32)
	if err != nil {
		return nil, problem.BadRequest("Invalid value for %s: %q is no integer", name, wire.Printable(string(l)))
	}
	return new(int32(n)), nil
}

func readBreakpoints(p wire.Params, name string) ([]v1alpha1.ResponsiveBreakpoints, error) {
	var given []struct {
		CreateDerived  loose `json:"create_derived"`
		BytesStep      loose `json:"bytes_step"`
		MinWidth       loose `json:"min_width"`
		MaxWidth       loose `json:"max_width"`
		MaxImages      loose `json:"max_images"`
		Transformation string
		Format         string
	}
	if err := decode(p, name, &given); err != nil {
		return nil, err
	}
	var requests []v1alpha1.ResponsiveBreakpoints
	for _, g := range given {
		request := v1alpha1.ResponsiveBreakpoints{Transformation: g.Transformation, Format: g.Format}
		if g.CreateDerived != "" {
			on, err := wire.Params{"create_derived": {string(g.CreateDerived)}}.Bool("create_derived", true)
			if err != nil {
				return nil, err
			}
			request.CreateDerived = &on
		}
		for _, number := range []struct {
			name  string
			given loose
			into  **int32
		}{
			{"bytes_step", g.BytesStep, &request.BytesStep}, {"min_width", g.MinWidth, &request.MinWidth},
			{"max_width", g.MaxWidth, &request.MaxWidth}, {"max_images", g.MaxImages, &request.MaxImages},
		} {
			var err error
			if *number.into, err = number.given.number(number.name); err != nil {
				return nil, err
			}
		}
		requests = append(requests, request)
	}
	return requests, nil
}

func readAccessControl(p wire.Params, name string) ([]v1alpha1.AccessControlRule, error) {
	var given []struct {
		AccessType v1alpha1.AccessType `json:"access_type"`
		Start, End *metav1.Time
		Key, Path  string
	}
	if err := decode(p, name, &given); err != nil {
		return nil, err
	}
	var access []v1alpha1.AccessControlRule
	for _, g := range given {
		access = append(access, v1alpha1.AccessControlRule{AccessType: g.AccessType, Start: g.Start, End: g.End, Key: g.Key, Path: g.Path})
	}
	return access, nil
}
