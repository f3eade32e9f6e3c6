package library

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// check refuses what one of the databases cannot store, so that both take the same.
func (a *Asset) check() error {
	if a.ResourceType == "" || a.Type == "" || a.PublicID == "" || a.ObjectKey == "" {
		return errors.New("an asset needs a resource type, a type, a public ID and an object key")
	}
	for _, field := range []struct{ name, value string }{
		{"resource_type", a.ResourceType}, {"type", a.Type}, {"public_id", a.PublicID}, {"format", a.Format},
		{"original_filename", a.OriginalFilename}, {"display_name", a.DisplayName}, {"asset_folder", a.AssetFolder},
		{"access_mode", a.AccessMode}, {"quality_override", a.QualityOverride}, {"uploaded_by", a.UploadedBy.String()},
	} {
		if !storable(field.value) {
			return unstorable(field.name)
		}
	}
	for _, tag := range a.Tags {
		if !storable(tag) {
			return unstorable("tags")
		}
	}
	for key, value := range a.Context {
		if !storable(key) || !storable(value) {
			return unstorable("context")
		}
	}
	for name, values := range a.AdminContext {
		if !storable(name) || !storableValue(values) {
			return unstorable("admin_context")
		}
	}
	for key, value := range a.Metadata {
		if !storable(key) || !storableValue(value) {
			return unstorable("metadata")
		}
	}
	return nil
}

func unstorable(field string) error {
	return problem.BadRequest("Invalid value for parameter %s: it is not text in UTF-8, or holds a NUL character", field)
}

// storable tells whether PostgreSQL can hold s: SQLite holds anything.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func storableValue(value any) bool {
	switch value := value.(type) {
	case string:
		return storable(value)
	case []string:
		for _, element := range value {
			if !storable(element) {
				return false
			}
		}
	case []any:
		for _, element := range value {
			if !storableValue(element) {
				return false
			}
		}
	case map[string]any:
		for key, element := range value {
			if !storable(key) || !storableValue(element) {
				return false
			}
		}
	}
	return true
}
