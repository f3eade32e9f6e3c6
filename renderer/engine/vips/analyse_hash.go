package vips

import (
	"fmt"
	"math"
	"slices"
)

const (
	// hashedSide is the side of the square that is hashed, hashBand how many of its low frequencies make the hash.
	hashedSide = 32
	hashBand   = 8
)

// perceptualHash is the hash of the discrete cosine transform (Zauner, "Implementation and Benchmarking of Perceptual Image Hash
// Functions", 2010): one bit for each of the 64 lowest frequencies but the means of rows and columns, which is 1 above their
// median. Pictures that look alike have hashes that differ by few bits.
func perceptualHash(p *picture) (string, error) {
	small, err := p.copy()
	if err != nil {
		return "", err
	}
	defer small.Close()
	if err := small.scale(size{hashedSide, hashedSide}); err != nil {
		return "", err
	}
	rgb, err := small.pixels()
	if err != nil {
		return "", err
	}
	var light [hashedSide][hashedSide]float64
	for i := range hashedSide * hashedSide {
		r, g, b := float64(rgb[3*i]), float64(rgb[3*i+1]), float64(rgb[3*i+2])
		light[i/hashedSide][i%hashedSide] = 0.299*r + 0.587*g + 0.114*b
	}
	var low []float64
	for v := 1; v <= hashBand; v++ {
		for u := 1; u <= hashBand; u++ {
			sum := 0.0
			for y := range hashedSide {
				for x := range hashedSide {
					sum += light[y][x] * cosine(u, x) * cosine(v, y)
				}
			}
			low = append(low, sum)
		}
	}
	sorted := slices.Sorted(slices.Values(low))
	median := (sorted[len(sorted)/2-1] + sorted[len(sorted)/2]) / 2
	var bits uint64
	for _, v := range low {
		bits <<= 1
		if v > median {
			bits |= 1
		}
	}
	return fmt.Sprintf("%016x", bits), nil
}

func cosine(frequency, at int) float64 {
	return math.Cos(math.Pi * float64(frequency) * (2*float64(at) + 1) / (2 * hashedSide))
}
