package vips

import "strings"

// damaged says that an error of libvips comes from a decoder and not from an operation of ours.
func damaged(err error) bool {
	text := err.Error()
	for _, domain := range []string{
		"VipsJpeg", "jpegload", "pngload", "libpng", "libspng", "webp2vips", "webpload", "gifload", "heifload", "heif:", "tiff2vips", "tiffload",
	} {
		if strings.Contains(text, domain) {
			return true
		}
	}
	return false
}
