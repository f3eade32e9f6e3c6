package productenvironment

import (
	"context"
	"errors"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/metrics"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// Images are the images that the operator brings to environments whose spec names none.
type Images struct {
	Renderer, Engine string
}

// Reconciler brings ProductEnvironments to their spec.
type Reconciler struct {
	// Client reads from the cache, which sees our own writes.
	Client  client.Client
	Applier *apply.Applier
	Storage storage.Provisioners
	// Backup brings up the places of backups.
	Backup *storage.Backup
	// Live reads Secrets of users past the cache, which holds none of them.
	Live client.Reader
	// Probe asks a renderer's pod why it is not ready.
	Probe Probe
	// AskService asks whether an environment answers at the address of its Service; nil where the operator is outside of the
	// cluster, so that it cannot know.
	AskService AskService
	Images     Images
	Recorder   recorder.EventRecorder
	Metrics    *metrics.Metrics
	// Now is the clock.
	Now func() time.Time

	// claiming makes claims of cloud names one after the other.
	claiming sync.Mutex
}

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=namespaces,resourceNames=kube-system,verbs=get
// +kubebuilder:rbac:groups="",resources=persistentvolumeclaims,verbs=create;delete;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=serviceaccounts,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups="",resources=services,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=accesskeys,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments,verbs=get;list;patch;update;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments/finalizers,verbs=update
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=productenvironments/status,verbs=get;patch;update
// Renderers report on imports, and nobody can give rights away that he lacks.
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=assetimports,verbs=get;list;watch
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=assetimports/status,verbs=get;patch;update
// Renderers write what configures their environment, and nobody can give rights away that he lacks.
// +kubebuilder:rbac:groups=media.darkroom.dev,resources=metadatafields;metadatarules;streamingprofiles;transformations;uploadmappings;uploadpresets;webhooktriggers,verbs=create;delete;get;list;update;watch
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=create;get;list;patch;watch
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=roles,verbs=create;get;list;patch;watch

// Reconcile brings one environment to its spec.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	environment := &v1alpha1.ProductEnvironment{}
	if err := r.Client.Get(ctx, request.NamespacedName, environment); err != nil {
		if client.IgnoreNotFound(err) == nil {
			r.Applier.Forget(request.NamespacedName)
			r.Metrics.EnvironmentGone(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !environment.DeletionTimestamp.IsZero() {
		return r.teardown(ctx, environment)
	}
	if wrote, err := r.ensureFinalizer(ctx, environment); wrote || err != nil {
		return ctrl.Result{}, err
	}
	s, err := r.gather(ctx, environment)
	if err != nil {
		return ctrl.Result{}, err
	}
	err = r.reconcile(ctx, s)
	return conditions.Outcome(ctrl.Result{RequeueAfter: s.requeueAfter}, errors.Join(err, r.writeStatus(ctx, s)))
}

// step ensures one thing and reports it under one condition.
type step struct {
	condition string
	ensure    func(context.Context, *scope) (conditions.Part, error)
}

// reconcile checks the rules, claims the cloud name, and ensures one thing after the other. A step that fails does
// not keep the others from repairing what is theirs.
func (r *Reconciler) reconcile(ctx context.Context, s *scope) error {
	if part, ok := r.checkSpec(s); !ok {
		s.parts = append(s.parts, part)
		return nil
	}
	if proceed, err := r.claimCloudName(ctx, s); err != nil || !proceed {
		return err
	}
	if err := r.chooseImages(ctx, s); err != nil {
		return err
	}
	var failures []error
	for _, step := range []step{
		{v1alpha1.ConditionCredentialsReady, r.ensureCredentials},
		{v1alpha1.ConditionStorageReady, r.ensureStorage},
		{v1alpha1.ConditionDatabaseReady, r.ensureDatabase},
		{v1alpha1.ConditionBackupReady, r.ensureBackup},
		{v1alpha1.ConditionConfigurationReady, r.ensureRendererConfig},
		{v1alpha1.ConditionExposed, r.ensureExposure},
		{v1alpha1.ConditionRendererReady, r.ensureRenderer},
	} {
		if step.condition == v1alpha1.ConditionBackupReady && s.environment.Spec.Backup == nil {
			continue
		}
		part, err := step.ensure(ctx, s)
		if err != nil {
			part = conditions.Failed(step.condition, err)
		}
		s.parts = append(s.parts, part)
		failures = append(failures, s.retry(err, r.Now()))
	}
	return errors.Join(failures...)
}
