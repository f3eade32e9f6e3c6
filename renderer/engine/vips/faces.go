package vips

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"

	pigo "github.com/esimov/pigo/core"
)

// facefinder is the cascade that pigo ships for frontal faces; its MIT licence is beside it.
//
//go:embed cascade/facefinder
var facefinder []byte

const (
	// faceView is the longest side of the grey picture that faces are looked for on.
	faceView = 480
	// smallestFace is the smallest face that is looked for, as a share of the shorter side of that picture.
	smallestFace = 0.09
	// faceQuality is the score from which a cluster of detections is a face.
	faceQuality = 12
	// faceOverlap is the overlap from which two detections are one face.
	faceOverlap = 0.2
)

// faceFinder finds frontal faces.
type faceFinder struct{ classifier *pigo.Pigo }

func newFaceFinder() (*faceFinder, error) {
	classifier, err := pigo.NewPigo().Unpack(facefinder)
	if err != nil {
		return nil, fmt.Errorf("read the face cascade: %w", err)
	}
	return &faceFinder{classifier}, nil
}

// find returns the boxes of the faces on a grey picture, one byte per pixel, the surest first. Boxes that overlap much
// are one face.
func (f *faceFinder) find(gray []byte, on size) []rect {
	shorter := min(on.w, on.h)
	smallest := max(20, int(math.Round(float64(shorter)*smallestFace)))
	if smallest >= shorter {
		return nil
	}
	detections := f.classifier.RunCascade(pigo.CascadeParams{
		MinSize: smallest, MaxSize: shorter, ShiftFactor: 0.1, ScaleFactor: 1.1,
		ImageParams: pigo.ImageParams{Pixels: gray, Rows: on.h, Cols: on.w, Dim: on.w},
	}, 0)
	clusters := f.classifier.ClusterDetections(detections, faceOverlap)
	slices.SortStableFunc(clusters, func(a, b pigo.Detection) int { return cmp.Compare(b.Q, a.Q) })
	var faces []rect
	for _, d := range clusters {
		face := rect{d.Col - d.Scale/2, d.Row - d.Scale/2, d.Scale, d.Scale}.intersect(on.full())
		if d.Q >= faceQuality && !slices.ContainsFunc(faces, face.overlaps) {
			faces = append(faces, face)
		}
	}
	return faces
}
