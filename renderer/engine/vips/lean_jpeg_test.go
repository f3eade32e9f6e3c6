package vips

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

// progressivePhotos are photos whose JPEG is progressive, with fine steps.
func progressivePhotos() []string {
	return []string{photos.Dragonfly, photos.Bridge}
}

func TestLeanJPEGShowsTheSame(t *testing.T) {
	newWorker(t)
	for _, name := range progressivePhotos() {
		data, err := os.ReadFile(photos.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for shrink, least := range map[int]float64{8: math.Inf(1), 4: 46, 2: 46} {
			t.Run(fmt.Sprint(name, " by ", shrink), func(t *testing.T) {
				lean, thinned := leanJPEG(data, shrink)
				if lean == nil || len(lean) > len(data)*9/10 {
					t.Fatalf("%d of %d bytes are left", len(lean), len(data))
				}
				if thinned != (shrink < 8) {
					t.Errorf("thinned: %t", thinned)
				}
				whole, parts := shrunkPixels(t, data, shrink), shrunkPixels(t, lean, shrink)
				if len(whole) != len(parts) {
					t.Fatalf("%d and %d bytes of pixels", len(whole), len(parts))
				}
				squares, largest := 0.0, 0
				for i := range whole {
					d := diff(whole[i], parts[i])
					squares, largest = squares+float64(d*d), max(largest, d)
				}
				psnr := 10 * math.Log10(255*255*float64(len(whole))/squares)
				t.Logf("%d of %d bytes, %.1f dB, largest difference %d", len(lean), len(data), psnr, largest)
				if psnr < least {
					t.Errorf("%.1f dB, fewer than %.0f", psnr, least)
				}
			})
		}
	}
}

func shrunkPixels(t *testing.T, data []byte, shrink int) []byte {
	t.Helper()
	mapped, err := mapCopy(data)
	if err != nil {
		t.Fatal(err)
	}
	image, err := loadBuffer("jpegload_buffer", mapped, fmt.Sprintf("shrink=%d", shrink), "fail-on=warning")
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	pixels, err := pixelsOf(image)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}

func TestLeanJPEGLeavesOtherFilesAlone(t *testing.T) {
	data, err := os.ReadFile(photos.Path(t, photos.Dragonfly))
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]byte{
		"baseline":  jpegOf(t, quadrants(64, 64)),
		"not whole": data[:len(data)/2],
		"no end":    data[:len(data)-2],
		"header":    data[:20],
		"empty":     nil,
		"PNG":       pngOf(t, quadrants(8, 8)),
	} {
		if lean, _ := leanJPEG(other, 8); lean != nil {
			t.Errorf("%s: something was left out", name)
		}
	}
}

func FuzzLeanJPEG(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x00\x01\x00\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00\x00\xff\xd9"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, by := range []int{2, 4, 8} {
			lean, _ := leanJPEG(data, by)
			if lean != nil && parseProgressive(lean) == nil {
				t.Fatal("the lean file is not a progressive JPEG")
			}
		}
	})
}

// TestThinnedPicturesAreWrittenFiner asks for the same photo at the same quality with and without its last bits.
func TestThinnedPicturesAreWrittenFiner(t *testing.T) {
	w := newWorker(t)
	data, err := os.ReadFile(photos.Path(t, photos.Dragonfly))
	if err != nil {
		t.Fatal(err)
	}
	target := byName(w.formats, "avif")
	for _, test := range []struct {
		name    string
		source  *source
		asked   string
		quality int
	}{
		{"all bits", &source{}, "q_50", 50},
		{"thinned", &source{thinned: true}, "q_50", 51},
		{"thinned, at the highest quality", &source{thinned: true}, "q_100", 100},
	} {
		j := &job{worker: w, request: &engine.RenderRequest{Plan: plan(t, test.asked)}, source: test.source}
		j.env = newEnvironment(j)
		j.begin()
		if e, err := j.encoding(target, nil); err != nil || e.quality != test.quality || e.lossless != (test.quality == 100) {
			t.Errorf("%s: %+v, %v", test.name, e, err)
		}
	}
	for shrink, want := range map[int]bool{8: false, 4: true, 2: true} {
		mapped, err := mapCopy(data)
		if err != nil {
			t.Fatal(err)
		}
		s := &source{data: mapped, mapped: mapped}
		if _, err := s.lean(shrink); err != nil || s.thinned != want {
			t.Errorf("shrunk by %d: thinned %t, %v", shrink, s.thinned, err)
		}
		s.close()
	}
}
