// Package watch says which events wake which controller: indexes to find who is concerned, mappings from an object to
// the requests of a controller, and predicates that drop events without news.
package watch

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Indexed fields.
const (
	// ByEnvironment finds the objects that configure an environment, such as AccessKeys, by the name that they give of it.
	ByEnvironment = "spec.environmentRef.name"
	// ByCloudName finds ProductEnvironments by the cloud name that they hold, in lower case.
	ByCloudName = "status.cloudName"
	// ByWantedCloudName finds ProductEnvironments by the cloud name that their spec asks for, in lower case.
	ByWantedCloudName = "spec.cloudName"
)

// Index is one indexed field.
type Index struct {
	Object  client.Object
	Field   string
	Extract client.IndexerFunc
}

// Indexes are all indexes that the controllers rely on.
func Indexes() []Index {
	indexes := []Index{
		{&v1alpha1.ProductEnvironment{}, ByCloudName, func(o client.Object) []string {
			return nonEmpty(rules.CanonicalCloudName(o.(*v1alpha1.ProductEnvironment).Status.CloudName))
		}},
		{&v1alpha1.ProductEnvironment{}, ByWantedCloudName, func(o client.Object) []string {
			return nonEmpty(rules.CanonicalCloudName(o.(*v1alpha1.ProductEnvironment).Spec.CloudName))
		}},
	}
	for _, object := range []client.Object{
		&v1alpha1.AccessKey{}, &v1alpha1.AssetImport{}, &v1alpha1.MetadataField{}, &v1alpha1.MetadataRule{}, &v1alpha1.StreamingProfile{}, &v1alpha1.Transformation{},
		&v1alpha1.UploadMapping{}, &v1alpha1.UploadPreset{}, &v1alpha1.WebhookTrigger{},
	} {
		indexes = append(indexes, Index{object, ByEnvironment, func(o client.Object) []string { return []string{EnvironmentOf(o)} }})
	}
	return indexes
}

// EnvironmentOf is the name of the environment that an object belongs to, or that it is.
func EnvironmentOf(object client.Object) string {
	if belonging, ok := object.(interface{ EnvironmentName() string }); ok {
		return belonging.EnvironmentName()
	}
	return object.GetName()
}

// AddIndexes adds all indexes to a cache.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range Indexes() {
		if err := indexer.IndexField(ctx, index.Object, index.Field, index.Extract); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", index.Object, index.Field, err)
		}
	}
	return nil
}

func nonEmpty(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
