package watch

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// LabelledEnvironment wakes the environment that the label of an object names.
func LabelledEnvironment() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, object client.Object) []reconcile.Request {
		name := object.GetLabels()[build.LabelEnvironment]
		if name == "" {
			return nil
		}
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: name}}}
	})
}

// ReferredEnvironment wakes the environment that an access key or an import names.
func ReferredEnvironment() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, object client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{
			Namespace: object.GetNamespace(), Name: EnvironmentOf(object),
		}}}
	})
}

// RivalsForCloudName wakes the environments that ask for the cloud name that an environment holds or held.
func RivalsForCloudName(reader client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
		name := rules.CanonicalCloudName(object.(*v1alpha1.ProductEnvironment).Status.CloudName)
		if name == "" {
			return nil
		}
		rivals := &v1alpha1.ProductEnvironmentList{}
		if err := reader.List(ctx, rivals, client.MatchingFields{ByWantedCloudName: name}); err != nil {
			log.FromContext(ctx).Error(err, "finding who asks for a cloud name", "cloudName", name)
			return nil
		}
		var requests []reconcile.Request
		for i := range rivals.Items {
			if rival := &rivals.Items[i]; rival.UID != object.GetUID() && rival.Status.CloudName != name {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(rival)})
			}
		}
		return requests
	})
}

// InEnvironment wakes the objects of list's kind that name the environment that environmentOf finds in an event's
// object. list is the empty list of a kind that is indexed ByEnvironment.
func InEnvironment(reader client.Reader, list client.ObjectList, environmentOf func(client.Object) string) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, object client.Object) []reconcile.Request {
		name := environmentOf(object)
		if name == "" {
			return nil
		}
		found := list.DeepCopyObject().(client.ObjectList)
		err := reader.List(ctx, found, client.InNamespace(object.GetNamespace()), client.MatchingFields{ByEnvironment: name})
		if err != nil {
			log.FromContext(ctx).Error(err, "finding what belongs to an environment", "ProductEnvironment", name)
			return nil
		}
		return requestsOf(found)
	})
}
