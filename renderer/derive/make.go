package derive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// make finds the file in the bucket, or renders and stores it; either way it ends in the cache.
func (d *Deriver) make(ctx context.Context, request *Request) (*made, error) {
	row, err := d.stored(ctx, request)
	if err != nil {
		return nil, err
	}
	if row == nil {
		if d.meter != nil && !request.Asset.Sample {
			if err := d.meter.MayRender(); err != nil {
				return nil, err
			}
		}
		var release func()
		if row, release, err = d.claim(ctx, request); err != nil {
			return nil, err
		}
		if row == nil {
			defer release()
			return d.render(ctx, request)
		}
	}
	d.metrics.fromBucket.Inc()
	return d.adopt(ctx, request, row)
}

// adopt copies a stored file into the cache.
func (d *Deriver) adopt(ctx context.Context, request *Request, row *library.Derived) (*made, error) {
	content, err := d.bucket.File(ctx, row.ObjectKey)
	if errors.Is(err, bucket.ErrNotFound) {
		return nil, problem.Failed(fmt.Errorf("derived file %s of asset %s: object %s is missing from the bucket", row.ID, row.AssetID, row.ObjectKey))
	}
	if err != nil {
		return nil, unavailable("The bucket", fmt.Errorf("open derived file %s: %w", row.ObjectKey, err))
	}
	defer content.Close()
	result := &made{meta: metaOf(row), objectKey: row.ObjectKey, from: FromBucket}
	d.keep(request.Key, result.meta, content)
	return result, nil
}

// render asks the engine and stores what it gives. The first file stored for the key wins, also across replicas.
func (d *Deriver) render(ctx context.Context, request *Request) (*made, error) {
	asset := request.Asset
	source, err := d.stores().openSource(ctx, asset)
	if err != nil {
		return nil, err
	}
	defer source.File.Close()
	layers, err := d.stores().OpenLayers(ctx, request.Plan)
	if err != nil {
		return nil, err
	}
	defer layers.Close()

	var framing time.Duration
	if asset.ResourceType == library.Video {
		frame, err := d.frame(ctx, request, source.File)
		if err != nil {
			p := problem.From(err)
			d.failures.remember(request.Key, p)
			return nil, p
		}
		defer frame.Output.Close()
		source.File, source.Format, framing = frame.Output, frame.Format, frame.CPU
	}
	plan := request.Plan
	if plan.CallsRemote() {
		var done func()
		source, plan, done, err = d.callFunctions(ctx, request, source, layers)
		defer done()
		if err != nil {
			return nil, err
		}
	}
	mezzanine := d.mezzanine(ctx, request, true)
	defer mezzanine.close()
	d.metrics.fromEngine.Inc()
	started := d.now()
	asked := &engine.RenderRequest{
		Plan: *plan, Source: source, Layers: layers.Sources, Styles: layers.Styles, Format: request.Format, Limits: request.Limits, StrictFonts: request.StrictFonts,
		Mezzanine: mezzanine.file, MakeMezzanine: mezzanine.make,
	}
	output, err := d.engine.Render(ctx, asked)
	elapsed := d.now().Sub(started)
	d.metrics.rendered(elapsed, err)
	if err != nil {
		p := problem.From(err)
		d.failures.remember(request.Key, p)
		return nil, p
	}
	defer output.Output.Close()
	output.CPU += framing
	d.settleMezzanine(ctx, asset, mezzanine, output)
	d.costs.add(request.Plan.Shape(request.Format), output.CPU, output.Bytes, asset.Sample)
	if d.meter != nil && !asset.Sample {
		d.meter.Rendered(output.CPU, output.Bytes)
	}

	var content io.ReaderAt = output.Output
	if request.Describe != nil {
		text, err := request.Describe(asked, output)
		if err != nil {
			return nil, problem.Failed(fmt.Errorf("describe a picture: %w", err))
		}
		content = bytes.NewReader(text)
		output.Bytes, output.Format = int64(len(text)), "json"
	}
	row, err := d.store(ctx, request, output, content)
	if err != nil {
		return nil, err
	}
	if row.winner.ObjectKey != row.objectKey {
		return d.adopt(ctx, request, row.winner)
	}
	result := &made{meta: metaOf(row.winner), objectKey: row.objectKey, from: FromEngine, render: elapsed}
	d.keep(request.Key, result.meta, content)
	return result, nil
}

// stores are those of the Deriver.
func (d *Deriver) stores() Stores {
	return Stores{Library: d.library, Bucket: d.bucket, Remote: d.remote}
}

// stored is the row that counts, and the object that we wrote.
type stored struct {
	winner    *library.Derived
	objectKey string
}

// store puts the rendered bytes into the bucket and enters the row.
func (d *Deriver) store(ctx context.Context, request *Request, output *engine.RenderResult, content io.ReaderAt) (*stored, error) {
	objectKey, err := d.reserve(ctx)
	if err != nil {
		return nil, err
	}
	written, err := d.bucket.Put(ctx, objectKey, io.NewSectionReader(content, 0, output.Bytes), mediaType(output.Format))
	if err != nil {
		return nil, unavailable("The bucket", fmt.Errorf("store derived file %s: %w", objectKey, err))
	}
	if written.Bytes != output.Bytes {
		return nil, problem.Failed(fmt.Errorf("derived file %s: the engine announced %d bytes and gave %d", objectKey, output.Bytes, written.Bytes))
	}
	winner, err := d.library.StoreDerived(ctx, &library.Derived{
		AssetID:        request.Asset.AssetID,
		VersionID:      request.Asset.VersionID,
		Key:            request.Key.String(),
		Transformation: request.Transformation,
		Format:         output.Format,
		Bytes:          written.Bytes,
		Width:          output.Width,
		Height:         output.Height,
		ETag:           written.MD5,
		ObjectKey:      objectKey,
		CreatedAt:      d.now(),
	})
	if errors.Is(err, library.ErrNotFound) {
		return nil, ErrStale
	}
	if err != nil {
		return nil, unavailable("The database", fmt.Errorf("store the row of derived file %s: %w", objectKey, err))
	}
	return &stored{winner: winner, objectKey: objectKey}, nil
}

// mediaType is what the bucket is told of a file.
func mediaType(format string) string {
	if format == "json" {
		return "application/json"
	}
	return "image/" + format
}

// keep copies content into the cache. A cache that cannot take it costs speed, not the request.
func (d *Deriver) keep(key Key, meta *Meta, content io.ReaderAt) {
	if err := d.cache.Put(key, meta, io.NewSectionReader(content, 0, meta.Bytes)); err != nil {
		d.logger.Warn("A derived file could not be kept in the disk cache", "error", err)
	}
}

func metaOf(row *library.Derived) *Meta {
	return &Meta{Bytes: row.Bytes, ETag: row.ETag, Format: row.Format, Width: row.Width, Height: row.Height, CreatedAt: row.CreatedAt}
}
