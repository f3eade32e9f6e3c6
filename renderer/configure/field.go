package configure

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func noField(id string) *problem.Problem {
	return problem.NotFound("External ID %s doesn't exist", wire.Printable(id))
}

// fields are the metadata fields in their order.
func (e *Editor) fields(r *Request) ([]*v1alpha1.MetadataField, error) {
	fields, err := all[*v1alpha1.MetadataField](e, r, catalog.KindMetadataField)
	catalog.InPosition(fields)
	return fields, err
}

func (e *Editor) showFields(r *Request, fields []*v1alpha1.MetadataField) (wire.Object, error) {
	shown := make([]wire.Object, len(fields))
	for i, field := range fields {
		var err error
		if shown[i], err = e.oneField(r, field); err != nil {
			return nil, err
		}
	}
	return wire.Object{"metadata_fields": shown}, nil
}

// oneField is a metadata field as the API shows it, with the choices that assets have brought.
func (e *Editor) oneField(r *Request, field *v1alpha1.MetadataField) (wire.Object, error) {
	choices, err := e.choices(r, field)
	if err != nil {
		return nil, err
	}
	return showField(field, choices), nil
}

// listFields answers GET /metadata_fields.
func (e *Editor) listFields(r *Request) (wire.Object, error) {
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	if wanted := r.Params.List("external_ids"); len(wanted) > 0 {
		fields = slices.DeleteFunc(fields, func(field *v1alpha1.MetadataField) bool { return !slices.Contains(wanted, field.ExternalName()) })
	}
	return e.showFields(r, fields)
}

// showField answers GET /metadata_fields/<id>.
func (e *Editor) showField(r *Request) (wire.Object, error) {
	field, err := find[*v1alpha1.MetadataField](e, r, catalog.KindMetadataField, r.Path[0], noField(r.Path[0]))
	if err != nil {
		return nil, err
	}
	return e.oneField(r, field)
}

// maxFields bounds the fields of an environment.
const maxFields = 100

// createField answers POST /metadata_fields.
func (e *Editor) createField(r *Request) (wire.Object, error) {
	id := r.Params.String("external_id")
	if id == "" {
		id = randomName()
	}
	field := &v1alpha1.MetadataField{Spec: v1alpha1.MetadataFieldSpec{
		EnvironmentRef: e.objects.Reference(), ExternalID: id, Type: v1alpha1.MetadataFieldType(r.Params.String("type")),
	}}
	if err := readField(r.Params, &field.Spec); err != nil {
		return nil, err
	}
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	taken := problem.BadRequest("external id %s already exists", wire.Printable(id))
	for _, other := range fields {
		if other.ExternalName() == id {
			return nil, taken
		}
	}
	reserved, err := e.library.Marked(r.Context, fieldMark(id))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if reserved {
		return nil, taken
	}
	if len(fields) >= maxFields {
		return nil, problem.BadRequest("There are %d metadata fields already, which is the most that an environment can have", len(fields))
	}
	if err := unlikeLabels(fields, field); err != nil {
		return nil, err
	}
	if err := create(e, r, catalog.KindMetadataField, field, rules.ValidateMetadataField, taken); err != nil {
		return nil, err
	}
	return e.oneField(r, field)
}

// unlikeLabels refuses the label of another field.
func unlikeLabels(fields []*v1alpha1.MetadataField, field *v1alpha1.MetadataField) error {
	for _, other := range fields {
		if other.ExternalName() != field.ExternalName() && other.Spec.Label == field.Spec.Label {
			return problem.BadRequest("label %s already exists", wire.Printable(field.Spec.Label))
		}
	}
	return nil
}

// changeField changes the field that the path names.
func (e *Editor) changeField(r *Request, edit func(*v1alpha1.MetadataField) error) (*v1alpha1.MetadataField, error) {
	return change(e, r, catalog.KindMetadataField, r.Path[0], rules.ValidateMetadataField, noField(r.Path[0]), edit)
}

// updateField answers PUT /metadata_fields/<id>. What is not given stays.
func (e *Editor) updateField(r *Request) (wire.Object, error) {
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	field, err := e.changeField(r, func(field *v1alpha1.MetadataField) error {
		if err := readField(r.Params, &field.Spec); err != nil {
			return err
		}
		return unlikeLabels(fields, field)
	})
	if err != nil {
		return nil, err
	}
	return e.oneField(r, field)
}

// fieldMark reserves the external ID of a field for it, should it be deleted: assets may hold its values still.
func fieldMark(id string) string { return "metadata field " + id }

// ReserveFields reserves the external IDs of the fields that there are, whenever tick says so, until ctx ends. For a field that is
// deleted without this API it must have been done before.
func (e *Editor) ReserveFields(ctx context.Context, current catalog.Catalog, tick <-chan time.Time, logger *slog.Logger) error {
	reserved := map[string]bool{}
	for {
		if snapshot := current.Current(); snapshot != nil {
			for id := range snapshot.MetadataFields {
				if reserved[id] {
					continue
				}
				if err := e.library.LeaveMark(ctx, fieldMark(id)); err != nil {
					if ctx.Err() == nil {
						logger.WarnContext(ctx, "The external ID of a metadata field could not be reserved, it is tried again", "externalID", id, "error", err)
					}
					break
				}
				reserved[id] = true
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// deleteField answers DELETE /metadata_fields/<id>. Values that assets hold of it are seen no more, and this API gives its
// external ID to no other field.
func (e *Editor) deleteField(r *Request) (wire.Object, error) {
	if _, err := find[*v1alpha1.MetadataField](e, r, catalog.KindMetadataField, r.Path[0], noField(r.Path[0])); err != nil {
		return nil, err
	}
	// First, so that a failure in between leaves nothing to be made up for.
	if err := e.library.LeaveMark(r.Context, fieldMark(r.Path[0])); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if _, err := remove[*v1alpha1.MetadataField](e, r, catalog.KindMetadataField, r.Path[0], noField(r.Path[0])); err != nil {
		return nil, err
	}
	return wire.Object{"message": "ok"}, nil
}

// orderFields answers PUT /metadata_fields/order.
func (e *Editor) orderFields(r *Request) (wire.Object, error) {
	keys := map[string]func(*v1alpha1.MetadataField) string{
		"label":       func(f *v1alpha1.MetadataField) string { return strings.ToLower(f.Spec.Label) },
		"external_id": (*v1alpha1.MetadataField).ExternalName,
		"created_at":  func(f *v1alpha1.MetadataField) string { return wire.Time(f.CreationTimestamp.Time) },
	}
	key, ok := keys[r.Params.String("order_by")]
	if !ok {
		return nil, problem.BadRequest("Invalid order_by %q: label, external_id and created_at are allowed", wire.Printable(r.Params.String("order_by")))
	}
	down, err := descending(r)
	if err != nil {
		return nil, err
	}
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(fields, func(a, b *v1alpha1.MetadataField) int {
		if down {
			a, b = b, a
		}
		return cmp.Compare(key(a), key(b))
	})
	return e.place(r, fields)
}

// reorderField answers PUT /metadata_fields/<id>/reorder.
func (e *Editor) reorderField(r *Request) (wire.Object, error) {
	position, err := r.Params.Int("position", -1, 0, maxFields)
	if err != nil {
		return nil, err
	}
	if position < 0 {
		return nil, problem.BadRequest("Missing required parameter - position")
	}
	fields, err := e.fields(r)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(fields, func(f *v1alpha1.MetadataField) bool { return f.ExternalName() == r.Path[0] })
	if at < 0 {
		return nil, noField(r.Path[0])
	}
	moved := fields[at]
	fields = slices.Delete(fields, at, at+1)
	return e.place(r, slices.Insert(fields, min(position, len(fields)), moved))
}

// place gives fields the positions that they have in the list.
func (e *Editor) place(r *Request, fields []*v1alpha1.MetadataField) (wire.Object, error) {
	for i, field := range fields {
		position := int32(i)
		if field.Spec.Position != nil && *field.Spec.Position == position {
			continue
		}
		changed, err := e.changeField(&Request{Context: r.Context, Path: []string{field.ExternalName()}}, func(field *v1alpha1.MetadataField) error {
			field.Spec.Position = &position
			return nil
		})
		if err != nil {
			return nil, err
		}
		fields[i] = changed
	}
	return e.showFields(r, fields)
}
