package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/migration/compare"
)

// renderRounds is how often each photo is rendered; each time one pixel smaller, so that every URL is new.
const renderRounds = 3

// firstRenders are the cases with what imgproxy v4 reaches of imagor's CPU time on two cores: not more is the bar.
var firstRenders = []struct {
	renderCase
	bar float64
}{
	{renderCase{modeFit, 512, 512, "jpg", 80}, 0.78},
	{renderCase{modeFill, 400, 400, "webp", 80}, 0.72},
	{renderCase{modeFit, 1200, 1200, "webp", 80}, 0.73},
	{renderCase{modeFill, 150, 150, "jpg", 80}, 0.91},
	{renderCase{modeFit, 800, 800, "avif", 50}, 0.76},
}

// render measures first renderings: fifteen camera photos of which nothing was rendered before, CPU time of the process tree a picture,
// bytes and similarity to a lossless rendering beside it.
func render(ctx context.Context) error {
	return duel(ctx, func(ours, theirs *contestant, photos []string) error {
		if err := warm(ctx, ours, theirs); err != nil {
			return err
		}
		fmt.Println("| first render | imagor CPU ms | darkroom CPU ms | ratio | bar | bytes | SSIM imagor | SSIM darkroom |\n|---|---|---|---|---|---|---|---|")
		var failed []error
		for _, c := range firstRenders {
			if err := c.measure(ctx, ours, theirs, photos, c.bar); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", c, err))
			}
		}
		return errors.Join(failed...)
	})
}

// measure prints the line of a case and says what misses its bar.
func (c renderCase) measure(ctx context.Context, ours, theirs *contestant, photos []string, bar float64) error {
	var ourTime, theirTime, ourBytes, theirBytes, ourLikeness, theirLikeness float64
	for round := range renderRounds {
		smaller := c
		smaller.width, smaller.height = c.width-round, c.height-round
		for _, photo := range photos {
			theirSpent, theirBody, err := theirs.spent(ctx, []string{theirs.url(smaller, photo)})
			if err != nil {
				return err
			}
			// What was rendered of a photo before makes later renderings cheaper.
			unseen := fmt.Sprintf("%s-%dx%d-%s-%d", photo, c.width, c.height, c.format, round)
			if err := ours.again(ctx, photo, unseen); err != nil {
				return err
			}
			ourSpent, ourBody, err := ours.spent(ctx, []string{ours.url(smaller, unseen)})
			if err != nil {
				return err
			}
			ourTime, theirTime = ourTime+ourSpent, theirTime+theirSpent
			ourBytes, theirBytes = ourBytes+float64(len(ourBody[0])), theirBytes+float64(len(theirBody[0]))
			if round > 0 {
				continue // comparing takes long, and says the same
			}
			a, b, err := smaller.likeness(photo, ourBody[0], theirBody[0])
			if err != nil {
				return fmt.Errorf("%s: %w", photo, err)
			}
			ourLikeness, theirLikeness = ourLikeness+a, theirLikeness+b
		}
	}
	pictures := float64(renderRounds * len(photos))
	ourLikeness, theirLikeness = ourLikeness/float64(len(photos)), theirLikeness/float64(len(photos))
	ratio, size := ourTime/theirTime, ourBytes/theirBytes
	fmt.Printf("| %s | %.1f | %.1f | %.2f | ≤ %.2f | × %.3f | %.4f | %.4f |\n",
		c, theirTime/pictures, ourTime/pictures, ratio, bar, size, theirLikeness, ourLikeness)
	var missed []error
	if ratio > bar {
		missed = append(missed, fmt.Errorf("%.2f of imagor's CPU time, above %.2f", ratio, bar))
	}
	if size > 1.05 {
		missed = append(missed, fmt.Errorf("%.3f of imagor's bytes, above 1.05", size))
	}
	if ourLikeness < theirLikeness {
		missed = append(missed, fmt.Errorf("SSIM %.4f, below imagor's %.4f", ourLikeness, theirLikeness))
	}
	return errors.Join(missed...)
}

// likeness compares both renderings with one that scales all pixels of the photo and loses nothing.
func (c renderCase) likeness(photo string, ours, theirs []byte) (float64, float64, error) {
	ourLuma, err := decodeLuma(ours)
	if err != nil {
		return 0, 0, err
	}
	theirLuma, err := decodeLuma(theirs)
	if err != nil {
		return 0, 0, err
	}
	reference, err := c.lossless(photo, ourLuma.Width, ourLuma.Height)
	if err != nil {
		return 0, 0, err
	}
	a, err := compare.SSIM(reference, ourLuma)
	if err != nil {
		return 0, 0, err
	}
	b, err := compare.SSIM(reference, theirLuma)
	return a, b, err
}

// lossless renders a photo from all of its pixels to a size that the case allows.
func (c renderCase) lossless(photo string, width, height int) (*luma, error) {
	folder := os.Getenv("DARKROOM_PHOTOS")
	if folder == "" {
		folder = ".cache/photos"
	}
	content, err := os.ReadFile(filepath.Join(folder, strings.TrimSuffix(photo, ".jpg")+".jpg"))
	if err != nil {
		return nil, err
	}
	image, err := govips.NewImageFromBuffer(content)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	if err := image.AutoRotate(); err != nil {
		return nil, err
	}
	if c.mode == modeFill {
		factor := max(float64(width)/float64(image.Width()), float64(height)/float64(image.Height()))
		cutWidth, cutHeight := min(image.Width(), int(float64(width)/factor+0.5)), min(image.Height(), int(float64(height)/factor+0.5))
		if err := image.ExtractArea((image.Width()-cutWidth)/2, (image.Height()-cutHeight)/2, cutWidth, cutHeight); err != nil {
			return nil, err
		}
	}
	if err := image.ResizeWithVScale(float64(width)/float64(image.Width()), float64(height)/float64(image.Height()), govips.KernelLanczos3); err != nil {
		return nil, err
	}
	return lumaOf(image)
}
