package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	_ "image/png" // The photo is one.
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/photos"
	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	uploadBar    = 2.0 // times the bare write
	uploadRounds = 31
	uploadBytes  = 5_000_000
)

// upload measures, in turn, the upload of a JPEG of 5 MB and what any safe storage must do with it: write the same bytes to a
// file on the same storage, sync it, rename it, sync its folder. The body is made beforehand: what a client takes to do that
// is not ours.
func upload(ctx context.Context) error {
	dir, err := os.MkdirTemp(os.Getenv("DARKROOM_BENCH_DIR"), "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	content, err := jpegOf(uploadBytes)
	if err != nil {
		return err
	}
	renderer, err := standalone.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer renderer.Stop()
	bare := filepath.Join(dir, "bare")
	if err := os.Mkdir(bare, 0o750); err != nil {
		return err
	}

	var ours, theirs, ratios []float64
	for round := range uploadRounds + 1 {
		name := fmt.Sprintf("photo-%d", round)
		request, err := uploadRequest(ctx, renderer.URL, name, content)
		if err != nil {
			return err
		}
		begin := time.Now()
		if err := writeSafely(bare, name, content); err != nil {
			return err
		}
		written := time.Since(begin).Seconds()
		begin = time.Now()
		if err := accepted(request); err != nil {
			return err
		}
		uploaded := time.Since(begin).Seconds()
		if round == 0 {
			continue // Connections, caches and folders are made.
		}
		ours, theirs, ratios = append(ours, uploaded), append(theirs, written), append(ratios, uploaded/written)
	}
	fmt.Printf("| case | write, sync, rename, ms | upload, ms | ratio (median of %d) | bar |\n|---|---|---|---|---|\n| upload of a JPEG of %.1f MB | %.1f | %.1f | %.2f | ≤ %.1f |\n",
		uploadRounds, float64(len(content))/1e6, 1000*median(theirs), 1000*median(ours), median(ratios), uploadBar)
	if median(ratios) > uploadBar {
		return fmt.Errorf("an upload takes %.2f times what writing, syncing and renaming the file takes, more than %.1f", median(ratios), uploadBar)
	}
	return nil
}

// uploadRequest is a signed upload of content, ready to be sent.
func uploadRequest(ctx context.Context, base, publicID string, content []byte) (*http.Request, error) {
	parameters := url.Values{"public_id": {publicID}, "timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
	parameters.Set("signature", sign.Upload(parameters, standalone.APISecret))
	parameters.Set("api_key", standalone.APIKey)
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for name := range parameters {
		if err := writer.WriteField(name, parameters.Get(name)); err != nil {
			return nil, err
		}
	}
	part, err := writer.CreateFormFile("file", "photo.jpg")
	if err != nil {
		return nil, err
	}
	if _, err := part.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1_1/"+standalone.CloudName+"/image/upload", &body)
	if err == nil {
		request.Header.Set("Content-Type", writer.FormDataContentType())
	}
	return request, err
}

// accepted sends a request that must be answered by 200.
func accepted(request *http.Request) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", request.URL, response.Status, answer)
	}
	return nil
}

// writeSafely makes a file appear whole and durable.
func writeSafely(folder, name string, content []byte) error {
	temporary := filepath.Join(folder, name+".tmp")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Sync(), file.Close(), os.Rename(temporary, filepath.Join(folder, name))); err != nil {
		return err
	}
	parent, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// jpegOf makes a JPEG of about so many bytes, and of as many pixels as cameras have, out of copies of a real photo.
func jpegOf(size int) ([]byte, error) {
	folder := os.Getenv("DARKROOM_PHOTOS")
	if folder == "" {
		folder = ".cache/photos"
	}
	raw, err := os.ReadFile(filepath.Join(folder, photos.Astronaut))
	if err != nil {
		return nil, fmt.Errorf("run `make photos`: %w", err)
	}
	photo, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	const copies = 7
	side := photo.Bounds().Dx()
	canvas := image.NewRGBA(image.Rect(0, 0, copies*side, copies*side))
	for x := range copies {
		for y := range copies {
			draw.Draw(canvas, image.Rect(x*side, y*side, (x+1)*side, (y+1)*side), photo, photo.Bounds().Min, draw.Src)
		}
	}
	for quality := 80; quality <= 100; quality++ {
		var encoded bytes.Buffer
		if err := jpeg.Encode(&encoded, canvas, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if encoded.Len() >= size {
			return encoded.Bytes(), nil
		}
	}
	return nil, errors.New("no quality gives a JPEG of that size")
}
