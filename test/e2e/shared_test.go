package e2e

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
)

var _ = Describe("Replicas on PostgreSQL and S3", func() {
	It("share what they store: one takes an upload, the other delivers it", func(ctx SpecContext) {
		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		shared(ctx, ns, shop)
		running := pods(ctx, ns, "shop")
		Expect(running).To(HaveLen(2))
		binding := credentials(ctx, ns, "shop-credentials")

		for i, names := range []string{"first", "second"} {
			taking, delivering := running[i], running[1-i]
			cld := sdk(binding["CLOUDINARY_URL"])
			cld.Upload.Client = *at(&taking)
			_, err := upload(ctx, cld, names, photo("astronaut.png"))
			Expect(err).NotTo(HaveOccurred())
			for _, path := range []string{"/image/upload/" + names + ".png", "/image/upload/c_fill,h_150,w_200/" + names + ".jpg"} {
				response, err := fetch(ctx, at(&delivering), delivery(binding, path))
				Expect(err).NotTo(HaveOccurred())
				Expect(response.status).To(Equal(http.StatusOK), "%s: %s", path, response.header.Get("X-Cld-Error"))
				again, err := fetch(ctx, at(&taking), delivery(binding, path))
				Expect(err).NotTo(HaveOccurred())
				Expect(again.header.Get("ETag")).To(Equal(response.header.Get("ETag")), "both replicas deliver the same bytes")
			}
		}

		By("recording the bucket, needing no volume, and giving up one replica at a time")
		Expect(shop.Status.Bucket).NotTo(BeNil())
		Expect(shop.Status.Bucket.Owned).To(BeTrue())
		Expect(shop.Status.Bucket.Name).To(HavePrefix("darkroom-" + ns))
		claims := &corev1.PersistentVolumeClaimList{}
		Expect(cluster.List(ctx, claims, client.InNamespace(ns))).To(Succeed())
		Expect(claims.Items).To(BeEmpty())
		budget := &policyv1.PodDisruptionBudget{}
		Expect(cluster.Get(ctx, client.ObjectKey{Namespace: ns, Name: "shop-renderer"}, budget)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(budget), budget)).To(Succeed())
			g.Expect(budget.Status.DisruptionsAllowed).To(BeEquivalentTo(1))
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(6*minute))

	It("fail no request while they are replaced under load, and lose no upload", func(ctx SpecContext) {
		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		shared(ctx, ns, shop)
		binding := credentials(ctx, ns, "shop-credentials")
		before := pods(ctx, ns, "shop")
		content := photo("astronaut.png")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "seed", content)
		Expect(err).NotTo(HaveOccurred())

		load := startLoad(ctx, binding, func() []byte { return content })
		defer load.stop()
		Eventually(load.uploads).WithContext(ctx).Should(BeNumerically(">=", 5))
		By("replacing every pod")
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
		shop.Spec.Renderer.CacheSize = new(*shop.Status.Renderer.CacheSize)
		shop.Spec.Renderer.CacheSize.Add(*shop.Status.Renderer.CacheSize)
		Expect(cluster.Update(ctx, shop)).To(Succeed())
		Eventually(func(g Gomega) {
			for _, pod := range pods(ctx, ns, "shop") {
				for _, old := range before {
					g.Expect(pod.UID).NotTo(Equal(old.UID), "a pod from before is still there")
				}
			}
			g.Expect(pods(ctx, ns, "shop")).To(HaveLen(2))
		}).WithContext(ctx).WithTimeout(3 * minute).Should(Succeed())
		ready(ctx, shop)
		during := load.uploads()
		Eventually(load.uploads).WithContext(ctx).Should(BeNumerically(">=", during+5))
		load.stop()

		Expect(load.failed).To(BeEmpty())
		Expect(load.wrong).To(BeEmpty())
		Expect(load.lost(ctx)).To(BeEmpty())
		AddReportEntry("load", load.String())
	}, SpecTimeout(10*minute))

	It("say which backend is away, and are ready again when it is back", func(ctx SpecContext) {
		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		backends := shared(ctx, ns, shop)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "portrait", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())

		backends.store.Stop()
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
			condition := meta.FindStatusCondition(shop.Status.Conditions, mediav1alpha1.ConditionStorageReady)
			g.Expect(condition.Reason).To(Equal(mediav1alpha1.ReasonBucketUnreachable), condition.Message)
			g.Expect(condition.Message).To(ContainSubstring(backends.store.URL))
		}).WithContext(ctx).WithTimeout(2 * minute).Should(Succeed())
		Expect(backends.store.Run(ctx)).To(Succeed())
		ready(ctx, shop)
		for _, pod := range pods(ctx, ns, "shop") {
			Expect(pod.Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())), "nothing crashed meanwhile")
		}
		_, body := picture(ctx, delivery(binding, "/image/upload/portrait.png"))
		Expect(body).To(Equal(photo("astronaut.png")))
	}, SpecTimeout(8*minute))

	It("start while their database refuses them, say so, and get ready when it does not", Label("chaos"), func(ctx SpecContext) {
		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		backends := unready(ctx, ns, shop, func(secrets map[string]map[string]string) {
			secrets["library"]["uri"] = strings.Replace(secrets["library"]["uri"], postgres.Password, "wrong", 1)
		})
		told := func(words string) {
			GinkgoHelper()
			Eventually(func(g Gomega) {
				g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
				condition := meta.FindStatusCondition(shop.Status.Conditions, mediav1alpha1.ConditionDatabaseReady)
				g.Expect(condition).NotTo(BeNil())
				g.Expect(condition.Status).To(Equal(metav1.ConditionFalse))
				g.Expect(condition.Reason).To(Equal(mediav1alpha1.ReasonDatabaseUnavailable), condition.Message)
				g.Expect(condition.Message).To(And(ContainSubstring(words), Not(ContainSubstring(postgres.Password))))
			}).WithContext(ctx).WithTimeout(2 * minute).Should(Succeed())
		}
		told("password authentication failed")
		Expect(backends.database.Stop()).To(Succeed())
		told("refused")
		By("correcting the Secret and starting the database, without a restart of anything of ours")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "library"}}
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		secret.StringData = map[string]string{"uri": backends.database.URL("postgres")}
		Expect(cluster.Update(ctx, secret)).To(Succeed())
		Expect(backends.database.Run()).To(Succeed())
		ready(ctx, shop)
		for _, pod := range pods(ctx, ns, "shop") {
			Expect(pod.Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())), "nothing crashed meanwhile")
		}
	}, SpecTimeout(8*minute))

	It("let one of the uploads win that meet on one public ID", func(ctx SpecContext) {
		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		shared(ctx, ns, shop)
		binding := credentials(ctx, ns, "shop-credentials")
		running := pods(ctx, ns, "shop")
		last := 0
		for range 3 {
			var group sync.WaitGroup
			results, errs := make([]*uploader.UploadResult, 8), make([]error, 8)
			for i := range results {
				cld := sdk(binding["CLOUDINARY_URL"])
				cld.Upload.Client = *at(&running[i%2])
				group.Go(func() { results[i], errs[i] = upload(ctx, cld, "contested", noisePicture()) })
			}
			group.Wait()
			Expect(errs).To(HaveEach(BeNil()))
			winner := slices.MaxFunc(results, func(a, b *uploader.UploadResult) int { return a.Version - b.Version })
			Expect(winner.Version).To(BeNumerically(">", last), "versions grow")
			last = winner.Version
			for i := range running {
				response, err := fetch(ctx, at(&running[i]), delivery(binding, "/image/upload/contested.png"))
				Expect(err).NotTo(HaveOccurred())
				Expect(response.status).To(Equal(http.StatusOK), response.header.Get("X-Cld-Error"))
				Expect(sum(response.body)).To(Equal(winner.Etag), "the bytes are those of the highest version")
			}
			asset, err := sdk(binding["CLOUDINARY_URL"]).Admin.Asset(ctx, admin.AssetParams{PublicID: "contested"})
			Expect(err).NotTo(HaveOccurred())
			Expect(asset.Version).To(Equal(winner.Version))
			Expect(asset.Etag).To(Equal(winner.Etag))
		}
	}, SpecTimeout(5*minute))

	It("take their bucket along where the policy says so", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := &mediav1alpha1.ProductEnvironment{Spec: mediav1alpha1.ProductEnvironmentSpec{DeletionPolicy: mediav1alpha1.DeletionDelete}}
		backends := shared(ctx, ns, shop)
		_, err := upload(ctx, sdk(credentials(ctx, ns, "shop-credentials")["CLOUDINARY_URL"]), "portrait", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		folder := filepath.Join(backends.store.Folder, shop.Status.Bucket.Name)
		Expect(fileExists(folder)).To(BeTrue())
		Expect(cluster.Delete(ctx, shop)).To(Succeed())
		Eventually(func() bool { return gone(ctx, shop) }).WithContext(ctx).WithTimeout(2 * minute).Should(BeTrue())
		Expect(fileExists(folder)).To(BeFalse(), "the bucket is still there")
	}, SpecTimeout(6*minute))
})

// sharedBackends are what replicas share.
type sharedBackends struct {
	database *postgres.Server
	store    *s3server.Server
}

// shared starts a PostgreSQL and an S3 server of their own on this machine, where pods reach them, and brings shop up
// on them with two replicas.
func shared(ctx SpecContext, namespace string, shop *mediav1alpha1.ProductEnvironment) *sharedBackends {
	GinkgoHelper()
	backends := unready(ctx, namespace, shop, func(map[string]map[string]string) {})
	ready(ctx, shop)
	return backends
}

// unready is shared without waiting, and with Secrets that change has changed.
func unready(ctx SpecContext, namespace string, shop *mediav1alpha1.ProductEnvironment, change func(secrets map[string]map[string]string)) *sharedBackends {
	GinkgoHelper()
	host := machineAddress(ctx)
	database := startPostgres(host)
	store := startStore(ctx, host)
	secrets := map[string]map[string]string{
		"library": {"uri": database.URL("postgres")},
		"store":   {"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey},
	}
	change(secrets)
	for name, values := range secrets {
		Expect(cluster.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: values})).To(Succeed())
	}
	shop.ObjectMeta = metav1.ObjectMeta{Namespace: namespace, Name: "shop"}
	shop.Spec.CloudName = "e2e-" + namespace
	shop.Spec.Renderer = &mediav1alpha1.RendererSpec{Replicas: new(int32(2))}
	shop.Spec.Database = &mediav1alpha1.DatabaseSpec{Postgres: &mediav1alpha1.PostgresDatabase{
		SecretRef: mediav1alpha1.SecretKeyReference{Name: "library"},
	}}
	shop.Spec.Storage = &mediav1alpha1.StorageSpec{S3: &mediav1alpha1.S3Storage{BucketPlace: mediav1alpha1.BucketPlace{
		Endpoint: store.URL, CredentialsSecretRef: &mediav1alpha1.SecretReference{Name: "store"},
	}}}
	Expect(cluster.Create(ctx, shop)).To(Succeed())
	return &sharedBackends{database: database, store: store}
}

// machineAddress is the address of this machine at which pods reach it: that of the node, which has to be here.
func machineAddress(ctx context.Context) string {
	GinkgoHelper()
	nodes := &corev1.NodeList{}
	Expect(cluster.List(ctx, nodes)).To(Succeed())
	here, err := net.InterfaceAddrs()
	Expect(err).NotTo(HaveOccurred())
	for _, node := range nodes.Items {
		for _, address := range node.Status.Addresses {
			for _, own := range here {
				if network, ok := own.(*net.IPNet); ok && address.Type == corev1.NodeInternalIP && network.IP.String() == address.Address {
					return address.Address
				}
			}
		}
	}
	Skip("SKIP: no node of the cluster is this machine, so that pods could reach a database here")
	return ""
}

// startStore runs an S3 server for the spec.
func startStore(ctx context.Context, host string) *s3server.Server {
	GinkgoHelper()
	store, err := s3server.Launch(ctx, host, GinkgoT().TempDir())
	if errors.Is(err, s3server.ErrUnavailable) {
		Skip("SKIP: " + err.Error())
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(store.Stop)
	return store
}

// startPostgres runs a PostgreSQL for the spec.
func startPostgres(host string) *postgres.Server {
	GinkgoHelper()
	if os.Getuid() != 0 {
		Skip("SKIP: PostgreSQL runs as a user of its own, which takes root to become")
	}
	database, err := postgres.Launch(host)
	if errors.Is(err, postgres.ErrUnavailable) {
		Skip("SKIP: " + err.Error())
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(database.Close)
	return database
}

// at is an HTTP client that reaches one pod, whatever the host name of a URL is.
func at(pod *corev1.Pod) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	address := net.JoinHostPort(pod.Status.PodIP, "8080")
	return &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		DisableKeepAlives: true,
	}}
}
