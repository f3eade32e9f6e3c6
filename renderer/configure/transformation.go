package configure

import (
	"net/http"
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

// transformationName is the name that the call is about, without t_; empty when it gives none.
func transformationName(r *Request) string {
	name := r.Path[0]
	if name == "" {
		name = r.Params.String("transformation")
	}
	return strings.TrimPrefix(name, prefixT)
}

func noTransformation(name string) *problem.Problem {
	return problem.NotFound("Can't find transformation %s", wire.Printable(name))
}

func validTransformation(t *v1alpha1.Transformation) field.ErrorList {
	return rules.ValidateTransformation(t, func(text string) error {
		_, err := transform.ParseStored(text, func(string) (string, bool) { return "w_1", true })
		return err
	})
}

func transformationItem(t *v1alpha1.Transformation, used bool) wire.Object {
	allowed := t.Spec.AllowedForStrict
	return wire.Object{"name": prefixT + t.ExternalName(), "allowed_for_strict": allowed == nil || *allowed, "used": used, "named": true}
}

// listOrShowTransformation answers GET /transformations: the named ones, or the one that is named.
func (e *Editor) listOrShowTransformation(r *Request) (wire.Object, error) {
	if name := transformationName(r); name != "" {
		transformation, err := find[*v1alpha1.Transformation](e, r, catalog.KindTransformation, name, noTransformation(name))
		if err != nil {
			return nil, err
		}
		used, err := e.used(r, name)
		if err != nil {
			return nil, err
		}
		shown := transformationItem(transformation, used)
		shown["info"] = transformationInfo(transformation.Spec.Transformation)
		return shown, nil
	}
	if named, err := r.Params.Bool("named", true); err != nil || !named {
		return wire.Object{"transformations": []wire.Object{}}, err
	}
	transformations, err := all[*v1alpha1.Transformation](e, r, catalog.KindTransformation)
	if err != nil {
		return nil, err
	}
	transformations, next, err := page(r, transformations, (*v1alpha1.Transformation).ExternalName)
	if err != nil {
		return nil, err
	}
	shown := make([]wire.Object, len(transformations))
	for i, transformation := range transformations {
		used, err := e.used(r, transformation.ExternalName())
		if err != nil {
			return nil, err
		}
		shown[i] = transformationItem(transformation, used)
	}
	return paged(wire.Object{"transformations": shown}, next), nil
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

// updateTransformation answers PUT /transformations: unsafe_update is what the name means from now on.
func (e *Editor) updateTransformation(r *Request) (wire.Object, error) {
	name := transformationName(r)
	if name == "" {
		return nil, problem.BadRequest("Missing required parameter - transformation")
	}
	_, err := change(e, r, catalog.KindTransformation, name, validTransformation, noTransformation(name), func(t *v1alpha1.Transformation) error {
		return readTransformation(r.Params, "unsafe_update", &t.Spec)
	})
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "updated"}, nil
}

// deleteTransformation answers DELETE /transformations. Files that were made by it stay until their assets change.
func (e *Editor) deleteTransformation(r *Request) (wire.Object, error) {
	name := transformationName(r)
	if name == "" {
		return nil, problem.BadRequest("Missing required parameter - transformation")
	}
	if err := remove[*v1alpha1.Transformation](e, r, catalog.KindTransformation, name, noTransformation(name)); err != nil {
		return nil, err
	}
	return wire.Object{"message": "deleted"}, nil
}
