package configure

import (
	"cmp"
	"encoding/json"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// showPreset writes transformations as objects, as transformations are shown everywhere.
func showPreset(preset *v1alpha1.UploadPreset) wire.Object {
	settings := wire.Object{}
	for name, raw := range rules.PresetSettings(&preset.Spec) {
		settings[name] = raw
	}
	if text := preset.Spec.Transformation; text != "" {
		settings["transformation"] = transformationInfo(text)
	}
	if len(preset.Spec.Eager) > 0 {
		var eager []any
		for _, text := range preset.Spec.Eager {
			if info := transformationInfo(text); len(info) == 1 {
				eager = append(eager, info[0])
			} else {
				eager = append(eager, info)
			}
		}
		settings["eager"] = eager
	}
	return wire.Object{
		"name": preset.ExternalName(), "unsigned": preset.Spec.Unsigned != nil && *preset.Spec.Unsigned,
		"external_id": externalID(preset), "settings": settings,
	}
}

func noPreset(name string) *problem.Problem {
	return problem.NotFound("Can't find upload preset named %s", wire.Printable(name))
}

// listPresets answers GET /upload_presets.
func (e *Editor) listPresets(r *Request) (wire.Object, error) {
	presets, err := all[*v1alpha1.UploadPreset](e, r, catalog.KindUploadPreset)
	if err != nil {
		return nil, err
	}
	key, err := presetOrder(r)
	if err != nil {
		return nil, err
	}
	presets, next, err := page(r, "presets by "+cmp.Or(r.Params.String("order_by"), "name"), presets, key)
	if err != nil {
		return nil, err
	}
	shown := make([]wire.Object, len(presets))
	for i, preset := range presets {
		shown[i] = showPreset(preset)
	}
	return paged(wire.Object{"presets": shown}, next), nil
}

// presetOrder gives the keys that order_by asks for.
func presetOrder(r *Request) (func(*v1alpha1.UploadPreset) string, error) {
	switch order := r.Params.String("order_by"); order {
	case "", "name":
		return (*v1alpha1.UploadPreset).ExternalName, nil
	case "id", "created_at":
		return func(p *v1alpha1.UploadPreset) string {
			return wire.Time(p.CreationTimestamp.Time) + p.ExternalName()
		}, nil
	case "updated_at":
		return func(p *v1alpha1.UploadPreset) string { return wire.Time(updatedAt(p)) + p.ExternalName() }, nil
	default:
		return nil, problem.BadRequest("Invalid order_by %q: name, id, created_at and updated_at are allowed", wire.Printable(order))
	}
}

// showPreset answers GET /upload_presets/<name>.
func (e *Editor) showPreset(r *Request) (wire.Object, error) {
	preset, err := find[*v1alpha1.UploadPreset](e, r, catalog.KindUploadPreset, r.Path[0], noPreset(r.Path[0]))
	if err != nil {
		return nil, err
	}
	return showPreset(preset), nil
}

// createPreset answers POST /upload_presets.
func (e *Editor) createPreset(r *Request) (wire.Object, error) {
	name := r.Params.String("name")
	if name == "" {
		name = randomName()
	}
	preset := &v1alpha1.UploadPreset{Spec: v1alpha1.UploadPresetSpec{EnvironmentRef: e.objects.Reference(), Name: name}}
	if err := readPreset(r.Params, &preset.Spec); err != nil {
		return nil, err
	}
	taken := problem.Conflict("Upload preset %s already exists", wire.Printable(name))
	if err := create(e, r, catalog.KindUploadPreset, preset, rules.ValidateUploadPreset, taken); err != nil {
		return nil, err
	}
	return wire.Object{"message": "created", "name": name, "external_id": externalID(preset)}, nil
}

// updatePreset answers PUT /upload_presets/<name>. What is not given stays.
func (e *Editor) updatePreset(r *Request) (wire.Object, error) {
	preset, err := change(e, r, catalog.KindUploadPreset, r.Path[0], rules.ValidateUploadPreset, noPreset(r.Path[0]), func(preset *v1alpha1.UploadPreset) error {
		return readPreset(r.Params, &preset.Spec)
	})
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "updated", "external_id": externalID(preset)}, nil
}

// deletePreset answers DELETE /upload_presets/<name>.
func (e *Editor) deletePreset(r *Request) (wire.Object, error) {
	preset, err := remove[*v1alpha1.UploadPreset](e, r, catalog.KindUploadPreset, r.Path[0], noPreset(r.Path[0]))
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "deleted", "external_id": externalID(preset)}, nil
}

// decode reads a parameter that is JSON.
func decode(r wire.Params, name string, into any) error {
	rows := r.Rows(name)
	text := rows[0]
	if len(rows) > 1 || r.Has(name+"[]") {
		list := make([]json.RawMessage, len(rows))
		for i, row := range rows {
			list[i] = json.RawMessage(row)
		}
		encoded, err := json.Marshal(list)
		if err != nil {
			return problem.BadRequest("Invalid value for %s: not JSON", name)
		}
		text = string(encoded)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return problem.BadRequest("Invalid value for %s: %q", name, wire.Printable(text)).Because(err)
	}
	return nil
}
