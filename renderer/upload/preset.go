package upload

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// unsignedParameters are the parameters that an unsigned upload may carry.
func unsignedParameters() []string {
	return []string{"upload_preset", "callback", "public_id", "folder", "asset_folder", "tags", "context", "metadata",
		"face_coordinates", "custom_coordinates", "source", "filename_override", "manifest_transformation", "manifest_json",
		"template", "template_vars", "regions", "public_id_prefix"}
}

// signedParameters are the parameters that only a signed upload or a preset may carry. Parameters that are
// in neither list are ignored.
func signedParameters() []string {
	return []string{"access_control", "access_mode", "accessibility_analysis", "allowed_formats", "async", "auto_chaptering",
		"auto_tagging", "auto_transcription", "auto_video_details", "background_removal", "backup", "batch_id", "categorization",
		"cinemagraph_analysis", "clear_invalid", "colors", "detection", "discard_original_filename", "display_name", "eager",
		"eager_async", "eager_notification_url", "eval", "exif", "faces", "format", "headers", "image_metadata", "invalidate",
		"media_metadata", "moderation", "notification_url", "ocr", "on_success", "overwrite", "phash", "proxy",
		"quality_analysis", "quality_override", "raw_convert", "responsive_breakpoints", "return_delete_token",
		"similarity_search", "transformation", "type", "unique_display_name", "unique_filename",
		"use_asset_folder_as_public_id_prefix", "use_filename", "use_filename_as_display_name", "visual_search"}
}

// checkUnsigned refuses parameters that an unsigned upload must not carry.
func checkUnsigned(params wire.Params, preset *catalog.Preset) error {
	allowed, forbidden := unsignedParameters(), signedParameters()
	if preset.DisallowPublicID {
		allowed = slices.DeleteFunc(allowed, func(name string) bool { return name == "public_id" })
		forbidden = append(forbidden, "public_id")
	}
	var refused []string
	for _, name := range params.Names() {
		if slices.Contains(forbidden, name) {
			refused = append(refused, humanize(name)+" parameter is not allowed when using unsigned upload. Only "+
				strings.Join(allowed, ", ")+" upload parameters are allowed.")
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return problem.BadRequest("%s", strings.Join(refused, ", "))
}

// humanize writes access_mode as "Access mode".
func humanize(name string) string {
	name = strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// applyPreset combines the preset's parameters with those of the request. A signed request wins over the preset; in
// an unsigned one the preset wins, so that it binds clients who hold no secret. Tags, context and metadata are merged.
func applyPreset(request wire.Params, preset *catalog.Preset, unsigned bool) (wire.Params, error) {
	if preset == nil {
		return request, nil
	}
	supplied, err := presetParams(preset)
	if err != nil {
		return nil, err
	}
	combined := wire.Params(maps.Clone(url.Values(request)))
	for _, name := range supplied.Names() {
		switch {
		case !request.Has(name):
			combined[name+"[]"] = supplied.Rows(name)
		case name == "tags":
			combined[name] = []string{strings.Join(append(supplied.List(name), request.List(name)...), ",")}
			delete(combined, name+"[]")
		case name == "context" || name == "metadata":
			// Later rows win.
			first, second := supplied.Rows(name), request.Rows(name)
			if unsigned {
				first, second = second, first
			}
			clearParam(combined, name)
			combined[name+"[]"] = append(slices.Clone(first), second...)
		case unsigned:
			clearParam(combined, name)
			combined[name+"[]"] = supplied.Rows(name)
		}
	}
	return combined, nil
}

// clearParam removes name in every dialect.
func clearParam(params wire.Params, name string) {
	for key := range params {
		if wire.BaseName(key) == name {
			delete(params, key)
		}
	}
}

// presetParams writes the preset's parameters as a request would carry them.
func presetParams(preset *catalog.Preset) (wire.Params, error) {
	params := wire.Params{}
	for name, raw := range preset.Parameters {
		values, err := presetValues(raw)
		if err != nil {
			return nil, problem.BadRequest("Upload preset %s: parameter %s cannot be read", preset.Name, name).Because(err)
		}
		if len(values) > 0 {
			params[name+"[]"] = values
		}
	}
	return params, nil
}

// presetValues are the values of one parameter. Objects stay JSON texts.
func presetValues(raw json.RawMessage) ([]string, error) {
	switch trimmed := bytes.TrimSpace(raw); {
	case len(trimmed) == 0:
		return nil, nil
	case trimmed[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(trimmed, &list); err != nil {
			return nil, err
		}
		var values []string
		for _, element := range list {
			if value, ok := wire.Scalar(element); ok {
				values = append(values, value)
			}
		}
		return values, nil
	default:
		value, ok := wire.Scalar(trimmed)
		if !ok {
			return nil, nil
		}
		return []string{value}, nil
	}
}
