package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Snapshots keeps bytes by name, durably.
type Snapshots interface {
	SaveSnapshot(ctx context.Context, name string, data []byte) error
	LoadSnapshot(ctx context.Context, name string) ([]byte, error)
}

// KubernetesOptions say whose configuration to follow, and where.
type KubernetesOptions struct {
	// Config reaches the API server.
	Config *rest.Config
	// Namespace and Environment name the ProductEnvironment.
	Namespace, Environment string
	// KeysSecret names the Secret with the enabled access keys. It is read by its name alone, never listed.
	KeysSecret string
	// Snapshots keeps what was published last, for a start while the API server is away. Nil keeps nothing.
	Snapshots Snapshots
	// Logger gets what goes wrong; nil discards it.
	Logger *slog.Logger
}

// Kubernetes is the catalog of a product environment in a cluster. It follows the custom resources and the keys
// Secret, publishes a new snapshot with every change, and writes the objects that the APIs change.
type Kubernetes struct {
	options KubernetesOptions
	client  client.WithWatch
	logger  *slog.Logger
	keeper  *keeper

	published atomic.Pointer[Snapshot]

	mu    sync.Mutex
	parts parts
	// changed is closed by the next update.
	changed chan struct{}
}

// NewKubernetes makes the catalog. It asks neither the API server nor the snapshots yet; Run does.
func NewKubernetes(options KubernetesOptions) (*Kubernetes, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("make the scheme of the catalog's kinds: %w", err)
	}
	// The mapping is fixed, so that nothing needs to be asked of an API server that may be away.
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(v1alpha1.GroupVersion.WithKind("ProductEnvironment"), meta.RESTScopeNamespace)
	for kind := range lists() {
		mapper.Add(v1alpha1.GroupVersion.WithKind(string(kind)), meta.RESTScopeNamespace)
	}
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	api, err := client.NewWithWatch(options.Config, client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, fmt.Errorf("make the catalog's client: %w", err)
	}
	return newKubernetes(options, api), nil
}

func newKubernetes(options KubernetesOptions, api client.WithWatch) *Kubernetes {
	k := &Kubernetes{options: options, client: api, logger: options.Logger, changed: make(chan struct{})}
	if k.logger == nil {
		k.logger = slog.New(slog.DiscardHandler)
	}
	k.parts.configuration = configurations(options.Environment, k.logger)
	k.keeper = newKeeper(options, k.logger)
	return k
}

// restore publishes what was published last before this start, if anything was.
func (k *Kubernetes) restore(ctx context.Context) {
	if stored := k.keeper.load(ctx); stored != nil {
		k.parts.restore(stored)
		k.published.Store(stored)
		k.logger.InfoContext(ctx, "serving the stored configuration until the API server answers")
	}
}

// Current is the newest snapshot, nil before the first one.
func (k *Kubernetes) Current() *Snapshot { return k.published.Load() }

// Ready says that there is a snapshot. It may be a stored one while the API server is away: serving goes on.
func (k *Kubernetes) Ready() bool { return k.Current() != nil }

// Live says that every part of the configuration was read from the API server since the start.
func (k *Kubernetes) Live() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.parts.live()
}

// Run begins with the snapshot that was published last, if there is one, and follows the cluster until ctx ends. It
// returns nil: an API server that is away is waited for.
func (k *Kubernetes) Run(ctx context.Context) error {
	k.restore(ctx)
	var running sync.WaitGroup
	for _, source := range k.sources() {
		running.Go(func() { k.follow(ctx, source) })
	}
	if k.options.Snapshots != nil {
		running.Go(func() { k.keeper.run(ctx) })
	}
	running.Wait()
	return nil
}

// update changes the parts and publishes what they make at once.
func (k *Kubernetes) update(change func(*parts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.parts)
	close(k.changed)
	k.changed = make(chan struct{})
	snapshot := k.parts.snapshot()
	if snapshot == nil {
		return
	}
	k.published.Store(snapshot)
	k.keeper.keep(snapshot)
}

var _ Catalog = (*Kubernetes)(nil)
