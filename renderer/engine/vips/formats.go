package vips

import (
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// format describes a picture type. What differs between types is a field, so that code asks what a type can do and not
// what it is called.
type format struct {
	// name is the canonical name: jpg, png, webp, gif, avif, heic, tiff.
	name string
	// signatures are alternatives; each is a list of byte strings at offsets that must all be there.
	signatures [][]mark
	// loaderClass and loader name the libvips operation that reads this type from memory.
	loaderClass, loader string
	// decoder is how messages of libvips about damaged files of this type begin.
	decoder string
	// maxSide is the longest side that a file can have.
	maxSide int
	// alpha says that the type can carry transparency.
	alpha bool
	// pages says that a file may hold several pages or frames.
	pages bool
	// shrinks is how the decoder can deliver a smaller picture.
	shrinks shrinking
	// complete says whether nothing of a file was cut off, without decoding it; nil when that takes a decoder.
	complete func(data []byte) bool
	// encode writes the type; nil when we only read it.
	encode encoder
}

// mark is a byte string at an offset of the header.
type mark struct {
	offset int
	bytes  string
}

// headerBytes is how much of a file detection looks at.
const headerBytes = 32

// formats is the registry of what is read and written. Order matters only where signatures overlap.
func formats() []format {
	return []format{
		{
			name:        "jpg",
			signatures:  [][]mark{{{0, "\xff\xd8\xff"}}},
			loaderClass: "VipsForeignLoadJpegBuffer", loader: "jpegload_buffer",
			decoder: "VipsJpeg:", maxSide: 65500,
			shrinks:  shrinksByPowers,
			complete: completeJPEG,
			encode:   encodeJPEG,
		},
		{
			name:        "png",
			signatures:  [][]mark{{{0, "\x89PNG\r\n\x1a\n"}}},
			loaderClass: "VipsForeignLoadPngBuffer", loader: "pngload_buffer",
			decoder: "vipspng:", maxSide: 1000000,
			alpha:  true,
			encode: encodePNG,
		},
		{
			name:        "webp",
			signatures:  [][]mark{{{0, "RIFF"}, {8, "WEBP"}}},
			loaderClass: "VipsForeignLoadWebpBuffer", loader: "webpload_buffer",
			decoder: "webp:", maxSide: 16383,
			alpha: true, pages: true,
			shrinks: shrinksFreely,
			encode:  encodeWebP,
		},
		{
			name:        "gif",
			signatures:  [][]mark{{{0, "GIF87a"}}, {{0, "GIF89a"}}},
			loaderClass: "VipsForeignLoadNsgifBuffer", loader: "gifload_buffer",
			decoder: "gifload_buffer:", maxSide: 65535,
			alpha: true, pages: true,
			encode: encodeGIF,
		},
		{
			name:        "avif",
			signatures:  [][]mark{{{4, "ftypavif"}}, {{4, "ftypavis"}}},
			loaderClass: "VipsForeignLoadHeifBuffer", loader: "heifload_buffer",
			decoder: "heif:", maxSide: 16384,
			alpha:  true,
			encode: encodeAVIF,
		},
		{
			name: "heic",
			signatures: [][]mark{
				{{4, "ftypheic"}}, {{4, "ftypheix"}}, {{4, "ftypheim"}}, {{4, "ftypheis"}}, {{4, "ftypmif1"}}, {{4, "ftypmsf1"}},
			},
			loaderClass: "VipsForeignLoadHeifBuffer", loader: "heifload_buffer",
			decoder: "heif:", maxSide: 16384,
			alpha: true,
		},
		{
			name:        "tiff",
			signatures:  [][]mark{{{0, "II*\x00"}}, {{0, "MM\x00*"}}, {{0, "II+\x00"}}, {{0, "MM\x00+"}}},
			loaderClass: "VipsForeignLoadTiffBuffer", loader: "tiffload_buffer",
			decoder: "tiff2vips:", maxSide: 1000000,
			alpha: true, pages: true,
			encode: encodeTIFF,
		},
	}
}

// detect finds the type of a file by its first bytes, or nil.
func detect(known []format, header []byte) *format {
	head := string(header[:min(len(header), headerBytes)])
	for i := range known {
		for _, signature := range known[i].signatures {
			if carries(head, signature) {
				return &known[i]
			}
		}
	}
	return nil
}

func carries(head string, signature []mark) bool {
	for _, m := range signature {
		if len(head) < m.offset || !strings.HasPrefix(head[m.offset:], m.bytes) {
			return false
		}
	}
	return true
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
