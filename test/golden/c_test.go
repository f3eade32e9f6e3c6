package golden

import (
	"image"
	"image/color"
	"net/http"
	"testing"
)

func TestC1(t *testing.T) {
	marked := fill(scene(900, 600), image.Rect(0, 0, 60, 60), red)
	upload(t, "sheep", "jpg", marked)
	picture, _ := get(t, "/demo/image/upload/a_90/sheep.jpg")
	wantSize(t, picture, 600, 900)
	wantColor(t, picture, 570, 30, red, 8)
	if left := at(picture, 30, 30); distance(left, red) < 60 {
		t.Errorf("the top left is %v, want the mark at the top right", left)
	}
}

func TestC2(t *testing.T) {
	upload(t, "sheep", "png", fill(scene(900, 600), image.Rect(380, 500, 520, 600), red))
	picture, _ := get(t, "/demo/image/upload/a_vflip.20/sheep.png")
	size := picture.Bounds().Size()
	if abs(size.X-1051) > 2 || abs(size.Y-872) > 2 {
		t.Fatalf("the picture is %d×%d, want about 1051×872", size.X, size.Y)
	}
	for _, corner := range [][2]int{{0, 0}, {size.X - 1, 0}, {0, size.Y - 1}, {size.X - 1, size.Y - 1}} {
		wantAlpha(t, picture, corner[0], corner[1], 0)
	}
	// The mark of the lower edge is at the upper edge now, whose middle 20 degrees clockwise move to the right.
	wantColor(t, picture, size.X/2+86, size.Y/2-235, red, 8)
}

func TestC4(t *testing.T) {
	upload(t, "white_chicken", "png", scene(600, 400))
	picture, _ := get(t, "/demo/image/upload/r_max/white_chicken.png")
	wantSize(t, picture, 600, 400)
	for _, corner := range [][2]int{{0, 0}, {599, 0}, {0, 399}, {599, 399}} {
		wantAlpha(t, picture, corner[0], corner[1], 0)
	}
	for _, middle := range [][2]int{{300, 200}, {300, 1}, {300, 398}, {1, 200}, {598, 200}} {
		if got := at(picture, middle[0], middle[1]).A; got < 250 {
			t.Errorf("(%d, %d) has alpha %d, want it opaque", middle[0], middle[1], got)
		}
	}
}

func TestC5(t *testing.T) {
	upload(t, "livingroom-yellow-chair", "png", scene(800, 500))
	const path = "/demo/image/upload/ar_1.0,c_fill,w_250/r_max/f_auto/livingroom-yellow-chair.png"
	for accept, want := range map[string]string{"image/webp,*/*": "image/webp", "*/*": "image/png"} {
		answer := request(t, http.MethodGet, path, "Accept", accept)
		if got := answer.header.Get("Content-Type"); answer.status != http.StatusOK || got != want {
			t.Fatalf("Accept %s: %d %s, want %s", accept, answer.status, got, want)
		}
		picture := decode(t, answer.body)
		wantSize(t, picture, 250, 250)
		for _, corner := range [][2]int{{0, 0}, {249, 0}, {0, 249}, {249, 249}} {
			wantAlpha(t, picture, corner[0], corner[1], 0)
		}
	}
}

func TestC7(t *testing.T) {
	upload(t, "white_chicken", "png", scene(600, 400))
	picture, _ := get(t, "/demo/image/upload/r_20:80/white_chicken.png")
	wantSize(t, picture, 600, 400)
	for _, gone := range [][2]int{{1, 1}, {590, 10}, {10, 390}, {598, 398}} {
		wantAlpha(t, picture, gone[0], gone[1], 0)
	}
	// 80 px take away what 20 px leave.
	for _, there := range [][2]int{{12, 12}, {588, 388}} {
		wantAlpha(t, picture, there[0], there[1], 255)
	}
}

func TestC8(t *testing.T) {
	upload(t, "white_chicken", "png", scene(600, 400))
	picture, _ := get(t, "/demo/image/upload/bo_5px_solid_blue,r_80/white_chicken.png")
	wantSize(t, picture, 610, 410)
	wantAlpha(t, picture, 0, 0, 0)
	blue := color.NRGBA{B: 255, A: 255}
	for _, point := range [][2]int{{2, 205}, {305, 2}, {27, 27}} { // 27,27 is on the curve, half way round
		wantColor(t, picture, point[0], point[1], blue, 3)
	}
}

func TestC10(t *testing.T) {
	source := scene(800, 600)
	upload(t, "autumn_leaves", "jpg", source)
	picture, _ := get(t, "/demo/image/upload/bo_40px_solid_brown/autumn_leaves.jpg")
	wantSize(t, picture, 880, 680)
	for _, point := range [][2]int{{0, 0}, {879, 679}, {440, 20}, {20, 340}} {
		wantColor(t, picture, point[0], point[1], color.NRGBA{R: 165, G: 42, B: 42, A: 255}, 8)
	}
	// In the JPEG the frame bleeds into the pixels next to it.
	wantColor(t, picture, 60, 60, at(source, 20, 20), 8)
	corner, first := measure(part(picture, image.Rect(40, 40, 56, 56))), measure(part(source, image.Rect(0, 0, 16, 16)))
	wantNear(t, "red of the first block", corner.r, first.r, 8)
	wantNear(t, "green of the first block", corner.g, first.g, 8)
	wantNear(t, "blue of the first block", corner.b, first.b, 8)
	stored, _ := get(t, "/demo/image/upload/autumn_leaves.png")
	exact, _ := get(t, "/demo/image/upload/bo_40px_solid_brown/autumn_leaves.png")
	if worst := same(exact, 40, 40, stored, 0, 0, 800, 600); worst != 0 {
		t.Errorf("the picture does not begin at (40, 40): it differs by %d", worst)
	}
}

func TestC11(t *testing.T) {
	upload(t, "autumn_leaves", "jpg", scene(800, 600))
	picture, _ := get(t, "/demo/image/upload/bo_60px_solid_rgb:00390b60/autumn_leaves.jpg")
	wantSize(t, picture, 920, 720)
	for _, point := range [][2]int{{5, 5}, {460, 30}, {910, 710}} {
		wantColor(t, picture, point[0], point[1], color.NRGBA{R: 159, G: 180, B: 163, A: 255}, 8)
	}
}

func TestC13(t *testing.T) {
	upload(t, "leather_bag_gray", "jpg", scene(700, 500))
	picture, _ := get(t, "/demo/image/upload/ar_1.0,c_fill,h_250/bo_5px_solid_lightblue/leather_bag_gray.jpg")
	wantSize(t, picture, 260, 260)
	frame := color.NRGBA{R: 173, G: 216, B: 230, A: 255}
	for _, point := range [][2]int{{0, 0}, {130, 1}, {1, 130}, {130, 258}, {258, 130}} {
		wantColor(t, picture, point[0], point[1], frame, 8)
	}
	// JPEG mixes the picture into single pixels of a frame that is thinner than its blocks; each side as a whole has the colour.
	for _, side := range []image.Rectangle{image.Rect(0, 0, 260, 5), image.Rect(0, 0, 5, 260), image.Rect(0, 255, 260, 260), image.Rect(255, 0, 260, 260)} {
		is := measure(part(picture, side))
		wantNear(t, "red", is.r, 173, 8)
		wantNear(t, "green", is.g, 216, 8)
		wantNear(t, "blue", is.b, 230, 8)
	}
	exact, _ := get(t, "/demo/image/upload/ar_1.0,c_fill,h_250/bo_5px_solid_lightblue/leather_bag_gray.png")
	for i := range 260 {
		for depth := range 5 {
			for _, point := range [][2]int{{i, depth}, {i, 259 - depth}, {depth, i}, {259 - depth, i}} {
				wantColor(t, exact, point[0], point[1], frame, 0)
			}
		}
	}
}

func TestC14(t *testing.T) {
	source := scene(800, 600)
	upload(t, "autumn_leaves", "jpg", source)
	picture, _ := get(t, "/demo/image/upload/o_30/autumn_leaves.jpg")
	wantSize(t, picture, 800, 600)
	wantMixed(t, picture, source, 0.3, color.NRGBA{R: 255, G: 255, B: 255, A: 255})
}

func TestC16(t *testing.T) {
	source := scene(800, 600)
	upload(t, "face_top", "jpg", source)
	picture, _ := get(t, "/demo/image/upload/co_rgb:20a020,e_colorize:50/face_top.jpg")
	wantSize(t, picture, 800, 600)
	wantMixed(t, picture, source, 0.5, color.NRGBA{R: 32, G: 160, B: 32, A: 255})
}

func TestC17(t *testing.T) {
	upload(t, "docs/pepper", "jpg", scene(500, 400))
	picture, _ := get(t, "/demo/image/upload/$bcolor_!red!/if_fc_gt_0/$bcolor_!rgb:374663!/if_end/c_fill,h_220,w_220/bo_5px_solid_$bcolor/docs/pepper.jpg")
	wantSize(t, picture, 230, 230)
	wantColor(t, picture, 2, 115, color.NRGBA{R: 255, A: 255}, 16)
}

// wantMixed checks that a picture is a share of the source and the rest of one colour.
func wantMixed(t *testing.T, picture, source image.Image, share float64, with color.NRGBA) {
	t.Helper()
	size := source.Bounds().Size()
	mix := func(a, b uint8) uint8 { return level(share*float64(a) + (1-share)*float64(b)) }
	for y := 10; y < size.Y; y += 97 {
		for x := 10; x < size.X; x += 97 {
			c := at(source, x, y)
			wantColor(t, picture, x, y, color.NRGBA{R: mix(c.R, with.R), G: mix(c.G, with.G), B: mix(c.B, with.B), A: 255}, 16)
		}
	}
}

func abs(v int) int { return max(v, -v) }
