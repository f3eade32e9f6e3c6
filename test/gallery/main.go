// Command gallery renders every effect on a few photos by the real binaries and writes one HTML page to look at:
//
//	go run ./test/gallery .cache/gallery
//
// It fails when one of them is not delivered. Whether it is beautiful is for people to say.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/darkroom-media/darkroom/test/standalone"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gallery DIRECTORY")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, directory string) error {
	work, err := os.MkdirTemp("", "darkroom-gallery-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	renderer, err := standalone.Start(ctx, work)
	if err != nil {
		return err
	}
	defer renderer.Stop()
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if err := uploadAll(ctx, renderer); err != nil {
		return err
	}
	page, failed := &strings.Builder{}, 0
	page.WriteString(head)
	for i, section := range sections {
		fmt.Fprintf(page, "<h2>%s</h2>\n<div class=grid>\n", section.title)
		for k, transformation := range section.transformations {
			for n, photo := range section.photos {
				path := fmt.Sprintf("/%s/image/upload/%s%s/%s", standalone.CloudName, section.before, transformation, publicID(photo))
				file, err := fetch(ctx, renderer.URL+path, directory, fmt.Sprintf("%02d-%02d-%d", i, k, n))
				if err != nil {
					fmt.Fprintf(os.Stderr, "%s: %v\n", transformation, err)
					failed++
					continue
				}
				fmt.Fprintf(page, "<figure><img src=%q loading=lazy><figcaption>%s</figcaption></figure>\n", file, transformation)
			}
		}
		page.WriteString("</div>\n")
	}
	if err := os.WriteFile(filepath.Join(directory, "index.html"), []byte(page.String()), 0o600); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d pictures were not delivered", failed)
	}
	fmt.Println(filepath.Join(directory, "index.html"))
	return nil
}

// fetch writes what a URL gives into a directory, under a name that ends as its type says, and returns that name.
func fetch(ctx context.Context, url, directory, name string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
	format := strings.TrimPrefix(response.Header.Get("Content-Type"), "image/")
	name += "." + strings.TrimSuffix(format, "+xml")
	return name, os.WriteFile(filepath.Join(directory, name), body, 0o600)
}

func publicID(name string) string { return strings.ToLower(strings.SplitN(name, ".", 2)[0]) }

const head = `<!doctype html>
<meta charset=utf-8>
<title>Darkroom: every effect</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 24px; background: #f4f4f2; color: #222 }
.grid { display: flex; flex-wrap: wrap; gap: 16px }
figure { margin: 0; max-width: 380px }
img { max-width: 100%; background: repeating-conic-gradient(#ddd 0 25%, #fff 0 50%) 0 0/16px 16px }
figcaption { font: 12px ui-monospace, monospace; word-break: break-all }
</style>
<h1>Every effect</h1>
`
