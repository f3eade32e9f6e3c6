package vips

import "github.com/darkroom-media/darkroom/renderer/problem"

const (
	upscaleFactor = 4
	// maxUpscaled bounds what is enlarged, in pixels.
	maxUpscaled = 4_200_000
)

// upscale enlarges four times by the Lanczos filter and sharpens a little. No model invents detail: it stands in for the
// service's super resolution.
func upscale(s *stage, _ arguments) error {
	of := s.picture.size()
	if of.pixels() > maxUpscaled {
		return problem.BadRequest("Invalid effect - upscale takes images of up to %s Megapixels", megapixels(maxUpscaled))
	}
	to := of.scaled(upscaleFactor)
	if err := checkCanvas(to, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	return firstError(s.apply(whole(of, to)), func() error { return s.picture.sharpened(40) })
}
