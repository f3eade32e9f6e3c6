package vips

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// moving renders an animation and reads the GIF that comes out.
func moving(t *testing.T, raw string, source []byte) *gif.GIF {
	t.Helper()
	data, result, err := rendering{raw: raw, source: asset(t, source), format: "gif"}.try(t)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if result.Pages != len(g.Image) {
		t.Errorf("%s: %d pages were reported, there are %d frames", raw, result.Pages, len(g.Image))
	}
	return g
}

func sum(delays []int) (total int) {
	for _, d := range delays {
		total += d
	}
	return total
}

// frameColor is the colour of the middle of a frame, which covers the canvas.
func frameColor(g *gif.GIF, frame int) color.NRGBA {
	i := g.Image[frame]
	b := i.Bounds()
	return color.NRGBAModel.Convert(i.At((b.Min.X+b.Max.X)/2, (b.Min.Y+b.Max.Y)/2)).(color.NRGBA)
}

func TestEveryFrameGoesThroughTheChain(t *testing.T) {
	source := animation(t, 60, 40, 4) // 100 ms each
	g := moving(t, "c_scale,w_30/e_negate", source)
	if len(g.Image) != 4 || g.Config.Width != 30 || g.Config.Height != 20 || sum(g.Delay) != 40 || g.LoopCount != 0 {
		t.Fatalf("%d frames, %dx%d, %v, loop %d", len(g.Image), g.Config.Width, g.Config.Height, g.Delay, g.LoopCount)
	}
	for i := range 4 {
		if got, want := frameColor(g, i), rgb(uint8(255-i*25), 255, 0); !near(got, want, 6) {
			t.Errorf("frame %d is %v, want %v", i, got, want)
		}
	}
}

func TestTimeline(t *testing.T) {
	source := animation(t, 20, 20, 10) // a second
	cases := []struct {
		raw                    string
		frames, duration, loop int
	}{
		{"", 10, 100, 0},
		{"vs_5", 5, 100, 0},
		{"vs_0.25s", 4, 100, 0},
		{"fps_20", 20, 100, 0},
		{"fps_2-5", 5, 100, 0},
		{"fps_2-30", 10, 100, 0},
		{"dl_40", 10, 40, 0},
		{"e_boomerang", 20, 200, 0},
		{"e_reverse", 10, 100, 0},
		{"e_accelerate:100", 10, 50, 0},
		{"e_accelerate:-50", 10, 200, 0},
		{"e_accelerate:30", 10, 77, 0},
		{"e_loop:2", 10, 100, 2},
		{"e_loop", 10, 100, 0},
		{"pg_2-4", 3, 30, 0},
	}
	for _, c := range cases {
		t.Run(c.raw, func(t *testing.T) {
			g := moving(t, c.raw, source)
			if len(g.Image) != c.frames || sum(g.Delay) != c.duration || g.LoopCount != c.loop {
				t.Errorf("%d frames, %d ms, loop %d; want %d, %d, %d", len(g.Image), 10*sum(g.Delay), g.LoopCount, c.frames, 10*c.duration, c.loop)
			}
		})
	}
}

func TestFade(t *testing.T) {
	source := animation(t, 20, 20, 5)
	g := moving(t, "e_fade:400", source)
	if c := frameColor(g, 0); !near(c, black, 6) {
		t.Errorf("the first frame is %v, want black", c)
	}
	if c := frameColor(g, 4); !near(c, rgb(100, 0, 255), 6) {
		t.Errorf("the frame at 400 ms is %v, want the source's", c)
	}
	g = moving(t, "e_fade:-400", source)
	if c := frameColor(g, 4); !near(c, black, 6) {
		t.Errorf("the last frame is %v, want black", c)
	}
}

func TestWhichFormatsMove(t *testing.T) {
	source := animation(t, 20, 20, 3)
	webp, _, err := rendering{raw: "fl_awebp", source: asset(t, source), format: "webp"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		raw, format string
		source      []byte
		want        int
	}{
		{"", "gif", source, 3}, {"", "webp", source, 1}, {"fl_awebp", "webp", source, 3}, {"f_auto", "webp", source, 3},
		{"fl_animated", "webp", source, 3}, {"", "png", source, 1}, {"fl_apng", "png", source, 3}, {"", "webp", webp, 3},
		{"", "gif", webp, 3}, {"pg_2", "gif", source, 1}, {"fl_awebp", "jpg", source, 1},
	} {
		data, result, err := rendering{raw: c.raw, source: asset(t, c.source), format: c.format}.try(t)
		if err != nil {
			t.Fatalf("%s %s: %v", c.raw, c.format, err)
		}
		if result.Pages != c.want {
			t.Errorf("%q as %s: %d frames, want %d", c.raw, c.format, result.Pages, c.want)
		}
		if c.format == "png" {
			if got := bytes.Count(data, []byte("fcTL")); got != c.want && c.want > 1 {
				t.Errorf("%d control chunks, want %d", got, c.want)
			}
			look(t, data).wantSize(t, 20, 20)
			continue
		}
		probed, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, data), Verify: true})
		if err != nil || probed.Pages != c.want {
			t.Errorf("%q as %s: probed %+v, %v", c.raw, c.format, probed, err)
		}
	}
}

func TestDelaysSurviveWebP(t *testing.T) {
	source := moving(t, "vs_3", animation(t, 20, 20, 10)) // 330, 330, 340 ms
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, source); err != nil {
		t.Fatal(err)
	}
	webp, _, err := rendering{raw: "fl_awebp,e_loop:4", source: asset(t, b.Bytes()), format: "webp"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	g := moving(t, "", webp)
	if sum(g.Delay) != 100 || len(g.Image) != 3 || g.LoopCount != 4 {
		t.Errorf("delays %v, loop %d", g.Delay, g.LoopCount)
	}
}

func TestAnimationsAreBounded(t *testing.T) {
	source := animation(t, 100, 100, 10)
	_, _, err := rendering{raw: "c_scale,w_1000", source: asset(t, source), format: "gif", limits: engine.Limits{MaxInputPixels: 5_000_000}}.try(t)
	wantProblem(t, err, 400, "Maximum total number of pixels in all frames/pages is 5 Megapixels. Requested 10.00 Megapixels")
	_, _, err = rendering{raw: "fps_100000", source: asset(t, source), format: "gif"}.try(t)
	wantProblem(t, err, 400, "Maximum number of frames")
	_, _, err = rendering{raw: "c_fill_pad,g_auto,w_50,h_20", source: asset(t, source), format: "gif"}.try(t)
	wantProblem(t, err, 400, "fill_pad")
}

func TestInterestingPartsDoNotJump(t *testing.T) {
	g := moving(t, "c_fill,g_auto,w_20,h_40", animation(t, 60, 40, 3))
	if g.Config.Width != 20 || g.Config.Height != 40 || len(g.Image) != 3 {
		t.Errorf("%dx%d, %d frames", g.Config.Width, g.Config.Height, len(g.Image))
	}
}

// TestAnimationsWithoutFlatColor looks at the corners of one, as quality is measured where nothing inside is flat.
func TestAnimationsWithoutFlatColor(t *testing.T) {
	noise := &gif.GIF{}
	for f := range 3 {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Black, color.White, rgb(200, 0, 0)})
		for i := range frame.Pix {
			frame.Pix[i] = uint8((i + f*9) * i / 7 % 3)
		}
		noise.Image, noise.Delay = append(noise.Image, frame), append(noise.Delay, 10)
	}
	var source bytes.Buffer
	if err := gif.EncodeAll(&source, noise); err != nil {
		t.Fatal(err)
	}
	_, result, err := rendering{raw: "fl_awebp", source: asset(t, source.Bytes()), format: "webp"}.try(t)
	if err != nil || result.Pages != 3 {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestTimelineIsBounded: what doubles an animation often must not do so first and be refused then.
func TestTimelineIsBounded(t *testing.T) {
	line := newTimeline([]int{0, 1}, nil, 0)
	err := line.edit(slices.Repeat([]timing{{name: "boomerang"}}, 60), "", "", 0)
	if err == nil || problem.From(err).Status != http.StatusBadRequest || len(line.shots) > 2*maxEdited {
		t.Errorf("%d shots, %v", len(line.shots), err)
	}
	s := &source{pages: 1000, format: &format{name: "pdf"}}
	if selected, err := s.selected(strings.Repeat("1-1000;", 10000) + "1"); err == nil {
		t.Errorf("%d pages of 1000", len(selected))
	}
}

func TestReverse(t *testing.T) {
	g := moving(t, "e_reverse", animation(t, 20, 20, 4))
	for i, want := range []uint8{75, 50, 25, 0} {
		if got := frameColor(g, i); !near(got, rgb(want, 0, 255), 6) {
			t.Errorf("frame %d is %v, want red %d", i, got, want)
		}
	}
}

// TestLayersPlayAlong lays an animation of other delays over another one.
func TestLayersPlayAlong(t *testing.T) {
	base := animation(t, 40, 40, 6) // 100 ms each
	blinking := &gif.GIF{}
	for _, c := range []color.NRGBA{rgb(255, 0, 0), rgb(0, 255, 0)} {
		blinking.Image = append(blinking.Image, image.NewPaletted(image.Rect(0, 0, 20, 20), color.Palette{c}))
		blinking.Delay = append(blinking.Delay, 20)
	}
	render := func(raw string, loops int) *gif.GIF {
		t.Helper()
		blinking.LoopCount = loops
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, blinking); err != nil {
			t.Fatal(err)
		}
		data, _, err := rendering{raw: raw, source: asset(t, base), layers: map[string]engine.Source{"upload/blink": asset(t, b.Bytes())}, format: "gif"}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		g, err := gif.DecodeAll(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	r, g := rgb(255, 0, 0), rgb(0, 255, 0)
	for _, c := range []struct {
		raw   string
		loops int
		want  []color.NRGBA
	}{
		{"l_blink/fl_layer_apply", 0, []color.NRGBA{r, r, g, g, r, r}},
		{"l_blink/fl_layer_apply", -1, []color.NRGBA{r, r, g, g, g, g}}, // plays once and stays
		{"l_blink/pg_2/fl_layer_apply", 0, []color.NRGBA{g, g, g, g, g, g}},
		{"e_accelerate:-50/l_blink/fl_layer_apply", 0, []color.NRGBA{r, g, r, g, r, g}},
		{"e_reverse/l_blink/fl_layer_apply", 0, []color.NRGBA{r, r, g, g, r, r}},
	} {
		made := render(c.raw, c.loops)
		if len(made.Image) != len(c.want) {
			t.Errorf("%s: %d frames, want %d", c.raw, len(made.Image), len(c.want))
			continue
		}
		canvas := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for i, frame := range made.Image {
			draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
			if got := canvas.NRGBAAt(20, 20); !near(got, c.want[i], 12) {
				t.Errorf("%s, loops %d: frame %d shows %v, want %v", c.raw, c.loops, i, got, c.want[i])
			}
		}
	}
}

// TestLayersOnStillsShowTheirFirstFrame: what does not move has no time.
func TestLayersOnStillsShowTheirFirstFrame(t *testing.T) {
	s := rendering{raw: "l_anim/fl_layer_apply", source: asset(t, pngOf(t, plain(40, 40, white255))),
		layers: map[string]engine.Source{"upload/anim": asset(t, animation(t, 20, 20, 3))}}.do(t)
	s.wantAt(t, 20, 20, rgb(0, 0, 255), 4)
}

// TestZoomPan lets a camera go over a still picture.
func TestZoomPan(t *testing.T) {
	photo := pngOf(t, quadrants(80, 40))
	for _, c := range []struct {
		raw         string
		frames, cs  int
		first, last color.NRGBA // of the upper left corner
	}{
		{"e_zoompan:du_2;fps_10", 20, 200, red, red},
		{"e_zoompan:mode_ztr;maxzoom_2;du_1;fps_10", 10, 100, red, green},
		{"e_zoompan:mode_ofr;maxzoom_2;du_1;fps_10", 10, 100, green, red},
		{"e_zoompan:mode_plr;maxzoom_2.5;du_1;fps_25", 25, 100, red, green},
		{"e_zoompan:mode_prl;maxzoom_2.5;du_1;fps_25", 25, 100, green, red},
		{"e_zoompan:du_1;fps_5;from_(g_south_west;zoom_2.5);to_(x_1.0;y_1.0;zoom_2.5)", 5, 100, blue, white255},
		{"e_zoompan:mode_ztr;maxzoom_2;du_1;fps_10/e_negate", 10, 100, rgb(0, 255, 255), rgb(255, 127, 255)},
		{"e_negate/e_zoompan:mode_ztr;maxzoom_2;du_1;fps_10", 10, 100, rgb(0, 255, 255), rgb(255, 127, 255)},
		{"e_zoompan:mode_ztr;maxzoom_2;du_1;fps_10/e_reverse", 10, 100, green, red},
		{"e_zoompan:mode_ztr;maxzoom_2;du_1;fps_10/e_boomerang", 20, 200, red, red},
	} {
		t.Run(c.raw, func(t *testing.T) {
			g := moving(t, c.raw, photo)
			if len(g.Image) != c.frames || sum(g.Delay) != c.cs || g.Config.Width != 80 || g.Config.Height != 40 {
				t.Fatalf("%d frames, %d ms, %dx%d", len(g.Image), 10*sum(g.Delay), g.Config.Width, g.Config.Height)
			}
			canvas := image.NewNRGBA(image.Rect(0, 0, 80, 40))
			for i, frame := range g.Image {
				draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
				if i == 0 && !near(canvas.NRGBAAt(2, 2), c.first, 30) {
					t.Errorf("the first frame has %v, want %v", canvas.NRGBAAt(2, 2), c.first)
				}
			}
			if !near(canvas.NRGBAAt(2, 2), c.last, 30) {
				t.Errorf("the last frame has %v, want %v", canvas.NRGBAAt(2, 2), c.last)
			}
		})
	}
	// A format for stills shows how it begins.
	s := render(t, "e_zoompan:mode_ofr;maxzoom_2", photo)
	s.wantSize(t, 80, 40)
	s.wantAt(t, 2, 2, green, 30)
	for raw, message := range map[string]string{
		"e_zoompan:from_(zoom_9)": "Invalid effect - zoompan: (zoom_9)", "e_zoompan:to_(g_nowhere)": "Invalid effect - zoompan: g_nowhere",
		"e_zoompan:du_30;fps_60/c_scale,w_2000": "Maximum total number of pixels",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, photo), format: "gif"}.try(t)
		wantProblem(t, err, 400, message)
	}
}

// TestAnimatedAVIF reads the boxes of what is written, and shows it as those do that know no animations.
func TestAnimatedAVIF(t *testing.T) {
	for _, frame := range []color.NRGBA{rgb(200, 30, 60), {200, 30, 60, 120}} {
		g := &gif.GIF{LoopCount: 2}
		for range 3 {
			g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 32, 24), color.Palette{rgb(200, 30, 60)}))
			g.Delay = append(g.Delay, 20)
		}
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, g); err != nil {
			t.Fatal(err)
		}
		raw := "fl_animated"
		if frame.A < 255 {
			raw = "o_47/fl_animated"
		}
		data, result, err := rendering{raw: raw, source: asset(t, b.Bytes()), format: "avif"}.try(t)
		if err != nil || result.Pages != 3 || result.Width != 32 {
			t.Fatalf("%v, %+v", err, result)
		}
		tracks := 1
		if frame.A < 255 {
			tracks = 2
		}
		if got := bytes.Count(data, []byte("trak")); got != tracks {
			t.Errorf("%d tracks, want %d", got, tracks)
		}
		at := bytes.Index(data, []byte("stts"))
		if got := data[at+8 : at+20]; !bytes.Equal(got, []byte{0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 200}) {
			t.Errorf("the times are %v", got)
		}
		still := render(t, "", data)
		still.wantSize(t, 32, 24)
		still.wantAt(t, 16, 12, frame, 12)
	}
	data, result, err := rendering{source: asset(t, animation(t, 20, 20, 3)), format: "avif"}.try(t)
	if err != nil || result.Pages != 1 || bytes.Contains(data, []byte("trak")) {
		t.Errorf("without the flag: %v, %+v", err, result)
	}
	_, _, err = rendering{raw: "c_scale,w_3000/fl_animated", source: asset(t, animation(t, 20, 20, 3)), format: "avif"}.try(t)
	wantProblem(t, err, 400, "animated avif")
}
