package psd

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/psd/psdtest"
)

// document is a PSD of RGB with one layer of 2 by 2 pixels at (1, 1), packed in a way, on a canvas of 4 by 3.
func document(layer image.Rectangle, packing int, plane []byte) []byte {
	u16 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
	u32 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
	var info []byte
	info = u16(info, 1)
	for _, side := range []int{layer.Min.Y, layer.Min.X, layer.Max.Y, layer.Max.X} {
		info = u32(info, side)
	}
	info = u16(info, 3)
	for c := range 3 {
		info = u32(u16(info, c), 2+len(plane))
	}
	info = append(info, "8BIMnorm\x80\x00\x00\x00"...)
	info = u32(info, 12)
	info = append(info, make([]byte, 8)...)
	info = append(info, "\x03one"...)
	for range 3 {
		info = append(u16(info, packing), plane...)
	}
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = u16(u16(u32(u32(u16(out, 3), 3), 4), 8), modeRGB)
	out = u32(u32(out, 0), 0)
	out = append(u32(u32(out, len(info)+4), len(info)), info...)
	return append(u16(out, packedRaw), bytes.Repeat([]byte{7}, 3*12)...)
}

func TestLayers(t *testing.T) {
	at := image.Rect(1, 1, 3, 3)
	for name, data := range map[string][]byte{
		"raw":  document(at, packedRaw, []byte{9, 9, 9, 9}),
		"runs": document(at, packedRuns, []byte{0, 2, 0, 3, 0xff, 9, 1, 9, 9}),
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(data)
			if err != nil {
				t.Fatal(err)
			}
			if f.Width != 4 || f.Height != 3 || len(f.Layers) != 1 || f.Layers[0].Name != "one" || f.Layers[0].Bounds != at {
				t.Fatalf("%+v", f)
			}
			merged, err := f.Merged()
			if err != nil || merged.NRGBAAt(0, 0) != (color.NRGBA{7, 7, 7, 255}) {
				t.Errorf("merged %v, %v", merged.NRGBAAt(0, 0), err)
			}
			layer, err := f.Layer(0)
			if err != nil || layer.Rect.Dx() != 2 || layer.NRGBAAt(1, 1) != (color.NRGBA{9, 9, 9, 128}) {
				t.Errorf("layer %v, %v", layer, err)
			}
			canvas, err := f.Merge([]int{0})
			if err != nil || canvas.NRGBAAt(0, 0).A != 0 || canvas.NRGBAAt(2, 2) != (color.NRGBA{9, 9, 9, 128}) {
				t.Errorf("canvas %v, %v", canvas, err)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	whole := document(image.Rect(0, 0, 2, 2), packedRaw, []byte{9, 9, 9, 9})
	for length := range whole {
		f, err := Open(whole[:length])
		if err != nil {
			continue
		}
		if _, err := f.Merged(); err == nil {
			t.Errorf("the first %d of %d bytes are a whole picture", length, len(whole))
		}
	}
	huge := document(image.Rect(0, 0, 1<<30, 1<<30), packedRuns, []byte{0, 0})
	f, err := Open(huge)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Layer(0); !errors.Is(err, ErrInvalid) {
		t.Errorf("a layer of 2^60 pixels: %v", err)
	}
}

// TestSidesAreBounded: a product of sides that is beyond all numbers must not look small.
func TestSidesAreBounded(t *testing.T) {
	for name, test := range map[string]struct{ width, height, version uint32 }{
		"the highest":            {1<<32 - 1, 1<<32 - 1, 1},
		"a product of nothing":   {1 << 31, 1 << 31, 1},
		"wider than the format":  {maxSide + 1, 1, 1},
		"higher than the format": {1, maxLargeSide + 1, 2},
		"of no version":          {1, 1, 3},
	} {
		data := document(image.Rect(0, 0, 2, 2), packedRaw, []byte{9, 9, 9, 9})
		binary.BigEndian.PutUint16(data[4:], uint16(test.version))
		binary.BigEndian.PutUint32(data[14:], test.height)
		binary.BigEndian.PutUint32(data[18:], test.width)
		if _, err := Open(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f, err := Open(document(image.Rect(-1<<31, -1<<31, 1<<31-1, 1<<31-1), packedRuns, []byte{0, 0}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Layer(0); !errors.Is(err, ErrInvalid) {
		t.Errorf("the largest layer: %v", err)
	}
}

// TestOnlyWhatIsShownIsUnpacked: channels that nothing is made of take no memory.
func TestOnlyWhatIsShownIsUnpacked(t *testing.T) {
	data := document(image.Rect(0, 0, 2, 2), packedRaw, []byte{9, 9, 9, 9})
	data = data[:len(data)-2-3*12]
	binary.BigEndian.PutUint16(data[12:], 5)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(bytes.Repeat([]byte{7}, 3*12)); err != nil { // two planes are missing
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(append(binary.BigEndian.AppendUint16(data, packedZip), packed.Bytes()...))
	if err != nil {
		t.Fatal(err)
	}
	merged, err := f.Merged()
	if err != nil || merged.NRGBAAt(3, 2) != (color.NRGBA{7, 7, 7, 255}) {
		t.Errorf("merged %v, %v", merged, err)
	}
}

func TestSmartObjects(t *testing.T) {
	data := psdtest.Document(40, 30,
		psdtest.Layer{Name: "ground", Bounds: image.Rect(0, 0, 40, 30)},
		psdtest.Layer{Name: "badge", Bounds: image.Rect(5, 5, 15, 15), Object: "badge.png", Data: []byte("one")},
		psdtest.Layer{Name: "star", Bounds: image.Rect(20, 5, 30, 15), Object: "star.svg", Data: []byte("another")})
	f, err := Open(data)
	if err != nil || len(f.Layers) != 3 || len(f.Embedded) != 2 {
		t.Fatalf("%v: %d layers, %d files", err, len(f.Layers), len(f.Embedded))
	}
	if _, ok := f.Object(&f.Layers[0]); ok {
		t.Error("the ground is a smart object")
	}
	for layer, want := range map[int]string{1: "one", 2: "another"} {
		if e, ok := f.Object(&f.Layers[layer]); !ok || string(e.Data) != want {
			t.Errorf("layer %d shows %+v", layer, e)
		}
	}
	if f.Embedded[1].Name != "star.svg" {
		t.Errorf("%q", f.Embedded[1].Name)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(psdtest.Document(4, 3, psdtest.Layer{Name: "badge", Bounds: image.Rect(0, 0, 2, 2), Object: "badge.png", Data: []byte("one")}))
	f.Add(document(image.Rect(1, 1, 3, 3), packedRaw, []byte{9, 9, 9, 9}))
	f.Add(document(image.Rect(1, 1, 3, 3), packedRuns, []byte{0, 2, 0, 3, 0xff, 9, 1, 9, 9}))
	f.Fuzz(func(_ *testing.T, data []byte) {
		file, err := Open(data)
		if err != nil || file.Width*file.Height > 1<<20 {
			return
		}
		// Only that nothing panics: what damaged documents show is open.
		_, _ = file.Merged()
		for i := range file.Layers {
			if b := file.Layers[i].Bounds; b.Dx()*b.Dy() < 1<<20 {
				_, _ = file.Layer(i)
			}
		}
	})
}
