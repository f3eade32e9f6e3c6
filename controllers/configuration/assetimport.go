package configuration

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// How far an import has come the renderers report themselves; the conditions are made of that.
func assetImports() kind[*v1alpha1.AssetImport] {
	return kind[*v1alpha1.AssetImport]{
		name: "assetimport", word: "AssetImport", list: &v1alpha1.AssetImportList{},
		validate: rules.ValidateAssetImport, check: checkImport, wokenBy: watch.ImportReported(),
	}
}

// checkImport says where the run stands that the spec asks for. Counts stay out of it: they change too often for a condition.
func checkImport(_ context.Context, _ client.Reader, object *v1alpha1.AssetImport, _ *v1alpha1.ProductEnvironment) (conditions.Part, error) {
	const ready = v1alpha1.ConditionReady
	progress := object.Status.Progress
	if progress == nil || progress.Run != rules.ImportRun(object) {
		if object.Spec.Suspend != nil && *object.Spec.Suspend {
			return conditions.Waiting(ready, v1alpha1.ReasonSuspended, "spec.suspend is true, the import has not begun"), nil
		}
		return conditions.Waiting(ready, v1alpha1.ReasonPending, "waiting for a renderer of the environment to begin"), nil
	}
	switch progress.State {
	case v1alpha1.ImportSuspended:
		return conditions.Waiting(ready, v1alpha1.ReasonSuspended, "spec.suspend halts the import; it goes on where it is"), nil
	case v1alpha1.ImportFailed:
		return conditions.Blocked(ready, v1alpha1.ReasonImportFailed, progress.Message), nil
	case v1alpha1.ImportCompleted:
		if progress.Failed > 0 {
			return conditions.Blocked(ready, v1alpha1.ReasonAssetsFailed,
				fmt.Sprintf("the import is over, %d of its assets and settings failed: see status.progress.failures; the annotation %s runs it again", progress.Failed, v1alpha1.AnnotationRun)), nil
		}
		return conditions.Ready(ready, v1alpha1.ReasonReady, "everything is imported"), nil
	}
	message := "the import is running"
	if progress.Message != "" {
		message += ": " + progress.Message
	}
	return conditions.Waiting(ready, v1alpha1.ReasonProgressing, message), nil
}
