package configure

import (
	"encoding/json"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func showMapping(mapping *v1alpha1.UploadMapping) wire.Object {
	shown := wire.Object{"folder": mapping.Spec.Folder, "template": mapping.Spec.Template, "external_id": externalID(mapping)}
	if preset := mapping.Spec.UploadPresetName; preset != "" {
		shown["upload_preset_name"] = preset
	}
	return shown
}

func noMapping(folder string) *problem.Problem {
	return problem.NotFound("Upload mapping not found - %s", wire.Printable(folder))
}

// listMappings answers GET /upload_mappings, and shows one where the folder is given.
func (e *Editor) listMappings(r *Request) (wire.Object, error) {
	if folder := r.Params.String("folder"); folder != "" {
		mapping, err := find[*v1alpha1.UploadMapping](e, r, catalog.KindUploadMapping, folder, noMapping(folder))
		if err != nil {
			return nil, err
		}
		return showMapping(mapping), nil
	}
	mappings, err := all[*v1alpha1.UploadMapping](e, r, catalog.KindUploadMapping)
	if err != nil {
		return nil, err
	}
	total := len(mappings)
	mappings, next, err := page(r, "mappings", mappings, (*v1alpha1.UploadMapping).ExternalName)
	if err != nil {
		return nil, err
	}
	shown := make([]wire.Object, len(mappings))
	for i, mapping := range mappings {
		shown[i] = showMapping(mapping)
	}
	return paged(wire.Object{"mappings": shown, "total_entries": total}, next), nil
}

func readMapping(r *Request) (folder, template string, err error) {
	if folder, err = required(r, "folder"); err != nil {
		return "", "", err
	}
	template, err = required(r, "template")
	return folder, template, err
}

func (e *Editor) newMapping(r *Request, folder, template string) (*v1alpha1.UploadMapping, error) {
	mapping := &v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: e.objects.Reference(), Folder: folder, Template: template}}
	return mapping, create(e, r, catalog.KindUploadMapping, mapping, rules.ValidateUploadMapping,
		problem.Conflict("Upload mapping %s already exists", wire.Printable(folder)))
}

// createMapping answers POST /upload_mappings.
func (e *Editor) createMapping(r *Request) (wire.Object, error) {
	folder, template, err := readMapping(r)
	if err != nil {
		return nil, err
	}
	mapping, err := e.newMapping(r, folder, template)
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "created", "folder": folder, "external_id": externalID(mapping)}, nil
}

// updateMapping answers PUT /upload_mappings.
func (e *Editor) updateMapping(r *Request) (wire.Object, error) {
	folder, template, err := readMapping(r)
	if err != nil {
		return nil, err
	}
	mapping, err := e.setTemplate(r, folder, template)
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "updated", "external_id": externalID(mapping)}, nil
}

func (e *Editor) setTemplate(r *Request, folder, template string) (*v1alpha1.UploadMapping, error) {
	return change(e, r, catalog.KindUploadMapping, folder, rules.ValidateUploadMapping, noMapping(folder), func(mapping *v1alpha1.UploadMapping) error {
		mapping.Spec.Template = template
		return nil
	})
}

// deleteMapping answers DELETE /upload_mappings.
func (e *Editor) deleteMapping(r *Request) (wire.Object, error) {
	folder, err := required(r, "folder")
	if err != nil {
		return nil, err
	}
	mapping, err := remove[*v1alpha1.UploadMapping](e, r, catalog.KindUploadMapping, folder, noMapping(folder))
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": "deleted", "external_id": externalID(mapping)}, nil
}

// replaceMappings answers PUT /upload_mappings/replace: afterwards there are the given mappings only.
func (e *Editor) replaceMappings(r *Request) (wire.Object, error) {
	if !r.Params.Has("mappings") && !r.Params.Empties("mappings") {
		// Without it all mappings would go.
		return nil, problem.BadRequest("Missing required parameter - mappings")
	}
	var wanted []struct{ Folder, Template string }
	text := strings.Join(r.Params.Rows("mappings"), ",")
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	if err := json.Unmarshal([]byte(text), &wanted); err != nil {
		return nil, problem.BadRequest("Invalid mappings: not a list of objects with folder and template")
	}
	mappings, err := all[*v1alpha1.UploadMapping](e, r, catalog.KindUploadMapping)
	if err != nil {
		return nil, err
	}
	templates := map[string]string{}
	for _, mapping := range wanted {
		spec := v1alpha1.UploadMappingSpec{EnvironmentRef: e.objects.Reference(), Folder: mapping.Folder, Template: mapping.Template}
		if errs := rules.ValidateUploadMapping(&v1alpha1.UploadMapping{Spec: spec}); len(errs) > 0 {
			return nil, invalid(errs) // before anything is changed
		}
		templates[mapping.Folder] = mapping.Template
	}
	for _, mapping := range mappings {
		folder := mapping.Spec.Folder
		template, stays := templates[folder]
		delete(templates, folder)
		switch {
		case !stays:
			err = failed(e.objects.Delete(r.Context, mapping), noMapping(folder))
		case template != mapping.Spec.Template:
			_, err = e.setTemplate(r, folder, template)
		}
		if err != nil {
			return nil, err
		}
	}
	for folder, template := range templates {
		if _, err := e.newMapping(r, folder, template); err != nil {
			return nil, err
		}
	}
	return wire.Object{"message": "replaced"}, nil
}
