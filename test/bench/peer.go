package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/port"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// contestant is a running server whose renderings are measured.
type contestant struct {
	name string
	// process is the id of the process that all its work descends from.
	process int
	// url is where it renders a photo by a case.
	url  func(c renderCase, photo string) string
	stop func()
	// again gives a photo under another name, of which nothing was rendered yet; nil where renderings leave nothing behind.
	again func(ctx context.Context, photo, name string) error
}

// duel starts the two contestants over the same photos and stops them after run. Ours has all photos uploaded.
func duel(ctx context.Context, run func(ours, theirs *contestant, photos []string) error) error {
	photos, err := cameraPhotos()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ours, err := startDarkroom(ctx, dir, photos)
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := startImagor(ctx, photos)
	if err != nil {
		return err
	}
	defer theirs.stop()
	names := make([]string, len(photos))
	for i, photo := range photos {
		names[i] = strings.TrimSuffix(filepath.Base(photo), ".jpg")
	}
	return run(ours, theirs, names)
}

// cameraPhotos are the fifteen camera JPEGs of the photo cache.
func cameraPhotos() ([]string, error) {
	folder := os.Getenv("DARKROOM_PHOTOS")
	if folder == "" {
		folder = ".cache/photos"
	}
	photos, err := filepath.Glob(filepath.Join(folder, "*_by_*.jpg"))
	if err == nil && len(photos) < 15 {
		err = fmt.Errorf("%d camera photos in %s: run `make photos`", len(photos), folder)
	}
	slices.Sort(photos)
	return photos, err
}

func startDarkroom(ctx context.Context, dir string, photos []string) (*contestant, error) {
	renderer, err := standalone.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, photo := range photos {
		if err := renderer.Upload(ctx, strings.TrimSuffix(filepath.Base(photo), ".jpg"), photo, uploader.UploadParams{}); err != nil {
			renderer.Stop()
			return nil, err
		}
	}
	return &contestant{
		name: "darkroom", process: renderer.Process(), stop: renderer.Stop,
		again: func(ctx context.Context, photo, name string) error {
			return renderer.Upload(ctx, name, filepath.Join(filepath.Dir(photos[0]), photo+".jpg"), uploader.UploadParams{})
		},
		url: func(c renderCase, photo string) string {
			return fmt.Sprintf("%s/%s/image/upload/%s/%s", renderer.URL, standalone.CloudName, c.transformation(), photo)
		},
	}, nil
}

// startImagor runs the peer over the folder of the photos: no cache, metadata left out as we do, the same AVIF effort, as
// many renderings at a time as ours.
func startImagor(ctx context.Context, photos []string) (*contestant, error) {
	address, err := port.Free("127.0.0.1")
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, ".cache/bin/imagor", "-bind", address, "-imagor-unsafe", "-file-loader-base-dir", filepath.Dir(photos[0]),
		"-imagor-process-concurrency", "2", "-imagor-process-queue-size", "64", "-vips-strip-metadata", "-vips-avif-speed", "8")
	stop, err := start(command)
	if err != nil {
		return nil, fmt.Errorf("imagor (hack/imagor.sh builds it): %w", err)
	}
	theirs := &contestant{
		name: "imagor", process: command.Process.Pid, stop: stop,
		url: func(c renderCase, photo string) string {
			return fmt.Sprintf("http://%s/unsafe/%s/%s.jpg", address, c.operations(), photo)
		},
	}
	if err := answers(ctx, theirs.url(renderCase{mode: modeFit, width: 10, height: 10, format: "jpg", quality: 50}, strings.TrimSuffix(filepath.Base(photos[0]), ".jpg"))); err != nil {
		stop()
		return nil, fmt.Errorf("imagor does not answer: %w", err)
	}
	return theirs, nil
}

// Ways to bring a photo to a size.
const (
	modeFit   = "fit"
	modeFill  = "fill"
	modeLimit = "limit" // fit, and nothing is enlarged, which imagor does in neither case
)

// renderCase is one rendering, in numbers that both contestants understand.
type renderCase struct {
	mode          string
	width, height int
	format        string
	quality       int
}

func (c renderCase) String() string {
	size := fmt.Sprintf("%dx%d", c.width, c.height)
	if c.height == c.width {
		size = fmt.Sprint(c.width)
	}
	return fmt.Sprintf("%s %s %s q%d", c.mode, size, c.format, c.quality)
}

// transformation is the case in our URLs. No photo is enlarged, so that c_fit and imagor's fit-in agree.
func (c renderCase) transformation() string {
	return fmt.Sprintf("c_%s,h_%d,w_%d/f_%s,q_%d", c.mode, c.height, c.width, c.format, c.quality)
}

// operations is the case in the peer's URLs.
func (c renderCase) operations() string {
	prefix, format := "", c.format
	if c.mode != modeFill {
		prefix = "fit-in/"
	}
	if format == "jpg" {
		format = "jpeg"
	}
	return fmt.Sprintf("%s%dx%d/filters:format(%s):quality(%d)", prefix, c.width, c.height, format, c.quality)
}

// spent fetches urls one after the other and returns the CPU milliseconds that it cost the contestant, and the bodies.
func (c *contestant) spent(ctx context.Context, urls []string) (float64, [][]byte, error) {
	before, err := cpuMilliseconds(c.process)
	if err != nil {
		return 0, nil, err
	}
	bodies := make([][]byte, len(urls))
	for i, url := range urls {
		if bodies[i], err = fetch(ctx, url); err != nil {
			return 0, nil, err
		}
	}
	after, err := cpuMilliseconds(c.process)
	return after - before, bodies, err
}

// warm lets both contestants do their first renderings unmeasured: pages of code and tables are read then.
func warm(ctx context.Context, contestants ...*contestant) error {
	var errs []error
	for _, c := range contestants {
		for width := 91; width < 99; width++ {
			for _, format := range []string{"jpg", "webp"} {
				_, err := fetch(ctx, c.url(renderCase{mode: modeFill, width: width, height: 90, format: format, quality: 80}, "Dragonfly_by_Bolly"))
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
