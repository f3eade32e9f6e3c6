package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// matrix mixes the colour channels: rows are what red, green and blue become.
type matrix [3][3]float64

// Shares of the channels in the brightness that the eye sees (Rec. 601).
const (
	lumaRed   = 0.299
	lumaGreen = 0.587
	lumaBlue  = 0.114
)

func identity() matrix { return matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}} }

// luma makes all channels the brightness.
func luma() matrix {
	row := [3]float64{lumaRed, lumaGreen, lumaBlue}
	return matrix{row, row, row}
}

// toward is the matrix a share of the way to another one.
func (m matrix) toward(o matrix, share float64) matrix {
	for i := range m {
		for k := range m[i] {
			m[i][k] += (o[i][k] - m[i][k]) * share
		}
	}
	return m
}

// mix applies a matrix; the alpha channel stays.
func (s *stage) mix(m matrix) error {
	p := s.picture
	p.inMemory = false
	rows := [][]float64{m[0][:], m[1][:], m[2][:]}
	if err := firstError(
		p.image.Recomb(rows),
		func() error { return p.image.Linear1(1, half) },
		func() error { return p.image.Cast(govips.BandFormatUchar) },
	); err != nil {
		return fmt.Errorf("mix channels: %w", err)
	}
	return nil
}

func grayscale(s *stage, _ arguments) error { return s.mix(luma()) }

func sepia(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	toned := matrix{{0.393, 0.769, 0.189}, {0.349, 0.686, 0.168}, {0.272, 0.534, 0.131}}
	return s.mix(identity().toward(toned, level/100))
}

func saturation(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	return s.mix(luma().toward(identity(), 1+level/100))
}

// hue turns colours around the axis of grey, keeping the brightness.
func hue(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	const degreesPerLevel = 1.8
	sin, cos := math.Sincos(level * degreesPerLevel * math.Pi / 180)
	return s.mix(matrix{
		{lumaRed + cos*(1-lumaRed) - sin*lumaRed, lumaGreen - cos*lumaGreen - sin*lumaGreen, lumaBlue - cos*lumaBlue + sin*(1-lumaBlue)},
		{lumaRed - cos*lumaRed + sin*0.143, lumaGreen + cos*(1-lumaGreen) + sin*0.140, lumaBlue - cos*lumaBlue - sin*0.283},
		{lumaRed - cos*lumaRed - sin*(1-lumaRed), lumaGreen - cos*lumaGreen + sin*lumaGreen, lumaBlue + cos*(1-lumaBlue) + sin*lumaBlue},
	})
}

// blackwhite makes what is at least as bright as the threshold white, and the rest black.
func blackwhite(s *stage, args arguments) error {
	threshold, err := args.number("threshold")
	if err != nil {
		return err
	}
	if err := s.mix(luma()); err != nil {
		return err
	}
	step := func(v float64) float64 {
		if v >= threshold*255/100 {
			return 255
		}
		return 0
	}
	return s.mapChannels(step, step, step)
}
