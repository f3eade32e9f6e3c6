package main

import (
	"context"

	"github.com/darkroom-media/darkroom/renderer/delivery"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/upload"
)

// eager makes derived files for uploads in the way that delivery will look for them.
type eager struct{ delivery *delivery.Handler }

// Eager makes the file that a delivery URL with this transformation and extension would give.
func (e eager) Eager(ctx context.Context, asset *library.Asset, transformation, format string) (*upload.EagerFile, error) {
	file, made, err := e.delivery.Make(ctx, asset, transformation, format)
	if err != nil {
		return nil, err
	}
	return &upload.EagerFile{Format: file.Format, Bytes: file.Bytes, Width: file.Width, Height: file.Height, Made: made}, nil
}

// Open gives the bytes of that file; nil where they are the stored ones.
func (e eager) Open(ctx context.Context, asset *library.Asset, transformation, format string) (*upload.OpenFile, error) {
	file, err := e.delivery.Open(ctx, asset, transformation, format)
	if file == nil || err != nil {
		return nil, err
	}
	return &upload.OpenFile{
		Content: file.Content.Reader(), Close: file.Content.Close, Format: file.Format, Bytes: file.Bytes, Width: file.Width, Height: file.Height,
	}, nil
}
