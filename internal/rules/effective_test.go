package rules

import (
	"reflect"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestAnEmptySpecHasEveryValueInEffect(t *testing.T) {
	got := Effective(&v1alpha1.ProductEnvironment{ObjectMeta: named("front")})
	want := &Environment{
		DisplayName: "front", Replicas: 1, CacheSize: got.CacheSize, EngineChildren: 2, EngineQueue: 32, EngineDeadline: 30 * time.Second,
		Upgrade: v1alpha1.UpgradePaced, Spread: v1alpha1.SpreadPreferred, TopologyKey: "kubernetes.io/hostname",
		Storage: "volume", Database: "embedded", VolumeSize: got.VolumeSize, DeletionPolicy: v1alpha1.DeletionRetain, SignatureAlgorithm: v1alpha1.SignatureSHA1,
		MaxImageBytes: 20 << 20, MaxRawBytes: 20 << 20, MaxImagePixels: 100_000_000, FolderMode: v1alpha1.FolderModeDynamic,
		ServiceURL: "http://front-media.shop.svc", DeliveryBaseURL: "http://front-media.shop.svc", SecureDeliveryBaseURL: "http://front-media.shop.svc",
		DefaultQuality: "auto:good", CacheMaxAge: 30 * 24 * time.Hour, MaxOutputPixels: 25_000_000,
		AutoAVIF: true, Mezzanines: true, RestrictedTypes: []string{"list"}, RemoteTypes: knownRemoteTypes(), RefetchAfter: 7 * 24 * time.Hour,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if cache, volume := got.CacheSize.String(), got.VolumeSize.String(); cache != "1Gi" || volume != "10Gi" {
		t.Errorf("the cache has %s and the volume %s, want 1Gi and 10Gi", cache, volume)
	}
	if !got.DynamicFolders() {
		t.Error("folders are fixed, want dynamic")
	}
}

func TestWhatTheSpecGivesIsInEffect(t *testing.T) {
	e := environment()
	shared(e)
	e.Status.CloudName = "held"
	e.Spec.DisplayName = "Acme"
	e.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	e.Spec.SampleAssets = new(true)
	e.Spec.SignatureAlgorithm = v1alpha1.SignatureSHA256
	e.Spec.Renderer = &v1alpha1.RendererSpec{
		Replicas: new(int32(3)), CacheSize: quantity("5Gi"), Upgrade: v1alpha1.UpgradeManual,
		Engine:   &v1alpha1.EngineSpec{Children: new(int32(4)), DeadlineSeconds: new(int32(10))},
		Affinity: &v1alpha1.RendererAffinity{Spread: v1alpha1.SpreadRequired, TopologyKey: "topology.kubernetes.io/zone"},
	}
	e.Spec.Storage.S3.Endpoint = "http://minio.storage.svc:9000"
	e.Spec.Uploads = &v1alpha1.UploadsSpec{
		MaxImageSize: quantity("1Mi"), MaxRawSize: quantity("2Mi"), MaxImagePixels: new(int64(3)), FolderMode: v1alpha1.FolderModeFixed,
		KeepMetadataOnOverwrite: new(true),
		Fetch: &v1alpha1.FetchSpec{
			AllowedCIDRs: []string{"10.0.0.0/8"}, AllowedDomains: []string{"Example.com"}, CABundle: "PEM",
			HostAliases: []v1alpha1.HostAlias{{Host: "Dam.internal", IP: "10.0.0.7"}},
		},
	}
	e.Spec.Delivery = &v1alpha1.DeliverySpec{
		Hosts: []string{"Media.example.com"}, PublicBaseURL: "http://media.example.com/", SecureHost: "media.example.com",
		StrictTransformations: new(true), DefaultQuality: "80", CacheMaxAgeSeconds: new(int32(0)), MaxOutputPixels: new(int64(4)),
		AutoAVIF: new(false), Mezzanines: new(false), RestrictedTypes: &[]v1alpha1.RestrictedType{v1alpha1.RestrictRemoteLayers, "fetch"}, RefetchAfterSeconds: new(int32(5)),
		RemoteTypes: []v1alpha1.RemoteType{{Type: "gravatar", URL: "https://avatars.example.com/{id}"}, {Type: "vimeo", URL: "https://v.example.com/{id}.jpg"}},
	}
	got := Effective(e)
	want := &Environment{
		CloudName: "held", DisplayName: "Acme", Replicas: 3, CacheSize: resource.MustParse("5Gi"), EngineChildren: 4, EngineQueue: 64,
		EngineDeadline: 10 * time.Second, Upgrade: v1alpha1.UpgradeManual, Spread: v1alpha1.SpreadRequired, TopologyKey: "topology.kubernetes.io/zone",
		Storage: "s3", Database: "postgres", VolumeSize: got.VolumeSize, S3PathStyle: true, Bucket: "acme-media", DeletionPolicy: v1alpha1.DeletionDelete, SampleAssets: true, SignatureAlgorithm: v1alpha1.SignatureSHA256,
		MaxImageBytes: 1 << 20, MaxRawBytes: 2 << 20, MaxImagePixels: 3, FolderMode: v1alpha1.FolderModeFixed,
		KeepMetadataOnOverwrite: true,
		FetchAllowedCIDRs:       []string{"10.0.0.0/8"}, FetchAllowedDomains: []string{"example.com"},
		FetchHostAliases: map[string]string{"dam.internal": "10.0.0.7"}, FetchCABundle: "PEM",
		ServiceURL: "http://shop-media.shop.svc", DeliveryBaseURL: "http://media.example.com", SecureDeliveryBaseURL: "https://media.example.com",
		Hosts: []string{"media.example.com"}, StrictTransformations: true, DefaultQuality: "80", MaxOutputPixels: 4,
		RestrictedTypes: []string{"remote_layers", "fetch"}, RefetchAfter: 5 * time.Second,
		RemoteTypes: map[string]string{
			"gravatar": "https://avatars.example.com/{id}", "youtube": knownRemoteTypes()["youtube"], "vimeo": "https://v.example.com/{id}.jpg",
		},
	}
	if got.CacheSize.Cmp(want.CacheSize) == 0 {
		want.CacheSize = got.CacheSize // equal quantities may be written differently
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBackupsGoWhereTheirBucketIsSettled(t *testing.T) {
	e := environment()
	if got := Effective(e); got.Backup != "" {
		t.Errorf("without a backup: %q", got.Backup)
	}
	e.Spec.Backup = &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{}}
	if got := Effective(e); got.Backup != StorageVolume || got.BackupVolumeSize.String() != "10Gi" {
		t.Errorf("on a volume: %q of %s", got.Backup, got.BackupVolumeSize.String())
	}
	e.Spec.Backup.Volume.Size = quantity("3Gi")
	if got := Effective(e); got.BackupVolumeSize.String() != "3Gi" {
		t.Errorf("on a volume of %s", got.BackupVolumeSize.String())
	}
	e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{BucketPlace: v1alpha1.BucketPlace{Bucket: "wanted"}}}
	if got := Effective(e); got.Backup != "" || got.BackupBucket != "" {
		t.Errorf("before the bucket is settled: %q in %q", got.Backup, got.BackupBucket)
	}
	e.Status.Backup = &v1alpha1.BackupStatus{Bucket: &v1alpha1.BucketStatus{Name: "settled"}}
	if got := Effective(e); got.Backup != StorageS3 || got.BackupBucket != "settled" {
		t.Errorf("in a bucket: %q in %q", got.Backup, got.BackupBucket)
	}
}

func TestFoldersAreFixedWhereTheSpecSaysSo(t *testing.T) {
	e := environment()
	e.Spec.Uploads = &v1alpha1.UploadsSpec{FolderMode: v1alpha1.FolderModeFixed}
	if Effective(e).DynamicFolders() {
		t.Error("folders are dynamic")
	}
}

func TestAnEngineHasOneChildForEachCPUOfItsLimit(t *testing.T) {
	for limit, want := range map[string]int32{"1": 1, "1500m": 2, "100m": 1, "8": 8, "0": 2, "192": 64} {
		e := environment()
		e.Spec.Renderer.Engine.Resources = &v1alpha1.Resources{Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(limit)}}
		if got := Effective(e).EngineChildren; got != want {
			t.Errorf("a limit of %s gives %d children, want %d", limit, got, want)
		}
	}
}

func TestEffectiveSharesNothingWithTheObject(t *testing.T) {
	e := environment()
	e.Spec.Uploads.Fetch.AllowedCIDRs = []string{"10.0.0.0/8"}
	Effective(e).FetchAllowedCIDRs[0] = "0.0.0.0/0"
	if e.Spec.Uploads.Fetch.AllowedCIDRs[0] != "10.0.0.0/8" {
		t.Error("a change to the values in effect reached the spec")
	}
}
