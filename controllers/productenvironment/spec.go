package productenvironment

import (
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// checkSpec runs the rules that admission runs too, for specs that came past it.
func (r *Reconciler) checkSpec(s *scope) (conditions.Part, bool) {
	problems := rules.ValidateProductEnvironment(s.environment)
	if len(problems) == 0 {
		return conditions.Part{}, true
	}
	return conditions.Invalid(problems), false
}
