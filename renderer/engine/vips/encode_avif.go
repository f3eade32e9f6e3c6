package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/avif"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// encodeAVIFs writes an animation: every frame is encoded by itself, as the libraries do not know sequences.
func encodeAVIFs(roll *govips.ImageRef, e encoding) ([]byte, error) {
	shots := e.timeline.shots
	if pixels := e.frame.pixels() * int64(len(shots)); pixels > maxHEIFPixels {
		return nil, problem.BadRequest("Maximum total number of pixels in all frames of an animated avif is %s Megapixels. Requested %.2f Megapixels", megapixels(maxHEIFPixels), float64(pixels)/1e6)
	}
	frames := make([]avif.Frame, len(shots))
	for i, s := range shots {
		frame, err := frameOf(roll, i, e.frame)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		file, err := encodeAVIF(frame, e)
		frame.Close()
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		frames[i] = avif.Frame{File: file, Milliseconds: s.delay}
	}
	return avif.Sequence(frames, e.timeline.loop)
}

// frameOf is a frame of a roll as a picture of its own.
func frameOf(roll *govips.ImageRef, number int, of size) (*govips.ImageRef, error) {
	frame, err := roll.Copy()
	if err != nil {
		return nil, err
	}
	forgetMetadata(frame) // so that the roll is taken for one picture
	if err := frame.ExtractArea(0, number*of.h, of.w, of.h); err != nil {
		frame.Close()
		return nil, err
	}
	return frame, nil
}
