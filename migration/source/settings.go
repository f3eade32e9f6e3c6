package source

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// collection is a kind of settings.
type collection struct {
	path, list, key string
	// detailed says that the list does not hold what the setting is.
	detailed bool
	query    url.Values
}

// collections are read in an order in which each finds what it refers to.
var collections = []collection{
	{path: "metadata_fields", key: "external_id"},
	{path: "metadata_rules", key: "name"},
	{path: "transformations", list: "transformations", key: "name", detailed: true, query: url.Values{"named": {"true"}}},
	{path: "streaming_profiles", list: "data", key: "name", detailed: true},
	{path: "upload_presets", list: "presets", key: "name"},
}

// settings reads all collections. One that the environment does not have is left out.
func (a *Account) settings(ctx context.Context, next place) (*Page, error) {
	page := &Page{Next: next.text()}
	for _, c := range collections {
		items, err := a.collection(ctx, &c)
		if IsRefused(err) && c.path != collections[0].path {
			page.Failures = append(page.Failures, Failure{Name: c.path, Reason: err.Error()})
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			setting, err := a.setting(ctx, &c, item)
			if IsRefused(err) {
				page.Failures = append(page.Failures, Failure{Name: fmt.Sprintf("%s/%v", c.path, item[c.key]), Reason: err.Error()})
				continue
			}
			if err != nil {
				return nil, err
			}
			if setting != nil {
				page.Settings = append(page.Settings, *setting)
			}
		}
	}
	return page, nil
}

// collection reads a collection to its end.
func (a *Account) collection(ctx context.Context, c *collection) ([]map[string]any, error) {
	query := url.Values{}
	maps.Copy(query, c.query)
	if c.list == "presets" || c.list == "transformations" {
		query.Set("max_results", "500")
	}
	var items []map[string]any
	for {
		var raw json.RawMessage
		if err := a.get(ctx, c.path, query, &raw); err != nil {
			return nil, err
		}
		found, cursor, err := c.read(raw)
		if err != nil {
			return nil, refused("the Admin API of %s lists %s in another form than expected", a.CloudName, c.path)
		}
		items = append(items, found...)
		if cursor == "" {
			return items, nil
		}
		query.Set("next_cursor", cursor)
	}
}

// read reads a list: an array, or an object that holds one.
func (c *collection) read(raw json.RawMessage) (items []map[string]any, cursor string, err error) {
	if c.list == "" {
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) == nil {
			raw = object[c.path]
		}
		err = json.Unmarshal(raw, &items)
		return items, "", err
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, "", err
	}
	if given := answer["next_cursor"]; len(given) > 0 && string(given) != "null" {
		if err := json.Unmarshal(given, &cursor); err != nil {
			return nil, "", err
		}
	}
	err = json.Unmarshal(answer[c.list], &items)
	return items, cursor, err
}

// setting is what makes an item of a collection; nil for one that every environment has.
func (a *Account) setting(ctx context.Context, c *collection, item map[string]any) (*Setting, error) {
	key, _ := item[c.key].(string)
	if key == "" {
		return nil, refused("it has no %s", c.key)
	}
	if predefined, _ := item["predefined"].(bool); predefined {
		return nil, nil
	}
	if c.detailed {
		details := map[string]any{}
		path, query := c.path+"/"+url.PathEscape(key), url.Values{}
		if c.path == "transformations" {
			path, query = c.path, url.Values{"transformation": {key}}
		}
		if err := a.get(ctx, path, query, &details); err != nil {
			return nil, err
		}
		item = details
		if inner, ok := details["data"].(map[string]any); ok {
			item = inner
		}
	}
	setting := &Setting{Name: c.path + "/" + key, Path: c.path, Key: key}
	var err error
	switch c.path {
	case "transformations":
		setting.Key = strings.TrimPrefix(key, "t_")
		setting.Body, err = transformationBody(setting.Key, item)
	case "streaming_profiles":
		setting.Body, err = profileBody(key, item)
	case "upload_presets":
		setting.Body, err = presetBody(key, item)
	default:
		setting.Body = item
	}
	if err != nil {
		return nil, &RefusedError{Reason: err.Error()}
	}
	return setting, nil
}

func transformationBody(name string, item map[string]any) (map[string]any, error) {
	written, err := Transformation(item["info"])
	if err != nil {
		return nil, err
	}
	return map[string]any{"name": name, "transformation": written, "allowed_for_strict": item["allowed_for_strict"]}, nil
}

func profileBody(name string, item map[string]any) (map[string]any, error) {
	listed, _ := item["representations"].([]any)
	var representations []map[string]string
	for _, representation := range listed {
		held, _ := representation.(map[string]any)
		written, err := Transformation(held["transformation"])
		if err != nil {
			return nil, err
		}
		representations = append(representations, map[string]string{"transformation": written})
	}
	encoded, err := json.Marshal(representations)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"name": name, "representations": string(encoded)}
	if shown, _ := item["display_name"].(string); shown != "" {
		body["display_name"] = shown
	}
	return body, nil
}

func presetBody(name string, item map[string]any) (map[string]any, error) {
	body := map[string]any{}
	if settings, ok := item["settings"].(map[string]any); ok {
		maps.Copy(body, settings)
	}
	body["name"], body["unsigned"] = name, item["unsigned"]
	if held, ok := body["transformation"]; ok {
		written, err := Transformation(held)
		if err != nil {
			return nil, err
		}
		body["transformation"] = written
	}
	if held, ok := body["eager"].([]any); ok {
		eager := make([]string, 0, len(held))
		for _, one := range held {
			written, err := Transformation(one)
			if err != nil {
				return nil, err
			}
			eager = append(eager, written)
		}
		body["eager"] = strings.Join(eager, "|")
	}
	return body, nil
}

// shortNames are the keys of transformations in URLs, by the names that the API spells.
var shortNames = map[string]string{
	"angle": "a", "audio_codec": "ac", "audio_frequency": "af", "aspect_ratio": "ar", "background": "b", "border": "bo",
	"bit_rate": "br", "crop": "c", "color": "co", "color_space": "cs", "default_image": "d", "delay": "dl", "density": "dn",
	"dpr": "dpr", "duration": "du", "effect": "e", "end_offset": "eo", "fetch_format": "f", "flags": "fl", "fps": "fps",
	"gravity": "g", "height": "h", "if": "if", "keyframe_interval": "ki", "overlay": "l", "opacity": "o", "prefix": "p",
	"page": "pg", "quality": "q", "radius": "r", "start_offset": "so", "streaming_profile": "sp", "transformation": "t",
	"underlay": "u", "video_codec": "vc", "video_sampling": "vs", "width": "w", "x": "x", "y": "y", "zoom": "z",
}

// Transformation writes what the API shows of a transformation, a component or a list of them, as it stands in URLs.
func Transformation(shown any) (string, error) {
	switch shown := shown.(type) {
	case string:
		return shown, nil
	case map[string]any:
		return component(shown)
	case []any:
		written := make([]string, 0, len(shown))
		for _, one := range shown {
			part, err := Transformation(one)
			if err != nil {
				return "", err
			}
			written = append(written, part)
		}
		return strings.Join(written, "/"), nil
	}
	return "", fmt.Errorf("a transformation is shown as %T", shown)
}

func component(shown map[string]any) (string, error) {
	if extension, ok := shown["extension"].(string); ok && len(shown) == 1 {
		if extension == "none" {
			return "", nil
		}
		return extension, nil
	}
	var first, parts, last []string
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		value := shown[name]
		switch short := shortNames[name]; {
		case name == "raw_transformation":
			last = append(last, fmt.Sprint(value))
		case name == "variables":
			pairs, _ := value.([]any)
			for _, pair := range pairs {
				if pair, ok := pair.([]any); ok && len(pair) == 2 {
					parts = append(parts, fmt.Sprintf("%v_%v", pair[0], pair[1]))
				}
			}
		case strings.HasPrefix(name, "$"):
			parts = append(parts, name+"_"+parameter(value))
		case short == "":
			return "", fmt.Errorf("the parameter %s of a transformation is not known", name)
		case short == "if":
			first = append(first, "if_"+parameter(value))
		default:
			parts = append(parts, short+"_"+parameter(value))
		}
	}
	return strings.Join(slices.Concat(first, parts, last), ","), nil
}

// parameter writes the value of a parameter. Several are joined as flags are.
func parameter(value any) string {
	switch value := value.(type) {
	case []any:
		texts := make([]string, len(value))
		for i, one := range value {
			texts[i] = parameter(one)
		}
		return strings.Join(texts, ".")
	case float64:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.6f", value), "0"), ".")
	}
	return fmt.Sprint(value)
}
