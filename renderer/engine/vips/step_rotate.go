package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// maxTurned is the longest side that is turned by other than right angles; larger pictures are scaled down first.
const maxTurned = 3000

// rotate applies flips and angles from left to right.
func rotate(s *stage) (bool, error) {
	for _, r := range s.component.Rotations {
		var err error
		switch {
		case r.Flip == "h":
			err = s.flip(govips.DirectionHorizontal)
		case r.Flip == "v":
			err = s.flip(govips.DirectionVertical)
		case r.Degrees != nil:
			var degrees float64
			if degrees, _, err = s.job.value(r.Degrees); err == nil {
				err = s.turnBy(degrees)
			}
		}
		if err != nil {
			return false, err
		}
	}
	return len(s.component.Rotations) > 0, nil
}

func (s *stage) flip(direction govips.Direction) error {
	p := s.picture
	if err := firstError(p.settle(), p.hold); err != nil {
		return err
	}
	p.track.lost = true
	if err := p.image.Flip(direction); err != nil {
		return fmt.Errorf("flip: %w", err)
	}
	p.inMemory = false
	return nil
}

// turn turns by a right angle, clockwise, without loss.
func (s *stage) turn(angle govips.Angle) error {
	p := s.picture
	if err := firstError(p.settle(), p.hold); err != nil {
		return err
	}
	p.track.lost = true
	if err := p.image.Rotate(angle); err != nil {
		return fmt.Errorf("turn: %w", err)
	}
	p.inMemory = false
	return nil
}

// turnBy turns clockwise by any angle. The canvas grows to hold the turned picture, and its corners are transparent.
func (s *stage) turnBy(degrees float64) error {
	switch degrees = math.Mod(math.Mod(degrees, 360)+360, 360); degrees {
	case 0:
		return s.picture.settle()
	case 90:
		return s.turn(govips.Angle90)
	case 180:
		return s.turn(govips.Angle180)
	case 270:
		return s.turn(govips.Angle270)
	}
	p := s.picture
	if now := p.size(); max(now.w, now.h) > maxTurned {
		to := now.scaled(maxTurned / float64(max(now.w, now.h)))
		if err := s.apply(whole(now, to)); err != nil {
			return err
		}
	}
	if err := checkCanvas(turnedSize(p.size(), degrees), s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	if err := firstError(p.settle(), p.addAlpha, p.hold); err != nil {
		return err
	}
	p.track.lost = true
	if err := p.image.Similarity(1, degrees, &govips.ColorRGBA{}, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("turn by %g degrees: %w", degrees, err)
	}
	p.inMemory = false
	return nil
}

// turnedSize is the box around a turned picture.
func turnedSize(s size, degrees float64) size {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	sin, cos = math.Abs(sin), math.Abs(cos)
	return size{side(float64(s.w)*cos + float64(s.h)*sin), side(float64(s.w)*sin + float64(s.h)*cos)}
}
