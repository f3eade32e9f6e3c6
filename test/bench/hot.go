package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/port"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	hotBar    = 0.5 // of nginx's requests per second
	hotRounds = 5
)

// hotSizes are about how many bytes the pictures have that everybody asks for.
var hotSizes = []int{30_000, 200_000}

// hot serves derived pictures of several sizes from the renderer and the same files from nginx, and loads them in turn.
func hot(ctx context.Context) error { return hotOn(ctx, nil) }

// hotPostgres is hot with a library that other replicas might change.
func hotPostgres(ctx context.Context) error {
	server, err := postgres.Launch("")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	database, err := server.Create(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	secret := filepath.Join(dir, "dsn")
	if err := os.WriteFile(secret, []byte(server.Socket(database)), 0o600); err != nil {
		return err
	}
	return hotOn(ctx, func(c *config.Config) {
		c.Database = config.Database{Driver: config.DatabasePostgres, DSNFile: secret}
	})
}

func hotOn(ctx context.Context, configure func(*config.Config)) error {
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries, err := standalone.Build(ctx, dir)
	if err != nil {
		return err
	}
	renderer, err := binaries.Start(ctx, dir, configure)
	if err != nil {
		return err
	}
	defer renderer.Stop()
	photos, err := cameraPhotos()
	if err != nil {
		return err
	}
	if err := renderer.Upload(ctx, "photo", photos[0], uploader.UploadParams{}); err != nil {
		return err
	}
	paths, pictures := make([]string, len(hotSizes)), make([][]byte, len(hotSizes))
	for i, size := range hotSizes {
		if paths[i], pictures[i], err = pictureOf(ctx, renderer, size); err != nil {
			return err
		}
	}
	nginx, stopNginx, err := startNginx(ctx, dir, pictures)
	if err != nil {
		return err
	}
	defer stopNginx()

	fmt.Printf("hot pictures, %d rounds of 5 s each, 64 connections\n\n| case | nginx req/s | darkroom req/s | ratio (median) | bar |\n|---|---|---|---|---|\n", hotRounds)
	var missed []error
	for i, path := range paths {
		var ours, theirs, ratios []float64
		for range hotRounds {
			theirRate, err := wrk(ctx, fmt.Sprintf("%s/%d.jpg", nginx, i))
			if err != nil {
				return err
			}
			ourRate, err := wrk(ctx, renderer.URL+path)
			if err != nil {
				return err
			}
			ours, theirs, ratios = append(ours, ourRate), append(theirs, theirRate), append(ratios, ourRate/theirRate)
		}
		kilobytes, ratio := len(pictures[i])/1000, median(ratios)
		fmt.Printf("| hot %d kB | %.0f | %.0f | %.2f | ≥ %.2f |\n", kilobytes, median(theirs), median(ours), ratio, hotBar)
		if ratio < hotBar {
			missed = append(missed, fmt.Errorf("a hot picture of %d kB: %.2f of nginx's requests per second, below %.2f", kilobytes, ratio, hotBar))
		}
	}
	return errors.Join(missed...)
}

// pictureOf finds the smallest width at which the uploaded photo has size bytes as JPEG. It returns the path and the bytes.
func pictureOf(ctx context.Context, renderer *standalone.Renderer, size int) (path string, body []byte, err error) {
	const narrowest, widest = 200, 4000
	at := func(width int) string {
		return fmt.Sprintf("/%s/image/upload/c_scale,w_%d/q_80/photo.jpg", standalone.CloudName, width)
	}
	width := narrowest + sort.Search(widest-narrowest, func(more int) bool {
		if err != nil {
			return true
		}
		body, err = fetch(ctx, renderer.URL+at(narrowest+more))
		return len(body) >= size
	})
	if err != nil {
		return "", nil, err
	}
	// Once more: the search may have ended with a look at the width before.
	if body, err = fetch(ctx, renderer.URL+at(width)); err != nil {
		return "", nil, err
	}
	again, err := fetch(ctx, renderer.URL+at(width))
	switch {
	case err != nil:
		return "", nil, err
	case !bytes.Equal(body, again):
		return "", nil, errors.New("the second answer differs from the first")
	case len(body) < size:
		return "", nil, fmt.Errorf("no width gives a picture of %d bytes", size)
	}
	return at(width), body, nil
}

// startNginx serves bodies as /0.jpg, /1.jpg … with the settings a static file server would have.
func startNginx(ctx context.Context, dir string, bodies [][]byte) (string, func(), error) {
	address, err := port.Free("127.0.0.1")
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
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(settings), 0o600))
	for i, body := range bodies {
		err = errors.Join(err, os.WriteFile(filepath.Join(site, fmt.Sprintf("%d.jpg", i)), body, 0o644))
	}
	if err != nil {
		return "", nil, err
	}
	stop, err := start(exec.CommandContext(ctx, "nginx", "-c", filepath.Join(dir, "nginx.conf")))
	if err != nil {
		return "", nil, err
	}
	if err := answers(ctx, "http://"+address+"/0.jpg"); err != nil {
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
