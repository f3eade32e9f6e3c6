package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	"golang.org/x/sync/errgroup"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// burst asks for one cold URL a hundred times at once and counts the renderings.
func burst(ctx context.Context) error {
	photos, err := cameraPhotos()
	if err != nil {
		return err
	}
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
	if err := renderer.Upload(ctx, "photo", filepath.Clean(photos[0]), uploader.UploadParams{}); err != nil {
		return err
	}
	group, groupContext := errgroup.WithContext(ctx)
	for range 100 {
		group.Go(func() error {
			_, err := fetch(groupContext, renderer.URL+"/"+standalone.CloudName+"/image/upload/c_fit,w_700/f_webp,q_80/photo")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	renders, err := counter(ctx, renderer.Internal+"/metrics", `darkroom_render_seconds_count{outcome="ok"}`)
	if err != nil {
		return err
	}
	fmt.Printf("| case | renderings | bar |\n|---|---|---|\n| 100 clients ask for one cold URL at once | %.0f | 1 |\n", renders)
	if renders != 1 {
		return fmt.Errorf("%.0f renderings for one URL", renders)
	}
	return nil
}

// counter reads one sample of a metrics page.
func counter(ctx context.Context, url, sample string) (float64, error) {
	page, err := fetch(ctx, url)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(page)) {
		if value, ok := strings.CutPrefix(line, sample+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", url, sample)
}
