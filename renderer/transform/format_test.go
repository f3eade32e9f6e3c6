package transform

import "testing"

func TestCanonicalFormat(t *testing.T) {
	for ext, want := range map[string]string{
		"jpg": "jpg", "JPEG": "jpg", "jpe": "jpg", "tiff": "tif", "heif": "heic", "png": "png", "jxr": "wdp", "mp4": "mp4",
	} {
		if got, known := CanonicalFormat(ext); got != want || !known {
			t.Errorf("%s: got %q, known %t; want %q", ext, got, known, want)
		}
	}
	for _, ext := range []string{"", "exe", "v2", "jpgx"} {
		if got, known := CanonicalFormat(ext); known {
			t.Errorf("%q: known as %q", ext, got)
		}
	}
}
