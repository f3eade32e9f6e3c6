package wasm

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/wasm/wasmtest"
)

var usual = Limits{Fuel: 10_000_000, Memory: 8 << 20, Pixels: 1 << 20}

func picture(w, h int) Picture {
	p := Picture{w, h, make([]byte, 4*w*h)}
	for i := range p.Pixels {
		p.Pixels[i] = byte(i)
	}
	return p
}

func TestTransform(t *testing.T) {
	in := picture(40, 30)
	out, err := Run(t.Context(), wasmtest.Invert(), in, []byte("{}"), usual)
	if err != nil || out.Width != 40 || out.Height != 30 {
		t.Fatalf("%v: %dx%d", err, out.Width, out.Height)
	}
	for i, v := range out.Pixels {
		want := in.Pixels[i] ^ 0xff
		if i%4 == 3 {
			want = in.Pixels[i]
		}
		if v != want {
			t.Fatalf("byte %d is %d, want %d", i, v, want)
		}
	}
}

func TestWhatFunctionsDoWrong(t *testing.T) {
	for name, c := range map[string]struct {
		module []byte
		reason string
	}{
		"never ends":          {wasmtest.Endless(), ErrFuel.Error()},
		"takes all memory":    {wasmtest.Greedy(), "transform failed: wasm error: unreachable"},
		"traps":               {wasmtest.Traps(), "transform failed: wasm error: unreachable"},
		"a result far away":   {wasmtest.Astray(), "outside of its memory"},
		"a result of no size": {wasmtest.Unmeasured(), "its result has the size 0x0"},
		"no module":           {[]byte("hello"), ErrModule.Error()},
		"cut off":             {wasmtest.Invert()[:60], ErrModule.Error()},
		"no functions":        {[]byte("\x00asm\x01\x00\x00\x00"), "it exports no function alloc"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Run(t.Context(), c.module, picture(8, 8), []byte("{}"), usual)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("%v, want %q", err, c.reason)
			}
		})
	}
}

// TestFuelIsWork: what a picture takes is in proportion to its pixels, and the same every time.
func TestFuelIsWork(t *testing.T) {
	enough := func(p Picture) int64 {
		low, high := int64(0), int64(10_000_000)
		for low+1 < high {
			limits := usual
			limits.Fuel = (low + high) / 2
			if _, err := Run(t.Context(), wasmtest.Invert(), p, nil, limits); errors.Is(err, ErrFuel) {
				low = limits.Fuel
			} else if err != nil {
				t.Fatal(err)
			} else {
				high = limits.Fuel
			}
		}
		return high
	}
	small, large := enough(picture(10, 10)), enough(picture(100, 10))
	if ratio := float64(large) / float64(small); ratio < 8 || ratio > 11 {
		t.Errorf("100 pixels take %d instructions, 1000 take %d", small, large)
	}
	if perByte := large / 4000; perByte < 20 || perByte > 40 {
		t.Errorf("a byte takes %d instructions, want about 26", perByte)
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	limits := usual
	limits.Fuel = 1 << 60
	if _, err := Run(ctx, wasmtest.Endless(), picture(2, 2), nil, limits); err == nil {
		t.Error("no error")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	limits := usual
	limits.Memory = 10 * pageSize // the module begins with 16
	if _, err := Run(t.Context(), wasmtest.Invert(), picture(2, 2), nil, limits); !errors.Is(err, ErrModule) {
		t.Errorf("%v", err)
	}
}

func TestMeteredModulesStayModules(t *testing.T) {
	for _, module := range [][]byte{wasmtest.Invert(), wasmtest.Endless(), wasmtest.Greedy()} {
		once, err := meter(module, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(once, []byte(fuelName)) {
			t.Error("the fuel is not exported")
		}
	}
}

func FuzzMeter(f *testing.F) {
	for _, module := range [][]byte{wasmtest.Invert(), wasmtest.Endless(), wasmtest.Greedy(), []byte("\x00asm\x01\x00\x00\x00")} {
		f.Add(module)
	}
	f.Fuzz(func(_ *testing.T, module []byte) {
		// Only that nothing panics: what comes out is validated when it is compiled.
		_, _ = meter(module, 1000)
	})
}
