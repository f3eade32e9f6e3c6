package upload

import (
	"bytes"
	"context"
	"math"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/samples"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// samplePixels bounds a sample: the environment's own limits are for users.
const samplePixels = 100_000_000

// StoreSample stores a sample asset like an upload that nobody has asked for and nobody is told of. It does so once in
// the life of a library, whichever replica comes first: what users have made of a sample since, or of its public ID,
// stays.
func (h *Handler) StoreSample(ctx context.Context, sample samples.Sample) error {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return problem.Unavailable("The configuration", nil)
	}
	mark := "sample:" + sample.PublicID
	if marked, err := h.library.Marked(ctx, mark); err != nil || marked {
		return err
	}
	stored, err := h.store(ctx, bytes.NewReader(sample.Content), sample.Filename, math.MaxInt64)
	if err != nil {
		return err
	}
	taken := &intake{handler: h, snapshot: snapshot, object: stored, caller: &caller{system: library.Uploader{Kind: library.UploaderSystem, Name: library.SystemSamples}}, links: wire.Links{Environment: snapshot.Environment}}
	defer func() { h.discard(ctx, taken.object) }()
	taken.wanted = &settings{
		resourceType: library.Image,
		deliveryType: "upload",
		publicID:     sample.PublicID,
		once:         mark,
		sample:       true,
	}
	if sample.Raw {
		taken.wanted.resourceType = library.Raw
	}
	if snapshot.Environment.DynamicFolders {
		taken.wanted.assetFolder = samples.Folder
	}
	_, err = taken.finish(ctx)
	return err
}
