package webhooks

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// validator answers reviews of one kind by its rules.
type validator[T client.Object] struct {
	kind string
	// create and update say what is wrong; update is given the new object first.
	create func(T) field.ErrorList
	update func(object, old T) field.ErrorList
	// unchanged says whether two objects have the same spec.
	unchanged func(a, b T) bool
	// warn names what is valid but has no effect; may be nil.
	warn func(T) []string
}

// ValidateCreate implements admission.Validator.
func (v *validator[T]) ValidateCreate(_ context.Context, object T) (admission.Warnings, error) {
	return v.answer(object, v.create(object))
}

// ValidateUpdate implements admission.Validator.
func (v *validator[T]) ValidateUpdate(_ context.Context, old, object T) (admission.Warnings, error) {
	if object.GetDeletionTimestamp() != nil || v.unchanged(object, old) {
		return nil, nil
	}
	return v.answer(object, v.update(object, old))
}

// ValidateDelete implements admission.Validator. Everything may be deleted.
func (v *validator[T]) ValidateDelete(context.Context, T) (admission.Warnings, error) {
	return nil, nil
}

func (v *validator[T]) answer(object T, errs field.ErrorList) (admission.Warnings, error) {
	var warnings admission.Warnings
	if v.warn != nil {
		warnings = v.warn(object)
	}
	if len(errs) == 0 {
		return warnings, nil
	}
	return warnings, apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: v.kind}, object.GetName(), errs)
}
