package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

const (
	// saliencyView is the longest side of the picture that salience is measured on: small enough that texture is gone.
	saliencyView = 96
	// outlyingShare of what is salient may lie outside of the box on each side: a few pixels are no subject.
	outlyingShare = 0.03
)

// salientBox is the box around what differs from the rest: pixels whose colour is far from the mean of the picture, as in
// "Frequency-tuned Salient Region Detection" (Achanta and others, 2009). False when nothing stands out.
func (s *stage) salientBox() (rect, bool, error) {
	view, err := s.picture.preview(saliencyView)
	if err != nil {
		return rect{}, false, err
	}
	defer view.Close()
	if err := view.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return rect{}, false, err
	}
	pixels, err := view.image.ToBytes()
	if err != nil {
		return rect{}, false, fmt.Errorf("read the picture: %w", err)
	}
	on, full := view.size(), s.picture.size()
	found, ok := salient(pixels, on, view.image.Bands())
	if !ok {
		return rect{}, false, nil
	}
	fx, fy := float64(full.w)/float64(on.w), float64(full.h)/float64(on.h)
	return found.scaled(fx, fy).intersect(full.full()), true, nil
}

// salient finds the box on the pixels of a small picture.
func salient(pixels []byte, on size, bands int) (rect, bool) {
	converter := newLabConverter()
	colors := make([]lab, on.w*on.h)
	var mean lab
	for i := range colors {
		c := converter.lab(pixels[i*bands], pixels[i*bands+1], pixels[i*bands+2])
		colors[i] = c
		mean.l, mean.a, mean.b = mean.l+c.l, mean.a+c.a, mean.b+c.b
	}
	n := float64(len(colors))
	mean = lab{mean.l / n, mean.a / n, mean.b / n}
	far := make([]float64, len(colors))
	sum, squares := 0.0, 0.0
	for i, c := range colors {
		far[i] = c.distance(mean)
		sum += far[i]
		squares += far[i] * far[i]
	}
	// What is farther than most is salient; in a picture of one colour nothing is.
	const visible = 6
	threshold := sum/n + math.Sqrt(max(0, squares/n-sum/n*sum/n))
	across, down, total := make([]float64, on.w), make([]float64, on.h), 0.0
	for i, d := range far {
		if d >= threshold && d > visible {
			across[i%on.w] += d
			down[i/on.w] += d
			total += d
		}
	}
	if total == 0 {
		return rect{}, false
	}
	left, right := bulk(across, total*outlyingShare)
	top, bottom := bulk(down, total*outlyingShare)
	return rect{left, top, right - left, bottom - top}, true
}

// bulk is the stretch of a distribution that leaves no more than a given part out on each side.
func bulk(of []float64, out float64) (from, to int) {
	before, after := 0.0, 0.0
	from, to = 0, len(of)
	for from < to-1 && before+of[from] <= out {
		before += of[from]
		from++
	}
	for to > from+1 && after+of[to-1] <= out {
		after += of[to-1]
		to--
	}
	return from, to
}
