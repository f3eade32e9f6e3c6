package configure

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// prefixT marks the name of a transformation where both names and transformations are taken.
const prefixT = "t_"

// routeTransformations takes the name from the path or, as most SDKs send it, from the parameters.
func (e *Editor) routeTransformations(method string, rest []string) (Handle, []string) {
	name := []string{strings.Join(rest, "/")}
	switch method {
	case http.MethodGet:
		return e.listOrShowTransformation, name
	case http.MethodPost:
		return e.createTransformation, name
	case http.MethodPut:
		return e.updateTransformation, name
	case http.MethodDelete:
		return e.deleteTransformation, name
	}
	return nil, nil
}

// givenTransformation is the name, or the transformation, that the call is about; empty when it gives none.
func givenTransformation(r *Request) string {
	if r.Path[0] != "" {
		return r.Path[0]
	}
	return r.Params.String("transformation")
}

func noTransformation(name string) *problem.Problem {
	return problem.NotFound("Can't find transformation %s", wire.Printable(name))
}

func validTransformation(t *v1alpha1.Transformation) field.ErrorList {
	return rules.ValidateTransformation(t, checkTransformation)
}

// checkTransformation refuses what no file can be made by. Names in it may be given a meaning later.
func checkTransformation(text string) error {
	_, err := transform.ParseStored(text, func(string) (string, bool) { return "w_1", true })
	return err
}

func transformationItem(t *v1alpha1.Transformation, used bool) wire.Object {
	allowed := t.Spec.AllowedForStrict
	return wire.Object{"name": prefixT + t.ExternalName(), "allowed_for_strict": allowed == nil || *allowed, "used": used, "named": true}
}

// listOrShowTransformation answers GET /transformations: all of them, or the one that is given.
func (e *Editor) listOrShowTransformation(r *Request) (wire.Object, error) {
	if given := givenTransformation(r); given != "" {
		return e.showTransformation(r, given)
	}
	return e.listTransformations(r)
}

// showTransformation shows a named transformation, or one that files were made by.
func (e *Editor) showTransformation(r *Request, given string) (wire.Object, error) {
	name := strings.TrimPrefix(given, prefixT)
	transformation, err := find[*v1alpha1.Transformation](e, r, catalog.KindTransformation, name, noTransformation(given))
	var shown wire.Object
	switch {
	case err == nil:
		used, err := e.used(r, name)
		if err != nil {
			return nil, err
		}
		shown = transformationItem(transformation, used)
		shown["info"] = transformationInfo(transformation.Spec.Transformation)
		given = prefixT + name
	case problem.From(err).Transient:
		return nil, err
	default:
		used, failure := e.library.TransformationUsed(r.Context, given)
		if failure != nil {
			return nil, wire.Unavailable("The database", failure)
		}
		items, failure := e.unnamed(r, given)
		if failure != nil {
			return nil, failure
		}
		if shown = items[0]; !used && shown["allowed_for_strict"] == false {
			return nil, err
		}
		shown["used"], shown["info"] = used, transformationInfo(given)
	}
	size, err := r.Params.Int("max_results", pageSize, 1, maxResults)
	if err != nil {
		return nil, err
	}
	files, next, err := e.library.DerivedBy(r.Context, given, size, r.Params.String("next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	derived := make([]wire.Object, len(files))
	for i, file := range files {
		url, secureURL := r.Links.Derived(file.Asset, file.Transformation, file.Format)
		derived[i] = wire.Object{
			"public_id": file.Asset.PublicID, "resource_type": file.Asset.ResourceType, "type": file.Asset.Type, "format": file.Format,
			"url": url, "secure_url": secureURL, "bytes": file.Bytes, "id": file.ID,
		}
	}
	shown["derived"] = derived
	return paged(shown, next), nil
}

// A cursor of the list begins with the part of it that the next page begins in.
const namedPart, unnamedPart = "n", "u"

// listTransformations lists the named ones by name, and then those that files were made by, as they are written.
func (e *Editor) listTransformations(r *Request) (wire.Object, error) {
	size, err := r.Params.Int("max_results", pageSize, 1, maxResults)
	if err != nil {
		return nil, err
	}
	onlyNamed, err := r.Params.Bool("named", false)
	if err != nil {
		return nil, err
	}
	onlyUnnamed := r.Params.Has("named") && !onlyNamed
	part, after := namedPart, ""
	if onlyUnnamed {
		part = unnamedPart
	}
	if cursor := r.Params.String("next_cursor"); cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || len(text) == 0 || string(text[:1]) != namedPart && string(text[:1]) != unnamedPart {
			return nil, problem.BadRequest("Invalid next_cursor %q", wire.Printable(cursor))
		}
		if part, after = string(text[:1]), string(text[1:]); part == namedPart && onlyUnnamed || part == unnamedPart && onlyNamed {
			return nil, problem.BadRequest("Invalid value for parameter next_cursor: it belongs to another query")
		}
	}
	shown, ends := []wire.Object{}, []string{}
	if part == namedPart {
		transformations, err := all[*v1alpha1.Transformation](e, r, catalog.KindTransformation)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(transformations, func(a, b *v1alpha1.Transformation) int { return strings.Compare(a.ExternalName(), b.ExternalName()) })
		for _, transformation := range transformations {
			name := transformation.ExternalName()
			if name <= after || len(shown) > size {
				continue
			}
			used, err := e.used(r, name)
			if err != nil {
				return nil, err
			}
			shown, ends = append(shown, transformationItem(transformation, used)), append(ends, namedPart+name)
		}
		after = ""
	}
	for more := !onlyNamed; more && len(shown) <= size; {
		texts, err := e.library.UsedTransformations(r.Context, after, maxResults)
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		if more = len(texts) == maxResults; len(texts) > 0 {
			after = texts[len(texts)-1]
		}
		// Uses of a name are told with the name.
		texts = slices.DeleteFunc(texts, func(text string) bool { return strings.HasPrefix(text, prefixT) && !strings.ContainsAny(text, "/,") })
		items, err := e.unnamed(r, texts[:min(len(texts), size+1-len(shown))]...)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			shown, ends = append(shown, item), append(ends, unnamedPart+item["name"].(string))
		}
	}
	if len(shown) <= size {
		return wire.Object{"transformations": shown}, nil
	}
	return paged(wire.Object{"transformations": shown[:size]}, base64.RawURLEncoding.EncodeToString([]byte(ends[size-1]))), nil
}

// unnamed are the items of transformations that files were made by.
func (e *Editor) unnamed(r *Request, texts ...string) ([]wire.Object, error) {
	allowed, err := e.library.AllowedTransformations(r.Context, texts...)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	items := make([]wire.Object, len(texts))
	for i, text := range texts {
		items[i] = wire.Object{"name": text, "allowed_for_strict": slices.Contains(allowed, text), "used": true, "named": false}
	}
	return items, nil
}

// used says whether a file was made by that named transformation.
func (e *Editor) used(r *Request, name string) (bool, error) {
	used, err := e.library.TransformationUsed(r.Context, prefixT+name)
	if err != nil {
		return false, wire.Unavailable("The database", err)
	}
	return used, nil
}

// readTransformation sets what the request gives.
func readTransformation(params wire.Params, text string, spec *v1alpha1.TransformationSpec) error {
	params, err := asText(params, text, "/")
	if err != nil {
		return err
	}
	if params.Has(text) {
		spec.Transformation = params.String(text)
	}
	if params.Has("allowed_for_strict") {
		allowed, err := params.Bool("allowed_for_strict", true)
		if err != nil {
			return err
		}
		spec.AllowedForStrict = &allowed
	}
	return nil
}

// createTransformation answers POST /transformations, with the name as a parameter or in the path.
func (e *Editor) createTransformation(r *Request) (wire.Object, error) {
	name := strings.TrimPrefix(r.Path[0], prefixT)
	if name == "" {
		given, err := required(r, "name")
		if err != nil {
			return nil, err
		}
		name = strings.TrimPrefix(given, prefixT)
	}
	transformation := &v1alpha1.Transformation{Spec: v1alpha1.TransformationSpec{EnvironmentRef: e.objects.Reference(), Name: name}}
	if err := readTransformation(r.Params, "transformation", &transformation.Spec); err != nil {
		return nil, err
	}
	taken := problem.Conflict("Transformation %s already exists", wire.Printable(name))
	if err := create(e, r, catalog.KindTransformation, transformation, validTransformation, taken); err != nil {
		return nil, err
	}
	return wire.Object{"message": "created"}, nil
}

// updateTransformation answers PUT /transformations: unsafe_update is what the name means from now on. Of a transformation
// without a name it can be said whether strict mode allows it.
func (e *Editor) updateTransformation(r *Request) (wire.Object, error) {
	given := givenTransformation(r)
	if given == "" {
		return nil, problem.BadRequest("Missing required parameter - transformation")
	}
	missing := noTransformation(given)
	_, err := change(e, r, catalog.KindTransformation, strings.TrimPrefix(given, prefixT), validTransformation, missing, func(t *v1alpha1.Transformation) error {
		return readTransformation(r.Params, "unsafe_update", &t.Spec)
	})
	if errors.Is(err, missing) {
		err = e.allowTransformation(r, given, missing)
	} else if err == nil && r.Params.Has("unsafe_update") {
		// What was made by the name is another picture now.
		if _, deleted := e.library.DeleteTransformation(r.Context, prefixT+strings.TrimPrefix(given, prefixT)); deleted != nil {
			err = wire.Unavailable("The database", deleted)
		}
	}
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "updated"}, nil
}

// allowTransformation changes a transformation that is no name. One that nobody has used is as good as one that somebody
// has.
func (e *Editor) allowTransformation(r *Request, given string, missing *problem.Problem) error {
	if _, err := transform.ParseStored(given, nil); err != nil || !strings.Contains(given, "_") || strings.HasPrefix(given, prefixT) {
		return missing
	}
	if r.Params.Has("unsafe_update") {
		return problem.BadRequest("Transformation %s has no name, so that unsafe_update cannot change what it means", wire.Printable(given))
	}
	if !r.Params.Has("allowed_for_strict") {
		return problem.BadRequest("Missing required parameter - allowed_for_strict")
	}
	allowed, err := r.Params.Bool("allowed_for_strict", false)
	if err != nil {
		return err
	}
	if err := e.library.AllowTransformation(r.Context, given, allowed); err != nil {
		return wire.Unavailable("The database", err)
	}
	return nil
}

// deleteTransformation answers DELETE /transformations, and deletes the files that were made by it.
func (e *Editor) deleteTransformation(r *Request) (wire.Object, error) {
	given := givenTransformation(r)
	if given == "" {
		return nil, problem.BadRequest("Missing required parameter - transformation")
	}
	if _, err := r.Params.Bool("invalidate", false); err != nil {
		return nil, err
	}
	name, missing := strings.TrimPrefix(given, prefixT), noTransformation(given)
	_, err := remove[*v1alpha1.Transformation](e, r, catalog.KindTransformation, name, missing)
	isNamed := !errors.Is(err, missing)
	if isNamed && err != nil {
		return nil, err
	}
	text := given
	if isNamed {
		text = prefixT + name
	}
	allowed, err := e.library.AllowedTransformations(r.Context, text)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	deleted, err := e.library.DeleteTransformation(r.Context, text)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if !isNamed && deleted == 0 && len(allowed) == 0 {
		return nil, missing
	}
	return wire.Object{"message": "deleted"}, nil
}
