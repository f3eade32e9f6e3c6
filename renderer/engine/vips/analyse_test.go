package vips

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"math/bits"
	"os"
	"strconv"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

func analyse(t *testing.T, data []byte) *engine.Analysis {
	t.Helper()
	found, err := newWorker(t).Analyse(engine.AnalyseRequest{File: temp(t, data)})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// as is what a transformation makes of a picture, in a format.
func as(t *testing.T, format, raw string, source []byte) []byte {
	t.Helper()
	return rendering{raw: raw, source: asset(t, source), format: format}.do(t).data
}

func TestColorsOfAPicture(t *testing.T) {
	flat := analyse(t, pngOf(t, painted(100, 80, func(x, _ int) color.NRGBA {
		switch {
		case x < 70:
			return rgb(200, 30, 30)
		case x < 90:
			return rgb(20, 40, 200)
		}
		return color.NRGBA{}
	})))
	want := []engine.ColorShare{{Color: "#C81E1E", Percent: 70}, {Color: "#1428C8", Percent: 20}, {Color: "#FFFFFF00", Percent: 10}}
	for i, c := range want {
		if len(flat.Colors) != len(want) || flat.Colors[i] != c {
			t.Fatalf("colours %v, want %v", flat.Colors, want)
		}
	}
	if flat.Grayscale || flat.SemiTransparent || flat.Illustration != 1 {
		t.Errorf("grayscale %v, semi-transparent %v, illustration %g", flat.Grayscale, flat.SemiTransparent, flat.Illustration)
	}
	if half := analyse(t, pngOf(t, plain(30, 20, color.NRGBA{80, 80, 80, 128}))); !half.SemiTransparent {
		t.Error("half opaque pixels are not found")
	}
	if gray := analyse(t, jpegOf(t, painted(64, 64, func(x, y int) color.NRGBA { return rgb(uint8(2*x+y), uint8(2*x+y), uint8(2*x+y)) }))); !gray.Grayscale {
		t.Error("a grey picture is not")
	}
}

func TestPerceptualHash(t *testing.T) {
	hash := func(data []byte) uint64 {
		value, err := strconv.ParseUint(analyse(t, data).PHash, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	photo, err := os.ReadFile(photos.Cameras(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	original := hash(photo)
	if smaller := hash(as(t, "jpg", "c_scale,w_300,q_40", photo)); bits.OnesCount64(original^smaller) > 6 {
		t.Errorf("a smaller copy differs by %d bits", bits.OnesCount64(original^smaller))
	}
	if other := hash(jpegOf(t, quadrants(640, 480))); bits.OnesCount64(original^other) < 12 {
		t.Errorf("another picture differs by %d bits", bits.OnesCount64(original^other))
	}
}

func TestQuality(t *testing.T) {
	checks := painted(400, 300, func(x, y int) color.NRGBA {
		if (x/20+y/20)%2 == 0 {
			return rgb(230, 230, 230)
		}
		return rgb(25, 25, 25)
	})
	sharp := analyse(t, jpegOf(t, checks))
	blurred := analyse(t, as(t, "jpg", "e_blur:800", jpegOf(t, checks)))
	if sharp.Quality.Focus < 3*blurred.Quality.Focus || sharp.Quality.Focus == 0 {
		t.Errorf("focus %g sharp, %g blurred", sharp.Quality.Focus, blurred.Quality.Focus)
	}
	for quality, want := range map[string][2]float64{"q_90": {0.88, 0.92}, "q_50": {0.48, 0.52}, "q_20": {0.18, 0.22}} {
		got := analyse(t, as(t, "jpg", quality, jpegOf(t, checks))).Quality.JPEGQuality
		if got == nil || *got < want[0] || *got > want[1] {
			t.Errorf("%s is measured as %v", quality, got)
		}
	}
	if q := analyse(t, pngOf(t, checks)).Quality; q.JPEGQuality != nil || q.JPEGChroma != nil || q.Score <= 0 || q.Score > 1 {
		t.Errorf("quality of a PNG: %+v", q)
	}
}

func TestWhatTheColorblindSee(t *testing.T) {
	halves := func(a, b color.NRGBA) image.Image {
		return painted(60, 60, func(x, y int) color.NRGBA {
			if (x/10+y/10)%2 == 0 {
				return a
			}
			return b
		})
	}
	clear := analyse(t, pngOf(t, halves(rgb(0, 0, 0), rgb(255, 255, 255)))).Colorblind
	if clear.DistinctEdges != 1 || clear.DistinctColors != 1 || clear.Score != 1 {
		t.Errorf("black on white: %+v", clear)
	}
	// A red and a green of the same brightness to eyes without red cones.
	hidden := analyse(t, pngOf(t, halves(rgb(158, 104, 20), rgb(112, 114, 18)))).Colorblind
	if hidden.DistinctEdges > 0.1 || hidden.DistinctColors > 0.1 || hidden.MostIndistinctPair != [2]string{"#707212", "#9e6814"} && hidden.MostIndistinctPair != [2]string{"#9e6814", "#707212"} {
		t.Errorf("a red on its green: %+v", hidden)
	}
	if one := analyse(t, pngOf(t, plain(20, 20, red))).Colorblind; one.Score != 1 || one.MostIndistinctPair[0] == "" {
		t.Errorf("one colour: %+v", one)
	}
}

func TestCinemagraph(t *testing.T) {
	if still := analyse(t, pngOf(t, plain(64, 64, red))); still.Cinemagraph != 0 {
		t.Errorf("a still picture scores %g", still.Cinemagraph)
	}
	if got := analyse(t, animation(t, 64, 48, 4)).Cinemagraph; got != 0 {
		t.Errorf("an animation of which all moves scores %g", got)
	}
	quarter := &gif.GIF{}
	for f := range 4 {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{rgb(0, 0, 0), rgb(255, 255, 255), rgb(uint8(60*f), 0, 0)})
		for y := range 24 {
			for x := range 32 {
				frame.SetColorIndex(x, y, 2)
			}
		}
		quarter.Image, quarter.Delay = append(quarter.Image, frame), append(quarter.Delay, 10)
	}
	var encoded bytes.Buffer
	if err := gif.EncodeAll(&encoded, quarter); err != nil {
		t.Fatal(err)
	}
	if got := analyse(t, encoded.Bytes()).Cinemagraph; got < 0.7 || got > 0.77 {
		t.Errorf("an animation of which three quarters stand still scores %g", got)
	}
}

func TestAnalysisOfAPhoto(t *testing.T) {
	for _, path := range photos.Cameras(t)[:3] {
		found, err := newWorker(t).Analyse(engine.AnalyseRequest{File: opened(t, path)})
		if err != nil {
			t.Fatal(err)
		}
		if found.Illustration > 0.3 || found.Quality.Focus <= 0 || found.Metadata["Colorspace"] != "RGB" || len(found.Colors) < 4 {
			t.Errorf("%s: illustration %g, quality %+v, %d colours, metadata %v", path, found.Illustration, found.Quality, len(found.Colors), found.Metadata)
		}
	}
}

func TestAnalysisRefuses(t *testing.T) {
	w := newWorker(t)
	_, err := w.Analyse(engine.AnalyseRequest{File: temp(t, []byte("no picture"))})
	wantProblem(t, err, 400, "Invalid image file")
	_, err = w.Analyse(engine.AnalyseRequest{File: temp(t, pngOf(t, plain(30, 20, red))), Limits: engine.Limits{MaxInputPixels: 100}})
	wantProblem(t, err, 400, "pixels")
}

func TestAnalysisOfAllKindsOfPictures(t *testing.T) {
	gray, deep := image.NewGray(image.Rect(0, 0, 40, 30)), image.NewGray16(image.Rect(0, 0, 40, 30))
	for x := range 40 {
		for y := range 30 {
			gray.SetGray(x, y, color.Gray{Y: uint8(6 * x)})
			deep.SetGray16(x, y, color.Gray16{Y: uint16(1500 * x)})
		}
	}
	for title, test := range map[string]struct {
		data []byte
		gray bool
	}{
		"grey":         {pngOf(t, gray), true},
		"grey of 16":   {pngOf(t, deep), true},
		"one pixel":    {pngOf(t, plain(1, 1, red)), false},
		"very wide":    {pngOf(t, plain(3000, 1, red)), false},
		"CMYK":         {cmykJPEG(t, 32, 16), false},
		"WebP":         {encodeWith(t, position(64, 48), "webp"), false},
		"TIFF":         {encodeWith(t, position(64, 48), "tiff"), false},
		"a drawing":    {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="20" height="30" fill="red"/></svg>`), false},
		"turned":       {withOrientation(jpegOf(t, position(64, 48)), 8), false},
		"nothing seen": {pngOf(t, plain(20, 20, color.NRGBA{})), true},
	} {
		t.Run(title, func(t *testing.T) {
			found := analyse(t, test.data)
			total := 0.0
			for _, c := range found.Colors {
				total += c.Percent
			}
			if total < 98 || total > 102 || len(found.PHash) != 16 || found.Grayscale != test.gray || found.Colorblind.MostIndistinctPair[1] == "" {
				t.Errorf("%+v", found)
			}
		})
	}
}
