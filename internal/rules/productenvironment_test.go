package rules

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func environment() *v1alpha1.ProductEnvironment {
	return &v1alpha1.ProductEnvironment{
		ObjectMeta: named("shop"),
		Spec: v1alpha1.ProductEnvironmentSpec{
			CloudName: "acme-shop",
			Renderer:  &v1alpha1.RendererSpec{Engine: &v1alpha1.EngineSpec{}},
			Storage:   &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{}},
			Database:  &v1alpha1.DatabaseSpec{Embedded: &v1alpha1.EmbeddedDatabase{}},
			Uploads:   &v1alpha1.UploadsSpec{Fetch: &v1alpha1.FetchSpec{}},
			Delivery:  &v1alpha1.DeliverySpec{},
		},
	}
}

func quantity(text string) *resource.Quantity { return new(resource.MustParse(text)) }

// shared makes an environment whose replicas can share what they store.
func shared(e *v1alpha1.ProductEnvironment) {
	e.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{Bucket: "acme-media", Region: "eu-central-1"}}}
	e.Spec.Database = &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{SecretRef: v1alpha1.SecretKeyReference{Name: "shop-db"}}}
}

func TestValidateProductEnvironment(t *testing.T) {
	type E = v1alpha1.ProductEnvironment
	check(t, environment, ValidateProductEnvironment, []row[E]{
		{"an empty spec is complete", func(e *E) { e.Spec = v1alpha1.ProductEnvironmentSpec{} }, nil},
		{"an invalid cloud name", func(e *E) { e.Spec.CloudName = "Acme Shop" }, []string{"spec.cloudName"}},
		{"a name that is no host label", func(e *E) { e.Name = "acme.shop" }, []string{"metadata.name"}},
		{"a name that begins with a digit", func(e *E) { e.Name = "4shop" }, []string{"metadata.name"}},
		{"a name too long for what derives from it", func(e *E) { e.Name = strings.Repeat("a", 53) }, []string{"metadata.name"}},
		{"a name still to be generated", func(e *E) { e.Name = "" }, nil},
		{"no replica", func(e *E) { e.Spec.Renderer.Replicas = new(int32(0)) }, nil},
		{"a negative number of replicas", func(e *E) { e.Spec.Renderer.Replicas = new(int32(-1)) }, []string{"spec.renderer.replicas"}},
		{"two replicas that share nothing", func(e *E) { e.Spec.Renderer.Replicas = new(int32(2)) }, []string{"spec.renderer.replicas"}},
		{"two replicas that share only the bucket", func(e *E) {
			shared(e)
			e.Spec.Database = nil
			e.Spec.Renderer.Replicas = new(int32(2))
		}, []string{"spec.renderer.replicas"}},
		{"two replicas that share everything", func(e *E) { shared(e); e.Spec.Renderer.Replicas = new(int32(2)) }, nil},
		{"a backup in a bucket", func(e *E) {
			e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{
				BucketPlace: v1alpha1.BucketPlace{CredentialsSecretRef: &v1alpha1.SecretReference{Name: "s"}},
				ObjectLock:  &v1alpha1.ObjectLock{Days: 1, Mode: v1alpha1.ObjectLockCompliance},
			}}
		}, nil},
		{"a backup on a volume", func(e *E) { e.Spec.Backup = &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{}} }, nil},
		{"a backup nowhere", func(e *E) { e.Spec.Backup = &v1alpha1.BackupSpec{} }, []string{"spec.backup"}},
		{"a backup in two places", func(e *E) {
			e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{BucketPlace: v1alpha1.BucketPlace{Bucket: "copies"}}, Volume: &v1alpha1.VolumeStorage{}}
		}, []string{"spec.backup"}},
		{"a backup in the bucket of the bytes", func(e *E) {
			shared(e)
			e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{BucketPlace: v1alpha1.BucketPlace{Bucket: "acme-media"}}}
		}, []string{"spec.backup.s3.bucket"}},
		{"a backup in a bucket that nobody can make, under a lock of no time", func(e *E) {
			e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{ObjectLock: &v1alpha1.ObjectLock{Mode: "Soft"}}}
		}, []string{"spec.backup.s3.bucket", "spec.backup.s3.objectLock.mode", "spec.backup.s3.objectLock.days"}},
		{"a backup on an empty volume", func(e *E) {
			e.Spec.Backup = &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{Size: quantity("0")}}
		}, []string{"spec.backup.volume.size"}},
		{"two replicas with one volume for backups", func(e *E) {
			shared(e)
			e.Spec.Renderer.Replicas = new(int32(2))
			e.Spec.Backup = &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{}}
		}, []string{"spec.renderer.replicas"}},
		{"quotas", func(e *E) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{
				Transformations: &v1alpha1.CountQuota{PerDay: new(int64(5)), PerMonth: new(int64(5))}, CPUSeconds: &v1alpha1.CountQuota{PerMonth: new(int64(1))},
				Bandwidth: &v1alpha1.BytesQuota{PerDay: quantity("1Gi")}, Storage: quantity("20Gi"),
			}
		}, nil},
		{"quotas that bound nothing", func(e *E) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{Transformations: &v1alpha1.CountQuota{}, Bandwidth: &v1alpha1.BytesQuota{}}
		}, []string{"spec.quotas.transformations", "spec.quotas.bandwidth"}},
		{"quotas of nothing", func(e *E) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{
				Requests: &v1alpha1.CountQuota{PerDay: new(int64(0))}, Bandwidth: &v1alpha1.BytesQuota{PerMonth: quantity("0")}, Storage: quantity("0.5"),
			}
		}, []string{"spec.quotas.requests.perDay", "spec.quotas.bandwidth.perMonth", "spec.quotas.storage"}},
		{"days that no month has room for", func(e *E) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{
				CPUSeconds: &v1alpha1.CountQuota{PerDay: new(int64(9)), PerMonth: new(int64(8))},
				Bandwidth:  &v1alpha1.BytesQuota{PerDay: quantity("2Gi"), PerMonth: quantity("1Gi")},
			}
		}, []string{"spec.quotas.cpuSeconds.perDay", "spec.quotas.bandwidth.perDay"}},
		{"an image with a space", func(e *E) { e.Spec.Renderer.Image = "darkroom /renderer" }, []string{"spec.renderer.image"}},
		{"a pull secret of no possible name", func(e *E) {
			e.Spec.Renderer.ImagePullSecrets = []v1alpha1.PullSecretReference{{Name: "ok"}, {Name: "Not_OK"}}
		}, []string{"spec.renderer.imagePullSecrets[1].name"}},
		{"an empty cache", func(e *E) { e.Spec.Renderer.CacheSize = quantity("0") }, []string{"spec.renderer.cacheSize"}},
		{"a request above its limit", func(e *E) {
			e.Spec.Renderer.Engine.Resources = &v1alpha1.Resources{
				Requests: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi"), corev1.ResourceCPU: resource.MustParse("1")},
				Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
			}
		}, []string{"spec.renderer.engine.resources.requests[memory]"}},
		{"a negative limit", func(e *E) {
			e.Spec.Renderer.Resources = &v1alpha1.Resources{Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("-1")}}
		}, []string{"spec.renderer.resources.limits[cpu]"}},
		{"no engine child", func(e *E) { e.Spec.Renderer.Engine.Children = new(int32(0)) }, []string{"spec.renderer.engine.children"}},
		{"a queue of nobody", func(e *E) { e.Spec.Renderer.Engine.Queue = new(int32(0)) }, nil},
		{"a deadline of a day", func(e *E) { e.Spec.Renderer.Engine.DeadlineSeconds = new(int32(86400)) }, []string{"spec.renderer.engine.deadlineSeconds"}},
		{"an impossible node label", func(e *E) { e.Spec.Renderer.NodeSelector = map[string]string{"a b": "c"} }, []string{"spec.renderer.nodeSelector"}},
		{"an unknown spread", func(e *E) { e.Spec.Renderer.Affinity = &v1alpha1.RendererAffinity{Spread: "wide"} }, []string{"spec.renderer.affinity.spread"}},
		{"an impossible topology key", func(e *E) { e.Spec.Renderer.Affinity = &v1alpha1.RendererAffinity{TopologyKey: "a b"} }, []string{"spec.renderer.affinity.topologyKey"}},
		{"an unknown upgrade policy", func(e *E) { e.Spec.Renderer.Upgrade = "now" }, []string{"spec.renderer.upgrade"}},

		{"two places for the bytes", func(e *E) {
			e.Spec.Storage.S3 = &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{Bucket: "acme-media"}}
		}, []string{"spec.storage"}},
		{"no place for the bytes", func(e *E) { e.Spec.Storage.Volume = nil }, []string{"spec.storage"}},
		{"a volume of nothing", func(e *E) { e.Spec.Storage.Volume.Size = quantity("0") }, []string{"spec.storage.volume.size"}},
		{"a volume without class", func(e *E) { e.Spec.Storage.Volume.StorageClassName = new("") }, nil},
		{"a volume of an impossible class", func(e *E) { e.Spec.Storage.Volume.StorageClassName = new("Fast!") }, []string{"spec.storage.volume.storageClassName"}},
		{"a bucket in upper case", func(e *E) { shared(e); e.Spec.Storage.S3.Bucket = "Media" }, []string{"spec.storage.s3.bucket"}},
		{"an endpoint that is no URL", func(e *E) { shared(e); e.Spec.Storage.S3.Endpoint = "minio:9000" }, []string{"spec.storage.s3.endpoint"}},
		{"a prefix with a control character", func(e *E) { shared(e); e.Spec.Storage.S3.Prefix = "a\x00b" }, []string{"spec.storage.s3.prefix"}},
		{"a prefix that begins with a slash", func(e *E) { shared(e); e.Spec.Storage.S3.Prefix = "/media" }, []string{"spec.storage.s3.prefix"}},
		{"a credentials Secret of no possible name", func(e *E) {
			shared(e)
			e.Spec.Storage.S3.CredentialsSecretRef = &v1alpha1.SecretReference{Name: "S3"}
		}, []string{"spec.storage.s3.credentialsSecretRef.name"}},
		{"no database", func(e *E) { e.Spec.Database.Embedded = nil }, []string{"spec.database"}},
		{"a database Secret without name", func(e *E) { shared(e); e.Spec.Database.Postgres.SecretRef.Name = "" }, []string{"spec.database.postgres.secretRef.name"}},
		{"an impossible entry of the database Secret", func(e *E) { shared(e); e.Spec.Database.Postgres.SecretRef.Key = "a/b" }, []string{"spec.database.postgres.secretRef.key"}},

		{"pictures of no bytes", func(e *E) { e.Spec.Uploads.MaxImageSize = quantity("0") }, []string{"spec.uploads.maxImageSize"}},
		{"raw files of fewer than no bytes", func(e *E) { e.Spec.Uploads.MaxRawSize = quantity("-1") }, []string{"spec.uploads.maxRawSize"}},
		{"pictures of no pixels", func(e *E) { e.Spec.Uploads.MaxImagePixels = new(int64(0)) }, []string{"spec.uploads.maxImagePixels"}},
		{"an unknown folder mode", func(e *E) { e.Spec.Uploads.FolderMode = "flat" }, []string{"spec.uploads.folderMode"}},
		{"ranges to fetch from", func(e *E) {
			e.Spec.Uploads.Fetch.AllowedCIDRs = []string{"10.0.0.0/8", "fd00::/8", "10.1.2.3/8", "10.0.0.1", "everything"}
		}, []string{"spec.uploads.fetch.allowedCIDRs[2]", "spec.uploads.fetch.allowedCIDRs[3]", "spec.uploads.fetch.allowedCIDRs[4]"}},
		{"domains to fetch from", func(e *E) {
			e.Spec.Uploads.Fetch.AllowedDomains = []string{"example.com", "Example.com", "https://example.com", "*.example.com"}
		}, []string{"spec.uploads.fetch.allowedDomains[2]", "spec.uploads.fetch.allowedDomains[3]"}},
		{"an alias to a name", func(e *E) {
			e.Spec.Uploads.Fetch.HostAliases = []v1alpha1.HostAlias{{Host: "dam.internal", IP: "10.0.0.7"}, {Host: "b b", IP: "dam.internal"}}
		}, []string{"spec.uploads.fetch.hostAliases[1].host", "spec.uploads.fetch.hostAliases[1].ip"}},
		{"a CA bundle that is none", func(e *E) { e.Spec.Uploads.Fetch.CABundle = "trust me" }, []string{"spec.uploads.fetch.caBundle"}},
		{"a CA bundle with a broken certificate", func(e *E) {
			e.Spec.Uploads.Fetch.CABundle = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
		}, []string{"spec.uploads.fetch.caBundle"}},
		{"a CA bundle with a private key", func(e *E) {
			e.Spec.Uploads.Fetch.CABundle = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
		}, []string{"spec.uploads.fetch.caBundle"}},

		{"hosts", func(e *E) {
			e.Spec.Delivery.Hosts = []string{"media.example.com", "Media.example.com", "media.example.com:8080"}
		}, []string{"spec.delivery.hosts[2]"}},
		{"a base URL with a port", func(e *E) { e.Spec.Delivery.PublicBaseURL = "http://localhost:8080/" }, nil},
		{"a base URL with TLS", func(e *E) { e.Spec.Delivery.PublicBaseURL = "https://media.example.com:8443/" }, nil},
		{"a base URL of another protocol", func(e *E) { e.Spec.Delivery.PublicBaseURL = "ftp://media.example.com" }, []string{"spec.delivery.publicBaseURL"}},
		{"a base URL of a port", func(e *E) { e.Spec.Delivery.PublicBaseURL = "http://:8080" }, []string{"spec.delivery.publicBaseURL"}},
		{"a base URL with a user", func(e *E) { e.Spec.Delivery.PublicBaseURL = "https://me@media.example.com" }, []string{"spec.delivery.publicBaseURL"}},
		{"a base URL with a path", func(e *E) { e.Spec.Delivery.PublicBaseURL = "https://example.com/media" }, []string{"spec.delivery.publicBaseURL"}},
		{"a base URL without scheme", func(e *E) { e.Spec.Delivery.PublicBaseURL = "example.com" }, []string{"spec.delivery.publicBaseURL"}},
		{"a base URL with a query", func(e *E) { e.Spec.Delivery.PublicBaseURL = "https://example.com?a=b" }, []string{"spec.delivery.publicBaseURL"}},
		{"a secure host", func(e *E) { e.Spec.Delivery.SecureHost = "media.example.com" }, nil},
		{"a secure host without its port", func(e *E) { e.Spec.Delivery.SecureHost = "media.example.com:" }, []string{"spec.delivery.secureHost"}},
		{"a secure host with port", func(e *E) { e.Spec.Delivery.SecureHost = "media.example.com:8443" }, nil},
		{"a secure host with an impossible port", func(e *E) { e.Spec.Delivery.SecureHost = "media.example.com:84430" }, []string{"spec.delivery.secureHost"}},
		{"a secure host with scheme", func(e *E) { e.Spec.Delivery.SecureHost = "https://media.example.com" }, []string{"spec.delivery.secureHost"}},
		{"quality 100", func(e *E) { e.Spec.Delivery.DefaultQuality = "100" }, nil},
		{"quality 101", func(e *E) { e.Spec.Delivery.DefaultQuality = "101" }, []string{"spec.delivery.defaultQuality"}},
		{"an age of less than nothing", func(e *E) { e.Spec.Delivery.CacheMaxAgeSeconds = new(int32(-1)) }, []string{"spec.delivery.cacheMaxAgeSeconds"}},
		{"derived pictures of no pixels", func(e *E) { e.Spec.Delivery.MaxOutputPixels = new(int64(0)) }, []string{"spec.delivery.maxOutputPixels"}},
		{"an unknown deletion policy", func(e *E) { e.Spec.DeletionPolicy = "Archive" }, []string{"spec.deletionPolicy"}},
		{"an unknown signature algorithm", func(e *E) { e.Spec.SignatureAlgorithm = "md5" }, []string{"spec.signatureAlgorithm"}},
		{"several mistakes at once", func(e *E) { e.Spec.CloudName = "A"; e.Spec.DeletionPolicy = "Archive" }, []string{"spec.cloudName", "spec.deletionPolicy"}},
	})
}

func TestValidateProductEnvironmentUpdate(t *testing.T) {
	type E = v1alpha1.ProductEnvironment
	none := func(*E) {}
	many := func(e *E) {
		e.Status.CloudName = "acme-shop"
		e.Status.Usage = &v1alpha1.UsageStatus{Assets: 1001}
	}
	stored := func(e *E) {
		shared(e)
		e.Spec.Storage.S3.Endpoint, e.Spec.Storage.S3.Prefix = "http://store:9000", "shop/"
		e.Status.Bucket = &v1alpha1.BucketStatus{Name: "acme-media", Endpoint: "http://store:9000", Prefix: "shop/"}
	}
	for _, test := range []struct {
		name        string
		old, change func(*E)
		want        []string
	}{
		{"nothing changes", none, none, nil},
		{"another cloud name", none, func(e *E) { e.Spec.CloudName = "acme-store" }, nil},
		{"another cloud name for many assets", many, func(e *E) { e.Spec.CloudName = "acme-store" }, []string{"spec.cloudName"}},
		{"another cloud name for many assets, with the annotation", many, func(e *E) {
			e.Spec.CloudName = "acme-store"
			e.Annotations = map[string]string{v1alpha1.AnnotationAllowRename: "true"}
		}, nil},
		{"another spelling of the cloud name", many, func(e *E) { e.Spec.CloudName = "ACME-shop" }, nil},
		{"no cloud name any more", many, func(e *E) { e.Spec.CloudName = "" }, nil},
		{"the generated cloud name written down", func(e *E) { e.Spec.CloudName, e.Status.CloudName = "", "c123" }, func(e *E) { e.Spec.CloudName = "c123" }, nil},
		{"a cloud name that is not the generated one", func(e *E) { e.Spec.CloudName, e.Status.CloudName = "", "c123" }, func(e *E) { e.Spec.CloudName = "acme" }, nil},
		{"another change where the wish was never granted", func(e *E) { e.Status.CloudName = "c123" }, func(e *E) { e.Spec.DisplayName = "Acme" }, nil},
		{"the volume grows", none, func(e *E) { e.Spec.Storage.Volume.Size = quantity("20Gi") }, nil},
		{"the volume shrinks", none, func(e *E) { e.Spec.Storage.Volume.Size = quantity("1Gi") }, []string{"spec.storage.volume.size"}},
		{"the volume's block is written out", func(e *E) { e.Spec.Storage, e.Spec.Database = nil, nil }, func(e *E) {
			e.Spec.Storage = &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{Size: quantity("10Gi")}}
		}, nil},
		{"another class", none, func(e *E) { e.Spec.Storage.Volume.StorageClassName = new("fast") }, []string{"spec.storage.volume.storageClassName"}},
		{"the bytes move", none, func(e *E) {
			e.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{Bucket: "acme"}}}
		}, []string{"spec.storage"}},
		{"the bytes move to another bucket", stored, func(e *E) { e.Spec.Storage.S3.Bucket = "other" }, []string{"spec.storage.s3.bucket"}},
		{"the bytes move to another store", stored, func(e *E) { e.Spec.Storage.S3.Endpoint = "http://other:9000" }, []string{"spec.storage.s3.endpoint"}},
		{"the bytes move below another prefix", stored, func(e *E) { e.Spec.Storage.S3.Prefix = "other/" }, []string{"spec.storage.s3.prefix"}},
		{"the bytes move to the root of the bucket", stored, func(e *E) { e.Spec.Storage.S3.Prefix = "" }, []string{"spec.storage.s3.prefix"}},
		{"the bytes move altogether", stored, func(e *E) {
			e.Spec.Storage.S3 = &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{Bucket: "other", Endpoint: "http://other:9000"}}
		}, []string{"spec.storage.s3.bucket", "spec.storage.s3.endpoint", "spec.storage.s3.prefix"}},
		{"the bucket's name is left to the status", stored, func(e *E) {
			e.Spec.Storage.S3.Bucket = ""
			e.Spec.Storage.S3.CredentialsSecretRef = &v1alpha1.SecretReference{Name: "store"}
		}, nil},
		{"another spelling of the store, and other credentials", stored, func(e *E) {
			e.Spec.Storage.S3.Endpoint = "http://store:9000/"
			e.Spec.Storage.S3.CredentialsSecretRef = &v1alpha1.SecretReference{Name: "other"}
		}, nil},
		{"another change where the bytes should move already", func(e *E) { stored(e); e.Spec.Storage.S3.Prefix = "wrong/" }, func(e *E) { e.Spec.DisplayName = "Acme" }, nil},
		{"the move is taken back", func(e *E) { stored(e); e.Spec.Storage.S3.Prefix = "wrong/" }, func(e *E) { e.Spec.Storage.S3.Prefix = "shop/" }, nil},
		{"another store before anything was stored", shared, func(e *E) { e.Spec.Storage.S3.Endpoint = "http://other:9000" }, nil},
		{"the library moves", shared, func(e *E) { e.Spec.Database = nil }, []string{"spec.database"}},
		{"a change to something invalid", none, func(e *E) { e.Spec.DeletionPolicy = "Archive" }, []string{"spec.deletionPolicy"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			old := environment()
			test.old(old)
			changed := old.DeepCopy()
			test.change(changed)
			errs := ValidateProductEnvironmentUpdate(changed, old)
			if got := paths(errs); !slices.Equal(got, test.want) {
				t.Errorf("got errors at %q, want %q: %v", got, test.want, errs)
			}
		})
	}
}
