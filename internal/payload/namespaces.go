package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// namespaces are what the texts of a template can refer to (contract/notifications.md, section 5).
func namespaces() []string { return []string{"event", "asset", "folder", "eager", "error", "raw"} }

// envelope are the fields of a notification that tell of the event and not of what it happened to.
var envelope = []string{"notification_type", "timestamp", "request_id", "notification_context", "signature_key", "api_key", "batch_id", "source"}

// folderFields are those that tell of a folder.
var folderFields = []string{"folder_name", "folder_path", "from_path", "to_path", "status"}

// Namespaces sorts what a notification says: event is its envelope, asset the one asset that it tells of, folder the folder,
// eager and error what these fields hold, and raw all of it.
func Namespaces(notification map[string]json.RawMessage) (map[string]any, error) {
	raw := object{}
	for name, value := range notification {
		read, err := readValue(value)
		if err != nil {
			return nil, fmt.Errorf("read %s of a notification: %w", name, err)
		}
		if read != nil {
			raw[name] = read
		}
	}
	event, folder, asset := object{}, object{}, object{}
	aboutFolder := raw["folder_path"] != nil || raw["from_path"] != nil
	for name, value := range raw {
		switch {
		case slices.Contains(envelope, name):
			event[name] = value
		case aboutFolder && slices.Contains(folderFields, name):
			folder[name] = value
		case name != "eager" && name != "error" && name != "resources":
			asset[name] = value
		}
	}
	if only := onlyResource(raw["resources"]); only != nil {
		asset = only
	}
	data := map[string]any{"event": event, "asset": asset, "folder": folder, "raw": raw}
	for _, name := range []string{"eager", "error"} {
		if value, ok := raw[name]; ok {
			data[name] = value
		}
	}
	return data, nil
}

// onlyResource is the asset that is alone in the resources of a notification, which are a list, or an object by public ID.
func onlyResource(resources any) object {
	switch resources := resources.(type) {
	case list:
		if len(resources) == 1 {
			only, _ := resources[0].(object)
			return only
		}
	case object:
		if len(resources) == 1 {
			for publicID, fields := range resources {
				if fields, ok := fields.(object); ok {
					only := object{"public_id": publicID}
					maps.Copy(only, fields)
					return only
				}
			}
		}
	}
	return nil
}

// object and list show themselves as JSON where a text asks for the whole of them.
type (
	object map[string]any
	list   []any
)

func (o object) String() string { return shown(o) }
func (l list) String() string   { return shown(l) }

func shown(value any) string {
	encoded, _ := json.Marshal(value) // Read from JSON.
	return string(encoded)
}

// readValue reads JSON without its nulls, which are absent, with integers that stay exact.
func readValue(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return wrap(value), nil
}

func wrap(value any) any {
	switch value := value.(type) {
	case map[string]any:
		wrapped := make(object, len(value))
		for name, field := range value {
			if field = wrap(field); field != nil {
				wrapped[name] = field
			}
		}
		return wrapped
	case []any:
		wrapped := list{}
		for _, element := range value {
			if element = wrap(element); element != nil {
				wrapped = append(wrapped, element)
			}
		}
		return wrapped
	case json.Number:
		return number(value)
	}
	return value
}

// number is an integer, on which a section is not shown when it is zero, or else the digits as they came.
func number(digits json.Number) any {
	if integer, err := digits.Int64(); err == nil {
		return integer
	}
	return digits.String()
}
