package e2e

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// sdk is the official Go SDK with nothing but a CLOUDINARY_URL; only its dialer is ours, since these tests run outside of the
// cluster's name service.
func sdk(url string) *cloudinary.Cloudinary {
	GinkgoHelper()
	cld, err := cloudinary.NewFromURL(url)
	Expect(err).NotTo(HaveOccurred())
	cld.Upload.Client = *web()
	cld.Admin.Client = *web()
	return cld
}

// upload uploads a picture by the SDK.
func upload(ctx context.Context, cld *cloudinary.Cloudinary, publicID string, content []byte) (*uploader.UploadResult, error) {
	result, err := cld.Upload.Upload(ctx, bytes.NewReader(content), uploader.UploadParams{PublicID: publicID})
	if err == nil && result.Error.Message != "" {
		err = errors.New(result.Error.Message)
	}
	return result, err
}

// photo is a real photo out of Debian's packages (`make photos`).
func photo(name string) []byte {
	GinkgoHelper()
	directory := os.Getenv("DARKROOM_PHOTOS")
	if directory == "" {
		directory = filepath.Join(root, ".cache/photos")
	}
	content, err := os.ReadFile(filepath.Join(directory, name))
	Expect(err).NotTo(HaveOccurred(), "run `make photos`")
	return content
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// get fetches a URL of the environment.
func get(ctx context.Context, url string) (*answer, error) { return fetch(ctx, web(), url) }

// fetch fetches a URL by a client.
func fetch(ctx context.Context, client *http.Client, url string) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, body}, nil
}

// picture fetches a URL that must answer a whole picture.
func picture(ctx context.Context, url string) (image.Config, []byte) {
	GinkgoHelper()
	response, err := get(ctx, url)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.status).To(Equal(http.StatusOK), "%s: %s", url, response.header.Get("X-Cld-Error"))
	Expect(response.header.Get("ETag")).To(Equal(`"`+sum(response.body)+`"`), "the ETag is the MD5 of the body")
	decoded, _, err := image.DecodeConfig(bytes.NewReader(response.body))
	Expect(err).NotTo(HaveOccurred())
	return decoded, response.body
}

func sum(content []byte) string {
	digest := md5.Sum(content)
	return hex.EncodeToString(digest[:])
}

// delivery is the URL of an asset under the binding's delivery base.
func delivery(binding map[string]string, path string) string {
	return binding["DARKROOM_DELIVERY_URL"] + path
}
