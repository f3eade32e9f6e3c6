package build_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// go test ./internal/build -update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

func quantity(s string) *resource.Quantity { return new(resource.MustParse(s)) }

// environments are the specs that the golden files are built from.
func environments() map[string]v1alpha1.ProductEnvironmentSpec {
	return map[string]v1alpha1.ProductEnvironmentSpec{
		"minimal": {CloudName: "acme-shop"},
		"full": {
			CloudName: "acme-shop",
			Renderer: &v1alpha1.RendererSpec{
				Replicas:         new(int32(0)),
				ImagePullSecrets: []v1alpha1.PullSecretReference{{Name: "pull"}},
				Resources: &v1alpha1.Resources{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")},
				},
				Engine: &v1alpha1.EngineSpec{
					DeadlineSeconds: new(int32(5)),
					Resources: &v1alpha1.Resources{
						Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2500m"), corev1.ResourceMemory: resource.MustParse("4Gi")},
					},
				},
				CacheSize:    quantity("5Gi"),
				NodeSelector: map[string]string{"pool": "media"},
				Tolerations: []corev1.Toleration{
					{Key: "dedicated", Operator: corev1.TolerationOpEqual, Value: "media", Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(60))},
					{Operator: corev1.TolerationOpExists},
				},
			},
			Storage:  &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{Size: quantity("100Gi"), StorageClassName: new("fast")}},
			Database: &v1alpha1.DatabaseSpec{Embedded: &v1alpha1.EmbeddedDatabase{}},
			Delivery: &v1alpha1.DeliverySpec{AuthTokenSecretRef: &v1alpha1.SecretKeyReference{Name: "media-tokens"}},
		},
		"scaled": {
			CloudName: "acme-shop",
			Renderer:  &v1alpha1.RendererSpec{Replicas: new(int32(2))},
			Storage: &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{
				CredentialsSecretRef: &v1alpha1.SecretReference{Name: "bucket-keys"},
			}}},
			Database: &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{
				SecretRef: v1alpha1.SecretKeyReference{Name: "library-app"},
			}},
		},
		"backedup": {
			CloudName: "acme-shop",
			Backup:    &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{Size: quantity("50Gi"), StorageClassName: new("cold")}},
		},
		"shared": {
			CloudName: "acme-shop",
			Backup: &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{
				BucketPlace: v1alpha1.BucketPlace{Region: "eu-north-1", Endpoint: "https://s3.elsewhere.example.com", Prefix: "shop/",
					CredentialsSecretRef: &v1alpha1.SecretReference{Name: "backup-keys"}},
				ObjectLock: &v1alpha1.ObjectLock{Days: 30},
			}},
			Renderer: &v1alpha1.RendererSpec{
				Replicas: new(int32(3)),
				Engine:   &v1alpha1.EngineSpec{Children: new(int32(4)), Queue: new(int32(0))},
				Affinity: &v1alpha1.RendererAffinity{Spread: v1alpha1.SpreadRequired, TopologyKey: "topology.kubernetes.io/zone"},
			},
			Storage: &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{
				Bucket: "acme", Region: "eu-central-1", Endpoint: "https://s3.example.com", Prefix: "shop/",
				CredentialsSecretRef: &v1alpha1.SecretReference{Name: "bucket-keys"},
			}}},
			Database: &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{
				SecretRef: v1alpha1.SecretKeyReference{Name: "library-app", Key: "dsn"},
			}},
		},
	}
}

func environment(name string) *build.Environment {
	object := &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "main", UID: "4a1f7b0e-0000-4000-8000-000000000001"},
		Spec:       environments()[name],
	}
	if name == "scaled" {
		object.Status.Bucket = &v1alpha1.BucketStatus{Name: "darkroom-shop-main-0123456789ab", Owned: true}
	}
	if name == "shared" {
		object.Status.Backup = &v1alpha1.BackupStatus{Bucket: &v1alpha1.BucketStatus{Name: "darkroom-shop-main-backup-0123456789ab", Owned: true}}
	}
	return &build.Environment{
		Object: object, Effective: rules.Effective(object),
		RendererImage: "darkroom/renderer:v1", EngineImage: "darkroom/engine:v1",
	}
}

func TestOwnedObjectsMatchTheirGoldenFiles(t *testing.T) {
	for name := range environments() {
		t.Run(name, func(t *testing.T) {
			e := environment(name)
			configuration, err := build.RendererConfigMap(e)
			if err != nil {
				t.Fatal(err)
			}
			objects := map[string]any{
				"configmap":      configuration,
				"serviceaccount": build.RendererServiceAccount(e),
				"role":           build.RendererRole(e),
				"rolebinding":    build.RendererRoleBinding(e),
				"service":        build.Service(e),
				"deployment":     build.Deployment(e, configuration),
				"rootkey":        build.RootKey(e),
				"networkpolicy":  build.NetworkPolicy(e),
			}
			if budget := build.DisruptionBudget(e); budget != nil {
				objects["disruptionbudget"] = budget
			}
			if claim := build.VolumeClaim(e); claim != nil {
				objects["volumeclaim"] = claim
			}
			if claim := build.BackupClaim(e); claim != nil {
				objects["backupclaim"] = claim
			}
			for file, object := range objects {
				golden(t, filepath.Join("testdata", name, file+".yaml"), object)
			}
			assertNoMoreFiles(t, filepath.Join("testdata", name), len(objects))
		})
	}
}

func TestSecretsMatchTheirGoldenFiles(t *testing.T) {
	e := environment("minimal")
	keys, err := build.KeysSecret(e, []config.Key{
		{Name: "Root", APIKey: "100000000000001", APISecret: "first"},
		{Name: "ci", APIKey: "100000000000002", APISecret: "second"},
	})
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string][]byte{"api_key": []byte("100000000000001"), "cloud_name": []byte("acme-shop")}
	key := &v1alpha1.AccessKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "ci", UID: "4a1f7b0e-0000-4000-8000-000000000002"},
		Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "main"}},
	}
	golden(t, "testdata/secrets/keys.yaml", keys)
	golden(t, "testdata/secrets/environment.yaml", build.EnvironmentCredentials(e, entries))
	golden(t, "testdata/secrets/accesskey.yaml", build.AccessKeyCredentials(key, entries))
	assertNoMoreFiles(t, "testdata/secrets", 3)
}

// golden compares object, as YAML, with the golden file.
func golden(t *testing.T, file string, object any) {
	t.Helper()
	got, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (rewrite with -update); built:\n%s", file, got)
	}
}

// assertNoMoreFiles finds golden files that nothing builds any more.
func assertNoMoreFiles(t *testing.T, folder string, want int) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != want {
		t.Errorf("%s holds %d files, %d are built", folder, len(files), want)
	}
}
