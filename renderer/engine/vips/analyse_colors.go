package vips

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

const (
	// listedColors is how many colours an analysis lists.
	listedColors = 32
	// clearOpacity is the opacity below which a pixel is seen through.
	clearOpacity = 128
)

// mainColors are the colours that RGB pixels are mostly of. opacity is one byte a pixel, nil where all are opaque.
func mainColors(rgb, opacity []byte, of size) []engine.ColorShare {
	q := quantize(rgb, of, listedColors)
	type count struct{ pixels, opacity int }
	var solid, clear [256]count
	for i, label := range q.labels {
		alpha := byte(255)
		if opacity != nil {
			alpha = opacity[i]
		}
		to := &solid[label]
		if alpha < clearOpacity {
			to = &clear[label]
		}
		to.pixels++
		to.opacity += int(alpha)
	}
	var shares []engine.ColorShare
	list := func(counts *[256]count) {
		for label, c := range q.colors {
			n := counts[label]
			if n.pixels == 0 {
				continue
			}
			name := fmt.Sprintf("#%02X%02X%02X", c[0], c[1], c[2])
			if alpha := n.opacity / n.pixels; alpha < 255 {
				name += fmt.Sprintf("%02X", alpha)
			}
			percent := math.Round(float64(n.pixels)/float64(len(q.labels))*1000) / 10
			shares = append(shares, engine.ColorShare{Color: name, Percent: percent})
		}
	}
	list(&solid)
	list(&clear)
	slices.SortStableFunc(shares, func(a, b engine.ColorShare) int { return cmp.Compare(b.Percent, a.Percent) })
	shares = slices.DeleteFunc(shares, func(s engine.ColorShare) bool { return s.Percent == 0 })
	return shares[:min(len(shares), listedColors)]
}

// isGray says that no pixel has a colour that is to be seen.
func isGray(rgb []byte) bool {
	const tolerance = 3 // levels: what compression adds
	for i := 0; i+2 < len(rgb); i += 3 {
		low, high := min(rgb[i], rgb[i+1], rgb[i+2]), max(rgb[i], rgb[i+1], rgb[i+2])
		if high-low > tolerance {
			return false
		}
	}
	return true
}

// illustration is 0 for a picture whose neighbouring pixels all differ, as those of photos do, and 1 for one that is flat.
func illustration(rgb []byte, of size) float64 {
	const photo, drawn = 0.15, 0.65 // shares of pairs that are alike in photos and in drawings
	alike, pairs := 0, 0
	for y := range of.h {
		for x := 1; x < of.w; x++ {
			at := 3 * (y*of.w + x)
			pairs++
			if rgb[at] == rgb[at-3] && rgb[at+1] == rgb[at-2] && rgb[at+2] == rgb[at-1] {
				alike++
			}
		}
	}
	if pairs == 0 {
		return 0
	}
	return min(max((float64(alike)/float64(pairs)-photo)/(drawn-photo), 0), 1)
}

const (
	// edgeContrast is the difference in CIELAB from which neighbouring pixels are an edge, colorContrast that from which two
	// colours are told apart at a glance.
	edgeContrast  = 10.0
	colorContrast = 10.0
	// comparedColors is how many of the colours are compared with each other.
	comparedColors = 16
)

// colorblind compares what all see with what those see who lack one kind of cones; the least of the three counts.
func colorblind(rgb []byte, of size) engine.Colorblind {
	k := newLabConverter()
	result := engine.Colorblind{DistinctEdges: 1, DistinctColors: 1}
	q := quantize(rgb, of, comparedColors)
	worst := math.Inf(1)
	for _, condition := range []string{"protanopia", "deuteranopia", "tritanopia"} {
		seen := inLinearLight(colorblindness[condition])
		dichromat := func(r, g, b byte) lab {
			c := seen([3]float64{float64(r), float64(g), float64(b)})
			return k.lab(level(c[0]), level(c[1]), level(c[2]))
		}
		result.DistinctEdges = min(result.DistinctEdges, distinctEdges(rgb, of, k, dichromat))
		told, all := 0, 0
		for a := range q.colors {
			for b := range a {
				ca, cb := q.colors[a], q.colors[b]
				if k.lab(ca[0], ca[1], ca[2]).distance(k.lab(cb[0], cb[1], cb[2])) < colorContrast {
					continue
				}
				all++
				left := dichromat(ca[0], ca[1], ca[2]).distance(dichromat(cb[0], cb[1], cb[2]))
				if left >= colorContrast {
					told++
				}
				if left < worst {
					worst = left
					result.MostIndistinctPair = [2]string{hexColor(ca), hexColor(cb)}
				}
			}
		}
		if all > 0 {
			result.DistinctColors = min(result.DistinctColors, float64(told)/float64(all))
		}
	}
	if result.MostIndistinctPair[0] == "" { // one colour, which is like itself
		first := hexColor(q.colors[0])
		result.MostIndistinctPair = [2]string{first, first}
	}
	result.DistinctEdges, result.DistinctColors = toScore(result.DistinctEdges), toScore(result.DistinctColors)
	result.Score = toScore((result.DistinctEdges + result.DistinctColors) / 2)
	return result
}

func hexColor(c [3]byte) string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// distinctEdges is the share of the edges that are edges to other eyes, too; 1 for a picture without.
func distinctEdges(rgb []byte, of size, k *labConverter, seen func(r, g, b byte) lab) float64 {
	known := map[[3]byte]lab{}
	other := func(r, g, b byte) lab {
		// A few levels of each channel decide nothing, and most pixels share them.
		cell := [3]byte{r &^ 3, g &^ 3, b &^ 3}
		c, ok := known[cell]
		if !ok {
			c = seen(cell[0], cell[1], cell[2])
			known[cell] = c
		}
		return c
	}
	edges, kept := 0, 0
	compare := func(a, b int) {
		if k.lab(rgb[a], rgb[a+1], rgb[a+2]).distance(k.lab(rgb[b], rgb[b+1], rgb[b+2])) < edgeContrast {
			return
		}
		edges++
		if other(rgb[a], rgb[a+1], rgb[a+2]).distance(other(rgb[b], rgb[b+1], rgb[b+2])) >= edgeContrast {
			kept++
		}
	}
	for y := range of.h {
		for x := range of.w {
			at := 3 * (y*of.w + x)
			if x > 0 {
				compare(at, at-3)
			}
			if y > 0 {
				compare(at, at-3*of.w)
			}
		}
	}
	if edges == 0 {
		return 1
	}
	return float64(kept) / float64(edges)
}
