package apply

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Claim says whose an existing object is.
type Claim int

// Claims.
const (
	// Foreign objects belong to somebody else and are never touched.
	Foreign Claim = iota
	// Ours may be written.
	Ours
	// Leaving objects belong to an owner of the same name that is gone; the garbage collector is about to take them.
	Leaving
)

// Ownership says whose an existing object is.
type Ownership func(existing metav1.Object) Claim

// ControlledBy owns what carries a controller reference to owner. Where an object lost its reference, the labels,
// which nobody else sets, still tell; a reference to somebody else always wins.
func ControlledBy(owner metav1.Object, kind schema.GroupKind, labels map[string]string) Ownership {
	return func(existing metav1.Object) Claim {
		controller := metav1.GetControllerOf(existing)
		switch {
		case controller == nil:
			return Labelled(labels)(existing)
		case controller.UID == owner.GetUID():
			return Ours
		case controller.Name == owner.GetName() && controller.Kind == kind.Kind &&
			schema.FromAPIVersionAndKind(controller.APIVersion, controller.Kind).Group == kind.Group:
			return Leaving
		}
		return Foreign
	}
}

// Labelled owns what carries all the labels.
func Labelled(labels map[string]string) Ownership {
	return func(existing metav1.Object) Claim {
		for name, value := range labels {
			if existing.GetLabels()[name] != value {
				return Foreign
			}
		}
		return Ours
	}
}
