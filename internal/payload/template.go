// Package payload renders the payload templates of webhook triggers: JSON objects whose texts are Mustache templates. Pure.
package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"
)

// maxRendered bounds one rendered text, in bytes: sections repeat what they hold.
const maxRendered = 256 << 10

// ErrTooLarge says that a text of the template became too large.
var ErrTooLarge = fmt.Errorf("a text of the payload template becomes larger than %d bytes", maxRendered)

// Template is a payload template that was parsed. It is immutable.
type Template struct{ fields map[string]any }

// Parse reads a template: a JSON object, nested at will, whose texts are Mustache without partials and refer to the
// namespaces (see Namespaces). The error names the text that is wrong.
func Parse(raw []byte) (*Template, error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil || fields == nil {
		return nil, errors.New("it is no JSON object")
	}
	if err := parseObject(fields, ""); err != nil {
		return nil, err
	}
	return &Template{fields: fields}, nil
}

// parseValue puts the parsed templates in the place of the texts below value.
func parseValue(value any, path string) (any, error) {
	switch value := value.(type) {
	case string:
		// A provider of its own, because the default one reads partials from files.
		parsed, err := mustache.ParseStringPartialsRaw(value, &mustache.StaticProvider{}, true)
		if err == nil {
			err = checkTags(parsed.Tags(), true)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return parsed, nil
	case map[string]any:
		return value, parseObject(value, path)
	case []any:
		for i, element := range value {
			var err error
			if value[i], err = parseValue(element, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func parseObject(object map[string]any, path string) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var err error
		if object[name], err = parseValue(object[name], strings.TrimPrefix(path+"."+name, ".")); err != nil {
			return err
		}
	}
	return nil
}

// checkTags refuses partials, and names that no namespace holds: they would be rendered as nothing. Names inside of a
// section may be those of its elements.
func checkTags(tags []mustache.Tag, outside bool) error {
	for _, tag := range tags {
		if tag.Type() == mustache.Partial {
			return fmt.Errorf("partials such as {{>%s}} are not available", tag.Name())
		}
		namespace, _, _ := strings.Cut(tag.Name(), ".")
		if outside && !slices.Contains(namespaces(), namespace) {
			return fmt.Errorf("{{%s}} is in none of the namespaces %s", tag.Name(), strings.Join(namespaces(), ", "))
		}
		if tag.Type() == mustache.Section || tag.Type() == mustache.InvertedSection {
			if err := checkTags(tag.Tags(), false); err != nil {
				return err
			}
		}
	}
	return nil
}

// Render is the template filled with what a notification says, as JSON. The error is ErrTooLarge, or that of a
// notification that is no JSON.
func (t *Template) Render(notification map[string]json.RawMessage) ([]byte, error) {
	data, err := Namespaces(notification)
	if err != nil {
		return nil, err
	}
	rendered, err := render(t.fields, data)
	if err != nil {
		return nil, err
	}
	return json.Marshal(rendered)
}

func render(value any, data map[string]any) (any, error) {
	switch value := value.(type) {
	case *mustache.Template:
		text := &boundedText{}
		if err := value.FRender(text, data); err != nil {
			return nil, err
		}
		if text.full {
			return nil, ErrTooLarge
		}
		return text.content.String(), nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, field := range value {
			var err error
			if object[name], err = render(field, data); err != nil {
				return nil, err
			}
		}
		return object, nil
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			var err error
			if list[i], err = render(element, data); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return value, nil
}

// boundedText takes maxRendered bytes and refuses more.
type boundedText struct {
	content strings.Builder
	full    bool
}

func (b *boundedText) Write(p []byte) (int, error) {
	if b.full = b.full || b.content.Len()+len(p) > maxRendered; b.full {
		return 0, ErrTooLarge
	}
	return b.content.Write(p)
}
