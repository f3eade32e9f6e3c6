// Package uploadpreset reconciles UploadPresets. A preset takes effect by being read, so there is nothing to bring
// up: the controller says whether the renderer will use it.
package uploadpreset

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	missing, err := r.missingFields(ctx, preset)
	if err != nil {
		return conditions.Part{}, err
	}
	if len(missing) > 0 {
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonInvalidReference, strings.Join(missing, "; ")), nil
	}
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the preset can be used"), nil
}

// missingFields names the metadata fields that preset gives values of and that its environment does not have: uploads
// with the preset are refused until there are fields of those external IDs.
func (r *Reconciler) missingFields(ctx context.Context, preset *v1alpha1.UploadPreset) ([]string, error) {
	if len(preset.Spec.Metadata) == 0 {
		return nil, nil
	}
	list := &v1alpha1.MetadataFieldList{}
	err := r.Client.List(ctx, list, client.InNamespace(preset.Namespace), client.MatchingFields{watch.ByEnvironment: preset.Spec.EnvironmentRef.Name})
	if err != nil {
		return nil, fmt.Errorf("listing MetadataFields: %w", err)
	}
	known := map[string]bool{}
	for i := range list.Items {
		// Fields that break a rule are not in use.
		if field := &list.Items[i]; len(rules.ValidateMetadataField(field)) == 0 {
			known[field.ExternalName()] = true
		}
	}
	var missing []string
	for i, value := range preset.Spec.Metadata {
		if !known[value.Field] {
			missing = append(missing, fmt.Sprintf("spec.metadata[%d].field: the environment has no MetadataField with the external ID %s", i, value.Field))
		}
	}
	return missing, nil
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
	environmentOfField := func(field client.Object) string { return field.(*v1alpha1.MetadataField).Spec.EnvironmentRef.Name }
	return ctrl.NewControllerManagedBy(manager).
		Named("uploadpreset").
		For(&v1alpha1.UploadPreset{}, builder.WithPredicates(watch.SpecOrMetadata())).
		// A preset that goes, or takes another name, may free its name for another one.
		Watches(&v1alpha1.UploadPreset{}, watch.InEnvironment(manager.GetClient(), presets, environmentOf), builder.WithPredicates(watch.SpecOrMetadata())).
		// A preset may give values of a field that comes or goes.
		Watches(&v1alpha1.MetadataField{}, watch.InEnvironment(manager.GetClient(), presets, environmentOfField), builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&v1alpha1.ProductEnvironment{}, watch.InEnvironment(manager.GetClient(), presets, named), builder.WithPredicates(watch.Existence())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
