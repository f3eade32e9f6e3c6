package golden

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"testing"

	"golang.org/x/image/draw"

	"github.com/darkroom-media/darkroom/test/photos"
)

// camera is the contract's 640×427 photo, with its four edges marked in different colours.
func camera(t *testing.T, publicID string, width, height int) image.Image {
	t.Helper()
	picture := scene(width, height)
	upload(t, publicID, "jpg", picture)
	return picture
}

func TestB1(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/c_scale,w_150/docs/camera-640.jpg")
	wantSize(t, picture, 150, 100)
}

func TestB2(t *testing.T) {
	marked := scene(640, 427)
	fill(marked, image.Rect(0, 0, 40, 427), red)
	fill(marked, image.Rect(600, 0, 640, 427), black)
	upload(t, "docs/camera-640", "jpg", marked)
	picture, _ := get(t, "/demo/image/upload/c_scale,h_150,w_150/docs/camera-640.jpg")
	wantSize(t, picture, 150, 150)
	wantColor(t, picture, 2, 75, red, 16)
	wantColor(t, picture, 147, 75, black, 16)
}

func TestB4(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/c_scale,w_0.5/docs/camera-640.jpg")
	wantSize(t, picture, 320, 214)
}

func TestB5(t *testing.T) {
	camera(t, "docs/flower_shop", 1000, 800)
	picture, _ := get(t, "/demo/image/upload/c_scale,h_0.3/docs/flower_shop.jpg")
	wantSize(t, picture, 300, 240)
}

func TestB7(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/c_limit,h_150,w_150/docs/camera-640.jpg")
	wantSize(t, picture, 150, 100)
	camera(t, "docs/camera-100", 100, 67)
	picture, _ = get(t, "/demo/image/upload/c_limit,h_150,w_150/docs/camera-100.jpg")
	wantSize(t, picture, 100, 67)
}

func TestB8(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/c_mfit,h_20,w_20/docs/camera-640.jpg")
	wantSize(t, picture, 640, 427)
}

func TestB10(t *testing.T) {
	marked := scene(640, 427)
	fill(marked, image.Rect(600, 0, 640, 427), red)
	fill(marked, image.Rect(0, 0, 213, 427), black)
	upload(t, "docs/camera-640", "jpg", marked)
	picture, _ := get(t, "/demo/image/upload/c_fill,g_east,h_150,w_150/docs/camera-640.jpg")
	wantSize(t, picture, 150, 150)
	wantColor(t, picture, 147, 75, red, 16)
	if left := at(picture, 3, 75); distance(left, black) < 30 {
		t.Errorf("the left edge is %v: what g_east should have cut is still there", left)
	}
}

func TestB11(t *testing.T) {
	marked := scene(1280, 853)
	fill(marked, image.Rect(1240, 0, 1280, 853), red)
	upload(t, "docs/camera", "jpg", marked)
	picture, _ := get(t, "/demo/image/upload/ar_1.0,c_fill,g_north_east,w_250/docs/camera.jpg")
	wantSize(t, picture, 250, 250)
	wantColor(t, picture, 247, 125, red, 16)
}

func TestB13(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/c_lfill,h_150,w_150/docs/camera-640.jpg")
	wantSize(t, picture, 150, 150)
	camera(t, "docs/camera-100", 100, 67)
	picture, _ = get(t, "/demo/image/upload/c_lfill,h_150,w_150/docs/camera-100.jpg")
	wantSize(t, picture, 100, 67)
}

func TestB14(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/w_150,h_150,c_pad,b_brown/docs/camera-640.jpg")
	wantSize(t, picture, 150, 150)
	brown := color.NRGBA{R: 165, G: 42, B: 42, A: 255}
	for _, y := range []int{0, 12, 22, 127, 140, 149} {
		wantColor(t, picture, 75, y, brown, 8)
	}
	for _, y := range []int{30, 75, 119} {
		if pixel := at(picture, 75, y); distance(pixel, brown) < 20 {
			t.Errorf("row %d is %v, want the picture", y, pixel)
		}
	}
}

func TestB16(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/b_green,c_lpad,h_150,w_400/docs/camera-640.jpg")
	wantSize(t, picture, 400, 150)
	green := color.NRGBA{G: 128, A: 255}
	for _, x := range []int{0, 40, 82, 317, 399} {
		wantColor(t, picture, x, 75, green, 8)
	}
	if pixel := at(picture, 200, 75); distance(pixel, green) < 20 {
		t.Errorf("the middle is %v, want the picture", pixel)
	}
}

func TestB17(t *testing.T) {
	camera(t, "docs/camera-100", 100, 67)
	picture, _ := get(t, "/demo/image/upload/b_green,c_mpad,h_150,w_150/docs/camera-100.jpg")
	wantSize(t, picture, 150, 150)
	green := color.NRGBA{G: 128, A: 255}
	for _, point := range [][2]int{{0, 0}, {20, 75}, {130, 75}, {75, 35}, {75, 114}, {149, 149}} {
		wantColor(t, picture, point[0], point[1], green, 8)
	}
	for _, point := range [][2]int{{28, 75}, {121, 75}, {75, 46}, {75, 104}} {
		if pixel := at(picture, point[0], point[1]); distance(pixel, green) < 20 {
			t.Errorf("(%d, %d) is %v, want the picture", point[0], point[1], pixel)
		}
	}
}

func TestB20(t *testing.T) {
	marked := scene(600, 400)
	fill(marked, image.Rect(0, 399, 600, 400), red)
	upload(t, "docs/flower_shop_png", "png", marked)
	picture, _ := get(t, "/demo/image/upload/c_crop,g_south,h_150,w_200/docs/flower_shop_png.png")
	wantSize(t, picture, 200, 150)
	if worst := same(picture, 0, 0, marked, 200, 250, 200, 150); worst != 0 {
		t.Errorf("the crop differs from the source by %d, want not at all: nothing is scaled", worst)
	}
	upload(t, "docs/flower_shop", "jpg", fill(scene(600, 400), image.Rect(0, 384, 600, 400), red))
	row, _ := get(t, "/demo/image/upload/c_crop,g_south,h_150,w_200/docs/flower_shop.jpg")
	wantSize(t, row, 200, 150)
	for _, x := range []int{4, 100, 196} {
		wantColor(t, row, x, 149, red, 8)
	}
}

func TestB22(t *testing.T) {
	camera(t, "docs/camera-640", 640, 427)
	picture, _ := get(t, "/demo/image/upload/ar_1.5,c_crop/docs/camera-640.jpg")
	wantSize(t, picture, 640, 427)
}

func TestB23(t *testing.T) {
	camera(t, "sample", 864, 576)
	picture, short := get(t, "/demo/c_crop,h_200,w_300/sample.jpg")
	wantSize(t, picture, 300, 200)
	_, long := get(t, "/demo/image/upload/c_crop,h_200,w_300/sample.jpg")
	if !bytes.Equal(short.body, long.body) {
		t.Error("the root-path form answers other bytes than the whole URL")
	}
}

func TestB25(t *testing.T) {
	// Squares of 8 px are as fine as a scale of a quarter can show, and finer than one of an eighth.
	squares := scene(800, 1200)
	for y := 0; y < 1200; y += 16 {
		for x := 0; x < 800; x += 16 {
			fill(squares, image.Rect(x, y, x+8, y+8), black)
			fill(squares, image.Rect(x+8, y+8, x+16, y+16), black)
		}
	}
	upload(t, "face_top", "jpg", squares)
	dense, _ := get(t, "/demo/image/upload/c_scale,h_150/dpr_2.0/face_top.jpg")
	wantSize(t, dense, 200, 300)
	enlarged, _ := get(t, "/demo/image/upload/c_scale,h_150/c_scale,h_300/face_top.jpg")
	wantSize(t, enlarged, 200, 300)
	if sharp, soft := gradientEnergy(dense), gradientEnergy(enlarged); sharp <= 1.2*soft {
		t.Errorf("dpr_2.0 has a gradient energy of %.2f, enlarging the small picture %.2f: detail was lost", sharp, soft)
	}
}

func TestB19(t *testing.T) {
	camera(t, "docs/camera-100", 100, 67)
	picture, _ := get(t, "/demo/image/upload/c_lpad,fl_ignore_aspect_ratio,w_450/docs/camera-100.jpg")
	wantSize(t, picture, 450, 67)
	for _, x := range []int{5, 160, 290, 445} {
		wantColor(t, picture, x, 33, white, 8)
	}
}

func TestB26(t *testing.T) {
	flat := color.NRGBA{R: 200, G: 180, B: 90, A: 255}
	upload(t, "sheep", "jpg", fill(scene(900, 600), image.Rect(0, 100, 900, 520), flat))
	picture, _ := get(t, "/demo/image/upload/b_auto:predominant,c_pad,h_150,w_150/sheep.jpg")
	wantSize(t, picture, 150, 150)
	for _, point := range [][2]int{{2, 2}, {75, 10}, {147, 147}} {
		wantColor(t, picture, point[0], point[1], flat, 8)
	}
}

func TestB28(t *testing.T) {
	camera(t, "horse", 900, 600)
	const path = "/demo/image/upload/b_auto:predominant_gradient:4:palette_red_green_blue_orange,c_pad,h_150,w_150/horse"
	row, _ := get(t, path+".jpg")
	wantSize(t, row, 150, 150)
	picture, _ := get(t, path+".png")
	wantSize(t, picture, 150, 150)
	if worst := worstOf(row, picture, row.Bounds()); worst > 10 {
		t.Errorf("the JPEG differs from the PNG by %d", worst)
	}
	palette := []color.NRGBA{{R: 255, A: 255}, {G: 128, A: 255}, {B: 255, A: 255}, {R: 255, G: 165, A: 255}}
	for _, corner := range [][2]int{{0, 0}, {149, 0}, {0, 149}, {149, 149}} {
		pixel, nearest := at(picture, corner[0], corner[1]), 255
		for _, listed := range palette {
			nearest = min(nearest, distance(pixel, listed))
		}
		if nearest > 8 { // in the corners the gradient is the colour itself
			t.Errorf("corner %v is %v, which is not listed", corner, pixel)
		}
	}
}

func TestB29(t *testing.T) {
	striking := fill(fill(image.NewNRGBA(image.Rect(0, 0, 1200, 400)), image.Rect(0, 0, 1200, 400), color.NRGBA{R: 150, G: 160, B: 150, A: 255}), image.Rect(950, 120, 1110, 280), red)
	upload(t, "docs/ladies-smiling", "jpg", striking)
	picture, _ := get(t, "/demo/image/upload/c_auto,g_auto,ar_16:9,h_150/docs/ladies-smiling.jpg")
	wantSize(t, picture, 267, 150)
	found := 0
	for x := range 267 {
		if distance(at(picture, x, 75), red) < 40 {
			found++
		}
	}
	if found < 50 {
		t.Errorf("%d columns show the subject, which is 60 wide", found)
	}
}

func TestB31(t *testing.T) {
	portrait, err := os.ReadFile(photos.Path(t, photos.Astronaut))
	if err != nil {
		t.Fatal(err)
	}
	face := decode(t, portrait)
	couple := fill(image.NewNRGBA(image.Rect(0, 0, 1000, 512)), image.Rect(0, 0, 1000, 512), color.NRGBA{R: 120, G: 120, B: 120, A: 255})
	draw.ApproxBiLinear.Scale(couple, image.Rect(60, 100, 360, 400), face, face.Bounds(), draw.Src, nil)
	draw.Copy(couple, image.Pt(480, 0), face, face.Bounds(), draw.Src, nil)
	upload(t, "couple", "jpg", couple)
	picture, _ := get(t, "/demo/image/upload/c_crop,g_face,h_150,w_150/couple.jpg")
	wantSize(t, picture, 150, 150)
	// The face of the right copy is around 224,115 of the portrait.
	if worst := nearestOffset(picture, couple, 480+224-75, 115-75, 30); worst > 12 {
		t.Errorf("the crop is not around the larger face: differs by %d", worst)
	}
}

// nearestOffset is the mean difference of a picture from the best fitting part of another one around a place.
func nearestOffset(picture, whole image.Image, x0, y0, reach int) int {
	size, best := picture.Bounds().Size(), 1<<30
	for dy := -reach; dy <= reach; dy += 2 {
		for dx := -reach; dx <= reach; dx += 2 {
			sum, n := 0, 0
			for y := 4; y < size.Y; y += 12 {
				for x := 4; x < size.X; x += 12 {
					sum += distance(at(picture, x, y), at(whole, x0+dx+x, y0+dy+y))
					n++
				}
			}
			best = min(best, sum/n)
		}
	}
	return best
}

func TestB32(t *testing.T) {
	picture := fill(scene(800, 600), image.Rect(600, 450, 700, 550), red)
	var content bytes.Buffer
	if err := jpeg.Encode(&content, picture, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	uploadSigned(t, content.Bytes(), url.Values{"public_id": {"docs/cr/clothing"}, "regions": {`{"shoes":[[600,450],[700,550]]}`}})
	crop, _ := get(t, "/demo/image/upload/c_auto,g_region_!shoes!,h_150,w_150/docs/cr/clothing.jpg")
	wantSize(t, crop, 150, 150)
	found := false
	for y := range 150 {
		for x := range 150 {
			found = found || distance(at(crop, x, y), red) < 24
		}
	}
	if !found {
		t.Error("the region is not in the picture")
	}
	if refused := request(t, http.MethodGet, "/demo/image/upload/c_auto,g_region_!hat!,h_150,w_150/docs/cr/clothing.jpg"); refused.status != http.StatusBadRequest {
		t.Errorf("a region that is not there: %d %s", refused.status, refused.header.Get("X-Cld-Error"))
	}
}
