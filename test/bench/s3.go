package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/s3server"
	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	throughputBar    = 0.7 // of the throughput of the AWS SDK
	throughputRounds = 5
	throughputBytes  = 256 << 20

	largeBytes = 2 << 30
	largeChunk = 20_000_000 // the SDKs' own
	// largeMemory bounds what the renderer may need at any moment, in MiB.
	largeMemory = 200
)

// onS3 starts an S3 server with a bucket, and a renderer that stores there.
func onS3(ctx context.Context, dir string) (*s3server.Server, *standalone.Renderer, error) {
	server, err := s3server.Launch(ctx, "127.0.0.1", dir)
	if err != nil {
		return nil, nil, err
	}
	if _, err := server.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("media")}); err != nil {
		server.Stop()
		return nil, nil, err
	}
	credentials := filepath.Join(dir, "credentials")
	err = errors.Join(os.Mkdir(credentials, 0o700),
		os.WriteFile(filepath.Join(credentials, "access_key_id"), []byte(s3server.AccessKeyID), 0o600),
		os.WriteFile(filepath.Join(credentials, "secret_access_key"), []byte(s3server.SecretAccessKey), 0o600))
	if err != nil {
		server.Stop()
		return nil, nil, err
	}
	binaries, err := standalone.Build(ctx, dir)
	if err != nil {
		server.Stop()
		return nil, nil, err
	}
	renderer, err := binaries.Start(ctx, dir, func(c *config.Config) {
		c.Bucket = config.Bucket{Driver: config.BucketS3, Name: "media", Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials}
	}, func(s *catalog.Snapshot) { s.Environment.MaxRawBytes = 4 << 30 })
	if err != nil {
		server.Stop()
		return nil, nil, err
	}
	return server, renderer, nil
}

// throughput measures, in turn, the upload of a large file to a bucket of S3 through the renderer and by the AWS SDK's own
// transfer manager, which the renderer uses, too: the same parts, as many at once, to the same server.
func throughput(ctx context.Context) error {
	dir, err := os.MkdirTemp(os.Getenv("DARKROOM_BENCH_DIR"), "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, renderer, err := onS3(ctx, dir)
	if err != nil {
		return err
	}
	defer server.Stop()
	defer renderer.Stop()
	uploader := transfermanager.New(server.Client())
	var ours, theirs, ratios []float64
	for round := range throughputRounds + 1 {
		name := fmt.Sprintf("round-%d", round)
		begin := time.Now()
		body := noise(uint64(round), throughputBytes)
		if _, err := uploader.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: aws.String("media"), Key: aws.String("bare/" + name), Body: body}); err != nil {
			return err
		}
		bare := time.Since(begin).Seconds()
		begin = time.Now()
		request, err := chunkRequest(ctx, renderer.URL, name, noise(uint64(round), throughputBytes), throughputBytes)
		if err != nil {
			return err
		}
		if err := accepted(request); err != nil {
			return err
		}
		through := time.Since(begin).Seconds()
		if round == 0 {
			continue // Connections and folders are made.
		}
		ours, theirs, ratios = append(ours, throughputBytes/through/1e6), append(theirs, throughputBytes/bare/1e6), append(ratios, bare/through)
	}
	fmt.Printf("| case | AWS SDK, MB/s | upload, MB/s | ratio (median of %d) | bar |\n|---|---|---|---|---|\n| %d MB to S3 | %.0f | %.0f | %.2f | ≥ %.1f |\n",
		throughputRounds, throughputBytes>>20, median(theirs), median(ours), median(ratios), throughputBar)
	if median(ratios) < throughputBar {
		return fmt.Errorf("an upload has %.2f of the throughput of the AWS SDK, less than %.1f", median(ratios), throughputBar)
	}
	return nil
}

// large uploads 2 GiB in chunks, one after the other, to a bucket of S3, and looks at the most memory that the renderer has ever
// needed. The AWS SDK uploads the same bytes in parts of the same size, one at a time as well, once before and once after two of ours.
func large(ctx context.Context) error {
	dir, err := os.MkdirTemp(os.Getenv("DARKROOM_BENCH_DIR"), "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, renderer, err := onS3(ctx, dir)
	if err != nil {
		return err
	}
	defer server.Stop()
	defer renderer.Stop()
	before, err := peakMiB(renderer.Process())
	if err != nil {
		return err
	}
	uploader := transfermanager.New(server.Client(), func(o *transfermanager.Options) { o.Concurrency, o.PartSizeBytes = 1, largeChunk })
	theirs := func(name string) error {
		_, err := uploader.UploadObject(ctx, &transfermanager.UploadObjectInput{
			Bucket: aws.String("media"), Key: aws.String("bare/" + name), Body: noise(0, largeBytes),
		})
		return err
	}
	ours := func(name string) error { return uploadChunks(ctx, renderer.URL, name) }
	var bare, took time.Duration
	for i, step := range []struct {
		upload func(name string) error
		sum    *time.Duration
	}{{theirs, &bare}, {ours, &took}, {ours, &took}, {theirs, &bare}} {
		// Each begins with as little that still has to be written to the disk.
		unix.Sync()
		begin := time.Now()
		if err := step.upload(fmt.Sprint("large-", i)); err != nil {
			return err
		}
		*step.sum += time.Since(begin) / 2
	}
	peak, err := peakMiB(renderer.Process())
	if err != nil {
		return err
	}
	ratio := bare.Seconds() / took.Seconds()
	fmt.Printf("| case | before, MiB | peak, MiB | bar | AWS SDK, MB/s | upload, MB/s | ratio | bar |\n|---|---|---|---|---|---|---|---|\n"+
		"| 2 GiB in chunks of 20 MB to S3 | %.0f | %.0f | ≤ %d MiB | %.0f | %.0f | %.2f | ≥ %.1f |\n",
		before, peak, largeMemory, largeBytes/bare.Seconds()/1e6, largeBytes/took.Seconds()/1e6, ratio, throughputBar)
	if peak > largeMemory {
		return fmt.Errorf("the renderer needed %.0f MiB, more than %d", peak, largeMemory)
	}
	if ratio < throughputBar {
		return fmt.Errorf("an upload in chunks has %.2f of the throughput of the AWS SDK, less than %.1f", ratio, throughputBar)
	}
	return nil
}

// uploadChunks uploads largeBytes.
func uploadChunks(ctx context.Context, base, name string) error {
	for first := 0; first < largeBytes; first += largeChunk {
		length := min(largeChunk, largeBytes-first)
		request, err := chunkRequest(ctx, base, name+".bin", noise(uint64(first), int64(length)), int64(length))
		if err != nil {
			return err
		}
		request.Header.Set("X-Unique-Upload-Id", name)
		request.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, first+length-1, largeBytes))
		if err := accepted(request); err != nil {
			return err
		}
	}
	return nil
}

// noise is so many bytes that no compression makes smaller.
func noise(seed uint64, length int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24), byte(seed >> 32)}), length)
}

// chunkRequest is a signed upload of a raw file of length bytes that is sent as it is read. Its length is told, as browsers do it.
func chunkRequest(ctx context.Context, base, publicID string, content io.Reader, length int64) (*http.Request, error) {
	parameters := url.Values{"public_id": {publicID}, "timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
	parameters.Set("signature", sign.Upload(parameters, standalone.APISecret))
	parameters.Set("api_key", standalone.APIKey)
	var head strings.Builder
	writer := multipart.NewWriter(&head)
	for name := range parameters {
		if err := writer.WriteField(name, parameters.Get(name)); err != nil {
			return nil, err
		}
	}
	if _, err := writer.CreateFormFile("file", "large.bin"); err != nil {
		return nil, err
	}
	tail := "\r\n--" + writer.Boundary() + "--\r\n"
	body := io.MultiReader(strings.NewReader(head.String()), content, strings.NewReader(tail))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1_1/"+standalone.CloudName+"/raw/upload", body)
	if err == nil {
		request.Header.Set("Content-Type", writer.FormDataContentType())
		request.ContentLength = int64(head.Len()) + length + int64(len(tail))
	}
	return request, err
}
