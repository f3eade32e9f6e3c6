package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// curve maps the value of a channel, 0..255, to another; the result is clipped.
type curve func(v float64) float64

// tone is an effect that maps all colour channels by one curve.
func tone(f curve) effect {
	return func(s *stage, _ arguments) error { return s.mapChannels(f, f, f) }
}

// leveledTone is a tone whose curve depends on the argument level.
func leveledTone(f func(level float64) curve) effect {
	return func(s *stage, args arguments) error {
		level, err := args.number("level")
		if err != nil {
			return err
		}
		c := f(level)
		return s.mapChannels(c, c, c)
	}
}

// mapChannels looks every pixel up in a table; the alpha channel stays.
func (s *stage) mapChannels(red, green, blue curve) error {
	curves := []curve{red, green, blue}
	if s.picture.alpha() {
		curves = append(curves, same)
	}
	table := make([]byte, 0, 256*len(curves))
	for v := range 256 {
		for _, f := range curves {
			table = append(table, byte(clamp(round(f(float64(v))), 0, 255)))
		}
	}
	// What a table is mapped through takes over its interpretation.
	lut, err := govips.NewImageFromMemory(table, 256, 1, len(curves), govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return fmt.Errorf("make a table: %w", err)
	}
	s.job.keep(lut)
	s.picture.inMemory = false
	if err := s.picture.image.Maplut(lut); err != nil {
		return fmt.Errorf("map tones: %w", err)
	}
	return nil
}

func same(v float64) float64 { return v }

func negated(v float64) float64 { return 255 - v }

func brighter(level float64) curve {
	return func(v float64) float64 { return v * (100 + level) / 100 }
}

func gamma(level float64) curve {
	return func(v float64) float64 { return 255 * math.Pow(v/255, 100/(100+level)) }
}

// middle is mid-grey, which contrast leaves alone.
const middle = 127.5

func contrast(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	f := sigmoid(level)
	if args.values["type"] == "linear" {
		f = func(v float64) float64 { return (v-middle)*level/100 + middle }
	}
	return s.mapChannels(f, f, f)
}

// sigmoid steepens around mid-grey, or flattens when the level is negative. 0 changes nothing.
func sigmoid(level float64) curve {
	strength := math.Abs(level) / 10
	if strength == 0 {
		return same
	}
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-strength*(x-0.5))) }
	low, high := logistic(0), logistic(1)
	if level > 0 {
		return func(v float64) float64 { return 255 * (logistic(v/255) - low) / (high - low) }
	}
	return func(v float64) float64 { // the inverse
		y := low + v/255*(high-low)
		return 255 * (0.5 - math.Log(1/y-1)/strength)
	}
}

// channel is an effect on one colour channel.
func channel(which int) effect {
	return func(s *stage, args arguments) error {
		level, err := args.number("level")
		if err != nil {
			return err
		}
		curves := [3]curve{same, same, same}
		curves[which] = brighter(level)
		return s.mapChannels(curves[0], curves[1], curves[2])
	}
}

// colorize blends one colour over the picture.
func colorize(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	color := transform.Color{R: 128, G: 128, B: 128, A: 255}
	if s.component.Color != nil {
		if color, err = s.component.Color.Resolve(s.job.variables); err != nil {
			return err
		}
	}
	toward := func(c uint8) curve {
		return func(v float64) float64 { return v + (float64(c)-v)*level/100 }
	}
	return s.mapChannels(toward(color.R), toward(color.G), toward(color.B))
}
