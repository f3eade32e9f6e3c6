package catalog

import (
	"errors"
	"net/url"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/test/apiserver"
)

// rendererRole is all that a renderer may do. It may neither list Secrets nor read another one.
func rendererRole() []client.Object {
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "shop-renderer"}
	return []client.Object{
		&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"productenvironments"}, Verbs: []string{"get", "list", "watch"}},
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"metadatafields", "metadatarules", "streamingprofiles", "transformations", "uploadmappings", "uploadpresets", "webhooktriggers"}, Verbs: []string{"create", "delete", "get", "list", "update", "watch"}},
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"assetimports"}, Verbs: []string{"get", "list", "watch"}},
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"assetimports/status", "webhooktriggers/status"}, Verbs: []string{"patch"}},
			{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{keysSecret}, Verbs: []string{"get", "watch"}},
			{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{"old-cloud"}, Verbs: []string{"get"}},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: meta.Name}},
		},
	}
}

func TestOnARealServer(t *testing.T) {
	server, err := apiserver.Start(t.TempDir())
	if errors.Is(err, apiserver.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	secret := secretObject(t, root, other)
	environment := environmentObject()
	objects := append(rendererRole(), environment, secret, presetObject("web", name, func(spec *v1alpha1.UploadPresetSpec) { spec.Unsigned = new(true) }),
		presetObject("foreign", "another", nil), transformationObject("thumb", name, "c_fill,w_100"))
	for _, object := range append([]client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}}, objects...) {
		if err := admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}

	// The rights of a renderer, and no discovery of its own.
	address, err := url.Parse(server.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	if address.Host == "" {
		address = &url.URL{Scheme: "https", Host: server.Config.Host}
	}
	line := newProxy(t, address.Host)
	config := rest.CopyConfig(server.Config)
	config.Host = address.Scheme + "://" + line.address()
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + namespace + ":shop-renderer"}
	snapshots := &memory{}
	options := KubernetesOptions{Config: config, Namespace: namespace, Environment: name, KeysSecret: keysSecret, Snapshots: snapshots}
	k, err := NewKubernetes(options)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, k)
	eventually(t, "a live catalog", func() bool { return k.Live() })
	current := k.Current()
	if len(current.Keys) != 2 || len(current.Presets) != 1 || !current.Presets["web"].Unsigned || len(current.Transformations) != 1 || current.Environment.CloudName != "acme-shop" {
		t.Errorf("snapshot %+v", current)
	}

	testWrites(t, k, admin)
	testImports(t, k, admin)

	secret.Data = secretObject(t, root).Data
	changed := time.Now()
	if err := admin.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the disabled key to go", func() bool { return len(k.Current().Keys) == 1 })
	if took := time.Since(changed); took > 2*time.Second {
		t.Errorf("a disabled key worked for another %s", took)
	}

	// The server goes away and comes back: serving goes on, also of a renderer that starts meanwhile.
	line.set(true)
	stop()
	k, err = NewKubernetes(options)
	if err != nil {
		t.Fatal(err)
	}
	run(t, k)
	eventually(t, "the stored catalog", func() bool { return k.Ready() })
	if k.Live() || len(k.Current().Keys) != 1 || len(k.Current().Presets) != 3 {
		t.Errorf("without the server: live %v, %+v", k.Live(), k.Current())
	}
	line.set(false)
	eventually(t, "a live catalog again", func() bool { return k.Live() })
	line.set(true)
	if err := admin.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	line.set(false)
	eventually(t, "all keys to go", func() bool { return len(k.Current().Keys) == 0 })
}
