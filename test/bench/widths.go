package main

import (
	"context"
	"errors"
	"fmt"
)

// responsive are the widths that a page offers of one photo.
var responsive = []int{320, 480, 640, 800, 1024, 1280, 1920, 2560}

// widths measures all widths of each photo, the first included: what a photo of a responsive page costs. Photos that are
// narrower are not enlarged. The files of both must be of the same size, within 5 %.
func widths(ctx context.Context) error {
	bars := map[string]float64{"jpg": 0.45, "webp": 0.65}
	return duel(ctx, func(ours, theirs *contestant, photos []string) error {
		if err := warm(ctx, ours, theirs); err != nil {
			return err
		}
		fmt.Println("| eight widths of one photo | imagor CPU ms | darkroom CPU ms | ratio | bar | bytes |\n|---|---|---|---|---|---|")
		var failed []error
		for _, format := range []string{"jpg", "webp"} {
			var ourTime, theirTime, ourBytes, theirBytes float64
			for _, photo := range photos {
				var ourURLs, theirURLs []string
				unseen := photo + "-" + format
				if err := ours.again(ctx, photo, unseen); err != nil {
					return err
				}
				for _, width := range responsive {
					c := renderCase{mode: modeLimit, width: width, height: 4 * width, format: format, quality: 80}
					ourURLs, theirURLs = append(ourURLs, ours.url(c, unseen)), append(theirURLs, theirs.url(c, photo))
				}
				theirSpent, theirBodies, err := theirs.spent(ctx, theirURLs)
				if err != nil {
					return err
				}
				ourSpent, ourBodies, err := ours.spent(ctx, ourURLs)
				if err != nil {
					return err
				}
				ourTime, theirTime = ourTime+ourSpent, theirTime+theirSpent
				ourBytes, theirBytes = ourBytes+length(ourBodies), theirBytes+length(theirBodies)
			}
			ratio, size := ourTime/theirTime, ourBytes/theirBytes
			fmt.Printf("| %s q80 | %.0f | %.0f | %.2f | ≤ %.2f | × %.3f |\n", format, theirTime/float64(len(photos)), ourTime/float64(len(photos)), ratio, bars[format], size)
			if size > 1.05 {
				failed = append(failed, fmt.Errorf("eight widths as %s: %.3f of imagor's bytes, above 1.05", format, size))
			}
			if ratio > bars[format] {
				failed = append(failed, fmt.Errorf("eight widths as %s: %.2f of imagor's CPU time, above %.2f", format, ratio, bars[format]))
			}
		}
		return errors.Join(failed...)
	})
}

// length is how many bytes there are in all.
func length(bodies [][]byte) float64 {
	sum := 0
	for _, body := range bodies {
		sum += len(body)
	}
	return float64(sum)
}
