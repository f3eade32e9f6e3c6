package golden

import (
	"bytes"
	"image"
	"image/color"
	"testing"
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
	camera(t, "face_top", 800, 1200)
	dense, _ := get(t, "/demo/image/upload/c_scale,h_150/dpr_2.0/face_top.png")
	wantSize(t, dense, 200, 300)
	enlarged, _ := get(t, "/demo/image/upload/c_scale,h_150/c_scale,h_300/face_top.png")
	wantSize(t, enlarged, 200, 300)
	if sharp, soft := gradientEnergy(dense), gradientEnergy(enlarged); sharp <= soft {
		t.Errorf("dpr_2.0 has a gradient energy of %.2f, enlarging the small picture %.2f: detail was lost", sharp, soft)
	}
}
