package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("A volume that is full", func() {
	It("costs the uploads that do not fit, leaves nothing of them, and delivers what is stored", func(ctx SpecContext) {
		machineAddress(ctx)
		ns := namespace(ctx)
		disk := smallDisk(48 << 20)
		shop := &mediav1alpha1.ProductEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"},
			Spec: mediav1alpha1.ProductEnvironmentSpec{
				CloudName: "e2e-" + ns,
				Storage:   &mediav1alpha1.StorageSpec{Volume: &mediav1alpha1.VolumeStorage{Size: new(resource.MustParse("32Mi")), StorageClassName: new(localVolume(ctx, ns, disk))}},
				Uploads:   &mediav1alpha1.UploadsSpec{MaxRawSize: new(resource.MustParse("1Gi"))},
			},
		}
		Expect(cluster.Create(ctx, shop)).To(Succeed())
		ready(ctx, shop)
		binding := credentials(ctx, ns, "shop-credentials")
		cld := sdk(binding["CLOUDINARY_URL"])
		raw := func(publicID string, content io.Reader) error {
			result, err := cld.Upload.Upload(ctx, content, uploader.UploadParams{PublicID: publicID, ResourceType: "raw"})
			if err == nil && result.Error.Message != "" {
				err = errors.New(result.Error.Message)
			}
			return err
		}
		first := make([]byte, 300<<10)
		_, err := rand.Read(first)
		Expect(err).NotTo(HaveOccurred())
		Expect(raw("first", bytes.NewReader(first))).To(Succeed())
		objects := originals(disk)
		Expect(objects).To(HaveLen(1))

		By("uploading more than there is room for")
		Expect(raw("too-large", io.LimitReader(rand.Reader, 60<<20))).To(MatchError(ContainSubstring("storage is full")))
		Expect(originals(disk)).To(Equal(objects), "the volume holds what was refused")
		response, err := get(ctx, delivery(binding, "/raw/upload/too-large"))
		Expect(err).NotTo(HaveOccurred())
		Expect(response.status).To(Equal(http.StatusNotFound))
		response, err = get(ctx, delivery(binding, "/raw/upload/first"))
		Expect(err).NotTo(HaveOccurred())
		Expect(response.status).To(Equal(http.StatusOK))
		Expect(bytes.Equal(response.body, first)).To(BeTrue())

		By("uploading what there is room for again")
		Expect(raw("second", bytes.NewReader(first))).To(Succeed())
		Expect(pods(ctx, ns, "shop")[0].Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())))
	}, SpecTimeout(4*minute))
})

// smallDisk is a file system of its own on this machine, of a size in bytes.
func smallDisk(size int64) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, syscall.EPERM) {
		Skip("SKIP: mounting a small disk takes root")
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() error { return syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// localVolume offers a directory of this machine as the one volume of a storage class, and returns the name of both.
func localVolume(ctx context.Context, name, dir string) string {
	GinkgoHelper()
	nodes := &corev1.NodeList{}
	Expect(cluster.List(ctx, nodes)).To(Succeed())
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("32Mi")},
			AccessModes:                   []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			StorageClassName:              name,
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: dir}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{
					Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{nodes.Items[0].Labels[corev1.LabelHostname]},
				}},
			}}}},
		},
	}
	Expect(cluster.Create(ctx, volume)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(cluster.Delete(ctx, volume)).To(Succeed()) }, NodeTimeout(minute))
	return name
}

// originals are the files of a volume but those of the database.
func originals(dir string) []string {
	GinkgoHelper()
	var found []string
	Expect(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // of the database, while it works
		}
		if err == nil && entry.Type().IsRegular() && strings.Contains(path, "bucket") {
			found = append(found, path)
		}
		return err
	})).To(Succeed())
	return found
}
