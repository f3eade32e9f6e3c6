package rules

import (
	"fmt"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxRenamedAssets is how many uploaded assets an environment may hold to be renamed without more ado.
const maxRenamedAssets = 1000

// RenameVerdict says whether an environment may have another cloud name than it holds.
type RenameVerdict int

// Verdicts.
const (
	// RenameNone says that the spec asks for no other name.
	RenameNone RenameVerdict = iota
	// RenameAllowed says that the name may change.
	RenameAllowed
	// RenameUnknown says that nobody has counted the assets yet: the name stays until the renderer reports.
	RenameUnknown
	// RenameRefused says that the name stays until somebody acts.
	RenameRefused
)

// Renaming is a wish for another cloud name.
type Renaming struct {
	Verdict RenameVerdict
	// Reason says why the name stays, and what to do; empty when nothing is in the way.
	Reason string
}

// RenamingOf judges the wish for another cloud name in the spec of environment. It breaks every URL that somebody
// keeps, so that above 1000 uploaded assets it takes an annotation. The number is that of the last report.
func RenamingOf(environment *v1alpha1.ProductEnvironment) Renaming {
	held, wanted := environment.Status.CloudName, CanonicalCloudName(environment.Spec.CloudName)
	if held == "" || wanted == "" || wanted == held {
		return Renaming{Verdict: RenameNone}
	}
	if value, annotated := environment.Annotations[v1alpha1.AnnotationAllowRename]; annotated && value != "false" {
		return Renaming{Verdict: RenameAllowed}
	}
	usage := environment.Status.Usage
	if usage == nil {
		return Renaming{Verdict: RenameUnknown, Reason: fmt.Sprintf(
			"the environment holds the cloud name %s, and its renderer has not yet reported how many assets are stored under it; the annotation %s=true renames it at once",
			held, v1alpha1.AnnotationAllowRename)}
	}
	if usage.Assets > maxRenamedAssets {
		return Renaming{Verdict: RenameRefused, Reason: fmt.Sprintf(
			"the environment holds the cloud name %s with more than %d uploaded assets, whose URLs would break; the annotation %s=true renames it nevertheless",
			held, maxRenamedAssets, v1alpha1.AnnotationAllowRename)}
	}
	return Renaming{Verdict: RenameAllowed}
}
