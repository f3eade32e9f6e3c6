package build

import (
	"k8s.io/apimachinery/pkg/types"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// owner is a controller reference to one of our objects: the garbage collector deletes what carries it.
func owner(kind, name, uid string) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1alpha1.GroupVersion.String()).
		WithKind(kind).
		WithName(name).
		WithUID(types.UID(uid)).
		WithController(true).
		WithBlockOwnerDeletion(true)
}
