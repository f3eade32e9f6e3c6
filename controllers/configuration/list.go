package configuration

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/internal/watch"
)

// ofEnvironment are the objects of an environment. empty is an empty list of their kind.
func ofEnvironment[T client.Object](ctx context.Context, reader client.Reader, empty client.ObjectList, namespace, environment string) ([]T, error) {
	list := empty.DeepCopyObject().(client.ObjectList)
	if err := reader.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{watch.ByEnvironment: environment}); err != nil {
		return nil, fmt.Errorf("listing %T: %w", empty, err)
	}
	var objects []T
	err := meta.EachListItem(list, func(item runtime.Object) error {
		objects = append(objects, item.(T))
		return nil
	})
	return objects, err
}
