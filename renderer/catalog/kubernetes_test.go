package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/config"
)

const (
	namespace  = "media"
	name       = "shop"
	keysSecret = "shop-keys"
)

func environmentObject() *v1alpha1.ProductEnvironment {
	return &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: "acme-shop"},
		Status:     v1alpha1.ProductEnvironmentStatus{CloudName: "acme-shop"},
	}
}

func secretObject(t *testing.T, keys ...config.Key) *corev1.Secret {
	t.Helper()
	data, err := config.MarshalKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: keysSecret},
		Data:       map[string][]byte{config.KeysFile: data},
	}
}

func presetObject(object, environment string, change func(*v1alpha1.UploadPresetSpec)) *v1alpha1.UploadPreset {
	preset := &v1alpha1.UploadPreset{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: object},
		Spec:       v1alpha1.UploadPresetSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment}},
	}
	if change != nil {
		change(&preset.Spec)
	}
	return preset
}

func transformationObject(object, environment, text string) *v1alpha1.Transformation {
	return &v1alpha1.Transformation{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: object},
		Spec: v1alpha1.TransformationSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment},
			Transformation: text,
		},
	}
}

var (
	root  = config.Key{Name: "root", APIKey: "111", APISecret: "s1"}
	other = config.Key{Name: "other", APIKey: "222", APISecret: "s2"}
)

// cluster is an API server whose faults can be set.
type cluster struct {
	client.WithWatch
	// away makes every call fail.
	away atomic.Bool

	mu sync.Mutex
	// watches are those that are open.
	watches []watch.Interface
	// intercept, when set, may replace a watch.
	intercept func(list client.ObjectList, changes watch.Interface) watch.Interface
}

func newCluster(t *testing.T, objects ...client.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	c := &cluster{}
	c.WithWatch = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ProductEnvironment{}, &v1alpha1.WebhookTrigger{}).
		WithIndex(&v1alpha1.ProductEnvironment{}, "metadata.name", func(o client.Object) []string { return []string{o.GetName()} }).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				if c.away.Load() {
					return errors.New("connection refused")
				}
				return api.Get(ctx, key, object, options...)
			},
			List: func(ctx context.Context, api client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
				if c.away.Load() {
					return errors.New("connection refused")
				}
				if _, secrets := list.(*corev1.SecretList); secrets {
					return apierrors.NewForbidden(corev1.Resource("secrets"), "", errors.New("the renderer may list no Secrets"))
				}
				return api.List(ctx, list, options...)
			},
			Watch: func(ctx context.Context, api client.WithWatch, list client.ObjectList, options ...client.ListOption) (watch.Interface, error) {
				if c.away.Load() {
					return nil, errors.New("connection refused")
				}
				if _, secrets := list.(*corev1.SecretList); secrets {
					selected := client.ListOptions{}
					selected.ApplyOptions(options)
					if selected.FieldSelector == nil || selected.FieldSelector.String() != "metadata.name="+keysSecret {
						return nil, apierrors.NewForbidden(corev1.Resource("secrets"), "", errors.New("the renderer may watch one Secret only"))
					}
				}
				changes, err := api.Watch(ctx, list, options...)
				if err != nil {
					return nil, err
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.intercept != nil {
					changes = c.intercept(list, changes)
				}
				c.watches = append(c.watches, changes)
				return changes, nil
			},
		}).Build()
	return c
}

// cut closes all open watches, as a server does that restarts.
func (c *cluster) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, open := range c.watches {
		open.Stop()
	}
	c.watches = nil
}

func (c *cluster) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.watches)
}

// memory keeps snapshots.
type memory struct {
	mu    sync.Mutex
	data  map[string][]byte
	saves int
	fail  bool
}

func (m *memory) SaveSnapshot(_ context.Context, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return errors.New("the disk is full")
	}
	if m.data == nil {
		m.data = map[string][]byte{}
	}
	m.data[name] = data
	m.saves++
	return nil
}

func (m *memory) LoadSnapshot(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.data[name]
	if !ok {
		return nil, errors.New("not found")
	}
	return data, nil
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saves
}

// start runs a catalog until the test ends.
func start(t *testing.T, api client.WithWatch, snapshots Snapshots) *Kubernetes {
	t.Helper()
	k := newKubernetes(KubernetesOptions{
		Namespace: namespace, Environment: name, KeysSecret: keysSecret, Snapshots: snapshots,
	}, api)
	run(t, k)
	return k
}

func run(t *testing.T, k *Kubernetes) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := k.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// eventually waits for what the cluster brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// ready waits until the catalog has read everything and watches all of it.
func ready(t *testing.T, c *cluster, k *Kubernetes) {
	t.Helper()
	eventually(t, "a live catalog", func() bool { return k.Live() && k.Ready() && c.open() == len(k.sources()) })
}

func TestPublishesTheConfiguration(t *testing.T) {
	environment := environmentObject()
	environment.Spec.Uploads = &v1alpha1.UploadsSpec{FolderMode: v1alpha1.FolderModeFixed}
	environment.Spec.Delivery = &v1alpha1.DeliverySpec{SecureHost: "img.example.com", DefaultQuality: "70"}
	c := newCluster(t, environment, secretObject(t, root, other),
		presetObject("web", name, func(spec *v1alpha1.UploadPresetSpec) {
			spec.Name, spec.Unsigned, spec.DisallowPublicID = "Web Uploads", new(true), new(true)
			spec.Tags, spec.UseFilename = []string{"a", "b"}, new(false)
		}),
		presetObject("foreign", "another", nil),
		transformationObject("thumb", name, "c_fill,w_100"),
		transformationObject("foreign", "another", "c_fill,w_200"),
	)
	k := start(t, c, nil)
	ready(t, c, k)

	got := k.Current()
	want := Environment{
		CloudName:             "acme-shop",
		DisplayName:           "shop",
		SignatureAlgorithm:    "sha1",
		MaxImageBytes:         20 << 20,
		MaxRawBytes:           20 << 20,
		MaxImagePixels:        100_000_000,
		DeliveryBaseURL:       "http://shop-media.media.svc",
		SecureDeliveryBaseURL: "https://img.example.com",
		DefaultQuality:        "70",
		MaxOutputPixels:       25_000_000,
		CacheMaxAge:           2592000,
		RestrictedTypes:       []string{"list"},
		RemoteTypes:           got.Environment.RemoteTypes,
		RefetchAfter:          604800,
	}
	if !reflect.DeepEqual(got.Environment, want) {
		t.Errorf("environment:\n got %+v\nwant %+v", got.Environment, want)
	}
	if names := slices.Sorted(maps.Keys(got.Keys)); !slices.Equal(names, []string{"111", "222"}) || got.PrimaryKey != "111" {
		t.Errorf("keys %v, primary %q", names, got.PrimaryKey)
	}
	preset := got.Presets["Web Uploads"]
	if len(got.Presets) != 1 || !preset.Unsigned || !preset.DisallowPublicID ||
		string(preset.Parameters["tags"]) != `["a","b"]` || string(preset.Parameters["use_filename"]) != "false" || len(preset.Parameters) != 2 {
		t.Errorf("presets %+v", got.Presets)
	}
	if len(got.Transformations) != 1 || got.Transformations["thumb"] != (Transformation{"thumb", "c_fill,w_100", true}) {
		t.Errorf("transformations %+v", got.Transformations)
	}
}

func TestWaitsForEveryPart(t *testing.T) {
	c := newCluster(t, secretObject(t, root))
	k := start(t, c, nil)
	eventually(t, "the watches", func() bool { return c.open() == len(k.sources()) })
	if k.Ready() || k.Current() != nil {
		t.Error("ready without a product environment")
	}
	if err := c.Create(t.Context(), environmentObject()); err != nil {
		t.Fatal(err)
	}
	ready(t, c, k)
}

func TestFollowsChanges(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root, other))
	k := start(t, c, nil)
	ready(t, c, k)
	update := func(object client.Object) {
		t.Helper()
		if err := c.Update(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}

	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: keysSecret}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Data = secretObject(t, other).Data
	update(secret)
	eventually(t, "the disabled key to go", func() bool { return len(k.Current().Keys) == 1 })
	if current := k.Current(); current.Keys["222"].APISecret != "s2" || current.PrimaryKey != "222" {
		t.Errorf("keys %v, primary %q", current.Keys, current.PrimaryKey)
	}

	dedicated := other
	dedicated.Webhooks = true
	secret.Data = secretObject(t, root, dedicated).Data
	update(secret)
	eventually(t, "the key for webhooks", func() bool { return k.Current().WebhookKey == "222" && k.Current().PrimaryKey == "111" })

	secret.Data = map[string][]byte{config.KeysFile: []byte("{")}
	update(secret)
	eventually(t, "an unreadable Secret to enable nothing", func() bool {
		return len(k.Current().Keys) == 0 && k.Current().PrimaryKey == "" && k.Current().WebhookKey == ""
	})
	secret.Data = secretObject(t, root).Data
	update(secret)
	eventually(t, "the key to come back", func() bool { return len(k.Current().Keys) == 1 })
	if err := c.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a deleted Secret to enable nothing", func() bool { return len(k.Current().Keys) == 0 })

	preset := presetObject("web", name, nil)
	if err := c.Create(t.Context(), preset); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the preset", func() bool { return len(k.Current().Presets) == 1 })
	before := k.Current()
	preset.Spec.Unsigned = new(true)
	update(preset)
	eventually(t, "the preset's change", func() bool { return k.Current().Presets["web"].Unsigned })
	if before.Presets["web"].Unsigned {
		t.Error("a published snapshot has changed")
	}
	preset.Spec.EnvironmentRef.Name = "another"
	update(preset)
	eventually(t, "the preset to leave", func() bool { return len(k.Current().Presets) == 0 })

	thumb := transformationObject("thumb", name, "c_fill,w_100")
	if err := c.Create(t.Context(), thumb); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the transformation", func() bool { return len(k.Current().Transformations) == 1 })
	if err := c.Delete(t.Context(), thumb); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the transformation to go", func() bool { return len(k.Current().Transformations) == 0 })

	environment := environmentObject()
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(environment), environment); err != nil {
		t.Fatal(err)
	}
	environment.Spec.DisplayName = "Our shop"
	update(environment)
	eventually(t, "the new name", func() bool { return k.Current().Environment.DisplayName == "Our shop" })
	environment.Spec.DisplayName = "Bad shop"
	environment.Spec.Uploads = &v1alpha1.UploadsSpec{Fetch: &v1alpha1.FetchSpec{AllowedCIDRs: []string{"everything"}}}
	update(environment)
	environment.Spec.Uploads = nil
	environment.Spec.DisplayName = "Good shop"
	update(environment)
	eventually(t, "the valid settings", func() bool {
		display := k.Current().Environment.DisplayName
		if display == "Bad shop" {
			t.Error("invalid settings were published")
		}
		return display == "Good shop"
	})
	if err := c.Delete(t.Context(), environment); err != nil {
		t.Fatal(err)
	}
	if k.Current().Environment.CloudName != "acme-shop" {
		t.Error("a deleted environment is not served to its end")
	}
}

func TestRefusesInvalidAndDoublePresets(t *testing.T) {
	old, young := presetObject("z-old", name, nil), presetObject("a-young", name, nil)
	old.CreationTimestamp, young.CreationTimestamp = metav1.Unix(1000, 0), metav1.Unix(2000, 0)
	for _, preset := range []*v1alpha1.UploadPreset{old, young} {
		preset.Spec.Name, preset.Spec.Folder = "double", preset.Name
	}
	c := newCluster(t, environmentObject(), secretObject(t, root), old, young,
		presetObject("broken", name, func(spec *v1alpha1.UploadPresetSpec) { spec.Eager = []string{""} }),
		transformationObject("empty", name, ""))
	k := start(t, c, nil)
	ready(t, c, k)
	presets := k.Current().Presets
	if len(presets) != 1 || string(presets["double"].Parameters["folder"]) != `"z-old"` {
		t.Errorf("presets %+v", presets)
	}
	if len(k.Current().Transformations) != 0 {
		t.Errorf("transformations %+v", k.Current().Transformations)
	}
}

func TestReadsAnewWhenWatchesEnd(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root, other))
	var deaf atomic.Bool
	c.intercept = func(_ client.ObjectList, changes watch.Interface) watch.Interface {
		// A deaf watch loses what happens, as one does whose connection is dead.
		return watch.Filter(changes, func(event watch.Event) (watch.Event, bool) { return event, !deaf.Load() })
	}
	k := start(t, c, nil)
	ready(t, c, k)
	deaf.Store(true)
	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: keysSecret}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Data = secretObject(t, root).Data
	if err := errors.Join(c.Update(t.Context(), secret), c.Create(t.Context(), presetObject("web", name, nil))); err != nil {
		t.Fatal(err)
	}
	c.cut()
	eventually(t, "what the watches missed", func() bool { return len(k.Current().Keys) == 1 && len(k.Current().Presets) == 1 })
}

func TestReadsAnewWhenAWatchExpires(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root))
	expire := make(chan watch.Event)
	var expired atomic.Bool
	c.intercept = func(list client.ObjectList, changes watch.Interface) watch.Interface {
		if _, presets := list.(*v1alpha1.UploadPresetList); presets && expired.CompareAndSwap(false, true) {
			changes.Stop()
			return watch.NewProxyWatcher(expire)
		}
		return changes
	}
	k := start(t, c, nil)
	ready(t, c, k)
	if err := c.Create(t.Context(), presetObject("web", name, nil)); err != nil {
		t.Fatal(err)
	}
	expire <- watch.Event{Type: watch.Error, Object: &apierrors.NewResourceExpired("too old resource version").ErrStatus}
	eventually(t, "the preset", func() bool { return len(k.Current().Presets) == 1 })
}

func TestDropsWhatIsOlderThanTheSecretThatWasRead(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root))
	changes := make(chan watch.Event)
	c.intercept = func(list client.ObjectList, real watch.Interface) watch.Interface {
		if _, secrets := list.(*corev1.SecretList); secrets {
			real.Stop()
			return watch.NewProxyWatcher(changes)
		}
		return real
	}
	k := start(t, c, nil)
	ready(t, c, k)
	send := func(version string, keys ...config.Key) {
		secret := secretObject(t, keys...)
		secret.ResourceVersion = version
		changes <- watch.Event{Type: watch.Modified, Object: secret}
	}
	send("2000", root)
	send("1000", root, other)
	other := secretObject(t, other)
	other.Name, other.ResourceVersion = "another", "3000"
	changes <- watch.Event{Type: watch.Modified, Object: other}
	// The channel is not buffered: when the bookmark is taken, everything before was dealt with.
	changes <- watch.Event{Type: watch.Bookmark, Object: &corev1.Secret{}}
	if current := k.Current(); len(current.Keys) != 1 || current.Keys["111"].APISecret != "s1" {
		t.Errorf("keys %v", current.Keys)
	}
}

func TestServesStoredConfigurationWhileTheServerIsAway(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root), presetObject("web", name, nil))
	snapshots := &memory{}
	first := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name, KeysSecret: keysSecret, Snapshots: snapshots}, c)
	stop := run(t, first)
	ready(t, c, first)
	stop()
	if snapshots.count() == 0 {
		t.Fatal("nothing was stored")
	}

	c.away.Store(true)
	c.cut()
	second := start(t, c, snapshots)
	eventually(t, "the stored configuration", second.Ready)
	if second.Live() {
		t.Fatal("live without the server")
	}
	got, err := json.Marshal(second.Current())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := json.Marshal(first.Current()); err != nil || string(got) != string(want) {
		t.Errorf("stored:\n got %s\nwant %s (%v)", got, want, err)
	}

	if err := c.WithWatch.Delete(t.Context(), secretObject(t)); err != nil {
		t.Fatal(err)
	}
	c.away.Store(false)
	ready(t, c, second)
	if len(second.Current().Keys) != 0 {
		t.Error("a key that is gone still works")
	}
}

func TestStoredKeysGoLiveBeforeTheRest(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, other))
	snapshots := &memory{}
	data, err := json.Marshal(stored{Namespace: namespace, Name: name, Snapshot: &Snapshot{
		Environment: Environment{CloudName: "acme-shop"},
		Keys:        map[string]Key{"111": Key(root)},
		Presets:     map[string]Preset{"kept": {Name: "kept"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	snapshots.data = map[string][]byte{storedName: data}
	lame := interceptor.NewClient(c, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("lists time out")
		},
	})
	k := start(t, lame, snapshots)
	eventually(t, "the live keys", func() bool { return k.Ready() && k.Current().Keys["222"].APISecret == "s2" })
	if current := k.Current(); len(current.Keys) != 1 || len(current.Presets) != 1 || current.Environment.CloudName != "acme-shop" {
		t.Errorf("snapshot %+v", current)
	}
}

func TestIgnoresWhatCannotBeUsed(t *testing.T) {
	for title, data := range map[string]string{
		"damaged":                `{"namespace":"media"`,
		"empty":                  `{"namespace":"media","name":"shop"}`,
		"of another environment": `{"namespace":"media","name":"other","snapshot":{"environment":{"cloudName":"x"},"keys":{}}}`,
	} {
		t.Run(title, func(t *testing.T) {
			c := newCluster(t)
			c.away.Store(true)
			k := start(t, c, &memory{data: map[string][]byte{storedName: []byte(data)}})
			if k.Ready() {
				t.Error("ready")
			}
		})
	}
}

func TestStoresOnlyChanges(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root))
	snapshots := &memory{}
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name, KeysSecret: keysSecret, Snapshots: snapshots}, c)
	stop := run(t, k)
	ready(t, c, k)
	stop()
	saved := snapshots.count()

	k = newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name, KeysSecret: keysSecret, Snapshots: snapshots}, c)
	c.cut()
	stop = run(t, k)
	ready(t, c, k)
	stop()
	if snapshots.count() != saved {
		t.Errorf("an unchanged configuration was stored %d more times", snapshots.count()-saved)
	}
}
