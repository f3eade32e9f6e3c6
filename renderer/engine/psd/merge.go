package psd

import (
	"image"
	"image/draw"
)

// Merge lays the layers of these indices on an empty canvas, from the bottom, whether they are hidden or not.
func (f *File) Merge(indices []int) (*image.NRGBA, error) {
	canvas := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	for _, i := range indices {
		layer, err := f.Layer(i)
		if err != nil {
			return nil, err
		}
		at := f.Layers[i].Bounds
		if at.Empty() {
			continue
		}
		draw.Draw(canvas, at, layer, image.Point{}, draw.Over)
	}
	return canvas, nil
}
