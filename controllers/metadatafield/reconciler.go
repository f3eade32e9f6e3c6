// Package metadatafield reconciles MetadataFields. A field takes effect by being read, so there is nothing to bring up:
// the controller says whether the renderer will use it.
package metadatafield

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// Reconciler reports on MetadataFields.
type Reconciler struct {
	Client client.Client
	// Now is the clock.
	Now func() time.Time
}

// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=metadatafields,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=metadatafields/status,verbs=get;patch;update

// Reconcile reports on one field.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	stored := &v1alpha1.MetadataField{}
	if err := r.Client.Get(ctx, request.NamespacedName, stored); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !stored.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	field := stored.DeepCopy()
	part, err := r.check(ctx, field)
	if err != nil {
		part = conditions.Failed(v1alpha1.ConditionReady, err)
	}
	return ctrl.Result{}, errors.Join(err, r.writeStatus(ctx, stored, field, part))
}

// check says whether the renderer will use field.
func (r *Reconciler) check(ctx context.Context, field *v1alpha1.MetadataField) (conditions.Part, error) {
	field.Status.ExternalName = field.ExternalName()
	if problems := rules.ValidateMetadataField(field); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	older, err := r.olderNamesake(ctx, field)
	if err != nil {
		return conditions.Part{}, err
	}
	if older != "" {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonNameTaken,
			fmt.Sprintf("spec.externalID: the older MetadataField %s already has the external ID %s", older, field.ExternalName())), nil
	}
	environment := client.ObjectKey{Namespace: field.Namespace, Name: field.Spec.EnvironmentRef.Name}
	if err := r.Client.Get(ctx, environment, &v1alpha1.ProductEnvironment{}); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return conditions.Part{}, fmt.Errorf("reading ProductEnvironment %s: %w", environment.Name, err)
		}
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound,
			fmt.Sprintf("spec.environmentRef.name: there is no ProductEnvironment %s in the namespace", environment.Name)), nil
	}
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the field can be used"), nil
}

// olderNamesake is the name of an older field of the same environment with the same external ID, or "". Fields that break
// a rule are not in use and take no name.
func (r *Reconciler) olderNamesake(ctx context.Context, field *v1alpha1.MetadataField) (string, error) {
	list := &v1alpha1.MetadataFieldList{}
	err := r.Client.List(ctx, list, client.InNamespace(field.Namespace), client.MatchingFields{watch.ByEnvironment: field.Spec.EnvironmentRef.Name})
	if err != nil {
		return "", fmt.Errorf("listing MetadataFields: %w", err)
	}
	for i := range list.Items {
		other := &list.Items[i]
		if other.Name == field.Name || other.ExternalName() != field.ExternalName() || len(rules.ValidateMetadataField(other)) > 0 {
			continue
		}
		c := other.CreationTimestamp.Compare(field.CreationTimestamp.Time)
		if c < 0 || c == 0 && other.Name < field.Name {
			return other.Name, nil
		}
	}
	return "", nil
}

// writeStatus writes the status, if it differs from what is stored.
func (r *Reconciler) writeStatus(ctx context.Context, stored, field *v1alpha1.MetadataField, part conditions.Part) error {
	field.Status.ObservedGeneration = field.Generation
	conditions.Set(&field.Status.Conditions, field.Generation, metav1.NewTime(r.Now()), part)
	if equality.Semantic.DeepEqual(stored.Status, field.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, field, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// SetupWithManager adds the controller to manager.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	fields := &v1alpha1.MetadataFieldList{}
	named := func(environment client.Object) string { return environment.GetName() }
	environmentOf := func(field client.Object) string { return field.(*v1alpha1.MetadataField).Spec.EnvironmentRef.Name }
	return ctrl.NewControllerManagedBy(manager).
		Named("metadatafield").
		For(&v1alpha1.MetadataField{}, builder.WithPredicates(watch.SpecOrMetadata())).
		// A field that goes, or becomes valid, may free or take the external ID of another one.
		Watches(&v1alpha1.MetadataField{}, watch.InEnvironment(manager.GetClient(), fields, environmentOf), builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&v1alpha1.ProductEnvironment{}, watch.InEnvironment(manager.GetClient(), fields, named), builder.WithPredicates(watch.Existence())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
