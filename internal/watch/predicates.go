package watch

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// SpecOrMetadata drops updates that touch only the status: a controller is not woken by its own report.
func SpecOrMetadata() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() ||
			!maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) ||
			!slices.Equal(e.ObjectOld.GetFinalizers(), e.ObjectNew.GetFinalizers()) ||
			!equality.Semantic.DeepEqual(e.ObjectOld.GetOwnerReferences(), e.ObjectNew.GetOwnerReferences())
	}}
}

// Address drops updates of an environment that change neither its spec nor the cloud name that it holds: where it is
// reached stays the same.
func Address() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.ProductEnvironment), e.ObjectNew.(*v1alpha1.ProductEnvironment)
		return before.Generation != after.Generation || before.Status.CloudName != after.Status.CloudName
	}}
}

// CloudNameReleased keeps what may free a cloud name: deletions, and updates that change the name held.
func CloudNameReleased() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.(*v1alpha1.ProductEnvironment).Status.CloudName != e.ObjectNew.(*v1alpha1.ProductEnvironment).Status.CloudName
		},
	}
}

// Existence keeps creations and deletions.
func Existence() predicate.Predicate {
	return predicate.Funcs{
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
	}
}
