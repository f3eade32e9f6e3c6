package vips

import (
	"fmt"
	"math"
	"runtime"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// levels is a number for each level of q_auto: best, good, eco, low.
type levels [4]float64

// at is the number at a level, which may lie half of the way between two: 0 is best, 3 is low.
func (l levels) at(level float64) float64 {
	below := clamp(int(math.Floor(level)), 0, len(l)-2)
	return l[below] + (level-float64(below))*(l[below+1]-l[below])
}

// similarities are what the levels ask for: the structural similarity (SSIM of the luminance) of the encoded picture to
// the picture, measured on a sample of it. Half of all camera photos reach them at the qualities that a format names.
func similarities() levels { return levels{0.982, 0.976, 0.968, 0.957} }

// A picture gets at most so much less or more than the quality that its format names for the level: in smooth pictures
// blocks are seen that the similarity does not tell of, and in busy ones nobody sees what it asks for. Beside flat colour
// everything is seen: nothing is saved there, and twice as much is spent.
const (
	mostSaved = 12
	mostSpent = 6
)

// The sample is a square of tiles, spread evenly over the picture: large enough to see what the picture is made of,
// small enough to be encoded a few times at no cost to speak of.
const (
	sampleTiles = 3
	sampleTile  = 96
	sampleSide  = sampleTiles * sampleTile
)

// gridPoints is how many qualities are tried. What lies between is interpolated, so that a higher level never gets a
// lower quality.
const gridPoints = 4

// measured is what a look at a picture tells about how to encode it.
type measured struct {
	quality int
	// graphic says that there are few colours for the number of pixels; palette, that 256 of them are enough; flat, that
	// there are areas of one colour, where colours that bleed are seen.
	graphic, palette, flat bool
}

// measureQuality finds the quality at which a format reaches the similarity of a level. The image must lie in memory.
func measureQuality(image *govips.ImageRef, target *format, level float64) (measured, error) {
	pixels, of, err := tilesOf(image)
	if err != nil {
		return measured{}, err
	}
	small, err := govips.NewImageFromMemory(pixels, of.w, of.h, 3, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return measured{}, err
	}
	defer small.Close()
	light, similarity := lightOf(pixels), similarities().at(level)
	found := measured{quality: usualQuality, graphic: fewColors(pixels)}
	if !target.measurable() {
		got, err := reencoded(small, target, encoding{palette: true}, light, of)
		found.palette = got >= similarity
		return found, err
	}
	if found.flat, err = hasFlatColor(image, pixels, of); err != nil {
		return found, err
	}
	asked := target.qualities.at(level)
	low, high := math.Max(1, target.qualities[3]-mostSaved), math.Min(100, target.qualities[0]+2*mostSpent)
	reached, before := high, 0.0
	for i := range gridPoints {
		q := low + (high-low)*float64(i)/(gridPoints-1)
		got, err := reencoded(small, target, encoding{quality: round(q), fullChroma: found.flat || round(q) >= chromaThreshold}, light, of)
		if err != nil {
			return found, err
		}
		got = math.Max(before, got)
		if got >= similarity {
			reached = q
			if i > 0 {
				reached -= (high - low) / (gridPoints - 1) * (got - similarity) / math.Max(got-before, 1e-9)
			}
			break
		}
		before = got
	}
	saved, spent := float64(mostSaved), float64(mostSpent)
	if found.flat {
		saved, spent = 0, 2*mostSpent
	}
	found.quality = round(clampFloat(reached, math.Max(1, asked-saved), math.Min(100, asked+spent)))
	return found, nil
}

// tilesOf is the RGB pixels of tiles of an image, or of all of it when it is small.
func tilesOf(image *govips.ImageRef) ([]byte, size, error) {
	of := size{image.Width(), image.Height()}
	whole, err := image.Copy()
	if err != nil {
		return nil, of, err
	}
	defer whole.Close()
	forgetMetadata(whole) // so that frames are taken for one picture
	if whole.HasAlpha() {
		if err := whole.Flatten(&govips.Color{R: 255, G: 255, B: 255}); err != nil {
			return nil, of, fmt.Errorf("flatten the sample: %w", err)
		}
	}
	if of.w <= sampleSide && of.h <= sampleSide {
		pixels, err := whole.ToBytes()
		return pixels, of, err
	}
	tile := size{min(sampleTile, of.w), min(sampleTile, of.h)}
	out := size{tile.w * sampleTiles, tile.h * sampleTiles}
	pixels := make([]byte, 3*out.w*out.h)
	for i := range sampleTiles * sampleTiles {
		column, row := i%sampleTiles, i/sampleTiles
		part, err := whole.Copy()
		if err != nil {
			return nil, of, err
		}
		// Each tile lies in the middle of its ninth of the picture; multiples of 16 keep the blocks of encoders aligned.
		x := (of.w - tile.w) * (2*column + 1) / (2 * sampleTiles) &^ 15
		y := (of.h - tile.h) * (2*row + 1) / (2 * sampleTiles) &^ 15
		err = part.ExtractArea(x, y, tile.w, tile.h)
		var got []byte
		if err == nil {
			got, err = part.ToBytes()
		}
		part.Close()
		if err != nil {
			return nil, of, fmt.Errorf("take a tile of the sample: %w", err)
		}
		for line := range tile.h {
			copy(pixels[3*((row*tile.h+line)*out.w+column*tile.w):], got[3*line*tile.w:3*(line+1)*tile.w])
		}
	}
	return pixels, out, nil
}

// reencoded encodes a small image and tells how similar it still is.
func reencoded(image *govips.ImageRef, target *format, how encoding, light []float32, of size) (float64, error) {
	data, err := target.encode(image, how)
	if err != nil {
		return 0, err
	}
	var pinned runtime.Pinner
	pinned.Pin(&data[0])
	defer pinned.Unpin()
	back, err := loadBuffer(target.loader, data)
	if err != nil {
		return 0, err
	}
	defer back.Close()
	if err := toSRGB(back, nil); err != nil {
		return 0, err
	}
	if back.Bands() > 3 {
		if err := back.ExtractBand(0, 3); err != nil {
			return 0, err
		}
	}
	pixels, err := back.ToBytes()
	if err != nil {
		return 0, err
	}
	return ssim(light, lightOf(pixels), of), nil
}

// lightOf is the luminance of RGB pixels, 0..255 (Rec. 601).
func lightOf(pixels []byte) []float32 {
	light := make([]float32, len(pixels)/3)
	for i := range light {
		p := pixels[3*i : 3*i+3]
		light[i] = 0.299*float32(p[0]) + 0.587*float32(p[1]) + 0.114*float32(p[2])
	}
	return light
}

// ssim is the mean structural similarity of two pictures over windows of 8 by 8 pixels, four pixels apart (Wang et al.
// 2004, with uniform windows).
func ssim(a, b []float32, of size) float64 {
	const window, stride = 8, 4
	const c1, c2 = (0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255)
	sum, count := 0.0, 0
	for y := 0; y+min(window, of.h) <= of.h; y += stride {
		for x := 0; x+min(window, of.w) <= of.w; x += stride {
			var sa, sb, saa, sbb, sab float64
			n := 0.0
			for dy := range min(window, of.h) {
				row := (y+dy)*of.w + x
				for dx := range min(window, of.w) {
					va, vb := float64(a[row+dx]), float64(b[row+dx])
					sa, sb, saa, sbb, sab = sa+va, sb+vb, saa+va*va, sbb+vb*vb, sab+va*vb
					n++
				}
			}
			ma, mb := sa/n, sb/n
			va, vb, cov := saa/n-ma*ma, sbb/n-mb*mb, sab/n-ma*mb
			sum += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			count++
		}
	}
	return sum / float64(max(1, count))
}

// colorsPerPixel is below what share of colours a picture is a graphic.
const colorsPerPixel = 1.0 / 32

// fewColors tells graphics from photos.
func fewColors(pixels []byte) bool {
	seen := map[[3]byte]struct{}{}
	limit := int(float64(len(pixels)/3) * colorsPerPixel)
	for i := 0; i+3 <= len(pixels); i += 3 {
		seen[[3]byte(pixels[i:i+3])] = struct{}{}
		if len(seen) > limit {
			return false
		}
	}
	return true
}
