// Package accesskey reconciles AccessKeys: each gets a pair of api_key and api_secret in a Secret that is ready for
// apps, and a new one when it is rotated. Whether the renderer accepts it is decided by the environment's own controller, which hands
// over the enabled keys; an AccessKey is ready once that has happened.
package accesskey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// pollForeign is how often we look whether somebody else's Secret has gone; no watch of ours sees it.
const pollForeign = time.Minute

// Reconciler brings AccessKeys to their spec.
type Reconciler struct {
	// Client reads from the cache.
	Client client.Client
	// Live reads from the API server. A pair is generated only when it says that there is none.
	Live    client.Reader
	Applier *apply.Applier
	// Random is cryptographically strong.
	Random io.Reader
	// Now is the clock.
	Now func() time.Time
}

// +kubebuilder:rbac:groups="",resources=secrets,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=accesskeys,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=accesskeys/finalizers,verbs=update
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=accesskeys/status,verbs=get;patch;update
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments,verbs=get;list;watch

// Reconcile brings one access key to its spec.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	stored := &v1alpha1.AccessKey{}
	if err := r.Client.Get(ctx, request.NamespacedName, stored); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.Applier.Forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !stored.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	key := stored.DeepCopy()
	result := ctrl.Result{}
	part, err := r.ensure(ctx, key, &result)
	if err != nil {
		part = conditions.Failed(v1alpha1.ConditionReady, err)
		if _, notOwned := errors.AsType[*apply.NotOwnedError](err); notOwned {
			result.RequeueAfter = pollForeign
			err = nil
		}
	}
	return conditions.Outcome(result, errors.Join(err, r.writeStatus(ctx, stored, key, part)))
}

// ensure does the work and says how the key is. result says when the slots change next.
func (r *Reconciler) ensure(ctx context.Context, key *v1alpha1.AccessKey, result *ctrl.Result) (conditions.Part, error) {
	if problems := rules.ValidateAccessKey(key); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	environment := &v1alpha1.ProductEnvironment{}
	name := client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.EnvironmentRef.Name}
	if err := r.Client.Get(ctx, name, environment); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return conditions.Part{}, fmt.Errorf("reading ProductEnvironment %s: %w", name.Name, err)
		}
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound,
			fmt.Sprintf("spec.environmentRef.name: there is no ProductEnvironment %s in the namespace", name.Name)), nil
	}
	if environment.Status.CloudName == "" {
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentPending,
			fmt.Sprintf("ProductEnvironment %s has no cloud name yet", name.Name)), nil
	}
	now := r.Now()
	slots, err := r.ensureSecret(ctx, key, environment, now)
	if err != nil {
		return conditions.Part{}, err
	}
	result.RequeueAfter = nextChange(key, slots, now)
	key.Status.APIKey = slots.Current.APIKey
	key.Status.Slots = slotsStatus(key, slots)
	key.Status.Binding = &v1alpha1.BindingReference{Name: build.CredentialsSecretName(key.Name)}
	return r.handedOver(ctx, key, slots)
}

// writeStatus writes the status, if it differs from what is stored.
func (r *Reconciler) writeStatus(ctx context.Context, stored, key *v1alpha1.AccessKey, part conditions.Part) error {
	key.Status.ObservedGeneration = key.Generation
	conditions.Set(&key.Status.Conditions, key.Generation, metav1.NewTime(r.Now()), part)
	if equality.Semantic.DeepEqual(stored.Status, key.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, key, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// SetupWithManager adds the controller to manager.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	named := func(environment client.Object) string { return environment.GetName() }
	labelled := func(secret client.Object) string { return secret.GetLabels()[build.LabelEnvironment] }
	keys := &v1alpha1.AccessKeyList{}
	return ctrl.NewControllerManagedBy(manager).
		Named("accesskey").
		For(&v1alpha1.AccessKey{}, builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&corev1.Secret{}, watch.InEnvironment(manager.GetClient(), keys, labelled)).
		Watches(&v1alpha1.ProductEnvironment{}, watch.InEnvironment(manager.GetClient(), keys, named), builder.WithPredicates(watch.Address())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
