package certs_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/certs"
	"github.com/darkroom-media/darkroom/test/apiserver"
	"github.com/darkroom-media/darkroom/test/port"
	"github.com/darkroom-media/darkroom/webhooks"
)

const (
	namespace = "darkroom-system"
	// The names are those that the roles of config/rbac name.
	secretName    = "darkroom-webhook-certificate"
	configuration = "darkroom-validating-webhook-configuration"
)

func TestAdmissionIsServedUnderItsOwnCertificate(t *testing.T) {
	folder := t.TempDir()
	server, err := apiserver.Start(folder)
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
	port := freePort(t)
	create(t, admin, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	create(t, admin, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: secretName}})
	create(t, admin, webhookConfiguration(t, port))
	giveRights(t, admin)

	refused := func() error {
		bad := &v1alpha1.ProductEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "shop"},
			// Only the rules know that API paths begin with it.
			Spec: v1alpha1.ProductEnvironmentSpec{CloudName: "v2"},
		}
		return admin.Create(t.Context(), bad, client.DryRunAll)
	}
	if err := refused(); err != nil {
		t.Fatalf("with the webhooks down the API server goes without them: %v", err)
	}

	identity := rest.CopyConfig(server.Config)
	identity.Impersonate = rest.ImpersonationConfig{UserName: "manager"}
	mount := filepath.Join(folder, "mount")
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var first sync.Once
	ended := make(chan error, 2)
	go func() { ended <- playKubelet(ctx, admin, mount) }()
	go func() {
		ended <- (&certs.Server{
			Config: identity, Scheme: scheme,
			Secret:  types.NamespacedName{Namespace: namespace, Name: secretName},
			Service: "darkroom-webhook-service", Names: []string{"localhost"},
			Configuration: configuration, Dir: mount, Host: "127.0.0.1", Port: port,
			Add: func(manager ctrl.Manager) (err error) {
				err = webhooks.SetupWithManager(manager, nil)
				first.Do(func() { err = errors.New("the first try fails") })
				return err
			},
			RetryAfter: time.Millisecond, Logger: testr.New(t),
		}).Start(ctx)
	}()
	defer func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}()
	deadline := time.Now().Add(time.Minute)
	for err = refused(); err == nil || !strings.Contains(err.Error(), "spec.cloudName"); err = refused() {
		if time.Now().After(deadline) {
			t.Fatalf("the API server still answers %v", err)
		}
		pause(t.Context(), 200*time.Millisecond)
	}
	// Every kind has its webhook in the configuration, and its path on the server.
	shop := v1alpha1.EnvironmentReference{Name: "shop"}
	meta := metav1.ObjectMeta{Namespace: namespace, Name: "thing"}
	for webhook, object := range map[string]client.Object{
		"metadatafields": &v1alpha1.MetadataField{ObjectMeta: meta, Spec: v1alpha1.MetadataFieldSpec{EnvironmentRef: shop, Label: " ", Type: "string"}},
		"webhooktriggers": &v1alpha1.WebhookTrigger{ObjectMeta: meta, Spec: v1alpha1.WebhookTriggerSpec{
			EnvironmentRef: shop, EventType: "uploaded", URI: "https://example.com/",
		}},
		"transformations": &v1alpha1.Transformation{ObjectMeta: meta, Spec: v1alpha1.TransformationSpec{EnvironmentRef: shop, Transformation: "c_fill\x01"}},
		"uploadpresets": &v1alpha1.UploadPreset{ObjectMeta: meta, Spec: v1alpha1.UploadPresetSpec{
			EnvironmentRef: shop, UploadParameters: v1alpha1.UploadParameters{PublicID: "a#b"},
		}},
		"assetimports":   &v1alpha1.AssetImport{ObjectMeta: meta, Spec: v1alpha1.AssetImportSpec{EnvironmentRef: shop, Source: v1alpha1.ImportSource{List: &v1alpha1.ListSource{URL: "https://:80/"}}}},
		"uploadmappings": &v1alpha1.UploadMapping{ObjectMeta: meta, Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: shop, Folder: "v1", Template: "https://example.com/"}},
	} {
		if err := admin.Create(t.Context(), object, client.DryRunAll); err == nil || !strings.Contains(err.Error(), `admission webhook "`+webhook+`.media.darkroom.dev" denied`) {
			t.Errorf("%s: %v", webhook, err)
		}
	}
}

func TestAnAPIServerThatIsAwayEndsNothing(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	server := &certs.Server{
		Config: &rest.Config{Host: "http://127.0.0.1:1"}, Scheme: runtime.NewScheme(),
		Secret: types.NamespacedName{Namespace: namespace, Name: secretName}, Dir: t.TempDir(), Logger: testr.New(t),
	}
	if err := server.Start(ctx); err != nil {
		t.Errorf("the manager would end: %v", err)
	}
	if server.NeedLeaderElection() {
		t.Error("only one replica would serve")
	}
}

// webhookConfiguration is that of config/webhook, with the address of this process in the place of the Service.
func webhookConfiguration(t *testing.T, port int) *admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	object := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	decode(t, filepath.Join("webhook", "manifests.yaml"), object)
	object.Name = configuration
	for i := range object.Webhooks {
		config := &object.Webhooks[i].ClientConfig
		url := "https://localhost:" + strconv.Itoa(port) + *config.Service.Path
		config.URL, config.Service = &url, nil
	}
	return object
}

// giveRights gives the user manager the rights of the roles for admission, and no others.
func giveRights(t *testing.T, admin client.Client) {
	t.Helper()
	role, clusterRole := &rbacv1.Role{}, &rbacv1.ClusterRole{}
	decode(t, filepath.Join("rbac", "webhook_certificate_role.yaml"), role, clusterRole)
	role.Namespace = namespace
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "manager"}}
	create(t, admin, role)
	create(t, admin, clusterRole)
	create(t, admin, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "manager"}, Subjects: subjects,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
	})
	create(t, admin, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "manager"}, Subjects: subjects,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole.Name},
	})
}

// decode reads the documents of a file below config.
func decode(t *testing.T, file string, into ...any) {
	t.Helper()
	root, err := apiserver.Repository()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "config", file))
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(strings.TrimPrefix(string(content), "---\n"), "\n---\n")
	if len(documents) != len(into) {
		t.Fatalf("%s has %d documents", file, len(documents))
	}
	for i, document := range documents {
		if err := yaml.UnmarshalStrict([]byte(document), into[i]); err != nil {
			t.Fatal(err)
		}
	}
}

// playKubelet mounts the Secret at folder until ctx ends.
func playKubelet(ctx context.Context, reader client.Reader, folder string) error {
	for pause(ctx, 100*time.Millisecond) {
		secret := &corev1.Secret{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: secretName}, secret)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, name := range []string{"tls.key", "tls.crt"} {
			if len(secret.Data[name]) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(folder, name), secret.Data[name], 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause waits, and says whether ctx goes on.
func pause(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func create(t *testing.T, c client.Client, object client.Object) {
	t.Helper()
	if err := c.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	address, err := port.Free("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	_, digits, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	free, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return free
}
