package configuration

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// kind is what sets one kind apart.
type kind[T v1alpha1.Configuration] struct {
	// name is the kind's, in lower case for the controller, word as people write it.
	name, word string
	// list is an empty list of the kind.
	list client.ObjectList
	// validate are the rules, the same as at admission. Objects that break one are not in use.
	validate func(T) field.ErrorList
	// namePath is where the external name is given, which only one object of an environment can have; empty where any
	// number can.
	namePath string
	// check looks at what is beyond the object itself; nil for nothing.
	check func(ctx context.Context, reader client.Reader, object T, environment *v1alpha1.ProductEnvironment) (conditions.Part, error)
	// alsoWokenBy are objects of other kinds that check looks at.
	alsoWokenBy []v1alpha1.Configuration
	// wokenBy, when not nil, keeps updates of the object's own status that check looks at.
	wokenBy predicate.Predicate
}

// Reconciler reports on the objects of one kind.
type Reconciler[T v1alpha1.Configuration] struct {
	Client client.Client
	// Now is the clock.
	Now  func() time.Time
	kind kind[T]
}

// +kubebuilder:rbac:groups=media.darkroom.dev,resources=assetimports;metadatafields;metadatarules;productenvironments;streamingprofiles;transformations;uploadmappings;uploadpresets;webhooktriggers,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=assetimports/status;metadatafields/status;metadatarules/status;streamingprofiles/status;transformations/status;uploadmappings/status;uploadpresets/status;webhooktriggers/status,verbs=get;patch;update

// Reconcile reports on one object.
func (r *Reconciler[T]) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	stored := r.newObject()
	if err := r.Client.Get(ctx, request.NamespacedName, stored); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !stored.GetDeletionTimestamp().IsZero() {
		return ctrl.Result{}, nil
	}
	object := stored.DeepCopyObject().(T)
	object.Reported().ExternalName = object.ExternalName()
	part, err := r.judge(ctx, object)
	if err != nil {
		part = conditions.Failed(v1alpha1.ConditionReady, err)
	}
	return ctrl.Result{}, errors.Join(err, r.writeStatus(ctx, stored, object, part))
}

func (r *Reconciler[T]) newObject() T {
	var object T
	return reflect.New(reflect.TypeOf(object).Elem()).Interface().(T)
}

// judge says whether the renderers use object.
func (r *Reconciler[T]) judge(ctx context.Context, object T) (conditions.Part, error) {
	if problems := r.kind.validate(object); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	if problems := rules.Unsupported(object); len(problems) > 0 {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonUnsupported, problems.ToAggregate().Error()), nil
	}
	if r.kind.namePath != "" {
		older, err := r.olderNamesake(ctx, object)
		if err != nil {
			return conditions.Part{}, err
		}
		if older != "" {
			return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonNameTaken,
				fmt.Sprintf("%s: the older %s %s already has the name %s", r.kind.namePath, r.kind.word, older, object.ExternalName())), nil
		}
	}
	environment := &v1alpha1.ProductEnvironment{}
	name := client.ObjectKey{Namespace: object.GetNamespace(), Name: object.EnvironmentName()}
	if err := r.Client.Get(ctx, name, environment); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return conditions.Part{}, fmt.Errorf("reading ProductEnvironment %s: %w", name.Name, err)
		}
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonEnvironmentNotFound,
			fmt.Sprintf("spec.environmentRef.name: there is no ProductEnvironment %s in the namespace", name.Name)), nil
	}
	if r.kind.check != nil {
		return r.kind.check(ctx, r.Client, object, environment)
	}
	return inUse(r.kind.word), nil
}

// inUse is how an object is that nothing is amiss with.
func inUse(word string) conditions.Part {
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the "+word+" is in use")
}

// olderNamesake is the name of an older object of the same environment with the same external name, or "". Objects that
// break a rule, or ask for what is not supported, are not in use and take no name.
func (r *Reconciler[T]) olderNamesake(ctx context.Context, object T) (string, error) {
	all, err := ofEnvironment[T](ctx, r.Client, r.kind.list, object.GetNamespace(), object.EnvironmentName())
	if err != nil {
		return "", err
	}
	for _, other := range all {
		if other.GetName() == object.GetName() || other.ExternalName() != object.ExternalName() || len(r.kind.validate(other)) > 0 || len(rules.Unsupported(other)) > 0 {
			continue
		}
		created, othersCreated := object.GetCreationTimestamp(), other.GetCreationTimestamp()
		c := othersCreated.Compare(created.Time)
		if c < 0 || c == 0 && other.GetName() < object.GetName() {
			return other.GetName(), nil
		}
	}
	return "", nil
}

// writeStatus writes the status, if it differs from what is stored. What the renderers report stays as it is.
func (r *Reconciler[T]) writeStatus(ctx context.Context, stored, object T, part conditions.Part) error {
	status := object.Reported()
	status.ObservedGeneration = object.GetGeneration()
	conditions.Set(&status.Conditions, object.GetGeneration(), metav1.NewTime(r.Now()), part)
	if equality.Semantic.DeepEqual(stored.Reported(), status) {
		return nil
	}
	patch := client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, object, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// SetupWithManager adds the controller to manager.
func (r *Reconciler[T]) SetupWithManager(manager ctrl.Manager) error {
	own := watch.SpecOrMetadata()
	if r.kind.wokenBy != nil {
		own = predicate.Or(own, r.kind.wokenBy)
	}
	wakeAll := watch.InEnvironment(manager.GetClient(), r.kind.list, watch.EnvironmentOf)
	setup := ctrl.NewControllerManagedBy(manager).
		Named(r.kind.name).
		For(r.newObject(), builder.WithPredicates(own)).
		Watches(&v1alpha1.ProductEnvironment{}, wakeAll, builder.WithPredicates(watch.Address())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute})
	if r.kind.namePath != "" {
		// One that goes, takes another name or becomes valid may free or take the name of another one.
		setup.Watches(r.newObject(), wakeAll, builder.WithPredicates(watch.SpecOrMetadata()))
	}
	for _, other := range r.kind.alsoWokenBy {
		setup.Watches(other, wakeAll, builder.WithPredicates(watch.SpecOrMetadata()))
	}
	return setup.Complete(r)
}
