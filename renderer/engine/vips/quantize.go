package vips

import (
	"math"
	"slices"
)

// quantized are a few colours that stand for all, and which one stands for each pixel.
type quantized struct {
	colors [][3]byte
	labels []uint8
}

// quantizeRounds is how often the colours are moved into the middle of what they stand for.
const quantizeRounds = 8

// quantize finds the colours (at most count, of RGB pixels) by k-means in CIELAB, over the cells of a histogram: its time
// depends on the colours and not on the pixels.
func quantize(pixels []byte, of size, count int) *quantized {
	k := newLabConverter()
	h := countColors(pixels, of, false)
	ranked := h.ranked()
	points, weights := make([]lab, len(ranked)), make([]float64, len(ranked))
	for i, c := range ranked {
		points[i] = k.of(c)
		weights[i] = math.Sqrt(float64(h.of(c))) // small but striking colours have a say
	}
	centers := spreadOut(points, weights, count)
	for range quantizeRounds {
		sums, total := make([]lab, len(centers)), make([]float64, len(centers))
		for i, p := range points {
			c := nearestLab(p, centers)
			w := weights[i]
			sums[c] = lab{sums[c].l + w*p.l, sums[c].a + w*p.a, sums[c].b + w*p.b}
			total[c] += w
		}
		for c := range centers {
			if total[c] > 0 {
				centers[c] = lab{sums[c].l / total[c], sums[c].a / total[c], sums[c].b / total[c]}
			}
		}
	}
	slices.SortFunc(centers, func(a, b lab) int { // the lightest first
		switch {
		case a.l > b.l:
			return -1
		case a.l < b.l:
			return 1
		}
		return 0
	})
	q := &quantized{labels: make([]uint8, of.w*of.h)}
	for _, c := range centers {
		v := k.rgb(c)
		q.colors = append(q.colors, [3]byte{level(v[0]), level(v[1]), level(v[2])})
	}
	labelOf := map[int]uint8{}
	for i := range q.labels {
		p := pixels[3*i:]
		cell := int(p[0]>>2)<<12 | int(p[1]>>2)<<6 | int(p[2]>>2)
		label, known := labelOf[cell]
		if !known {
			label = uint8(nearestLab(k.lab(p[0], p[1], p[2]), centers))
			labelOf[cell] = label
		}
		q.labels[i] = label
	}
	return q
}

// spreadOut picks points to begin with: the most frequent, then always the one that is frequent and far from those.
func spreadOut(points []lab, weights []float64, count int) []lab {
	chosen := []lab{points[0]}
	nearest := make([]float64, len(points))
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	for len(chosen) < min(count, len(points)) {
		best, score := -1, 0.0
		for i, p := range points {
			d := p.distance(chosen[len(chosen)-1])
			nearest[i] = min(nearest[i], d*d)
			if v := nearest[i] * weights[i]; v > score {
				best, score = i, v
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, points[best])
	}
	return chosen
}

func nearestLab(p lab, among []lab) int {
	best, at := math.Inf(1), 0
	for i, c := range among {
		d := (p.l-c.l)*(p.l-c.l) + (p.a-c.a)*(p.a-c.a) + (p.b-c.b)*(p.b-c.b)
		if d < best {
			best, at = d, i
		}
	}
	return at
}

// smoothed takes the most frequent label of the 3×3 pixels around each, some times over: frayed borders get even.
func (q *quantized) smoothed(of size, times int) {
	for range times {
		out := slices.Clone(q.labels)
		for y := 1; y < of.h-1; y++ {
			for x := 1; x < of.w-1; x++ {
				var votes [256]uint8
				best := q.labels[y*of.w+x]
				votes[best] = 1 // as it is, when there is no majority
				for dy := -1; dy <= 1; dy++ {
					for dx := -1; dx <= 1; dx++ {
						label := q.labels[(y+dy)*of.w+x+dx]
						if votes[label]++; votes[label] > votes[best] {
							best = label
						}
					}
				}
				out[y*of.w+x] = best
			}
		}
		q.labels = out
	}
}

// despeckle gives spots of up to an area, in pixels, to the label that surrounds most of them.
func (q *quantized) despeckle(of size, area int) {
	seen := make([]bool, len(q.labels))
	for start := range q.labels {
		if seen[start] {
			continue
		}
		label := q.labels[start]
		spot := flood(start, of, seen, func(at int) bool { return q.labels[at] == label })
		if len(spot) > area {
			continue
		}
		var votes [256]int
		best := label
		for _, at := range spot {
			x, y := at%of.w, at/of.w
			for _, to := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if to[0] < 0 || to[1] < 0 || to[0] >= of.w || to[1] >= of.h {
					continue
				}
				other := q.labels[to[1]*of.w+to[0]]
				if other == label {
					continue
				}
				if votes[other]++; best == label || votes[other] > votes[best] {
					best = other
				}
			}
		}
		for _, at := range spot {
			q.labels[at] = best
		}
	}
}
