package productenvironment

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// ensureMediaLibraryPreset gives a new environment the upload preset of the Media Library, once: the status names it from
// then on, and whatever its users make of it, or that they delete it, is theirs. One that is there already will do.
func (r *Reconciler) ensureMediaLibraryPreset(ctx context.Context, s *scope) error {
	status := &s.environment.Status
	if status.MediaLibraryPreset != "" {
		return nil
	}
	preset := build.MediaLibraryPreset(s.build)
	list := &v1alpha1.UploadPresetList{}
	err := r.Client.List(ctx, list, client.InNamespace(preset.Namespace), client.MatchingFields{watch.ByEnvironment: s.environment.Name})
	if err != nil {
		return fmt.Errorf("listing UploadPresets: %w", err)
	}
	for i := range list.Items {
		found := &list.Items[i]
		if found.Name != preset.Name && found.ExternalName() != preset.ExternalName() {
			continue
		}
		if s.isDoomed(found) {
			s.lookAgainIn(shortestLook)
			return nil
		}
		status.MediaLibraryPreset = found.Name
		return nil
	}
	if err := r.Client.Create(ctx, preset); apierrors.IsAlreadyExists(err) {
		// It is of another environment, whose users may take it away.
		s.lookAgainIn(time.Minute)
		return nil
	} else if err != nil {
		return fmt.Errorf("creating UploadPreset %s: %w", preset.Name, err)
	}
	status.MediaLibraryPreset = preset.Name
	return nil
}

// isDoomed says that an object is about to go: it is being deleted, or is what an earlier environment of the name has
// left to the garbage collector.
func (s *scope) isDoomed(object metav1.Object) bool {
	if !object.GetDeletionTimestamp().IsZero() {
		return true
	}
	for _, owner := range object.GetOwnerReferences() {
		if owner.Kind == "ProductEnvironment" && owner.Name == s.environment.Name && owner.UID != s.environment.UID {
			return true
		}
	}
	return false
}
