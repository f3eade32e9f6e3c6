// Package samples holds the sample assets that an environment may begin with, and sees to it that they are stored. The
// files are drawn by hack/samples.
package samples

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// Folder is where the samples are: it begins their public IDs, and is their asset folder where folders are dynamic.
const Folder = "samples"

//go:embed files
var files embed.FS

// Sample is one sample asset.
type Sample struct {
	// PublicID is samples/name, with the extension where Raw.
	PublicID string
	// Filename is the name of the file, with extension.
	Filename string
	// Raw says that it is no picture.
	Raw     bool
	Content []byte
}

// All are the samples, in the order of their public IDs.
func All() ([]Sample, error) {
	entries, err := files.ReadDir("files")
	if err != nil {
		return nil, fmt.Errorf("listing the samples: %w", err)
	}
	all := make([]Sample, 0, len(entries))
	for _, entry := range entries {
		content, err := files.ReadFile(path.Join("files", entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading a sample: %w", err)
		}
		sample := Sample{PublicID: path.Join(Folder, entry.Name()), Filename: entry.Name(), Content: content}
		sample.Raw = path.Ext(sample.Filename) == ".txt"
		if !sample.Raw {
			sample.PublicID = strings.TrimSuffix(sample.PublicID, path.Ext(sample.PublicID))
		}
		all = append(all, sample)
	}
	return all, nil
}

// Options are the parts of Run. All but Logger are required.
type Options struct {
	Catalog catalog.Catalog
	// Store stores one sample, once in the life of a library.
	Store func(ctx context.Context, sample Sample) error
	// Tick says when to look whether the environment wants samples, and to try again what has failed.
	Tick <-chan time.Time
	// Logger gets what fails; nil discards it.
	Logger *slog.Logger
}

// Run stores the samples as soon as the environment wants them. It returns nil when ctx ends.
func Run(ctx context.Context, options Options) error {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	all, err := All()
	if err != nil {
		return err
	}
	said := ""
	for stored := false; ; {
		if snapshot := options.Catalog.Current(); !stored && snapshot != nil && snapshot.Environment.SampleAssets {
			err := storeAll(ctx, all, options.Store)
			stored = err == nil
			if err != nil && ctx.Err() == nil && err.Error() != said {
				said = err.Error()
				logger.WarnContext(ctx, "not every sample asset could be stored, it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-options.Tick:
		}
	}
}

func storeAll(ctx context.Context, all []Sample, store func(context.Context, Sample) error) error {
	var failures []error
	for _, sample := range all {
		if err := store(ctx, sample); err != nil {
			failures = append(failures, fmt.Errorf("storing %s: %w", sample.PublicID, err))
		}
	}
	return errors.Join(failures...)
}
