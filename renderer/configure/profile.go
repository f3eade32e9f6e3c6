package configure

import (
	"errors"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func profileItem(profile *v1alpha1.StreamingProfile, predefined bool) wire.Object {
	item := wire.Object{"name": profile.ExternalName(), "display_name": nil, "predefined": predefined, "external_id": externalID(profile)}
	if name := profile.Spec.DisplayName; name != "" {
		item["display_name"] = name
	}
	if predefined {
		item["external_id"] = profile.ExternalName()
	}
	return item
}

func profileDetails(profile *v1alpha1.StreamingProfile, predefined bool) wire.Object {
	item := profileItem(profile, predefined)
	representations := make([]wire.Object, len(profile.Spec.Representations))
	for i, representation := range profile.Spec.Representations {
		representations[i] = wire.Object{"transformation": transformationInfo(representation.Transformation)}
	}
	item["representations"] = representations
	return item
}

func noProfile(name string) *problem.Problem {
	return problem.NotFound("Can't find streaming profile %s", wire.Printable(name))
}

// listProfiles answers GET /streaming_profiles: the environment's own, and the predefined ones that they do not override.
func (e *Editor) listProfiles(r *Request) (wire.Object, error) {
	profiles, err := all[*v1alpha1.StreamingProfile](e, r, catalog.KindStreamingProfile)
	if err != nil {
		return nil, err
	}
	shown := []wire.Object{}
	own := map[string]bool{}
	for _, profile := range profiles {
		own[profile.ExternalName()] = true
		shown = append(shown, profileItem(profile, predefinedProfile(profile.ExternalName()) != nil))
	}
	for _, profile := range predefinedProfiles {
		if !own[profile.name] {
			shown = append(shown, profileItem(profile.object(), true))
		}
	}
	return wire.Object{"data": shown}, nil
}

// showProfile answers GET /streaming_profiles/<name>.
func (e *Editor) showProfile(r *Request) (wire.Object, error) {
	predefined := predefinedProfile(r.Path[0])
	profile, err := find[*v1alpha1.StreamingProfile](e, r, catalog.KindStreamingProfile, r.Path[0], noProfile(r.Path[0]))
	if err != nil {
		if problem.From(err).Transient || predefined == nil {
			return nil, err
		}
		profile = predefined
	}
	return wire.Object{"data": profileDetails(profile, predefined != nil)}, nil
}

// readProfile sets what the request gives.
func readProfile(r *Request, spec *v1alpha1.StreamingProfileSpec) error {
	if name := r.Params.String("display_name"); name != "" {
		spec.DisplayName = name
	}
	if !r.Params.Has("representations") {
		return nil
	}
	var given []struct{ Transformation any }
	if err := decode(r.Params, "representations", &given); err != nil {
		return err
	}
	spec.Representations = nil
	for _, representation := range given {
		if representation.Transformation == nil {
			return problem.BadRequest("Invalid value for representations: each needs a transformation")
		}
		text, err := source.Transformation(representation.Transformation)
		if err != nil {
			return problem.BadRequest("Invalid value for representations: %s", err)
		}
		if err := checkTransformation(text); err != nil {
			return problem.BadRequest("Invalid value for representations: %s", problem.From(err).Message)
		}
		spec.Representations = append(spec.Representations, v1alpha1.StreamingRepresentation{Transformation: text})
	}
	return nil
}

// createProfile answers POST /streaming_profiles. The name of a predefined profile changes that.
func (e *Editor) createProfile(r *Request) (wire.Object, error) {
	name, err := required(r, "name")
	if err != nil {
		return nil, err
	}
	if predefinedProfile(name) != nil {
		return e.changeProfile(r, name, "created")
	}
	return e.newProfile(r, name, "created")
}

func (e *Editor) newProfile(r *Request, name, message string) (wire.Object, error) {
	predefined := predefinedProfile(name)
	profile := &v1alpha1.StreamingProfile{}
	if predefined != nil {
		profile.Spec = predefined.Spec
	}
	profile.Spec.EnvironmentRef, profile.Spec.Name = e.objects.Reference(), name
	if err := readProfile(r, &profile.Spec); err != nil {
		return nil, err
	}
	taken := problem.Conflict("Streaming profile %s already exists", wire.Printable(name))
	if err := create(e, r, catalog.KindStreamingProfile, profile, rules.ValidateStreamingProfile, taken); err != nil {
		return nil, err
	}
	return wire.Object{"message": message, "data": profileDetails(profile, predefined != nil)}, nil
}

// updateProfile answers PUT /streaming_profiles/<name>.
func (e *Editor) updateProfile(r *Request) (wire.Object, error) {
	return e.changeProfile(r, r.Path[0], "updated")
}

// changeProfile changes a profile that there is. A predefined one is overridden by one of the same name.
func (e *Editor) changeProfile(r *Request, name, message string) (wire.Object, error) {
	missing := noProfile(name)
	profile, err := change(e, r, catalog.KindStreamingProfile, name, rules.ValidateStreamingProfile, missing, func(profile *v1alpha1.StreamingProfile) error {
		return readProfile(r, &profile.Spec)
	})
	predefined := predefinedProfile(name) != nil
	if predefined && errors.Is(err, missing) {
		return e.newProfile(r, name, message)
	}
	if err != nil {
		return nil, err
	}
	return wire.Object{"message": message, "data": profileDetails(profile, predefined)}, nil
}

// deleteProfile answers DELETE /streaming_profiles/<name>. Of a predefined profile it deletes what overrides it; that nothing does
// is an error, as the documentation of the API has it.
func (e *Editor) deleteProfile(r *Request) (wire.Object, error) {
	missing := noProfile(r.Path[0])
	if predefinedProfile(r.Path[0]) != nil {
		missing = problem.BadRequest("Streaming profile %s is predefined and was not changed, so that it cannot be reverted", wire.Printable(r.Path[0]))
	}
	if _, err := remove[*v1alpha1.StreamingProfile](e, r, catalog.KindStreamingProfile, r.Path[0], missing); err != nil {
		return nil, err
	}
	return wire.Object{"message": "deleted"}, nil
}
