package vips

import (
	"bytes"
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// flatBlock is the side of the blocks that are looked at for flat colour.
const flatBlock = 4

// flatShare is the share of blocks of one colour from which on a picture has flat colour. Photos have next to none.
const flatShare = 1.0 / 64

// hasFlatColor tells whether a picture has padding, a border, or drawn areas: there a decoder's ringing and bleeding
// colours are seen, which the similarity of the luminance does not tell of. It looks at a sample's RGB pixels, and at the
// corners of the picture, where borders lie that a sample misses.
func hasFlatColor(image *govips.ImageRef, sample []byte, of size) (bool, error) {
	flat, blocks := 0, 0
	for y := 0; y+flatBlock <= of.h; y += flatBlock {
		for x := 0; x+flatBlock <= of.w; x += flatBlock {
			if oneColor(sample[3*(y*of.w+x):], 3*of.w, 3) {
				flat++
			}
			blocks++
		}
	}
	if blocks > 0 && float64(flat) >= flatShare*float64(blocks) {
		return true, nil
	}
	w, h := image.Width(), image.Height()
	if w < flatBlock || h < flatBlock {
		return false, nil
	}
	for _, corner := range [][2]int{{0, 0}, {w - flatBlock, 0}, {0, h - flatBlock}, {w - flatBlock, h - flatBlock}} {
		block, err := image.Copy()
		if err != nil {
			return false, err
		}
		forgetMetadata(block) // so that the frames of an animation are taken for one picture
		err = block.ExtractArea(corner[0], corner[1], flatBlock, flatBlock)
		var pixels []byte
		if err == nil {
			pixels, err = block.ToBytes()
		}
		bands := block.Bands()
		block.Close()
		if err != nil {
			return false, fmt.Errorf("look at a corner: %w", err)
		}
		if oneColor(pixels, bands*flatBlock, bands) {
			return true, nil
		}
	}
	return false, nil
}

// oneColor says that a block of pixels, whose rows are stride bytes apart, has one colour.
func oneColor(pixels []byte, stride, bands int) bool {
	for y := range flatBlock {
		for x := range flatBlock {
			if !bytes.Equal(pixels[y*stride+x*bands:][:bands], pixels[:bands]) {
				return false
			}
		}
	}
	return true
}
