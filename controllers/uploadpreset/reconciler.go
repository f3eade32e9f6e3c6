// Package uploadpreset reconciles UploadPresets. A preset takes effect by being read, so there is nothing to bring
// up: the controller says whether the renderer will use it.
package uploadpreset

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

// Reconciler reports on UploadPresets.
type Reconciler struct {
	Client client.Client
	// Now is the clock.
	Now func() time.Time
}

// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=metadatafields,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=uploadpresets,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=uploadpresets/status,verbs=get;patch;update

// Reconcile reports on one preset.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	stored := &v1alpha1.UploadPreset{}
	if err := r.Client.Get(ctx, request.NamespacedName, stored); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !stored.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	preset := stored.DeepCopy()
	part, err := r.check(ctx, preset)
	if err != nil {
		part = conditions.Failed(v1alpha1.ConditionReady, err)
	}
	return ctrl.Result{}, errors.Join(err, r.writeStatus(ctx, stored, preset, part))
}

// check says whether the renderer will use preset.
func (r *Reconciler) check(ctx context.Context, preset *v1alpha1.UploadPreset) (conditions.Part, error) {
	preset.Status.ExternalName = preset.ExternalName()
	if problems := rules.ValidateUploadPreset(preset); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	older, err := r.olderNamesake(ctx, preset)
	if err != nil {
		return conditions.Part{}, err
	}
	if older != "" {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonNameTaken,
			fmt.Sprintf("spec.name: the older UploadPreset %s is already called %s", older, preset.ExternalName())), nil
	}
	environment := client.ObjectKey{Namespace: preset.Namespace, Name: preset.Spec.EnvironmentRef.Name}
	if err := r.Client.Get(ctx, environment, &v1alpha1.ProductEnvironment{}); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return conditions.Part{}, fmt.Errorf("reading ProductEnvironment %s: %w", environment.Name, err)
		}
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound,
			fmt.Sprintf("spec.environmentRef.name: there is no ProductEnvironment %s in the namespace", environment.Name)), nil
	}
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the preset can be used"), nil
}

// olderNamesake is the name of an older preset of the same environment with the same external name, or "".
func (r *Reconciler) olderNamesake(ctx context.Context, preset *v1alpha1.UploadPreset) (string, error) {
	list := &v1alpha1.UploadPresetList{}
	err := r.Client.List(ctx, list, client.InNamespace(preset.Namespace), client.MatchingFields{watch.ByEnvironment: preset.Spec.EnvironmentRef.Name})
	if err != nil {
		return "", fmt.Errorf("listing UploadPresets: %w", err)
	}
	for i := range list.Items {
		other := &list.Items[i]
		if other.Name == preset.Name || other.ExternalName() != preset.ExternalName() {
			continue
		}
		c := other.CreationTimestamp.Compare(preset.CreationTimestamp.Time)
		if c < 0 || c == 0 && other.Name < preset.Name {
			return other.Name, nil
		}
	}
	return "", nil
}

// writeStatus writes the status, if it differs from what is stored.
func (r *Reconciler) writeStatus(ctx context.Context, stored, preset *v1alpha1.UploadPreset, part conditions.Part) error {
	preset.Status.ObservedGeneration = preset.Generation
	conditions.Set(&preset.Status.Conditions, preset.Generation, metav1.NewTime(r.Now()), part)
	if equality.Semantic.DeepEqual(stored.Status, preset.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, preset, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// SetupWithManager adds the controller to manager.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	presets := &v1alpha1.UploadPresetList{}
	named := func(environment client.Object) string { return environment.GetName() }
	environmentOf := func(preset client.Object) string { return preset.(*v1alpha1.UploadPreset).Spec.EnvironmentRef.Name }
	return ctrl.NewControllerManagedBy(manager).
		Named("uploadpreset").
		For(&v1alpha1.UploadPreset{}, builder.WithPredicates(watch.SpecOrMetadata())).
		// A preset that goes, or takes another name, may free its name for another one.
		Watches(&v1alpha1.UploadPreset{}, watch.InEnvironment(manager.GetClient(), presets, environmentOf), builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&v1alpha1.ProductEnvironment{}, watch.InEnvironment(manager.GetClient(), presets, named), builder.WithPredicates(watch.Existence())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
