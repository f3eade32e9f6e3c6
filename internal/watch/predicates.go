package watch

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// SpecOrMetadata drops updates that touch only the status, or annotations of somebody else: a controller is not woken
// by its own report.
func SpecOrMetadata() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() ||
			!maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) ||
			!maps.Equal(requests(e.ObjectOld), requests(e.ObjectNew)) ||
			!slices.Equal(e.ObjectOld.GetFinalizers(), e.ObjectNew.GetFinalizers()) ||
			!equality.Semantic.DeepEqual(e.ObjectOld.GetOwnerReferences(), e.ObjectNew.GetOwnerReferences())
	}}
}

// requests are the annotations of an object by which a user asks for something.
func requests(object client.Object) map[string]string {
	asked := map[string]string{}
	for name, value := range object.GetAnnotations() {
		if strings.HasPrefix(name, v1alpha1.GroupName+"/") {
			asked[name] = value
		}
	}
	return asked
}

// QuotasReported keeps updates of an environment by which its renderer says that other quotas are used up than before.
func QuotasReported() predicate.Predicate {
	exceeded := func(object client.Object) []string {
		if usage := object.(*v1alpha1.ProductEnvironment).Status.Usage; usage != nil {
			return usage.Exceeded
		}
		return nil
	}
	return reported(func(before, after client.Object) bool { return !slices.Equal(exceeded(before), exceeded(after)) })
}

// ImportReported keeps updates of an import in which its renderers report another state, not how far it has come.
func ImportReported() predicate.Predicate {
	return reported(func(before, after client.Object) bool {
		return !equality.Semantic.DeepEqual(standing(before.(*v1alpha1.AssetImport)), standing(after.(*v1alpha1.AssetImport)))
	})
}

// reported keeps updates with news, and nothing else.
func reported(news func(before, after client.Object) bool) predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc:  func(e event.UpdateEvent) bool { return news(e.ObjectOld, e.ObjectNew) },
	}
}

// standing is what the conditions of an import are made of.
func standing(object *v1alpha1.AssetImport) v1alpha1.ImportProgress {
	progress := object.Status.Progress
	if progress == nil {
		return v1alpha1.ImportProgress{}
	}
	stands := v1alpha1.ImportProgress{Run: progress.Run, State: progress.State, Message: progress.Message}
	if progress.State == v1alpha1.ImportCompleted {
		stands.Failed = progress.Failed
	}
	return stands
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
