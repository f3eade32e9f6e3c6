package vips

import (
	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/svg"
)

// format describes a picture type. What differs between types is a field, so that code asks what a type can do and not
// what it is called.
type format struct {
	// name is the canonical name.
	name string
	// signatures are alternatives; each is a list of byte strings at offsets that must all be there.
	signatures [][]mark
	// recognise looks at files that no signature tells.
	recognise func(data []byte) bool
	// loaderClass and loader name the libvips operation that reads this type from memory; empty when decoder reads it.
	loaderClass, loader string
	// saverClass is set for savers that are closed unless they are opened.
	saverClass string
	// decoder reads types in Go that libvips has no trusted loader for.
	decoder *decoder
	// clean makes the bytes that the loader gets of those of the file.
	clean func(data []byte) ([]byte, error)
	// turned is the orientation that the file says where the bytes that the loader gets say none; nil when they say it all.
	turned func(data []byte) int
	// complains is how messages of libvips about damaged files of this type begin.
	complains string
	// maxSide is the longest side that a file can have; maxPixels is how large a picture we write, because larger ones take
	// too long, 0 for any size.
	maxSide   int
	maxPixels int64
	// alpha says that the type can carry transparency.
	alpha bool
	// pages says that a file may hold several pages or frames; frames that these are shown one after the other.
	pages, frames bool
	// opaque says that an alpha channel of the loader means nothing.
	opaque bool
	// vector says that the picture has no pixels of its own: density is the dots per inch that sizes are told for.
	vector  bool
	density float64
	// shrinks is how the decoder can deliver a smaller picture.
	shrinks shrinking
	// complete says whether nothing of a file was cut off, without decoding it; nil when that takes a decoder.
	complete func(data []byte) bool
	// cmyk says that the type can carry four colours.
	cmyk bool
	// encode writes the type; nil when we only read it. sequence writes animations, document writes several pages.
	encode   encoder
	sequence sequenceEncoder
	document documentEncoder
	// qualities are those that the levels of q_auto mean for a photo; zero when the type has none.
	qualities levels
	// unmeasured says that trying several qualities would cost too much.
	unmeasured bool
}

// measurable says that a quality can be found by looking at the picture.
func (f *format) measurable() bool { return f.qualities[0] > 0 && !f.unmeasured }

// maxHEIFPixels bounds the pictures that AVIF and HEIC are written of, which takes many times what WebP takes: what is larger
// is refused rather than kept waiting for until the deadline.
const maxHEIFPixels = 12_000_000

// pdfDensity is the density at which pages are rendered when nothing is said, in dots per inch; svgDensity is what a
// pixel of CSS means.
const (
	pdfDensity = 150
	svgDensity = 96
	// pointsPerInch is the density at which libvips renders a page when it is told nothing.
	pointsPerInch = 72
)

// formats is the registry of what is read and written. Order matters only where signatures overlap. Types without a
// signature come last.
func formats() []format {
	return append(previewed(), []format{
		{
			name:        "jpg",
			signatures:  [][]mark{{{0, "\xff\xd8\xff"}}},
			loaderClass: "VipsForeignLoadJpegBuffer", loader: "jpegload_buffer",
			complains: "VipsJpeg:", maxSide: 65500,
			shrinks:  shrinksByPowers,
			cmyk:     true,
			complete: completeJPEG,
			encode:   encodeJPEG, qualities: levels{85, 78, 68, 55},
		},
		{
			name:        "png",
			signatures:  [][]mark{{{0, "\x89PNG\r\n\x1a\n"}}},
			loaderClass: "VipsForeignLoadPngBuffer", loader: "pngload_buffer",
			complains: "vipspng:", maxSide: 1000000,
			alpha:  true,
			encode: encodePNG, sequence: encodeAPNG,
		},
		{
			name:        "webp",
			signatures:  [][]mark{{{0, "RIFF"}, {8, "WEBP"}}},
			loaderClass: "VipsForeignLoadWebpBuffer", loader: "webpload_buffer",
			complains: "webp:", maxSide: 16383,
			alpha: true, pages: true, frames: true,
			shrinks: shrinksFreely,
			encode:  encodeWebP, sequence: encodeWebPs, qualities: levels{84, 78, 69, 56},
		},
		{
			name:        "gif",
			signatures:  [][]mark{{{0, "GIF87a"}}, {{0, "GIF89a"}}},
			loaderClass: "VipsForeignLoadNsgifBuffer", loader: "gifload_buffer",
			complains: "gifload_buffer:", maxSide: 65535,
			alpha: true, pages: true, frames: true,
			encode: encodeGIF, sequence: encodeGIFs,
		},
		{
			name:        "avif",
			recognise:   brand("avif", "avis"),
			loaderClass: "VipsForeignLoadHeifBuffer", loader: "heifload_buffer",
			complains: "heif:", maxSide: 16384, maxPixels: maxHEIFPixels,
			alpha:  true,
			encode: encodeAVIF, sequence: encodeAVIFs, qualities: levels{69, 61, 51, 41},
		},
		{
			name:        "heic",
			recognise:   brand("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"),
			loaderClass: "VipsForeignLoadHeifBuffer", loader: "heifload_buffer",
			complains: "heif:", maxSide: 16384, maxPixels: maxHEIFPixels,
			alpha:  true,
			encode: encodeHEIC, qualities: levels{52, 48, 43, 37}, unmeasured: true,
		},
		{
			name:        "tiff",
			signatures:  [][]mark{{{0, "II*\x00"}}, {{0, "MM\x00*"}}, {{0, "II+\x00"}}, {{0, "MM\x00+"}}},
			loaderClass: "VipsForeignLoadTiffBuffer", loader: "tiffload_buffer",
			complains: "tiff2vips:", maxSide: 1000000,
			alpha: true, pages: true, cmyk: true,
			encode: encodeTIFF, document: encodeTIFFs,
		},
		{
			name:        "pdf",
			signatures:  [][]mark{{{0, "%PDF-"}}},
			loaderClass: "VipsForeignLoadPdfBuffer", loader: "pdfload_buffer",
			complains: "pdfload", maxSide: 65500,
			pages: true, opaque: true, vector: true, density: pdfDensity, cmyk: true,
			shrinks: shrinksExactly,
			encode:  encodePDF, document: encodePDFs,
		},
		{
			name: "jxl",
			signatures: [][]mark{
				{{0, "\xff\x0a"}}, {{0, "\x00\x00\x00\x0cJXL \r\n\x87\n"}},
			},
			loaderClass: "VipsForeignLoadJxlBuffer", loader: "jxlload_buffer", saverClass: "VipsForeignSaveJxlBuffer",
			complains: "JxlDecoder", maxSide: 65535,
			alpha:  true,
			encode: encodeJXL, qualities: levels{85, 78, 68, 55},
		},
		{
			name: "jp2",
			signatures: [][]mark{
				{{0, "\x00\x00\x00\x0cjP  \r\n\x87\n"}}, {{0, "\xff\x4f\xff\x51"}},
			},
			loaderClass: "VipsForeignLoadJp2kBuffer", loader: "jp2kload_buffer", saverClass: "VipsForeignSaveJp2kBuffer",
			complains: "jp2kload", maxSide: 65535,
			alpha:  true,
			encode: encodeJP2, qualities: levels{46, 42, 39, 37}, unmeasured: true,
		},
		{
			name:       "bmp",
			signatures: [][]mark{{{0, "BM"}, {6, "\x00\x00\x00\x00"}}},
			decoder:    &bmpDecoder, maxSide: 30000,
			encode: encodeBMP,
		},
		{
			name:       "ico",
			signatures: [][]mark{{{0, "\x00\x00\x01\x00"}}},
			decoder:    &icoDecoder, maxSide: 256,
			alpha:  true,
			encode: encodeICO,
		},
		{
			name:       "psd",
			signatures: [][]mark{{{0, "8BPS\x00\x01"}}},
			decoder:    &psdDecoder, maxSide: 30000,
			alpha: true, pages: true,
		},
		{
			name:       "psb",
			signatures: [][]mark{{{0, "8BPS\x00\x02"}}},
			decoder:    &psdDecoder, maxSide: 300000,
			alpha: true, pages: true,
		},
		{
			name:        "svg",
			recognise:   isSVG,
			loaderClass: "VipsForeignLoadSvgBuffer", loader: "svgload_buffer",
			clean:     svg.Sanitize,
			complains: "svgload", maxSide: 32767,
			alpha: true, vector: true, density: svgDensity,
			shrinks: shrinksExactly,
		},
		{
			name:      "tga",
			recognise: isTarga,
			decoder:   &tgaDecoder, maxSide: 65535,
			alpha:  true,
			encode: encodeTGA,
		},
	}...)
}

// byName finds a type by its canonical name, or nil. "tif" is accepted for "tiff".
func byName(known []format, name string) *format {
	if name == "tif" {
		name = "tiff"
	}
	for i := range known {
		if known[i].name == name {
			return &known[i]
		}
	}
	return nil
}

// colorSpaceName is the public name of what libvips calls interpretation.
func colorSpaceName(i govips.Interpretation) string {
	switch i {
	case govips.InterpretationBW, govips.InterpretationGrey16:
		return "gray"
	case govips.InterpretationCMYK:
		return "cmyk"
	case govips.InterpretationSRGB, govips.InterpretationRGB, govips.InterpretationRGB16:
		return "srgb"
	case govips.InterpretationLAB, govips.InterpretationLABS, govips.InterpretationLABQ:
		return "lab"
	}
	return "other"
}
