// Package webhooktrigger reconciles WebhookTriggers. A trigger takes effect by being read, so there is nothing to bring
// up: the controller says whether the renderers will use it. What came of its notifications they report themselves.
package webhooktrigger

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

// Reconciler reports on WebhookTriggers.
type Reconciler struct {
	Client client.Client
	// Now is the clock.
	Now func() time.Time
}

// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=webhooktriggers,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=webhooktriggers/status,verbs=get;patch;update

// Reconcile reports on one trigger.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	stored := &v1alpha1.WebhookTrigger{}
	if err := r.Client.Get(ctx, request.NamespacedName, stored); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !stored.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	trigger := stored.DeepCopy()
	part, err := r.check(ctx, trigger)
	if err != nil {
		part = conditions.Failed(v1alpha1.ConditionReady, err)
	}
	return ctrl.Result{}, errors.Join(err, r.writeStatus(ctx, stored, trigger, part))
}

// check says whether the renderers will use trigger.
func (r *Reconciler) check(ctx context.Context, trigger *v1alpha1.WebhookTrigger) (conditions.Part, error) {
	trigger.Status.ExternalName = trigger.Name
	if problems := rules.ValidateWebhookTrigger(trigger); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	if problems := rules.UnsupportedInWebhookTrigger(trigger); len(problems) > 0 {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonUnsupported, problems.ToAggregate().Error()), nil
	}
	name := client.ObjectKey{Namespace: trigger.Namespace, Name: trigger.Spec.EnvironmentRef.Name}
	environment := &v1alpha1.ProductEnvironment{}
	if err := r.Client.Get(ctx, name, environment); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return conditions.Part{}, fmt.Errorf("reading ProductEnvironment %s: %w", name.Name, err)
		}
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound,
			fmt.Sprintf("spec.environmentRef.name: there is no ProductEnvironment %s in the namespace", name.Name)), nil
	}
	if problems := rules.CheckTriggerAddress(trigger, rules.Effective(environment)); len(problems) > 0 {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonPrivateAddress, problems.ToAggregate().Error()), nil
	}
	message := strings.Join(append([]string{"the trigger is in use"}, rules.WarnWebhookTrigger(trigger)...), "; ")
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, message), nil
}

// writeStatus writes the status, if it differs from what is stored. What the renderers report stays as it is.
func (r *Reconciler) writeStatus(ctx context.Context, stored, trigger *v1alpha1.WebhookTrigger, part conditions.Part) error {
	trigger.Status.ObservedGeneration = trigger.Generation
	conditions.Set(&trigger.Status.Conditions, trigger.Generation, metav1.NewTime(r.Now()), part)
	if equality.Semantic.DeepEqual(stored.Status, trigger.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, trigger, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// SetupWithManager adds the controller to manager.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	triggers := &v1alpha1.WebhookTriggerList{}
	named := func(environment client.Object) string { return environment.GetName() }
	return ctrl.NewControllerManagedBy(manager).
		Named("webhooktrigger").
		For(&v1alpha1.WebhookTrigger{}, builder.WithPredicates(watch.SpecOrMetadata())).
		// The environment says which private addresses are open.
		Watches(&v1alpha1.ProductEnvironment{}, watch.InEnvironment(manager.GetClient(), triggers, named), builder.WithPredicates(watch.Address())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
