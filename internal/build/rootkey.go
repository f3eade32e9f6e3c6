package build

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// RootKey is the access key that every environment has of its own. Whether it is enabled is its user's
// business, so that field is left out.
func RootKey(e *Environment) *unstructured.Unstructured {
	labels := map[string]any{}
	for name, value := range Labels(e.name(), ComponentCredentials) {
		labels[name] = value
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(),
		"kind":       "AccessKey",
		"metadata": map[string]any{
			"name":      RootKeyName(e.name()),
			"namespace": e.namespace(),
			"labels":    labels,
			"ownerReferences": []any{map[string]any{
				"apiVersion":         v1alpha1.GroupVersion.String(),
				"kind":               "ProductEnvironment",
				"name":               e.name(),
				"uid":                string(e.Object.UID),
				"controller":         true,
				"blockOwnerDeletion": true,
			}},
		},
		"spec": map[string]any{
			"environmentRef": map[string]any{"name": e.name()},
			"name":           "Root",
		},
	}}
}
