package catalog

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestObjectNames(t *testing.T) {
	label := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	names := map[string]string{}
	for _, external := range []string{"web", "Web", "w b", "w-b", "Bilder/Ärger", "☂", strings.Repeat("long ", 50), ""} {
		got := ObjectName("shop", external)
		if !label.MatchString(got) || len(got) > 63 {
			t.Errorf("%q: %s is no DNS label", external, got)
		}
		if other, taken := names[got]; taken {
			t.Errorf("%q and %q are both %s", external, other, got)
		}
		names[got] = external
		if ObjectName("other", external) == got {
			t.Errorf("%q: two environments have the same object", external)
		}
	}
}

func TestManagedObjects(t *testing.T) {
	fields := func(manager string, operation metav1.ManagedFieldsOperationType, subresource, raw string) []metav1.ManagedFieldsEntry {
		return []metav1.ManagedFieldsEntry{{Manager: manager, Operation: operation, Subresource: subresource, FieldsV1: metav1.NewFieldsV1(raw)}}
	}
	for want, meta := range map[string]metav1.ObjectMeta{
		"Argo CD (shop:media)":      {Annotations: map[string]string{"argocd.argoproj.io/tracking-id": "shop:media"}},
		"Argo CD (shop)":            {Labels: map[string]string{"argocd.argoproj.io/instance": "shop"}},
		"Flux (apps)":               {Labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps"}},
		"Helm (release)":            {Annotations: map[string]string{"meta.helm.sh/release-name": "release"}},
		"Helm":                      {Labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}},
		"the field manager a-robot": {ManagedFields: fields("a-robot", "Apply", "", `{"f:spec":{"f:unsigned":{}}}`)},
	} {
		if got := managedBy(&v1alpha1.UploadPreset{ObjectMeta: meta}); got != want {
			t.Errorf("managed by %q, want %q", got, want)
		}
	}
	for _, free := range [][]metav1.ManagedFieldsEntry{
		nil,
		fields("kubectl-edit", "Update", "", `{"f:spec":{}}`),
		fields("darkroom", "Apply", "status", `{"f:status":{}}`),
		fields("darkroom", "Apply", "", `{"f:metadata":{}}`),
	} {
		if got := managedBy(&v1alpha1.UploadPreset{ObjectMeta: metav1.ObjectMeta{ManagedFields: free}}); got != "" {
			t.Errorf("%v: managed by %q", free, got)
		}
	}
}

// testObjects is what every store of objects does.
func testObjects(t *testing.T, objects Objects, current func() *Snapshot) {
	t.Helper()
	ctx := t.Context()
	preset := func() *v1alpha1.UploadPreset {
		p := &v1alpha1.UploadPreset{Spec: v1alpha1.UploadPresetSpec{EnvironmentRef: objects.Reference(), Name: "Made here"}}
		p.Name = ObjectName(objects.Reference().Name, "Made here")
		return p
	}
	if err := objects.Create(ctx, preset()); err != nil {
		t.Fatal(err)
	}
	if _, ok := current().Presets["Made here"]; !ok {
		t.Error("a created preset is not in use at once")
	}
	if err := objects.Create(ctx, preset()); !errors.Is(err, ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	first, second := findPreset(t, objects, "Made here"), findPreset(t, objects, "Made here")
	first.Spec.Unsigned = new(true)
	if err := objects.Update(ctx, first); err != nil {
		t.Fatal(err)
	}
	if !current().Presets["Made here"].Unsigned {
		t.Error("an updated preset is not in use at once")
	}
	if err := objects.Update(ctx, second); !errors.Is(err, ErrChanged) {
		t.Errorf("updated from an old state: %v", err)
	}
	if err := objects.Delete(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, ok := current().Presets["Made here"]; ok {
		t.Error("a deleted preset is still in use")
	}
	for act, err := range map[string]error{"updated": objects.Update(ctx, first), "deleted": objects.Delete(ctx, first)} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s after it was deleted: %v", act, err)
		}
	}
}

func findPreset(t *testing.T, objects Objects, external string) *v1alpha1.UploadPreset {
	t.Helper()
	listed, err := objects.List(t.Context(), KindUploadPreset)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range listed {
		if object.ExternalName() == external {
			return object.(*v1alpha1.UploadPreset)
		}
	}
	t.Fatalf("there is no preset %s", external)
	return nil
}

func TestMemory(t *testing.T) {
	base := &Snapshot{
		Environment: Environment{CloudName: "demo"}, Presets: map[string]Preset{"given": {Name: "given"}},
		Mappings: []Mapping{{Folder: "a/b", Template: "https://base.example.com/"}},
	}
	m := NewMemory(base, "shop", nil)
	testObjects(t, m, m.Current)
	mapping := &v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: m.Reference(), Folder: "a", Template: "https://a.example.com/"}}
	mapping.Name = "a"
	if err := m.Create(t.Context(), mapping); err != nil {
		t.Fatal(err)
	}
	current := m.Current()
	if _, ok := current.Presets["given"]; !ok || current.Environment.CloudName != "demo" {
		t.Errorf("what was given is gone: %+v", current)
	}
	if url, _ := current.Source("raw", "a/b/c", ""); url != "https://base.example.com/c" {
		t.Errorf("the mapping of the longest folder is not the first: %s", url)
	}
	if len(base.Mappings) != 1 {
		t.Error("the given snapshot was changed")
	}
}

// testWrites runs against a real API server with the rights of a renderer; admin may do everything.
func testWrites(t *testing.T, k *Kubernetes, admin client.Client) {
	t.Helper()
	ctx := t.Context()
	testObjects(t, k, k.Current)

	managed := presetObject("gitops", name, nil)
	managed.Labels = map[string]string{"argocd.argoproj.io/instance": "shop"}
	applied := &v1alpha1.UploadPreset{}
	if err := admin.Create(ctx, managed); err != nil {
		t.Fatal(err)
	}
	configuration := runtime.RawExtension{Raw: []byte(`{"apiVersion":"media.darkroom.dev/v1alpha1","kind":"UploadPreset","metadata":{"name":"applied"},"spec":{"environmentRef":{"name":"` + name + `"},"unsigned":true}}`)}
	applied.Name, applied.Namespace = "applied", namespace
	if err := admin.Patch(ctx, applied, client.RawPatch("application/apply-patch+yaml", configuration.Raw), client.FieldOwner("a-robot")); err != nil {
		t.Fatal(err)
	}
	for preset, by := range map[string]string{"gitops": "Argo CD (shop)", "applied": "the field manager a-robot"} {
		found := findPreset(t, k, preset)
		found.Spec.Unsigned = new(true)
		for act, err := range map[string]error{"updated": k.Update(ctx, found), "deleted": k.Delete(ctx, found)} {
			if refused, ok := errors.AsType[*ManagedError](err); !ok || refused.By != by {
				t.Errorf("%s is managed by %s and was %s: %v", preset, by, act, err)
			}
		}
	}

	invalid := presetObject("invalid", name, func(spec *v1alpha1.UploadPresetSpec) { spec.AccessMode = "sometimes" })
	if _, ok := errors.AsType[*RefusedError](k.Create(ctx, invalid)); !ok {
		t.Error("an object that the schema forbids was not refused")
	}
	for kind := range lists() {
		if _, err := k.List(ctx, kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if listed, err := k.List(ctx, KindUploadPreset); err != nil || len(listed) != 3 {
		t.Errorf("listed %d presets, %v: web, gitops and applied are those of the environment", len(listed), err)
	}
}
