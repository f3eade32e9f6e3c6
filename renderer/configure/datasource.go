package configure

import (
	"cmp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxChoices bounds the choices of a field that are shown.
const maxChoices = 3000

// choices are those of a field's datasource, nil when it has none: the configured ones, and after them the values that
// assets have brought where the field takes such.
func (e *Editor) choices(r *Request, field *v1alpha1.MetadataField) ([]v1alpha1.MetadataDatasourceValue, error) {
	if field.Spec.Datasource == nil {
		return nil, nil
	}
	choices := slices.Clone(field.Spec.Datasource.Values)
	if !on(field.Spec.AllowDynamicListValues) {
		return choices, nil
	}
	values, err := e.library.DynamicValues(r.Context, field.ExternalName(), maxChoices)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	for _, value := range values {
		known := slices.ContainsFunc(choices, func(choice v1alpha1.MetadataDatasourceValue) bool { return choice.ExternalID == value })
		if !known && len(choices) < maxChoices {
			choices = append(choices, v1alpha1.MetadataDatasourceValue{ExternalID: value, Value: value})
		}
	}
	return choices, nil
}

// changeDatasource changes the choices of the field that the path names.
func (e *Editor) changeDatasource(r *Request, edit func([]v1alpha1.MetadataDatasourceValue) ([]v1alpha1.MetadataDatasourceValue, error)) ([]v1alpha1.MetadataDatasourceValue, error) {
	field, err := e.changeField(r, func(field *v1alpha1.MetadataField) error {
		if field.Spec.Datasource == nil {
			return problem.BadRequest("Metadata field %s is of type %s and has no datasource", wire.Printable(r.Path[0]), field.Spec.Type)
		}
		values, err := edit(field.Spec.Datasource.Values)
		field.Spec.Datasource.Values = values
		return err
	})
	if err != nil {
		return nil, err
	}
	return e.choices(r, field)
}

// showChoices leaves out what is inactive when only active ones are wanted.
func showChoices(values []v1alpha1.MetadataDatasourceValue, activeOnly bool) wire.Object {
	shown := []wire.Object{}
	for i := range values {
		if !activeOnly || state(&values[i]) == v1alpha1.DatasourceActive {
			shown = append(shown, showChoice(&values[i]))
		}
	}
	return wire.Object{"values": shown}
}

// updateDatasource answers PUT /metadata_fields/<id>/datasource: choices change by their ID, new ones come last.
func (e *Editor) updateDatasource(r *Request) (wire.Object, error) {
	if !r.Params.Has("values") {
		return nil, problem.BadRequest("Missing required parameter - values")
	}
	given, err := readDatasource(r.Params, "values", false)
	if err != nil {
		return nil, err
	}
	values, err := e.changeDatasource(r, func(values []v1alpha1.MetadataDatasourceValue) ([]v1alpha1.MetadataDatasourceValue, error) {
		for _, choice := range given {
			at := slices.IndexFunc(values, func(v v1alpha1.MetadataDatasourceValue) bool { return v.ExternalID == choice.ExternalID })
			if at < 0 {
				values = append(values, choice)
				continue
			}
			if choice.Value != "" {
				values[at].Value = choice.Value
			}
			if choice.State != "" {
				values[at].State = choice.State
			}
		}
		return values, nil
	})
	if err != nil {
		return nil, err
	}
	return showChoices(values, false), nil
}

// deleteDatasource answers DELETE /metadata_fields/<id>/datasource: choices become inactive.
func (e *Editor) deleteDatasource(r *Request) (wire.Object, error) {
	return e.setState(r, v1alpha1.DatasourceInactive)
}

// restoreDatasource answers POST /metadata_fields/<id>/datasource_restore.
func (e *Editor) restoreDatasource(r *Request) (wire.Object, error) {
	return e.setState(r, v1alpha1.DatasourceActive)
}

func (e *Editor) setState(r *Request, state v1alpha1.DatasourceState) (wire.Object, error) {
	ids := r.Params.List("external_ids")
	if len(ids) == 0 {
		return nil, problem.BadRequest("Missing required parameter - external_ids")
	}
	field, err := find[*v1alpha1.MetadataField](e, r, catalog.KindMetadataField, r.Path[0], noField(r.Path[0]))
	if err != nil {
		return nil, err
	}
	choices, err := e.choices(r, field)
	if err != nil {
		return nil, err
	}
	values, err := e.changeDatasource(r, func(values []v1alpha1.MetadataDatasourceValue) ([]v1alpha1.MetadataDatasourceValue, error) {
		for _, id := range ids {
			same := func(v v1alpha1.MetadataDatasourceValue) bool { return v.ExternalID == id }
			at := slices.IndexFunc(values, same)
			if brought := slices.IndexFunc(choices, same); at < 0 && brought >= 0 {
				// What assets have brought is configured from now on.
				at, values = len(values), append(values, choices[brought])
			}
			if at < 0 {
				return values, noField(id)
			}
			values[at].State = state
		}
		return values, nil
	})
	if err != nil {
		return nil, err
	}
	return showChoices(values, true), nil
}

// orderDatasource answers POST /metadata_fields/<id>/datasource/order.
func (e *Editor) orderDatasource(r *Request) (wire.Object, error) {
	if order := r.Params.String("order_by"); order != "value" {
		return nil, problem.BadRequest("Invalid order_by %q: it must be value", wire.Printable(order))
	}
	down, err := descending(r)
	if err != nil {
		return nil, err
	}
	values, err := e.changeDatasource(r, func(values []v1alpha1.MetadataDatasourceValue) ([]v1alpha1.MetadataDatasourceValue, error) {
		slices.SortStableFunc(values, func(a, b v1alpha1.MetadataDatasourceValue) int {
			if down {
				a, b = b, a
			}
			return cmp.Compare(a.Value, b.Value)
		})
		return values, nil
	})
	if err != nil {
		return nil, err
	}
	return showChoices(values, false), nil
}

// searchDatasources answers POST /metadata_fields/datasource/search and the same of one field: the active choices with the
// term in their value, whatever the case.
func (e *Editor) searchDatasources(r *Request) (wire.Object, error) {
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	term := strings.ToLower(r.Params.String("term"))
	found, known := []wire.Object{}, len(r.Path) == 0
	for _, field := range fields {
		if len(r.Path) > 0 && field.ExternalName() != r.Path[0] || field.Spec.Datasource == nil {
			continue
		}
		known = true
		choices, err := e.choices(r, field)
		if err != nil {
			return nil, err
		}
		for i := range choices {
			choice := &choices[i]
			if state(choice) != v1alpha1.DatasourceActive || !strings.Contains(strings.ToLower(choice.Value), term) {
				continue
			}
			shown := showChoice(choice)
			shown["field_external_id"] = field.ExternalName()
			found = append(found, shown)
		}
	}
	if !known {
		return nil, noField(r.Path[0])
	}
	return wire.Object{"values": found}, nil
}
