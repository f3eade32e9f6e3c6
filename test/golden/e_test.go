package golden

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

var (
	blue   = color.NRGBA{R: 30, G: 60, B: 200, A: 255}
	yellow = color.NRGBA{R: 255, G: 255, A: 255}
	gray   = color.NRGBA{R: 128, G: 128, B: 128, A: 255}
	none   = color.NRGBA{}
)

// solid is a picture of one colour.
func solid(width, height int, paint color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	return fill(picture, picture.Rect, paint)
}

// disc is a filled circle on nothing, that touches all four sides.
func disc(side int, paint color.NRGBA) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := 2*x+1-side, 2*y+1-side
			if dx*dx+dy*dy <= side*side {
				picture.SetNRGBA(x, y, paint)
			}
		}
	}
	return picture
}

// drawn is the smallest rectangle that holds all pixels for which is holds.
func drawn(picture image.Image, is func(color.NRGBA) bool) image.Rectangle {
	var box image.Rectangle
	size := picture.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if is(at(picture, x, y)) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

// near is a test for colours about like one.
func near(want color.NRGBA, tolerance int) func(color.NRGBA) bool {
	return func(c color.NRGBA) bool { return distance(c, want) <= tolerance }
}

// refused checks a request that is answered by an error.
func refused(t *testing.T, path string, status int, message string) {
	t.Helper()
	answer := request(t, http.MethodGet, path)
	if got := answer.header.Get("X-Cld-Error"); answer.status != status || !strings.Contains(got, message) {
		t.Errorf("%s: %d %q, want %d and %q", path, answer.status, got, status, message)
	}
}

func TestE1(t *testing.T) {
	upload(t, "leather_bag_gray", "jpg", solid(1000, 800, gray))
	upload(t, "cloudinary_icon_blue", "png", disc(500, blue))
	picture, _ := get(t, "/demo/image/upload/l_cloudinary_icon_blue/c_scale,fl_relative,w_0.3/fl_layer_apply,g_north_east/leather_bag_gray.jpg")
	wantSize(t, picture, 1000, 800)
	if got := drawn(picture, near(blue, 60)); got != image.Rect(700, 0, 1000, 300) {
		t.Errorf("the icon is at %v, want 300×300 in the top right corner", got)
	}
}

func TestE2(t *testing.T) {
	upload(t, "docs/man-rocks-sea", "jpg", solid(1000, 700, gray))
	uploadBytes(t, "docs/model", portrait(t))
	const path = "/demo/image/upload/c_scale,w_500/l_docs:model/c_thumb,g_face,w_150/fl_layer_apply,g_north_west/docs/man-rocks-sea"
	picture, _ := get(t, path+".jpg")
	wantSize(t, picture, 500, 350)
	if box := drawn(picture, func(c color.NRGBA) bool { return distance(c, gray) > 40 }); box.Min.X > 4 || box.Min.Y > 4 || box.Max.X < 146 || box.Max.X > 154 {
		t.Errorf("the layer is at about %v, want 150 px wide in the top left corner", box)
	}
	exact, _ := get(t, path+".png")
	without, _ := get(t, "/demo/image/upload/c_scale,w_500/docs/man-rocks-sea.png")
	box := difference(exact, without)
	if box.Min != image.Pt(0, 0) || box.Dx() != 150 {
		t.Errorf("the layer is at %v, want 150 px wide in the top left corner", box)
	}
}

func TestE4(t *testing.T) {
	upload(t, "flower", "jpg", solid(1000, 700, gray))
	upload(t, "cloudinary_icon_blue", "png", disc(500, blue))
	picture, _ := get(t, "/demo/image/upload/c_scale,w_400/l_cloudinary_icon_blue/fl_layer_apply,fl_no_overflow/flower.jpg")
	wantSize(t, picture, 400, 280)
	picture, _ = get(t, "/demo/image/upload/c_scale,w_400/l_cloudinary_icon_blue/fl_layer_apply/flower.jpg")
	wantSize(t, picture, 500, 500)
	wantColor(t, picture, 0, 0, white, 8)
}

func TestE5(t *testing.T) {
	upload(t, "flower", "jpg", solid(1000, 700, gray))
	upload(t, "cloudinary_icon_white", "png", disc(400, white))
	picture, _ := get(t, "/demo/image/upload/l_cloudinary_icon_white/c_scale,w_200/o_30/fl_layer_apply,fl_tiled/flower.jpg")
	wantSize(t, picture, 1000, 700)
	light := color.NRGBA{R: 166, G: 166, B: 166, A: 255} // 30 % white on 128
	for _, x := range []int{100, 300, 500, 700, 900} {
		wantColor(t, picture, x, 350, light, 8)
	}
	if worst := same(picture, 0, 0, picture, 200, 0, 800, 700); worst > 8 {
		t.Errorf("the pattern differs from itself 200 px on by %d", worst)
	}
}

func TestE7(t *testing.T) {
	camera(t, "horses", 800, 600)
	upload(t, "cloudinary_icon_blue", "png", disc(500, blue))
	const path = "/demo/image/upload/l_cloudinary_icon_blue/e_screen,fl_layer_apply/horses"
	row, _ := get(t, path+".jpg")
	wantSize(t, row, 800, 600)
	picture, _ := get(t, path+".png")
	horses, _ := get(t, "/demo/image/upload/horses.png")
	if worst := worstOf(row, picture, row.Bounds()); worst > 12 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	for y := 0; y < 600; y += 7 {
		for x := 0; x < 800; x += 7 {
			got, was := at(picture, x, y), at(horses, x, y)
			if int(got.R) < int(was.R)-3 || int(got.G) < int(was.G)-3 || int(got.B) < int(was.B)-3 {
				t.Fatalf("pixel (%d, %d) is %v, darker than %v", x, y, got, was)
			}
		}
	}
	if got, was := at(picture, 400, 300), at(horses, 400, 300); int(got.B) < int(was.B)+20 {
		t.Errorf("the middle is %v, hardly lighter than %v", got, was)
	}
}

func TestE8(t *testing.T) {
	camera(t, "horses", 800, 600)
	upload(t, "cloudinary_icon_blue", "png", solid(500, 500, gray))
	const path = "/demo/image/upload/l_cloudinary_icon_blue/e_overlay,fl_layer_apply/horses"
	row, _ := get(t, path+".jpg")
	wantSize(t, row, 800, 600)
	picture, _ := get(t, path+".png")
	without, _ := get(t, "/demo/image/upload/horses.png")
	if worst := worstOf(row, without, row.Bounds()); worst > 8 {
		t.Errorf("a grey overlay changes the JPEG by %d", worst)
	}
	if worst := same(picture, 0, 0, without, 0, 0, 800, 600); worst > 3 {
		t.Errorf("a grey overlay changes pixels by %d", worst)
	}
}

func TestE10(t *testing.T) {
	upload(t, "docs/10cm_ruler", "png", solid(800, 400, yellow))
	upload(t, "docs/logo/logo", "png", solid(400, 100, blue))
	picture, _ := get(t, "/demo/image/upload/c_scale,e_cut_out,g_south_west,l_docs:logo:logo,w_200,x_20,y_20/v1/docs/10cm_ruler.png")
	wantSize(t, picture, 800, 400)
	hole := drawn(picture, func(c color.NRGBA) bool { return c.A == 0 })
	if hole != image.Rect(20, 330, 220, 380) {
		t.Errorf("the hole is %v, want 200×50 at 20 px from the bottom left corner", hole)
	}
}

func TestE11(t *testing.T) {
	uploadBytes(t, "face_left", portrait(t))
	hexagon := solid(200, 220, none)
	for y := range 220 {
		inset := max(0, 55-y, y-164) * 100 / 55
		fill(hexagon, image.Rect(inset, y, 200-inset, y+1), white)
	}
	fill(hexagon, image.Rect(0, 100, 200, 120), color.NRGBA{R: 255, G: 255, B: 255, A: 128})
	upload(t, "hexagon_feather_sample", "png", hexagon)
	picture, _ := get(t, "/demo/image/upload/c_thumb,g_face,h_220,w_200/l_hexagon_feather_sample/fl_cutter,fl_layer_apply/face_left.png")
	wantSize(t, picture, 200, 220)
	for _, p := range [][2]int{{0, 0}, {100, 10}, {5, 30}, {100, 110}, {1, 110}, {100, 200}, {199, 219}} {
		if got, want := at(picture, p[0], p[1]).A, hexagon.NRGBAAt(p[0], p[1]).A; distance(color.NRGBA{A: got}, color.NRGBA{A: want}) > 1 {
			t.Errorf("alpha at %v is %d, want that of the hexagon, %d", p, got, want)
		}
	}
}

func TestE13(t *testing.T) {
	phone := solid(400, 600, none)
	fill(phone, image.Rect(100, 50, 300, 550), black)
	upload(t, "smartphone", "png", phone)
	upload(t, "site_bg", "jpg", solid(1000, 500, yellow))
	picture, _ := get(t, "/demo/image/upload/u_site_bg/c_fill,fl_layer_apply,fl_relative,h_1.0,w_1.0/smartphone.png")
	wantSize(t, picture, 400, 600)
	if hole := drawn(picture, func(c color.NRGBA) bool { return c.A < 255 }); !hole.Empty() {
		t.Errorf("%v is still transparent", hole)
	}
	if phone := drawn(picture, near(black, 0)); phone != image.Rect(100, 50, 300, 550) {
		t.Errorf("the phone is %v", phone)
	}
	wantColor(t, picture, 10, 10, yellow, 8)
}

func TestE16(t *testing.T) {
	upload(t, "docs/camera-640", "png", solid(640, 427, gray))
	const row = "/demo/image/upload/bo_10px_solid_blue,co_yellow,l_text:Arial_100_bold_italic_stroke_letter_spacing_50:Smile%21/fl_layer_apply,g_south/docs/camera-640.jpg"
	delivered, _ := get(t, row)
	wantSize(t, delivered, 640, 427)
	path := strings.TrimSuffix(row, "jpg") + "png" // the same without losses, to measure in
	picture, _ := get(t, path)
	if worst := worstOf(delivered, picture, picture.Bounds()); worst > 12 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	wantSize(t, picture, 640, 427)
	outline := color.NRGBA{B: 255, A: 255}
	letters, around := drawn(picture, near(yellow, 10)), drawn(picture, near(outline, 10))
	if touched := drawn(picture, func(c color.NRGBA) bool { return distance(c, gray) > 10 }); touched.Max.Y != 427 {
		t.Errorf("the outline ends at row %d, want the bottom edge", touched.Max.Y)
	}
	if left, bottom := letters.Min.X-around.Min.X, around.Max.Y-letters.Max.Y; left < 9 || left > 12 || bottom < 9 || bottom > 12 {
		t.Errorf("the outline %v is %d and %d px around the letters %v, want 10", around, left, bottom, letters)
	}
	if letters.Dx() < 500 || letters.Dy() < 60 || letters.Dy() > 110 {
		t.Errorf("the letters are %v, want about 100 px high and spread", letters)
	}
	without, _ := get(t, strings.Replace(path, "%21", "", 1))
	if narrower := drawn(without, near(yellow, 10)); narrower.Dx() >= letters.Dx()-20 {
		t.Errorf("the text is as wide without the exclamation mark: %v and %v", narrower, letters)
	}
}

func TestE17(t *testing.T) {
	upload(t, "flower", "jpg", solid(1000, 700, blue))
	picture, _ := get(t, "/demo/image/upload/c_scale,w_400/b_rgb:FEB61FC2,co_yellow,l_text:Arial_100:Flowers/fl_layer_apply/flower.jpg")
	// C2 of 254, 182, 31 on the ground.
	mixed := color.NRGBA{R: 200, G: 153, B: 71, A: 255}
	box := drawn(picture, near(mixed, 12))
	letters := drawn(picture, near(yellow, 30))
	if box.Dx() < letters.Dx()+20 || box.Dy() < letters.Dy()+20 {
		t.Errorf("the box %v does not reach beyond the letters %v", box, letters)
	}
	wantColor(t, picture, box.Min.X+8, box.Min.Y+8, mixed, 8)
	wantColor(t, picture, 3, 3, blue, 8)
}

func TestE19(t *testing.T) {
	upload(t, "image", "png", solid(500, 300, white))
	const row = "/demo/image/upload/co_red,l_text:Times_70_bold:Cool%25F0%259F%2598%258D/fl_layer_apply/image.jpg"
	delivered, _ := get(t, row)
	path := strings.TrimSuffix(row, "jpg") + "png" // the same without losses, to measure in
	picture, answer := get(t, path)
	if worst := worstOf(delivered, picture, picture.Bounds()); worst > 12 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	letters := drawn(picture, near(color.NRGBA{R: 255, A: 255}, 5))
	face := drawn(picture, func(c color.NRGBA) bool { return c.R > 220 && c.G > 140 && c.B < 90 })
	if letters.Empty() || face.Empty() || face.Min.X < letters.Min.X+80 {
		t.Errorf("red letters %v, a yellow face %v behind them", letters, face)
	}
	// Encoded once, it is the same text.
	if _, once := get(t, strings.ReplaceAll(path, "%25", "%")); string(once.body) != string(answer.body) {
		t.Error("the text encoded once gives another picture")
	}
}

func TestE20(t *testing.T) {
	upload(t, "sample", "png", solid(864, 576, white))
	_, answer := get(t, "/demo/image/upload/$start_!A!/$name_!Max!/l_text:Arial_18:$(start)Hello%20$(name)%252C%20%24%28no%20%29/fl_layer_apply/sample")
	_, want := get(t, "/demo/image/upload/l_text:Arial_18:AHello%20Max%252C%20%24%28no%20%29/fl_layer_apply/sample")
	if string(answer.body) != string(want.body) {
		t.Error(`the text is not "AHello Max, $(no )"`)
	}
	_, other := get(t, "/demo/image/upload/l_text:Arial_18:AHello%20Max%252C%20/fl_layer_apply/sample")
	if string(other.body) == string(want.body) {
		t.Error("other texts give the same picture")
	}
}

func TestE22(t *testing.T) {
	upload(t, "ladybug_top", "png", scene(300, 200))
	table := "0 1023\n"
	for i := range 8 {
		red, green, blue := i/4, i/2%2, i%2
		table += fmt.Sprintf("%d %d %d\n", 1023*(1-red), 1023*green, 1023*blue)
	}
	before, _ := get(t, "/demo/image/upload/ladybug_top.png")
	for _, deliveryType := range []string{"upload", "authenticated"} {
		uploadRaw(t, deliveryType+".3dl", deliveryType, []byte(table))
		after, _ := get(t, "/demo/image/upload/l_lut:"+deliveryType+".3dl/fl_layer_apply/ladybug_top.png")
		wantSize(t, after, 300, 200)
		for _, p := range [][2]int{{0, 0}, {150, 100}, {299, 0}, {20, 180}} {
			want := at(before, p[0], p[1])
			want.R = 255 - want.R
			wantColor(t, after, p[0], p[1], want, 3)
		}
	}
	refused(t, "/demo/image/upload/l_lut:missing.3dl/fl_layer_apply/ladybug_top.png", 404, "missing.3dl")
	uploadRaw(t, "broken.cube", "upload", []byte("nothing of that kind"))
	refused(t, "/demo/image/upload/l_lut:broken.cube/fl_layer_apply/ladybug_top.png", 400, "Invalid LUT file - broken.cube")
}

func TestE23(t *testing.T) {
	upload(t, "horses", "png", solid(800, 600, gray))
	upload(t, "cloudinary_icon", "png", disc(300, blue))
	row, _ := get(t, "/demo/image/upload/l_cloudinary_icon/e_anti_removal:95,fl_layer_apply,g_north_west/horses.jpg")
	bent, _ := get(t, "/demo/image/upload/l_cloudinary_icon/e_anti_removal:95,fl_layer_apply,g_north_west/horses.png")
	if worst := worstOf(row, bent, row.Bounds()); worst > 12 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	straight, _ := get(t, "/demo/image/upload/l_cloudinary_icon/fl_layer_apply,g_north_west/horses.png")
	wantSize(t, bent, 800, 600)
	box := difference(bent, straight)
	if box.Empty() || !box.In(image.Rect(0, 0, 300, 300)) {
		t.Errorf("they differ in %v, want in the icon", box)
	}
	differing := 0
	for y := range 300 {
		for x := range 300 {
			if distance(at(bent, x, y), at(straight, x, y)) > 60 {
				differing++
			}
		}
	}
	if share := float64(differing) / (300 * 300); share < 0.002 || share > 0.15 {
		t.Errorf("%.1f %% of the icon's pixels differ, want a few", 100*share)
	}
}

func TestE25(t *testing.T) {
	const path = "/demo/image/upload/if_!sale:in_stock!_in_tags/l_sale_icon/c_scale,w_180/fl_layer_apply,g_south_east,x_30,y_30/if_end/backpack"
	upload(t, "sale_icon", "png", solid(360, 360, red))
	for tags, want := range map[string]image.Rectangle{"sale,in_stock": image.Rect(590, 390, 770, 570), "sale": {}} {
		uploadTagged(t, "backpack", solid(800, 600, gray), strings.Split(tags, ","))
		row, _ := get(t, path+".jpg")
		picture, _ := get(t, path+".png")
		wantSize(t, picture, 800, 600)
		if worst := worstOf(row, picture, row.Bounds()); worst > 12 {
			t.Errorf("the JPEG differs from the PNG by %d", worst)
		}
		if got := drawn(picture, near(red, 10)); got != want {
			t.Errorf("with the tags %s the icon is at %v, want %v", tags, got, want)
		}
	}
}

func TestE26(t *testing.T) {
	upload(t, "happy_smiley", "png", solid(100, 100, yellow))
	uploadBytes(t, "rollercoaster", portrait(t))
	const path = "/demo/image/upload/l_happy_smiley/c_scale,fl_region_relative,w_1.3/fl_layer_apply,g_faces/"
	picture, _ := get(t, path+"rollercoaster.png")
	smiley := drawn(picture, near(yellow, 0))
	if smiley.Empty() || smiley.Dx() != smiley.Dy() || smiley.Dx() < 60 || smiley.Dx() > 250 {
		t.Errorf("the smiley is %v, want one about the face", smiley)
	}
	row, _ := get(t, path+"rollercoaster.jpg")
	if worst := worstOf(row, picture, row.Bounds()); worst > 12 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	upload(t, "no_faces", "png", scene(400, 300))
	_, with := get(t, path+"no_faces.png")
	picture, _ = get(t, path+"no_faces.png")
	if got := drawn(picture, near(yellow, 0)); !got.Empty() || with.status != http.StatusOK {
		t.Errorf("without a face, a smiley is at %v", got)
	}
}

// TestUploadedFonts sets text in fonts of the environment's own: in one, the letter A is a square of one em.
func TestUploadedFonts(t *testing.T) {
	upload(t, "flower", "png", solid(300, 200, gray))
	for name, file := range map[string]string{"square.ttf": "square.ttf", "brand/square.otf": "square.otf", "square.woff2": "square.woff2"} {
		content, err := os.ReadFile("../../renderer/engine/typeset/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		uploadRaw(t, name, "authenticated", content)
		picture, _ := get(t, "/demo/image/upload/co_yellow,l_text:"+strings.ReplaceAll(name, "/", "%252F")+"_60:AA/fl_layer_apply,g_south_west/flower.png")
		if got := drawn(picture, near(yellow, 0)); got != image.Rect(0, 140, 120, 200) {
			t.Errorf("%s: two letters of 60 px are at %v", name, got)
		}
	}
	uploadRaw(t, "none.ttf", "authenticated", portrait(t))
	refused(t, "/demo/image/upload/l_text:none.ttf_60:AA/fl_layer_apply/flower.png", 400, "Invalid font - none.ttf")
}

// TestTextAssets makes pictures of text by the SDK, and takes the style of one for text layers.
func TestTextAssets(t *testing.T) {
	made, err := renderer.SDK.Upload.Text(t.Context(), uploader.TextParams{Text: "hello world"})
	if err != nil || made.Error.Message != "" {
		t.Fatal(err, made.Error.Message)
	}
	if made.Width < 50 || made.Width > 70 || made.Height < 5 || made.Height > 15 {
		t.Errorf("hello world is %d×%d", made.Width, made.Height)
	}
	made, err = renderer.SDK.Upload.Text(t.Context(), uploader.TextParams{
		Text: "A, $(b) / 100%", PublicID: "styles/big", FontFamily: "Roboto", FontSize: 60, FontColor: "#ff0000", FontWeight: "bold", Background: "yellow",
	})
	if err != nil || made.Error.Message != "" {
		t.Fatal(err, made.Error.Message)
	}
	picture, _ := get(t, "/demo/image/text/styles/big.png")
	wantSize(t, picture, made.Width, made.Height)
	wantColor(t, picture, 2, 2, yellow, 0)
	if letters := drawn(picture, near(color.NRGBA{R: 255, A: 255}, 10)); letters.Dx() < 250 || letters.Dy() < 40 {
		t.Errorf("the letters are %v", letters)
	}
	upload(t, "flower", "png", solid(400, 200, gray))
	_, named := get(t, "/demo/image/upload/l_text:styles%252Fbig:Hello/fl_layer_apply/flower.png")
	_, written := get(t, "/demo/image/upload/b_yellow,co_rgb:ff0000,l_text:Roboto_60_bold:Hello/fl_layer_apply/flower.png")
	if string(named.body) != string(written.body) {
		t.Error("a layer with the style of a text asset is not as one with the style written out")
	}
	refused(t, "/demo/image/upload/l_text:styles%252Fnone:Hello/fl_layer_apply/flower.png", 404, "Resource not found - styles/none")
	for parameters, want := range map[uploader.TextParams]string{
		{Text: "A", FontFamily: "Neverheard"}: "Unknown font", {Text: "A", FontColor: "no color"}: "font_color",
		{Text: "A", FontSize: -3}: "Invalid", {Text: "A", PublicID: "a?b"}: "public_id",
	} {
		made, err := renderer.SDK.Upload.Text(t.Context(), parameters)
		if err == nil && !strings.Contains(made.Error.Message, want) {
			t.Errorf("%+v: %q, want a word about %s", parameters, made.Error.Message, want)
		}
	}
}

// TestTextIsRefused are texts that cannot be set.
func TestTextIsRefused(t *testing.T) {
	upload(t, "flower", "jpg", solid(1000, 700, gray))
	const before, after = "/demo/image/upload/l_text:", "/fl_layer_apply/flower.jpg"
	refused(t, before+"missing.ttf_40:Hello"+after, 404, "Resource not found - missing.ttf")
	refused(t, before+"Arial_40:$(nobody)"+after, 400, "$nobody")
	refused(t, before+"Arial_5000:Much%20too%20large"+after, 400, "Maximum image size")
	refused(t, before+"Arial_20000:A"+after, 400, "Invalid font size")
	refused(t, before+"Arial_400:"+strings.Repeat("Long%20", 300)+after, 400, "too large")
	refused(t, "/demo/image/upload"+strings.Repeat("/l_text:Arial_9:A", 50)+strings.Repeat("/fl_layer_apply", 50)+"/flower.jpg", 400, "nested too deeply")
	refused(t, before+"Arial_300:Too%20wide%20for%20this/fl_layer_apply,fl_text_disallow_overflow/flower.jpg", 400, "overflow")
}
