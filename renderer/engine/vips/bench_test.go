package vips

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

func BenchmarkRender(b *testing.B) {
	for _, c := range []struct{ name, photo, raw, format string }{
		{"camera to thumb", photos.Dragonfly, "c_fill,w_300,h_300", "jpg"},
		{"camera to page width", photos.Dragonfly, "c_limit,w_1200", "jpg"},
		{"camera to page width webp", photos.Dragonfly, "c_limit,w_1200", "webp"},
		{"camera with attention", photos.Dragonfly, "c_fill,g_auto,w_300,h_300", "jpg"},
		{"portrait with face", photos.Astronaut, "c_thumb,g_face,w_200,h_200", "jpg"},
		{"rounded png", photos.Coffee, "c_fill,w_200,h_200/r_20,bo_5px_solid_black", "png"},
		{"watermark", photos.Dragonfly, "c_limit,w_1600/l_logo,w_0.2,fl_relative,g_south_east,x_10,y_10,o_50", "jpg"},
		{"cropped", photos.Bridge, "c_crop,w_1000,h_800", "jpg"},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorker(b)
			request := &engine.RenderRequest{
				Plan: plan(b, c.raw), Format: c.format, Source: engine.Source{File: opened(b, photos.Path(b, c.photo))},
				Layers: map[string]engine.Source{"upload/logo": {File: opened(b, photos.Path(b, photos.Coffee))}},
			}
			output, err := os.CreateTemp(b.TempDir(), "output")
			if err != nil {
				b.Fatal(err)
			}
			defer output.Close()
			before := processorTime(b)
			for b.Loop() {
				if _, err := w.Render(request, output, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has used so far; unlike wall time it does not depend on the neighbours.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
