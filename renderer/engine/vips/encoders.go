package vips

import (
	govips "github.com/davidbyttow/govips/v2/vips"
)

func encodeJPEG(image *govips.ImageRef, e encoding) ([]byte, error) {
	params := govips.JpegExportParams{
		StripMetadata:  true,
		Quality:        e.quality,
		Interlace:      e.progressive,
		OptimizeCoding: true,
		SubsampleMode:  govips.VipsForeignSubsampleOn,
	}
	if e.fullChroma {
		params.SubsampleMode = govips.VipsForeignSubsampleOff
	}
	bytes, _, err := image.ExportJpeg(&params)
	return bytes, err
}

func encodePNG(image *govips.ImageRef, e encoding) ([]byte, error) {
	params := govips.NewPngExportParams()
	params.StripMetadata = true
	params.Interlace = e.progressive && !e.automatic
	params.Palette = e.palette
	if !e.palette { // indices of colours are no gradients that a filter could predict
		params.Filter = govips.PngFilterAll
	}
	bytes, _, err := image.ExportPng(params)
	return bytes, err
}

func encodeWebP(image *govips.ImageRef, e encoding) ([]byte, error) {
	params := govips.NewWebpExportParams()
	params.StripMetadata = true
	params.Quality = e.quality
	params.Lossless = e.quality == 100
	bytes, _, err := image.ExportWebp(params)
	return bareWebP(bytes), err
}

// avifEffort trades bytes for time, 0 (fast) to 9. The encoder's own middle takes many seconds for a photo.
const avifEffort = 1

func encodeAVIF(image *govips.ImageRef, e encoding) ([]byte, error) {
	params := govips.NewAvifExportParams()
	params.Effort = avifEffort
	params.StripMetadata = true
	params.Quality = e.quality
	params.Lossless = e.quality == 100
	bytes, _, err := image.ExportAvif(params)
	return bytes, err
}

func encodeGIF(image *govips.ImageRef, _ encoding) ([]byte, error) {
	params := govips.NewGifExportParams()
	params.StripMetadata = true
	bytes, _, err := image.ExportGIF(params)
	return bytes, err
}

func encodeTIFF(image *govips.ImageRef, e encoding) ([]byte, error) {
	params := govips.NewTiffExportParams()
	params.StripMetadata = true
	params.Quality = e.quality
	bytes, _, err := image.ExportTiff(params)
	return bytes, err
}
