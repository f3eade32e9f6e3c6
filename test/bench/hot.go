package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	hotBar    = 0.3 // of nginx's requests per second
	hotRounds = 5
	hotBytes  = 30_000
)

// hot serves one derived picture of about 30 kB from the renderer and the same file from nginx, and loads them in turn.
func hot(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	renderer, err := standalone.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer renderer.Stop()
	base := renderer.URL
	path, body, err := picture30k(ctx, renderer)
	if err != nil {
		return err
	}
	nginx, stopNginx, err := startNginx(ctx, dir, body)
	if err != nil {
		return err
	}
	defer stopNginx()

	fmt.Printf("hot picture: %d bytes, %d rounds of 5 s each, 64 connections\n", len(body), hotRounds)
	var ours, theirs, ratios []float64
	for range hotRounds {
		theirRate, err := wrk(ctx, nginx+"/picture.jpg")
		if err != nil {
			return err
		}
		ourRate, err := wrk(ctx, base+path)
		if err != nil {
			return err
		}
		ours, theirs, ratios = append(ours, ourRate), append(theirs, theirRate), append(ratios, ourRate/theirRate)
	}
	fmt.Printf("| case | nginx req/s | darkroom req/s | ratio (median) | bar |\n|---|---|---|---|---|\n| hot %d kB | %.0f | %.0f | %.2f | ≥ %.2f |\n",
		len(body)/1000, median(theirs), median(ours), median(ratios), hotBar)
	if median(ratios) < hotBar {
		return fmt.Errorf("the renderer reaches %.2f of nginx's requests per second, below %.2f", median(ratios), hotBar)
	}
	return nil
}

// picture30k uploads a photo and finds the width at which its JPEG has about 30 kB. It returns the path and the bytes.
func picture30k(ctx context.Context, renderer *standalone.Renderer) (string, []byte, error) {
	photos := os.Getenv("DARKROOM_PHOTOS")
	if photos == "" {
		photos = ".cache/photos"
	}
	matches, _ := filepath.Glob(filepath.Join(photos, "*.jpg"))
	if len(matches) == 0 {
		return "", nil, fmt.Errorf("no photo in %s: run `make photos`", photos)
	}
	if err := renderer.Upload(ctx, "photo", matches[0], uploader.UploadParams{}); err != nil {
		return "", nil, err
	}
	for width := 200; width <= 1200; width += 20 {
		path := fmt.Sprintf("/%s/image/upload/c_scale,w_%d/q_80/photo.jpg", standalone.CloudName, width)
		body, err := fetch(ctx, renderer.URL+path)
		if err != nil {
			return "", nil, err
		}
		if len(body) >= hotBytes {
			again, err := fetch(ctx, renderer.URL+path)
			if err != nil {
				return "", nil, err
			}
			if !bytes.Equal(body, again) {
				return "", nil, errors.New("the second answer differs from the first")
			}
			return path, body, nil
		}
	}
	return "", nil, errors.New("no width gives a picture of 30 kB")
}

// startNginx serves body as /picture.jpg with the settings a static file server would have.
func startNginx(ctx context.Context, dir string, body []byte) (string, func(), error) {
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	site := filepath.Join(dir, "site")
	if err := os.MkdirAll(site, 0o755); err != nil {
		return "", nil, err
	}
	settings := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log; user root;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000;
  open_file_cache max=100; types { image/jpeg jpg; }
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  server { listen %[2]s; root %[3]s; expires 30d; }
}
`, dir, address, site)
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(site, "picture.jpg"), body, 0o644), os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(settings), 0o600)); err != nil {
		return "", nil, err
	}
	stop, err := start(exec.CommandContext(ctx, "nginx", "-c", filepath.Join(dir, "nginx.conf")))
	if err != nil {
		return "", nil, err
	}
	if err := answers(ctx, "http://"+address+"/picture.jpg"); err != nil {
		stop()
		return "", nil, fmt.Errorf("nginx does not answer: %w", err)
	}
	return "http://" + address, stop, nil
}

// start runs a command; the returned function stops it and waits.
func start(command *exec.Cmd) (func(), error) {
	if err := command.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = command.Process.Signal(os.Interrupt)
		done := make(chan struct{})
		go func() { _ = command.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = command.Process.Kill()
			<-done
		}
	}, nil
}

var rate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrk loads url for five seconds and returns the requests per second; errors in the answers are errors.
func wrk(ctx context.Context, url string) (float64, error) {
	output, err := exec.CommandContext(ctx, "wrk", "-t1", "-c64", "-d5s", url).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk %s: %w\n%s", url, err, output)
	}
	if strings.Contains(string(output), "Non-2xx") {
		return 0, fmt.Errorf("wrk %s: not all answers were 200\n%s", url, output)
	}
	found := rate.FindSubmatch(output)
	if found == nil {
		return 0, fmt.Errorf("wrk %s: no rate in\n%s", url, output)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %s", url, response.Status, response.Header.Get("X-Cld-Error"))
	}
	return io.ReadAll(response.Body)
}

// answers polls until url answers 200, for half a minute at most.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		_, err := fetch(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
