package vips

import "math"

// largestKernel bounds the radius of morphology, in pixels: the work grows with it.
const largestKernel = 16

// span is a horizontal part of a kernel: from left to right around a pixel, dy rows below it.
type span struct{ dy, left, right int }

// kernelSpans are the rows of a kernel by its name; a ring has two parts in some of them.
func kernelSpans(name string, radius float64) []span {
	r := clamp(int(math.Floor(radius)), 0, largestKernel)
	halfWidth := func(dy int) int { // of the shape at a row, as far as it reaches from the middle
		d := max(dy, -dy)
		switch name {
		case "square":
			return r
		case "diamond":
			return r - d
		case "octagon":
			return min(r, r+int(math.Ceil(float64(r)/2))-d)
		}
		return int(math.Sqrt(max(0, radius*radius-float64(d*d))))
	}
	var spans []span
	for dy := -r; dy <= r; dy++ {
		switch d := max(dy, -dy); name {
		case "plus":
			if d == 0 {
				spans = append(spans, span{dy, -r, r})
			} else {
				spans = append(spans, span{dy, 0, 0})
			}
		case "cross":
			spans = append(spans, span{dy, -d, -d})
			if d > 0 {
				spans = append(spans, span{dy, d, d})
			}
		case "ring":
			outer, inner := halfWidth(dy), -1
			if hole := radius - 1; float64(d) < hole {
				inner = int(math.Ceil(math.Sqrt(hole*hole-float64(d*d)))) - 1
			}
			if inner < 0 {
				spans = append(spans, span{dy, -outer, outer})
			} else {
				spans = append(spans, span{dy, -outer, -inner - 1}, span{dy, inner + 1, outer})
			}
		default:
			spans = append(spans, span{dy, -halfWidth(dy), halfWidth(dy)})
		}
	}
	return spans
}

// morphology takes the darkest (erode), the lightest (dilate) or the mean (convolve) of what is under a kernel.
func morphology(s *stage, args arguments) error {
	iterations, err := args.number("iterations")
	if err != nil {
		return err
	}
	radius, err := args.number("radius")
	if err != nil {
		return err
	}
	spans := kernelSpans(args.values["kernel"], radius)
	of := s.picture.size()
	return s.eachPixel(func(data []byte, bands int) {
		plane := make([]byte, of.w*of.h)
		for range round(iterations) {
			for c := range bands {
				for i := range plane {
					plane[i] = data[i*bands+c]
				}
				into := func(i int, v byte) { data[i*bands+c] = v }
				switch args.values["method"] {
				case "convolve":
					averageUnder(plane, of, spans, into)
				case "dilate":
					darkestUnder(plane, of, spans, 255, into)
				default:
					darkestUnder(plane, of, spans, 0, into)
				}
			}
		}
	})
}

// darkestUnder takes the darkest value under the kernel; with flip 255 all values are turned over on the way in and out,
// which makes it the lightest. What lies outside of the picture does not count. Each width of a span is looked at once
// per row, by running minima.
func darkestUnder(plane []byte, of size, spans []span, flip byte, into func(i int, v byte)) {
	widths := map[int][]span{}
	for _, s := range spans {
		widths[s.right-s.left+1] = append(widths[s.right-s.left+1], s)
	}
	out := make([]byte, len(plane))
	for i := range out {
		out[i] = 255
	}
	reach := 0
	for _, s := range spans {
		reach = max(reach, s.right, -s.left)
	}
	padded := make([]byte, of.w+2*reach+2)
	for y := range of.h {
		for i := range padded {
			padded[i] = 255
		}
		for x, v := range plane[y*of.w : (y+1)*of.w] {
			padded[reach+x] = v ^ flip
		}
		for width, parts := range widths {
			lowest := runningMinima(padded, width)
			for _, s := range parts {
				to := y - s.dy
				if to < 0 || to >= of.h {
					continue
				}
				row, seen := out[to*of.w:(to+1)*of.w], lowest[reach+s.left:]
				for x := range row {
					row[x] = min(row[x], seen[x])
				}
			}
		}
	}
	for i, v := range out {
		into(i, v^flip)
	}
}

// runningMinima are the minima of each stretch of a width, by where it begins (van Herk): three comparisons for each
// value, whatever the width.
func runningMinima(values []byte, width int) []byte {
	n := len(values)
	out := make([]byte, n)
	if width == 1 {
		copy(out, values)
		return out
	}
	ahead, behind := make([]byte, n), make([]byte, n)
	for i := range n {
		if i%width == 0 {
			ahead[i] = values[i]
		} else {
			ahead[i] = min(ahead[i-1], values[i])
		}
	}
	for i := n - 1; i >= 0; i-- {
		if i == n-1 || (i+1)%width == 0 {
			behind[i] = values[i]
		} else {
			behind[i] = min(behind[i+1], values[i])
		}
	}
	for i := range n {
		out[i] = min(behind[i], ahead[min(n-1, i+width-1)])
	}
	return out
}

// averageUnder takes the mean of what is under the kernel and inside the picture.
func averageUnder(plane []byte, of size, spans []span, into func(i int, v byte)) {
	sums := make([]int32, (of.w+1)*of.h) // of each row up to a place
	for y := range of.h {
		row := sums[y*(of.w+1):]
		for x, v := range plane[y*of.w : (y+1)*of.w] {
			row[x+1] = row[x] + int32(v)
		}
	}
	for y := range of.h {
		for x := range of.w {
			sum, n := int32(0), int32(0)
			for _, s := range spans {
				from := y + s.dy
				left, right := max(0, x+s.left), min(of.w, x+s.right+1)
				if from < 0 || from >= of.h || left >= right {
					continue
				}
				row := sums[from*(of.w+1):]
				sum += row[right] - row[left]
				n += int32(right - left)
			}
			if n > 0 {
				into(y*of.w+x, byte((sum+n/2)/n))
			}
		}
	}
}
