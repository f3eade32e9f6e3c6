package golden

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// horses is the contract's colour photo for effects, stored as JPEG; what comes back is the same as a decoder sees it.
func horses(t *testing.T) image.Image {
	t.Helper()
	content := horsesFile()
	uploadBytes(t, "horses", content)
	return decode(t, content)
}

var horsesFile = sync.OnceValue(func() []byte {
	picture := scene(1600, 1200)
	fill(picture, image.Rect(100, 900, 400, 1150), color.NRGBA{R: 190, G: 60, B: 40, A: 255})
	fill(picture, image.Rect(1200, 100, 1500, 350), color.NRGBA{R: 90, G: 120, B: 110, A: 255})
	var buffer bytes.Buffer
	if err := jpeg.Encode(&buffer, picture, &jpeg.Options{Quality: 95}); err != nil {
		panic(err) // a buffer takes everything
	}
	return buffer.Bytes()
})

// effect fetches the photo under an effect; its size stays.
func effect(t *testing.T, transformation string) image.Image {
	t.Helper()
	picture, _ := get(t, "/demo/image/upload/"+transformation+"/horses.jpg")
	wantSize(t, picture, 1600, 1200)
	return picture
}

// figures are what effects are measured by, over a grid of pixels.
type figures struct {
	r, g, b float64
	// luma is the mean brightness and spread its standard deviation.
	luma, spread float64
	// chroma is the mean difference of the strongest and the weakest channel.
	chroma float64
}

func measure(picture image.Image) figures {
	var f figures
	size, n, squares := picture.Bounds().Size(), 0.0, 0.0
	for y := 1; y < size.Y; y += 5 {
		for x := 1; x < size.X; x += 5 {
			c := at(picture, x, y)
			r, g, b := float64(c.R), float64(c.G), float64(c.B)
			luma := 0.299*r + 0.587*g + 0.114*b
			f.r, f.g, f.b, f.luma = f.r+r, f.g+g, f.b+b, f.luma+luma
			squares += luma * luma
			f.chroma += max(r, g, b) - min(r, g, b)
			n++
		}
	}
	f.r, f.g, f.b, f.luma, f.chroma = f.r/n, f.g/n, f.b/n, f.luma/n, f.chroma/n
	f.spread = math.Sqrt(squares/n - f.luma*f.luma)
	return f
}

func wantNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.1f, want %.1f ± %g", what, got, want, tolerance)
	}
}

func TestD1(t *testing.T) {
	horses(t)
	if f := measure(effect(t, "e_grayscale")); f.chroma > 2 {
		t.Errorf("the channels differ by %.1f", f.chroma)
	}
}

func TestD2(t *testing.T) {
	was, is := measure(horses(t)), measure(effect(t, "e_negate"))
	wantNear(t, "red", is.r, 255-was.r, 2)
	wantNear(t, "green", is.g, 255-was.g, 2)
	wantNear(t, "blue", is.b, 255-was.b, 2)
}

func TestD4(t *testing.T) {
	was := measure(horses(t))
	half, full := measure(effect(t, "e_sepia:50")), measure(effect(t, "e_sepia:100"))
	if !(full.r > full.g && full.g > full.b) || full.r-full.b <= was.r-was.b {
		t.Errorf("sepia has the means %.0f %.0f %.0f", full.r, full.g, full.b)
	}
	wantNear(t, "half as strong", half.r-was.r, (full.r-was.r)/2, 2)
	wantNear(t, "half as strong", half.b-was.b, (full.b-was.b)/2, 2)
}

func TestD5(t *testing.T) {
	was := measure(horses(t))
	for transformation, want := range map[string][3]int{"e_red:50": {1, 0, 0}, "e_green:-30": {0, -1, 0}, "e_blue:90": {0, 0, 1}} {
		is := measure(effect(t, transformation))
		for channel, moved := range []float64{is.r - was.r, is.g - was.g, is.b - was.b} {
			switch want[channel] {
			case 0:
				wantNear(t, transformation+": another channel", moved, 0, 2)
			default:
				if moved*float64(want[channel]) < 5 {
					t.Errorf("%s moves channel %d by %.1f", transformation, channel, moved)
				}
			}
		}
	}
}

func TestD7(t *testing.T) {
	was, is := measure(horses(t)), measure(effect(t, "e_contrast:level_-70"))
	if is.spread > 0.8*was.spread {
		t.Errorf("the deviation is %.1f, was %.1f", is.spread, was.spread)
	}
}

func TestD8(t *testing.T) {
	was, is := measure(horses(t)), measure(effect(t, "e_contrast:level_150;type_linear"))
	if is.spread < 1.2*was.spread {
		t.Errorf("the deviation is %.1f, was %.1f", is.spread, was.spread)
	}
	gray := color.NRGBA{R: 128, G: 128, B: 128, A: 255}
	upload(t, "middle-gray", "png", fill(image.NewNRGBA(image.Rect(0, 0, 50, 50)), image.Rect(0, 0, 50, 50), gray))
	picture, _ := get(t, "/demo/image/upload/e_contrast:level_150;type_linear/middle-gray.png")
	wantColor(t, picture, 25, 25, gray, 2)
}

func TestD10(t *testing.T) {
	was, is := measure(horses(t)), measure(effect(t, "e_hue:40"))
	wantNear(t, "the brightness", is.luma, was.luma, 10)
	if math.Abs(is.r-was.r)+math.Abs(is.g-was.g)+math.Abs(is.b-was.b) < 15 {
		t.Errorf("the colours stay: %.0f %.0f %.0f, were %.0f %.0f %.0f", is.r, is.g, is.b, was.r, was.g, was.b)
	}
}

func TestD11(t *testing.T) {
	source := horses(t)
	saturated, vibrant := effect(t, "e_saturation:70"), effect(t, "e_vibrance:70")
	was, more, some := measure(source), measure(saturated), measure(vibrant)
	if more.chroma < was.chroma+5 || some.chroma < was.chroma+2 {
		t.Errorf("chroma %.1f, saturated %.1f, vibrant %.1f", was.chroma, more.chroma, some.chroma)
	}
	vivid := image.Rect(150, 950, 350, 1100) // the red patch
	if s, v := measure(part(saturated, vivid)).chroma, measure(part(vibrant, vivid)).chroma; s <= v {
		t.Errorf("where it is vivid, saturation gives %.1f and vibrance %.1f", s, v)
	}
}

func TestD13(t *testing.T) {
	source := horses(t)
	wantMixed(t, effect(t, "e_colorize:80"), source, 0.2, color.NRGBA{R: 128, G: 128, B: 128, A: 255})
}

func TestD14(t *testing.T) {
	source := horses(t)
	wantMixed(t, effect(t, "co_darkviolet,e_colorize:35"), source, 0.65, color.NRGBA{R: 148, B: 211, A: 255})
}

func TestD16(t *testing.T) {
	source, picture := horses(t), effect(t, "e_vignette:30")
	for _, corner := range []image.Rectangle{image.Rect(0, 0, 60, 60), image.Rect(1540, 0, 1600, 60), image.Rect(0, 1140, 60, 1200), image.Rect(1540, 1140, 1600, 1200)} {
		if was, is := measure(part(source, corner)).luma, measure(part(picture, corner)).luma; is > 0.85*was {
			t.Errorf("the corner %v has a brightness of %.0f, was %.0f", corner, is, was)
		}
	}
	middle := image.Rect(760, 560, 840, 640)
	wantNear(t, "the middle", measure(part(picture, middle)).luma, measure(part(source, middle)).luma, 3)
}

func TestD17(t *testing.T) {
	source, picture := horses(t), effect(t, "e_oil_paint:40")
	if was, is := gradientEnergy(source), gradientEnergy(picture); is > 0.7*was {
		t.Errorf("the detail is %.2f, was %.2f", is, was)
	}
	was, is := measure(source), measure(picture)
	wantNear(t, "red", is.r, was.r, 5)
	wantNear(t, "green", is.g, was.g, 5)
	wantNear(t, "blue", is.b, was.b, 5)
}

func TestD19(t *testing.T) {
	horses(t)
	picture := effect(t, "e_pixelate:20")
	for _, block := range [][2]int{{0, 0}, {400, 600}, {1580, 1180}} {
		wantUniform(t, picture, image.Rect(block[0], block[1], block[0]+20, block[1]+20))
	}
}

func TestD20(t *testing.T) {
	source, picture := horses(t), effect(t, "e_pixelate_region:35,h_425,w_550,x_600,y_400")
	for _, outside := range []image.Rectangle{image.Rect(0, 0, 1600, 384), image.Rect(0, 400, 584, 825), image.Rect(1168, 400, 1600, 825), image.Rect(0, 842, 1600, 1200)} {
		if worst := worstOf(picture, source, outside); worst > 16 {
			t.Errorf("outside %v differs by %d", outside, worst)
		}
	}
	wantUniform(t, picture, image.Rect(600, 400, 635, 435))
	wantUniform(t, picture, image.Rect(600+35*9, 400+35*5, 600+35*10, 400+35*6))
}

func TestD22(t *testing.T) {
	source, picture := horses(t), effect(t, "e_blur_region:1500,y_0.75")
	if worst := worstOf(picture, source, image.Rect(0, 0, 1600, 880)); worst > 16 {
		t.Errorf("the top three quarters differ by %d", worst)
	}
	below := image.Rect(0, 900, 1600, 1200)
	if was, is := gradientEnergy(part(source, below)), gradientEnergy(part(picture, below)); is > 0.3*was {
		t.Errorf("the bottom has a detail of %.2f, was %.2f", is, was)
	}
}

func TestD23(t *testing.T) {
	horses(t)
	was := gradientEnergy(effect(t, "c_scale,w_1600")) // encoded as the others are
	for _, transformation := range []string{"e_sharpen:400", "e_unsharp_mask:500"} {
		if is := gradientEnergy(effect(t, transformation)); is < 1.1*was {
			t.Errorf("%s: the detail is %.2f, was %.2f", transformation, is, was)
		}
	}
}

func TestD25(t *testing.T) {
	upload(t, "horses", "jpg", fill(scene(1600, 1200), image.Rect(0, 0, 200, 200), red))
	picture, _ := get(t, "/demo/image/upload/e_distort:150:340:1500:10:1500:1550:50:1000/horses.jpg")
	size := picture.Bounds().Size()
	if abs(size.X-1450) > 2 || abs(size.Y-1540) > 2 {
		t.Fatalf("the canvas is %d×%d, want about 1450×1540", size.X, size.Y)
	}
	wantColor(t, picture, 120, 350, red, 16) // the top left corner came to 100,330
	wantColor(t, picture, 20, 40, white, 8)  // nothing is there
}

func TestD26(t *testing.T) {
	upload(t, "one_way_sign", "png", fill(image.NewNRGBA(image.Rect(0, 0, 400, 120)), image.Rect(0, 0, 400, 120), red))
	picture, _ := get(t, "/demo/image/upload/e_distort:arc:180.0/one_way_sign.png")
	size := picture.Bounds().Size()
	if size.X < 2*size.Y-4 || size.X > 2*size.Y+4 {
		t.Errorf("half a ring is %d×%d", size.X, size.Y)
	}
	wantAlpha(t, picture, size.X/2, size.Y-2, 0)
	wantColor(t, picture, size.X/2, 20, red, 3)
	wantColor(t, picture, 20, size.Y-4, red, 3)
	wantAlpha(t, picture, 2, 2, 0)
}

// balloon is a red disk on transparent ground.
func balloon(side, radius int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if math.Hypot(float64(x-side/2), float64(y-side/2)) <= float64(radius) {
				picture.SetNRGBA(x, y, red)
			}
		}
	}
	return picture
}

func TestD28(t *testing.T) {
	upload(t, "balloon", "png", balloon(300, 80))
	picture, _ := get(t, "/demo/image/upload/co_orange,e_outline:outer:15:200/balloon.png")
	middle := picture.Bounds().Dx() / 2
	wantColor(t, picture, middle, middle, red, 3)
	orange := at(picture, middle, middle-80-7)
	if distance(orange, color.NRGBA{R: 255, G: 165, A: orange.A}) > 3 || orange.A < 200 {
		t.Errorf("outside of the shape there is %v, want orange", orange)
	}
	last := uint8(255)
	for _, away := range []int{84, 92, 96, 100, 106} {
		a := at(picture, middle, middle-away).A
		if a > last {
			t.Errorf("at %d px from the middle alpha is %d, nearer it was %d", away, a, last)
		}
		last = a
	}
	if last > 40 {
		t.Errorf("far outside alpha is %d", last)
	}
}

func TestD29(t *testing.T) {
	source, picture := horses(t), effect(t, "e_gradient_fade:symmetric:10,x_0.2,y_0.4")
	for _, edge := range [][2]int{{1, 600}, {1598, 600}, {800, 1}, {800, 1198}} {
		if c := at(picture, edge[0], edge[1]); min(c.R, c.G, c.B) < 225 {
			t.Errorf("the edge (%d, %d) is %v, want it nearly white", edge[0], edge[1], c)
		}
	}
	middle := image.Rect(700, 560, 900, 640)
	if worst := worstOf(picture, source, middle); worst > 16 {
		t.Errorf("the middle differs by %d", worst)
	}
	for _, x := range []int{20, 100, 200} {
		whiter := func(x int) float64 { // how much of the way to white a column is
			was, is := measure(part(source, image.Rect(x, 560, x+8, 640))), measure(part(picture, image.Rect(x, 560, x+8, 640)))
			return (is.luma - was.luma) / (255 - was.luma)
		}
		wantNear(t, "the right side fades as the left one", 100*whiter(1592-x), 100*whiter(x), 5)
	}
}

func TestD31(t *testing.T) {
	picture := fill(image.NewNRGBA(image.Rect(0, 0, 400, 300)), image.Rect(0, 0, 400, 300), color.NRGBA{R: 253, G: 253, B: 253, A: 255})
	fill(picture, image.Rect(150, 100, 250, 200), red)
	fill(picture, image.Rect(20, 20, 60, 60), color.NRGBA{R: 20, G: 40, B: 220, A: 255})
	upload(t, "fashion_gravity", "png", picture)
	cut, _ := get(t, "/demo/image/upload/e_make_transparent:5/fashion_gravity.png")
	for _, corner := range [][2]int{{0, 0}, {399, 0}, {0, 299}, {399, 299}} {
		wantAlpha(t, cut, corner[0], corner[1], 0)
	}
	wantColor(t, cut, 200, 150, red, 3)
}

func TestD32(t *testing.T) {
	picture := fill(image.NewNRGBA(image.Rect(0, 0, 400, 300)), image.Rect(0, 0, 400, 300), white)
	fill(picture, image.Rect(150, 100, 250, 200), red)
	fill(picture, image.Rect(20, 20, 60, 60), color.NRGBA{B: 240, A: 255})
	upload(t, "fashion_gravity", "png", picture)
	cut, _ := get(t, "/demo/image/upload/co_blue,e_make_transparent:40/fashion_gravity.png")
	wantAlpha(t, cut, 40, 40, 0)
	wantColor(t, cut, 200, 150, red, 3)
	wantColor(t, cut, 390, 290, white, 3)
}

func TestD34(t *testing.T) {
	picture := fill(image.NewNRGBA(image.Rect(0, 0, 400, 300)), image.Rect(0, 0, 400, 300), color.NRGBA{R: 0x89, G: 0xb8, B: 0xed, A: 255})
	fill(picture, image.Rect(150, 100, 250, 200), red)
	upload(t, "blue_gazeebo", "png", picture)
	changed, _ := get(t, "/demo/image/upload/e_replace_color:silver:55:89b8ed/blue_gazeebo.png")
	if c := at(changed, 20, 20); max(c.R, c.G, c.B)-min(c.R, c.G, c.B) > 6 || c.R < 150 {
		t.Errorf("the blue is %v now, want silver", c)
	}
	wantColor(t, changed, 200, 150, red, 3)
}

func TestD35(t *testing.T) {
	patches := fill(image.NewNRGBA(image.Rect(0, 0, 400, 200)), image.Rect(0, 0, 200, 200), color.NRGBA{R: 200, G: 60, B: 60, A: 255})
	fill(patches, image.Rect(200, 0, 400, 200), color.NRGBA{R: 40, G: 125, B: 60, A: 255})
	upload(t, "docs/redflower", "jpg", patches)
	picture, _ := get(t, "/demo/image/upload/e_simulate_colorblind:protanopia/docs/redflower.jpg")
	was, is := distance(at(patches, 100, 100), at(patches, 300, 100)), distance(at(picture, 100, 100), at(picture, 300, 100))
	if is > was*2/3 {
		t.Errorf("red and green differ by %d, by %d before", is, was)
	}
}

func TestD37(t *testing.T) {
	drawing := fill(image.NewNRGBA(image.Rect(0, 0, 300, 300)), image.Rect(0, 0, 300, 300), white)
	fill(drawing, image.Rect(50, 100, 250, 120), black)
	upload(t, "docs/kitten-drawing", "png", drawing)
	picture, _ := get(t, "/demo/image/upload/e_morphology:method_dilate;kernel_plus;radius_5.0/docs/kitten-drawing.png")
	wantColor(t, picture, 150, 103, white, 3) // the line is 20 px high and gets 5 px thinner from each side
	wantColor(t, picture, 150, 110, black, 3)
	wantColor(t, picture, 150, 117, white, 3)
}

func TestD38(t *testing.T) {
	picture := scene(600, 400)
	fill(picture, image.Rect(200, 100, 400, 300), red)
	upload(t, "woman_sample", "jpg", picture)
	answer := request(t, http.MethodGet, "/demo/image/upload/e_vectorize:3:0.5/woman_sample.svg")
	if answer.status != http.StatusOK {
		t.Fatalf("%d %s", answer.status, answer.header.Get("X-Cld-Error"))
	}
	if got := answer.header.Get("Content-Type"); got != "image/svg+xml" {
		t.Errorf("Content-Type %s", got)
	}
	if !strings.HasPrefix(string(answer.body), "<svg") {
		t.Errorf("the document begins with %.40q", answer.body)
	}
	colors := map[string]bool{}
	for _, found := range regexp.MustCompile(`fill="(#[0-9a-f]{6})"`).FindAllSubmatch(answer.body, -1) {
		colors[string(found[1])] = true
	}
	if len(colors) == 0 || len(colors) > 3 {
		t.Errorf("%d fill colours, want 1 to 3", len(colors))
	}
}

func TestD40(t *testing.T) {
	upload(t, "docs/tall-hall", "jpg", scene(200, 303))
	picture, _ := get(t, "/demo/image/upload/e_upscale/docs/tall-hall.jpg")
	wantSize(t, picture, 800, 1212)
}

// part is a view on a rectangle.
func part(picture image.Image, area image.Rectangle) image.Image {
	return picture.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(area.Add(picture.Bounds().Min))
}

// worstOf compares a rectangle of two pictures by their means over small squares: single pixels differ between two
// encodings of one picture.
func worstOf(a, b image.Image, area image.Rectangle) int {
	worst := 0.0
	for y := area.Min.Y; y+16 <= area.Max.Y; y += 48 {
		for x := area.Min.X; x+16 <= area.Max.X; x += 48 {
			square := image.Rect(x, y, x+16, y+16)
			p, q := measure(part(a, square)), measure(part(b, square))
			worst = max(worst, math.Abs(p.r-q.r), math.Abs(p.g-q.g), math.Abs(p.b-q.b))
		}
	}
	return int(worst)
}

// wantUniform checks that a square has one colour, as far as JPEG keeps it.
func wantUniform(t *testing.T, picture image.Image, area image.Rectangle) {
	t.Helper()
	middle := at(picture, (area.Min.X+area.Max.X)/2, (area.Min.Y+area.Max.Y)/2)
	for y := area.Min.Y + 2; y < area.Max.Y-2; y++ {
		for x := area.Min.X + 2; x < area.Max.X-2; x++ {
			if d := distance(at(picture, x, y), middle); d > 24 {
				t.Fatalf("block %v: pixel (%d, %d) differs by %d", area, x, y, d)
			}
		}
	}
}
