package vips

import (
	"fmt"
	"runtime"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// options are those of a saver of libvips.
type options []string

func (o *options) set(name string, value any) { *o = append(*o, fmt.Sprintf("%s=%v", name, value)) }

// with are the options that all savers have. A profile is written where metadata is.
func (e encoding) with() options {
	var o options
	o.set("strip", !e.metadata && !e.own)
	return o
}

func encodeJPEG(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("Q", e.quality)
	o.set("optimize-coding", true)
	o.set("interlace", e.progressive)
	o.set("subsample-mode", subsampling(e))
	bytes, err := saveBuffer("jpegsave_buffer", image, o...)
	if e.own && !e.metadata {
		bytes = withoutEXIF(bytes)
	}
	if e.density > 0 && err == nil {
		bytes = withDensity(bytes, e.density)
	}
	if e.resources != nil && err == nil {
		bytes = withResources(bytes, e.resources)
	}
	return bytes, err
}

func subsampling(e encoding) string {
	if e.fullChroma {
		return "off"
	}
	return "on"
}

func encodePNG(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("interlace", e.progressive && !e.automatic)
	o.set("palette", e.palette)
	if !e.palette { // indices of colours are no gradients that a filter could predict
		o.set("filter", "all")
	}
	return saveBuffer("pngsave_buffer", image, o...)
}

func encodeWebP(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("Q", e.quality)
	o.set("lossless", e.lossless)
	bytes, err := saveBuffer("webpsave_buffer", image, o...)
	if e.metadata || err != nil {
		return bytes, err
	}
	return bareWebP(bytes), nil
}

func encodeWebPs(roll *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("Q", e.quality)
	o.set("lossless", e.lossless)
	bytes, err := saveBuffer("webpsave_buffer", roll, o...)
	if err != nil {
		return nil, err
	}
	return bareWebP(bytes), nil
}

// avifEffort trades bytes for time, 0 (fast) to 9. The encoder's own middle takes many seconds for a photo.
const avifEffort = 1

func encodeAVIF(image *govips.ImageRef, e encoding) ([]byte, error) {
	return encodeHEIF(image, e, "av1", avifEffort)
}

// heicEffort is that of the encoder of HEVC, which takes longer than that of AV1.
const heicEffort = 0

func encodeHEIC(image *govips.ImageRef, e encoding) ([]byte, error) {
	return encodeHEIF(image, e, "hevc", heicEffort)
}

func encodeHEIF(image *govips.ImageRef, e encoding, compression string, effort int) ([]byte, error) {
	o := e.with()
	o.set("compression", compression)
	o.set("bitdepth", 8)
	o.set("effort", effort)
	o.set("Q", e.quality)
	o.set("lossless", e.lossless)
	return saveBuffer("heifsave_buffer", image, o...)
}

// jxlEffort trades bytes for time, 3 to 9.
const jxlEffort = 4

func encodeJXL(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("effort", jxlEffort)
	if e.lossless {
		o.set("lossless", true)
	} else {
		o.set("Q", e.quality)
	}
	return saveBuffer("jxlsave_buffer", image, o...)
}

func encodeJP2(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("lossless", e.lossless)
	if !e.lossless {
		o.set("Q", e.quality)
	}
	return saveBuffer("jp2ksave_buffer", image, o...)
}

// gifEffort trades time for how well the colours of frames are chosen, 1 to 10.
const gifEffort = 4

func encodeGIF(image *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("effort", gifEffort)
	o.set("interlace", e.progressive && !e.automatic)
	return saveBuffer("gifsave_buffer", image, o...)
}

func encodeGIFs(roll *govips.ImageRef, e encoding) ([]byte, error) {
	o := e.with()
	o.set("effort", gifEffort)
	if e.lossy > 0 {
		o.set("interframe-maxerror", e.lossy)
		o.set("interpalette-maxerror", 3*e.lossy)
		o.set("dither", 0)
	}
	return saveBuffer("gifsave_buffer", roll, o...)
}

// pixelsOf are the 8-bit pixels of an image, row by row.
func pixelsOf(image *govips.ImageRef) ([]byte, error) {
	defer runtime.KeepAlive(image)
	return image.ToBytes()
}
