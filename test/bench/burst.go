package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	"golang.org/x/sync/errgroup"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	// burstClients ask for one cold URL at once, burstRounds times for another one.
	burstClients = 100
	burstRounds  = 5
)

// burst has many clients ask for one cold URL at once, one replica and then two in turn, and counts the renderings.
func burst(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries, err := standalone.Build(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Printf("%d clients ask for one cold URL at once, %d times\n\n| replicas | renderings of each URL, at most | bar |\n|---|---|---|\n", burstClients, burstRounds)
	return errors.Join(burstAtOne(ctx, binaries, dir), burstAtTwo(ctx, binaries, dir))
}

func burstAtOne(ctx context.Context, binaries standalone.Binaries, dir string) error {
	renderer, err := binaries.Start(ctx, dir, nil)
	if err != nil {
		return err
	}
	defer renderer.Stop()
	return burstAt(ctx, renderer)
}

// burstAtTwo has two replicas share a PostgreSQL database and a bucket.
func burstAtTwo(ctx context.Context, binaries standalone.Binaries, dir string) error {
	server, err := postgres.Launch("")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	database, err := server.Create(ctx)
	if err != nil {
		return err
	}
	secret := filepath.Join(dir, "dsn")
	if err := os.WriteFile(secret, []byte(server.Socket(database)), 0o600); err != nil {
		return err
	}
	replicas := make([]*standalone.Renderer, 2)
	for i := range replicas {
		own := filepath.Join(dir, fmt.Sprint("replica", i))
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		replicas[i], err = binaries.Start(ctx, own, func(c *config.Config) {
			c.Database = config.Database{Driver: config.DatabasePostgres, DSNFile: secret}
			c.Bucket.Path = filepath.Join(dir, "shared")
		})
		if err != nil {
			return err
		}
		defer replicas[i].Stop()
	}
	return burstAt(ctx, replicas...)
}

// burstAt prints how often the URL that was rendered most often was; more than once is an error.
func burstAt(ctx context.Context, replicas ...*standalone.Renderer) error {
	photos, err := cameraPhotos()
	if err != nil {
		return err
	}
	if err := replicas[0].Upload(ctx, "photo", filepath.Clean(photos[0]), uploader.UploadParams{}); err != nil {
		return err
	}
	most, before := 0.0, 0.0
	for round := range burstRounds {
		path := fmt.Sprintf("/%s/image/upload/c_fit,w_%d/f_webp,q_80/photo", standalone.CloudName, 700+round)
		group, groupContext := errgroup.WithContext(ctx)
		for i := range burstClients {
			group.Go(func() error {
				_, err := fetch(groupContext, replicas[i%len(replicas)].URL+path)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		renders, err := rendersOf(ctx, replicas)
		if err != nil {
			return err
		}
		most, before = max(most, renders-before), renders
	}
	fmt.Printf("| %d | %.0f | 1 |\n", len(replicas), most)
	if most == 0 {
		return errors.New("the metrics show no rendering at all")
	}
	if most > 1 {
		return fmt.Errorf("%.0f renderings of one URL at %d replicas", most, len(replicas))
	}
	return nil
}

// rendersOf is how often the replicas have rendered.
func rendersOf(ctx context.Context, replicas []*standalone.Renderer) (sum float64, err error) {
	for _, replica := range replicas {
		n, err := counter(ctx, replica.Internal+"/metrics", `darkroom_render_seconds_count{outcome="ok"}`)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// counter reads one sample of a metrics page; one that is not there counts as 0.
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
	return 0, nil
}
