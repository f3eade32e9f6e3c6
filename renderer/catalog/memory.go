package catalog

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Memory is the catalog of a renderer outside Kubernetes: a snapshot that does not change, and objects beside it that the
// APIs create and that are gone with the process. The things of the snapshot are no objects: they are in use, but not listed.
type Memory struct {
	base        *Snapshot
	environment string
	now         func() time.Time

	published atomic.Pointer[Snapshot]

	mu      sync.Mutex
	parts   []part
	objects map[Kind]map[string]v1alpha1.Configuration
	// version counts the writes.
	version int
}

// NewMemory makes a catalog of a snapshot. Environment is the name of a ProductEnvironment that is none.
func NewMemory(base *Snapshot, environment string, logger *slog.Logger) *Memory {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	m := &Memory{
		base: base, environment: environment, now: time.Now,
		parts: configurations(environment, logger), objects: map[Kind]map[string]v1alpha1.Configuration{},
	}
	for _, p := range m.parts {
		p.source().replace(nil, nil)
	}
	m.publish()
	return m
}

// Current is the newest snapshot.
func (m *Memory) Current() *Snapshot { return m.published.Load() }

// Reference names the environment.
func (m *Memory) Reference() v1alpha1.EnvironmentReference {
	return v1alpha1.EnvironmentReference{Name: m.environment}
}

// List gives copies.
func (m *Memory) List(_ context.Context, kind Kind) ([]v1alpha1.Configuration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	listed := oldestFirst(m.objects[kind])
	for i, object := range listed {
		listed[i] = copied(object)
	}
	return listed, nil
}

// Create keeps a copy.
func (m *Memory) Create(_ context.Context, object v1alpha1.Configuration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind := kindOf(object)
	if m.objects[kind][object.GetName()] != nil {
		return ErrExists
	}
	if m.objects[kind] == nil {
		m.objects[kind] = map[string]v1alpha1.Configuration{}
	}
	object.SetCreationTimestamp(metav1.NewTime(m.now()))
	object.SetUID(types.UID(strconv.Itoa(m.version + 1)))
	m.put(kind, object)
	return nil
}

// Update keeps a copy.
func (m *Memory) Update(_ context.Context, object v1alpha1.Configuration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind := kindOf(object)
	switch known := m.objects[kind][object.GetName()]; {
	case known == nil:
		return ErrGone
	case known.GetResourceVersion() != object.GetResourceVersion():
		return ErrChanged
	}
	m.put(kind, object)
	return nil
}

// Delete forgets the object.
func (m *Memory) Delete(_ context.Context, object v1alpha1.Configuration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind := kindOf(object)
	if m.objects[kind][object.GetName()] == nil {
		return ErrGone
	}
	delete(m.objects[kind], object.GetName())
	m.tell(kind, func(s source) { s.remove(nil, object) })
	return nil
}

func (m *Memory) put(kind Kind, object v1alpha1.Configuration) {
	m.version++
	object.SetResourceVersion(strconv.Itoa(m.version))
	m.objects[kind][object.GetName()] = copied(object)
	m.tell(kind, func(s source) { s.apply(nil, copied(object)) })
}

// tell changes what is in use.
func (m *Memory) tell(kind Kind, change func(source)) {
	for _, p := range m.parts {
		if p.kind() == kind {
			change(p.source())
		}
	}
	m.publish()
}

// publish lays what the objects mean over the snapshot.
func (m *Memory) publish() {
	snapshot, over := *m.base, &Snapshot{}
	for _, p := range m.parts {
		p.fill(over)
	}
	snapshot.Presets = merged(m.base.Presets, over.Presets)
	snapshot.Transformations = merged(m.base.Transformations, over.Transformations)
	snapshot.MetadataFields = merged(m.base.MetadataFields, over.MetadataFields)
	snapshot.MetadataRules = slices.Concat(m.base.MetadataRules, over.MetadataRules)
	snapshot.Triggers = slices.Concat(m.base.Triggers, over.Triggers)
	snapshot.Mappings = slices.Concat(over.Mappings, m.base.Mappings)
	longestFirst(snapshot.Mappings)
	m.published.Store(&snapshot)
}

func merged[V any](base, over map[string]V) map[string]V {
	all := make(map[string]V, len(base)+len(over))
	maps.Copy(all, base)
	maps.Copy(all, over)
	return all
}

func copied(object v1alpha1.Configuration) v1alpha1.Configuration {
	return object.DeepCopyObject().(v1alpha1.Configuration)
}

var (
	_ Catalog       = (*Memory)(nil)
	_ Objects       = (*Memory)(nil)
	_ client.Object = v1alpha1.Configuration(nil)
)
