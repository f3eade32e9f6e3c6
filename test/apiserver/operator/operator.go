// Package operator runs the operator's controllers against a test API server, and plays the parts that such a server
// lacks: it has no controllers of its own, so nothing binds volume claims, rolls Deployments out or collects garbage.
package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/test/apiserver"
)

// Images that the operator under test brings.
const (
	RendererImage = "darkroom/renderer:test"
	EngineImage   = "darkroom/engine:test"
)

// Operator is a running operator and its API server.
type Operator struct {
	// Client reads and writes past every cache.
	Client client.Client

	server *envtest.Environment
	stop   context.CancelFunc
	done   chan error
	// silent are the addresses of Services at which nothing answers.
	silent sync.Map
}

// Start brings the API server and all controllers up. folder is for what they need while they run. The error is
// apiserver.ErrUnavailable where there is no API server to start.
func Start(folder string) (*Operator, error) {
	server, err := apiserver.Start(folder)
	if err != nil {
		return nil, err
	}
	o := &Operator{server: server, done: make(chan error, 1)}
	if err := o.start(); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return o, nil
}

func (o *Operator) start() error {
	scheme, err := controllers.Scheme()
	if err != nil {
		return err
	}
	o.Client, err = client.New(o.server.Config, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	identity, err := o.identity()
	if err != nil {
		return err
	}
	several := true
	manager, err := ctrl.NewManager(identity, ctrl.Options{
		Scheme:     scheme,
		Cache:      controllers.CacheOptions(),
		Client:     controllers.ClientOptions(),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: &several},
	})
	if err != nil {
		return fmt.Errorf("making the manager: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	err = controllers.Add(ctx, manager, controllers.Options{
		Images:   productenvironment.Images{Renderer: RendererImage, Engine: EngineImage},
		Registry: prometheus.NewRegistry(),
		// Nothing answers at the addresses that an API server gives out: the test plays what does.
		AskService: func(_ context.Context, address string) error {
			if _, silent := o.silent.Load(address); silent {
				return fmt.Errorf("dial tcp %s: connect: connection refused", address)
			}
			return nil
		},
	})
	if err != nil {
		stop()
		return err
	}
	o.stop = stop
	go func() { o.done <- manager.Start(ctx) }()
	return nil
}

// identity is that of a user with the rights of the manager's role and no others, so that every test proves them.
func (o *Operator) identity() (*rest.Config, error) {
	root, err := apiserver.Repository()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "rbac", "role.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the manager's role: %w", err)
	}
	role := &rbacv1.ClusterRole{}
	if err := yaml.UnmarshalStrict(content, role); err != nil {
		return nil, fmt.Errorf("reading the manager's role: %w", err)
	}
	const user = "manager"
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := o.Client.Create(context.Background(), object); err != nil {
			return nil, fmt.Errorf("giving the manager its rights: %w", err)
		}
	}
	identity := rest.CopyConfig(o.server.Config)
	identity.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	return identity, nil
}

// Config leads to the API server.
func (o *Operator) Config() *rest.Config { return o.server.Config }

// Stop ends the controllers and the API server.
func (o *Operator) Stop() error {
	o.stop()
	return errors.Join(<-o.done, o.server.Stop())
}

// RollOut plays the cluster: it binds the claim of an environment and makes its Deployment available.
func (o *Operator) RollOut(ctx context.Context, namespace, environment string) error {
	if err := o.bind(ctx, namespace, build.VolumeClaimName(environment)); err != nil {
		return err
	}
	if err := o.bind(ctx, namespace, build.BackupClaimName(environment)); client.IgnoreNotFound(err) != nil {
		return err
	}
	deployment := &appsv1.Deployment{}
	if err := o.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: build.RendererName(environment)}, deployment); err != nil {
		return err
	}
	wanted := *deployment.Spec.Replicas
	status := appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation,
		Replicas:           wanted, UpdatedReplicas: wanted, ReadyReplicas: wanted, AvailableReplicas: wanted,
	}
	if equality.Semantic.DeepEqual(deployment.Status, status) {
		return nil
	}
	deployment.Status = status
	return o.Client.Status().Update(ctx, deployment)
}

// bind plays the volume that a claim waits for.
func (o *Operator) bind(ctx context.Context, namespace, name string) error {
	claim := &corev1.PersistentVolumeClaim{}
	if err := o.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, claim); err != nil {
		return err
	}
	if claim.Status.Phase == corev1.ClaimBound {
		return nil
	}
	claim.Status.Phase = corev1.ClaimBound
	return o.Client.Status().Update(ctx, claim)
}

// Silence has nothing answer at the address of a Service, host:port, until answers is called.
func (o *Operator) Silence(address string) (answers func()) {
	o.silent.Store(address, true)
	return func() { o.silent.Delete(address) }
}
