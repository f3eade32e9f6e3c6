package vips

import "math"

// shrinking is what a decoder can do to deliver a smaller picture than the file holds.
type shrinking int

const (
	shrinksNever shrinking = iota
	// shrinksByPowers: by 2, 4 or 8 (JPEG leaves out high frequencies).
	shrinksByPowers
	// shrinksFreely: by any factor (WebP has a scaler).
	shrinksFreely
	// shrinksExactly: to any size, smaller or larger, without loss (vectors).
	shrinksExactly
)

// shrinkReserve is how much larger than the target the decoder's picture stays, so that the final scaling is done by
// our filter and not by the decoder's coarse one. At 1.5 camera photos come out within 45 dB (PSNR) of those scaled from
// all pixels; at 1, within 36 dB.
const shrinkReserve = 1.5

// shrinkOnLoad decides by how much the decoder may shrink when a part of the picture is to be scaled: 1 is not at
// all. kept is the part of the stored picture that is scaled to target. Small pictures are not worth a second look at
// the header.
func shrinkOnLoad(how shrinking, kept, target size) float64 {
	if how == shrinksNever || how != shrinksExactly && kept.pixels() < 64*64 {
		return 1
	}
	room := math.Min(float64(kept.w)/float64(target.w), float64(kept.h)/float64(target.h))
	if how == shrinksExactly {
		return room
	}
	room /= shrinkReserve
	if how == shrinksByPowers {
		for _, power := range []float64{8, 4, 2} {
			if room >= power {
				return power
			}
		}
		return 1
	}
	return math.Max(1, room)
}
