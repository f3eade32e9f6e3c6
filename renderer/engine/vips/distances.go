package vips

import "math"

// far is farther than any distance that is measured.
const far = math.MaxInt32 / 4

// distances are how far each pixel is from the nearest one of a kind, in pixels; 0 for those of the kind, and far for those
// beyond the limit. It takes time in proportion to the pixels (Felzenszwalb and Huttenlocher: Distance Transforms of Sampled
// Functions, 2012).
func distances(of size, limit float64, isKind func(i int) bool) []float32 {
	vertical := make([]int32, of.w*of.h)
	for x := range of.w {
		since := int32(far)
		for y := range of.h {
			since = nearer(since, isKind(y*of.w+x))
			vertical[y*of.w+x] = since
		}
		since = far
		for y := of.h - 1; y >= 0; y-- {
			since = nearer(since, vertical[y*of.w+x] == 0)
			vertical[y*of.w+x] = min(vertical[y*of.w+x], since)
		}
	}
	out := make([]float32, of.w*of.h)
	e := &envelope{vertex: make([]int, of.w), from: make([]float64, of.w+1), limit: int32(min(math.Ceil(limit), far-1))}
	for y := range of.h {
		e.row(vertical[y*of.w:(y+1)*of.w], out[y*of.w:(y+1)*of.w])
	}
	return out
}

func nearer(since int32, here bool) int32 {
	switch {
	case here:
		return 0
	case since >= far:
		return far
	}
	return since + 1
}

// envelope is the lower envelope of parabolas, one over each pixel of a row.
type envelope struct {
	vertex []int
	from   []float64
	// limit is the height from which a parabola cannot matter.
	limit int32
}

func (e *envelope) row(vertical []int32, out []float32) {
	k := -1
	square := func(x int) float64 { return float64(vertical[x])*float64(vertical[x]) + float64(x)*float64(x) }
	for x := range vertical {
		if vertical[x] > e.limit || vertical[x] == 0 && x > 0 && x+1 < len(vertical) && vertical[x-1] == 0 && vertical[x+1] == 0 {
			continue // too far to matter, or inside of a run whose ends are as near to what is outside
		}
		meet := math.Inf(-1)
		for k >= 0 {
			v := e.vertex[k]
			meet = (square(x) - square(v)) / float64(2*(x-v))
			if meet > e.from[k] {
				break
			}
			k--
			meet = math.Inf(-1)
		}
		k++
		e.vertex[k], e.from[k], e.from[k+1] = x, meet, math.Inf(1)
	}
	if k < 0 {
		for x := range out {
			out[x] = far
		}
		return
	}
	i := 0
	for x := range out {
		if vertical[x] == 0 {
			out[x] = 0
			continue
		}
		for e.from[i+1] < float64(x) {
			i++
		}
		d := float64(x - e.vertex[i])
		v := float64(vertical[e.vertex[i]])
		out[x] = float32(math.Sqrt(d*d + v*v))
	}
}
