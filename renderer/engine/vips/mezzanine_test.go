package vips

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

// mezzanineRendering is a rendering of a file of a photo by a transformation.
type mezzanineRendering struct {
	path, raw, format string
	// mezzanine is the path of one to start from; make asks for one.
	mezzanine string
	make      bool
}

// rendered is what came of it; mezzanine is the path of the one that was made.
type mezzanineRendered struct {
	data      []byte
	result    *engine.RenderResult
	mezzanine string
}

func (r mezzanineRendering) do(t testing.TB) mezzanineRendered {
	t.Helper()
	dir := t.TempDir()
	create := func(name string) *os.File {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	output := create("output")
	request := &engine.RenderRequest{Plan: plan(t, r.raw), Source: engine.Source{File: opened(t, r.path)}, Format: r.format, MakeMezzanine: r.make}
	var made *os.File
	if r.make {
		made = create("mezzanine")
	}
	if r.mezzanine != "" {
		request.Mezzanine = opened(t, r.mezzanine)
	}
	result, err := newWorker(t).Render(request, output, made)
	if err != nil {
		t.Fatalf("%s: %v", r.raw, err)
	}
	rendered := mezzanineRendered{result: result}
	if rendered.data, err = os.ReadFile(output.Name()); err != nil {
		t.Fatal(err)
	}
	if result.MezzanineBytes > 0 {
		rendered.mezzanine = made.Name()
		if info, err := made.Stat(); err != nil || info.Size() != result.MezzanineBytes {
			t.Fatalf("%d bytes of mezzanine were reported: %v, %v", result.MezzanineBytes, info, err)
		}
	}
	return rendered
}

// started are the sizes of the copies that steps started from.
func (r mezzanineRendered) started() (from [][2]int) {
	for _, step := range r.result.Trace {
		if step.Mezzanine != nil {
			from = append(from, *step.Mezzanine)
		}
	}
	return from
}

const (
	// invisible is the SSIM from which on nobody sees a difference.
	invisible = 0.99
	// lessLike is how much less a file may be like the photo, and lessLikeAll how much less those of a photo may be on the average.
	// Two files that an encoder with loss makes of pictures whose SSIM is 0.999 may well have one of 0.96, so that
	// comparing them with each other says little.
	lessLike, lessLikeAll = 0.003, 0.0015
)

// TestMezzanineIsInvisible compares the pictures that started from one with those made of the original, and the files made of
// both with an exact rendering.
func TestMezzanineIsInvisible(t *testing.T) {
	// All photos at all widths take minutes.
	widths, every := []int{480, 1024, 1920}, 4
	if os.Getenv("DARKROOM_ALL_WIDTHS") != "" {
		widths, every = []int{320, 480, 640, 800, 1024, 1280, 1920, 2560}, 1
	}
	for i, path := range photos.Cameras(t) {
		if (i+3)%every != 0 {
			continue
		}
		made := mezzanineRendering{path: path, raw: "c_limit,w_320", format: "jpg", make: true}.do(t)
		if made.mezzanine == "" {
			t.Fatalf("%s: none was made", path)
		}
		less, files := 0.0, 0
		for _, width := range widths {
			raw := fmt.Sprintf("c_limit,w_%d/q_80", width)
			compare := func(format string) (whole, start mezzanineRendered) {
				return mezzanineRendering{path: path, raw: raw, format: format}.do(t), mezzanineRendering{path: path, raw: raw, format: format, mezzanine: made.mezzanine}.do(t)
			}
			whole, start := compare("png")
			if start.started() == nil {
				t.Logf("%s: %d pixels wide from the original", filepath.Base(path), width)
				continue
			}
			got := likeness(t, whole.data, start.data)
			t.Logf("%s %d from %v: %.4f", filepath.Base(path), width, start.started(), got)
			if got < invisible {
				t.Errorf("%s: %d pixels wide, from %v: SSIM %.4f, below %g", filepath.Base(path), width, start.started(), got, invisible)
			}
			exact := exactly(t, path, look(t, whole.data).size())
			for _, format := range []string{"jpg", "webp"} {
				whole, start := compare(format)
				a, b := likeness(t, exact, whole.data), likeness(t, exact, start.data)
				t.Logf("    %s: %.4f and %.4f like the exact picture, %.4f like each other", format, a, b, likeness(t, whole.data, start.data))
				less, files = less+a-b, files+1
				if b < a-lessLike {
					t.Errorf("%s: %d pixels wide, as %s, from %v: SSIM %.4f to the exact picture, and %.4f from the original", filepath.Base(path), width, format, start.started(), b, a)
				}
			}
		}
		if mean := less / float64(files); files == 0 || mean > lessLikeAll {
			t.Errorf("%s: %d files are less like the exact picture by %.4f on the average, above %g", filepath.Base(path), files, mean, lessLikeAll)
		}
	}
}

// exactly is the photo scaled from all of its pixels, without loss.
func exactly(t *testing.T, path string, to size) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	image, err := govips.NewImageFromBuffer(data)
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	if err := image.ResizeWithVScale(float64(to.w)/float64(image.Width()), float64(to.h)/float64(image.Height()), govips.KernelLanczos3); err != nil {
		t.Fatal(err)
	}
	if image.Bands() == 1 {
		if err := image.ToColorSpace(govips.InterpretationSRGB); err != nil {
			t.Fatal(err)
		}
	}
	file, err := saveBuffer("pngsave_buffer", image, "compression=1", "strip=true")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestMezzanineKeepsColoursAndOrientation holds what comes of photos that are stored sideways, in other colours or in grey.
func TestMezzanineKeepsColoursAndOrientation(t *testing.T) {
	data, err := os.ReadFile(photos.Path(t, photos.Bridge))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"sideways":                withOrientation(data, 6),
		"mirrored":                withOrientation(data, 4),
		"with another profile":    withProfile(data, swappedProfile("swapped")),
		"in grey":                 grey(t, data),
		"with all colour samples": fullChroma(t, data),
	} {
		t.Run(name, func(t *testing.T) {
			path := temp(t, file).Name()
			made := mezzanineRendering{path: path, raw: "c_limit,w_320", format: "jpg", make: true}.do(t)
			for _, raw := range []string{"c_limit,w_640/q_80", "c_fill,g_north_east,h_450,w_450/q_80", "c_pad,b_blue,h_700,w_700/q_80", "c_fill,h_300,w_900/l_text:Arial_40:Bridge/fl_layer_apply/q_80"} {
				whole := mezzanineRendering{path: path, raw: raw, format: "png"}.do(t)
				start := mezzanineRendering{path: path, raw: raw, format: "png", mezzanine: made.mezzanine}.do(t)
				if len(start.started()) != 1 || start.result.MezzanineDamaged {
					t.Errorf("%s started from %v", raw, start.started())
				}
				if got := likeness(t, whole.data, start.data); got < invisible {
					t.Errorf("%s: SSIM %.4f, below %g", raw, got, invisible)
				}
				wantSameColours(t, raw, whole.data, start.data)
			}
		})
	}
}

// wantSameColours compares the mean of each channel.
func wantSameColours(t *testing.T, raw string, a, b []byte) {
	t.Helper()
	var means [2][3]float64
	for i, data := range [][]byte{a, b} {
		s := look(t, data)
		for y := range s.size().h {
			for x := range s.size().w {
				c := s.at(x, y)
				for j, v := range []uint8{c.R, c.G, c.B} {
					means[i][j] += float64(v) / float64(s.size().pixels())
				}
			}
		}
	}
	for j := range 3 {
		if d := means[0][j] - means[1][j]; d > 0.5 || d < -0.5 {
			t.Errorf("%s: the means of the channels are %.2f and %.2f", raw, means[0], means[1])
		}
	}
}

func grey(t *testing.T, data []byte) []byte {
	t.Helper()
	return saved(t, data, func(image *govips.ImageRef) error { return image.ToColorSpace(govips.InterpretationBW) }, "Q=90")
}

func fullChroma(t *testing.T, data []byte) []byte {
	t.Helper()
	return saved(t, data, func(*govips.ImageRef) error { return nil }, "Q=92", "subsample-mode=off")
}

// saved is a JPEG file of a changed picture.
func saved(t *testing.T, data []byte, change func(*govips.ImageRef) error, options ...string) []byte {
	t.Helper()
	mapped, err := mapCopy(data)
	if err != nil {
		t.Fatal(err)
	}
	image, err := loadBuffer("jpegload_buffer", mapped)
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	if err := change(image); err != nil {
		t.Fatal(err)
	}
	file, err := saveBuffer("jpegsave_buffer", image, options...)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMezzanineIsLeftAside(t *testing.T) {
	path := photos.Path(t, photos.Bridge)
	made := mezzanineRendering{path: path, raw: "c_limit,w_320", format: "jpg", make: true}.do(t)
	for name, raw := range map[string]string{
		"larger than the copies":    "c_limit,w_4000/q_80",
		"pixels of the original":    "c_crop,h_500,w_500,x_700,y_300/q_80",
		"hardly smaller":            "c_limit,w_4100/q_80",
		"a small part, large":       "c_fill,g_north,h_2000,w_200/q_80",
		"something before it":       "e_grayscale/c_limit,w_400/q_80",
		"where the picture is seen": "c_fill,g_auto,h_300,w_300/q_80",
	} {
		t.Run(name, func(t *testing.T) {
			whole := mezzanineRendering{path: path, raw: raw, format: "jpg"}.do(t)
			start := mezzanineRendering{path: path, raw: raw, format: "jpg", mezzanine: made.mezzanine}.do(t)
			if from := start.started(); from != nil || start.result.MezzanineDamaged {
				t.Errorf("started from %v, damaged %t", from, start.result.MezzanineDamaged)
			}
			if !bytes.Equal(whole.data, start.data) {
				t.Error("the file differs from that of the original")
			}
		})
	}
}

func TestMezzanineThatIsDamaged(t *testing.T) {
	path := photos.Path(t, photos.Bridge)
	made := mezzanineRendering{path: path, raw: "c_limit,w_320", format: "jpg", make: true}.do(t)
	intact, err := os.ReadFile(made.mezzanine)
	if err != nil {
		t.Fatal(err)
	}
	const raw = "c_limit,w_640/q_80"
	whole := mezzanineRendering{path: path, raw: raw, format: "jpg"}.do(t)
	if start := (mezzanineRendering{path: path, raw: raw, format: "jpg", mezzanine: made.mezzanine}).do(t); len(start.started()) != 1 || start.result.MezzanineDamaged {
		t.Fatalf("intact: started from %v", start.started())
	}
	// again makes the sums fit, as a compromised engine would.
	again := func(data []byte) []byte {
		rest := data[mezzanineHeader:]
		for entry := data[len(mezzanineMagic):mezzanineHeader]; len(entry) > 0; entry = entry[16:] {
			length := min(int(binary.BigEndian.Uint32(entry[8:])), len(rest))
			binary.BigEndian.PutUint32(entry[12:], crc32.Checksum(rest[:length], castagnoli))
			rest = rest[length:]
		}
		return data
	}
	for name, damage := range map[string]func(data []byte) []byte{
		"one bit":          func(data []byte) []byte { data[len(data)/2] ^= 4; return data },
		"its end missing":  func(data []byte) []byte { return data[:len(data)-1] },
		"something behind": func(data []byte) []byte { return append(data, 0) },
		"its header only":  func(data []byte) []byte { return data[:mezzanineHeader] },
		"a few bytes":      func(data []byte) []byte { return data[:5] },
		"another kind":     func([]byte) []byte { return pngOf(t, plain(20, 20, rgb(1, 2, 3))) },
		"wider than the original": func(data []byte) []byte {
			binary.BigEndian.PutUint32(data[len(mezzanineMagic):], 5000)
			return data
		},
		"sizes that are not those of its files": func(data []byte) []byte {
			binary.BigEndian.PutUint32(data[len(mezzanineMagic)+16:], 1200)
			return data
		},
		"lengths beyond its end": func(data []byte) []byte {
			binary.BigEndian.PutUint32(data[len(mezzanineMagic)+8:], 1<<32-1)
			return data
		},
		"files that are none": func(data []byte) []byte {
			clear(data[mezzanineHeader:])
			return again(data)
		},
		"files that end early": func(data []byte) []byte {
			clear(data[mezzanineHeader+(len(data)-mezzanineHeader)/4:])
			return again(data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			damaged := temp(t, damage(bytes.Clone(intact))).Name()
			start := mezzanineRendering{path: path, raw: raw, format: "jpg", mezzanine: damaged}.do(t)
			if !start.result.MezzanineDamaged || start.started() != nil {
				t.Errorf("damaged %t, started from %v", start.result.MezzanineDamaged, start.started())
			}
			if !bytes.Equal(whole.data, start.data) {
				t.Error("the file differs from that of the original")
			}
		})
	}
}

func TestMezzanineIsNotMade(t *testing.T) {
	small, err := os.ReadFile(photos.Path(t, photos.Footballer))
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := os.ReadFile(photos.Path(t, photos.Bridge))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		raw  string
	}{
		"of a small photo":           {small, "c_limit,w_100"},
		"of a graphic":               {pngOf(t, plain(1200, 1000, rgb(1, 2, 3))), "c_limit,w_100"},
		"in four inks":               {cmykJPEG(t, 1200, 1000), "c_limit,w_100"},
		"when nothing is scaled":     {bridge, "c_crop,h_100,w_100"},
		"when the picture is larger": {bridge, "c_limit,w_3500"},
		"when pixels are looked at":  {bridge, "c_fill,g_auto,h_200,w_200"},
	} {
		t.Run(name, func(t *testing.T) {
			made := mezzanineRendering{path: temp(t, c.file).Name(), raw: c.raw, format: "jpg", make: true}.do(t)
			if made.mezzanine != "" {
				t.Errorf("%d bytes were made", made.result.MezzanineBytes)
			}
		})
	}
}

// likeness is the SSIM of two files of one size.
func likeness(t *testing.T, a, b []byte) float64 {
	t.Helper()
	var lights [2][]float32
	var sizes [2]size
	for i, data := range [][]byte{a, b} {
		image, err := govips.NewImageFromBuffer(data)
		if err != nil {
			t.Fatal(err)
		}
		defer image.Close()
		pixels, err := pixelsOf(image)
		if err != nil {
			t.Fatal(err)
		}
		if image.Bands() == 1 {
			for _, v := range pixels {
				lights[i] = append(lights[i], float32(v))
			}
		} else {
			lights[i] = lightOf(pixels)
		}
		sizes[i] = size{image.Width(), image.Height()}
	}
	if sizes[0] != sizes[1] {
		t.Fatalf("%v and %v", sizes[0], sizes[1])
	}
	return ssim(lights[0], lights[1], sizes[0])
}
