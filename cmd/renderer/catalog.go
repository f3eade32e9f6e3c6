package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"k8s.io/client-go/rest"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// source is a catalog that is kept up to date by Run.
type source interface {
	catalog.Catalog
	catalog.Objects
	Run(ctx context.Context) error
	Ready() bool
}

// openCatalog reads the custom resources of the cluster that this process runs in, or the snapshot in file.
func openCatalog(c *config.Config, file string, snapshots *library.Library, logger *slog.Logger) (source, error) {
	if file != "" {
		return openFile(file, c.Environment, logger)
	}
	cluster, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster (outside Kubernetes, use --catalog): %w", err)
	}
	live, err := catalog.NewKubernetes(catalog.KubernetesOptions{
		Config:      cluster,
		Namespace:   c.Namespace,
		Environment: c.Environment,
		KeysSecret:  c.KeysSecret,
		Snapshots:   snapshots,
		Logger:      logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open the catalog: %w", err)
	}
	return live, nil
}

// fileCatalog is a catalog that begins as the file says.
type fileCatalog struct{ *catalog.Memory }

// openFile reads the file. An environment that it gives no date was created when the file was written: typed SDKs read one.
func openFile(file, environment string, logger *slog.Logger) (source, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	written, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	snapshot := &catalog.Snapshot{}
	if err := json.Unmarshal(content, snapshot); err != nil {
		return nil, fmt.Errorf("%s is no catalog snapshot: %w", file, err)
	}
	if snapshot.Environment.CreatedAt.IsZero() {
		snapshot.Environment.CreatedAt = written.ModTime().UTC()
	}
	return fileCatalog{catalog.NewMemory(snapshot, environment, logger)}, nil
}

// Run has nothing to keep up to date.
func (fileCatalog) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Ready is true: the file was read.
func (fileCatalog) Ready() bool { return true }
