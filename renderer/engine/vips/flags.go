package vips

import (
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// unavailable are flags of the language that this engine cannot do, and what they would need.
var unavailable = map[string]string{"c2pa": "signed manifests"}

// refuseFlags names a flag that would be ignored.
func refuseFlags(plan *transform.Plan) error {
	refuse := func(flags []string) error {
		for _, flag := range flags {
			if needs, ok := unavailable[flag]; ok {
				return problem.BadRequest("Flag fl_%s is not available in this deployment: it has no %s", flag, needs)
			}
		}
		return nil
	}
	for i := range plan.Components {
		c := &plan.Components[i]
		if err := refuse(c.Flags); err != nil {
			return err
		}
		if c.Layer != nil {
			if err := refuse(c.Layer.Flags); err != nil {
				return err
			}
		}
	}
	return refuse(plan.Output.Flags)
}
