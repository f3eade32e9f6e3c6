// Package controllers puts the operator's controllers together: what the manager caches, and which controllers it
// runs. Each kind has a package of its own below.
package controllers

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers/accesskey"
	"github.com/darkroom-media/darkroom/controllers/configuration"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/metrics"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// Scheme knows the kinds that the controllers read and write.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	return scheme, nil
}

// CacheOptions bound the cache to what is ours: memory depends on the environments, not on the cluster, and no Secret
// of anybody else is ever read into it.
func CacheOptions() cache.Options {
	ours := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{build.LabelManagedBy: build.ManagedBy})}
	return cache.Options{ByObject: map[client.Object]cache.ByObject{
		&appsv1.Deployment{}:            ours,
		&corev1.ConfigMap{}:             ours,
		&corev1.PersistentVolumeClaim{}: ours,
		&corev1.Pod{}:                   ours,
		&corev1.Secret{}:                ours,
		&corev1.Service{}:               ours,
		&corev1.ServiceAccount{}:        ours,
		&networkingv1.NetworkPolicy{}:   ours,
		&policyv1.PodDisruptionBudget{}: ours,
		&rbacv1.Role{}:                  ours,
		&rbacv1.RoleBinding{}:           ours,
	}}
}

// ClientOptions make reads wait for our own writes, which claims of cloud names rely on.
func ClientOptions() client.Options {
	consistent := true
	return client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: &consistent}}
}

// Options are what the controllers are told from outside.
type Options struct {
	// Images are brought to environments whose spec names none.
	Images productenvironment.Images
	// Registry takes the operator's metrics.
	Registry prometheus.Registerer
	// ParseTransformation is the renderers' parser; nil leaves the texts of transformations to them.
	ParseTransformation rules.ParseTransformation
	// AskService asks whether an environment answers at its Service; nil where the operator is outside of the cluster.
	AskService productenvironment.AskService
}

// Add adds all controllers to manager, which must have been made with CacheOptions and ClientOptions.
func Add(ctx context.Context, manager ctrl.Manager, options Options) error {
	if err := watch.AddIndexes(ctx, manager.GetFieldIndexer()); err != nil {
		return err
	}
	measurements, err := metrics.New(options.Registry)
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	// One Applier for each controller: Forget is by name, and an access key may have the name of another environment.
	newApplier := func() *apply.Applier {
		return apply.New(manager.GetClient(), manager.GetAPIReader(), build.FieldManager, measurements.Applied)
	}
	environments := newApplier()
	volumes := &storage.Volume{Client: manager.GetClient(), Applier: environments}
	buckets := &storage.S3{Live: manager.GetAPIReader(), Cluster: storage.ClusterIdentity(manager.GetAPIReader())}
	all := configuration.Controllers(configuration.Options{
		Client: manager.GetClient(), Now: time.Now, ParseTransformation: options.ParseTransformation,
	})
	maps.Copy(all, map[string]configuration.Controller{
		"productenvironment": &productenvironment.Reconciler{
			Client:     manager.GetClient(),
			Live:       manager.GetAPIReader(),
			Probe:      productenvironment.AskReadiness,
			AskService: options.AskService,
			Applier:    environments,
			Storage:    storage.Provisioners{rules.StorageVolume: volumes, rules.StorageS3: buckets},
			Backup:     &storage.Backup{Volume: volumes, S3: buckets},
			Images:     options.Images,
			Recorder:   manager.GetEventRecorder("darkroom"),
			Metrics:    measurements,
			Now:        time.Now,
		},
		"accesskey": &accesskey.Reconciler{
			Client:  manager.GetClient(),
			Live:    manager.GetAPIReader(),
			Applier: newApplier(),
			Random:  rand.Reader,
			Now:     time.Now,
		},
	})
	for name, controller := range all {
		if err := controller.SetupWithManager(manager); err != nil {
			return fmt.Errorf("adding controller %s: %w", name, err)
		}
	}
	return nil
}
