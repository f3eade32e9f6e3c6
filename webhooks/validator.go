package webhooks

import (
	"context"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// validator answers reviews of one kind by its rules.
type validator[T client.Object] struct {
	kind string
	// create says what is wrong, update what is wrong with a change; it is given the new object first. Nil for update asks
	// create alone.
	create func(T) field.ErrorList
	update func(object, old T) field.ErrorList
	// warn names what is valid but has no effect; may be nil.
	warn func(T) []string
}

// ValidateCreate implements admission.Validator.
func (v *validator[T]) ValidateCreate(_ context.Context, object T) (admission.Warnings, error) {
	return v.answer(object, v.create(object))
}

// ValidateUpdate implements admission.Validator.
func (v *validator[T]) ValidateUpdate(_ context.Context, old, object T) (admission.Warnings, error) {
	if object.GetDeletionTimestamp() != nil || equality.Semantic.DeepEqual(specOf(object), specOf(old)) {
		return nil, nil
	}
	if v.update == nil {
		return v.answer(object, v.create(object))
	}
	return v.answer(object, v.update(object, old))
}

// specOf is the spec of an object: all of our kinds have one.
func specOf(object client.Object) any {
	return reflect.ValueOf(object).Elem().FieldByName("Spec").Interface()
}

// serve answers reviews of the validator's kind on the manager's webhook server.
func (v *validator[T]) serve(manager ctrl.Manager) error {
	var object T
	object = reflect.New(reflect.TypeOf(object).Elem()).Interface().(T)
	if err := ctrl.NewWebhookManagedBy(manager, object).WithValidator(v).Complete(); err != nil {
		return fmt.Errorf("serving admission of the kind %s: %w", v.kind, err)
	}
	return nil
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
	if configuration, ok := any(object).(v1alpha1.Configuration); ok {
		for _, unsupported := range rules.Unsupported(configuration) {
			warnings = append(warnings, unsupported.Error())
		}
	}
	if len(errs) == 0 {
		return warnings, nil
	}
	return warnings, apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: v.kind}, object.GetName(), errs)
}
