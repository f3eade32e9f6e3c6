package derive

import (
	"math"
	"slices"
)

// Sample is how large the file of a width is.
type Sample struct{ Width, Bytes float64 }

// Probes are the widths whose files are measured to find breakpoints between low and high: both, and their geometric mean.
func Probes(low, high int) []int {
	middle := int(math.Round(math.Sqrt(float64(low) * float64(high))))
	return slices.Compact([]int{low, middle, high})
}

// Breakpoints chooses widths from the first to the last sample so that files differ by step bytes, or by more when there
// would be more than count of them. The size of a file is taken to grow by a power of the width between samples.
func Breakpoints(measured []Sample, step float64, count int) []int {
	first, last := measured[0], measured[len(measured)-1]
	steps := 1
	if growth := last.Bytes - first.Bytes; growth > 0 {
		steps = max(int(math.Round(growth/step)), 1)
	}
	steps = min(steps, count-1)
	widths := []int{int(first.Width)}
	for i := 1; i < steps; i++ {
		target := first.Bytes + (last.Bytes-first.Bytes)*float64(i)/float64(steps)
		widths = append(widths, int(math.Round(widthOf(measured, target))))
	}
	widths = append(widths, int(last.Width))
	slices.Sort(widths)
	return slices.Compact(widths)
}

// widthOf is the width whose file has so many bytes, between the samples around it.
func widthOf(measured []Sample, bytes float64) float64 {
	for i := 1; i < len(measured); i++ {
		a, b := measured[i-1], measured[i]
		if bytes > b.Bytes && i < len(measured)-1 || b.Bytes <= a.Bytes || a.Bytes <= 0 {
			continue
		}
		power := math.Log(b.Bytes/a.Bytes) / math.Log(b.Width/a.Width)
		width := a.Width * math.Pow(max(bytes, 1)/a.Bytes, 1/power)
		return min(max(width, measured[0].Width), measured[len(measured)-1].Width)
	}
	return measured[len(measured)-1].Width
}
