package golden

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
)

// portrait is a real photo of a face, out of Debian's python3-skimage.
func portrait(t *testing.T) []byte {
	t.Helper()
	directory := os.Getenv("DARKROOM_PHOTOS")
	if directory == "" {
		directory = "../../.cache/photos"
	}
	content, err := os.ReadFile(filepath.Join(directory, "astronaut.png"))
	if err != nil {
		t.Fatalf("%v: run `make photos`", err)
	}
	return content
}

// guideFixtures stores the onboarding guide's two pictures: a portrait, and a white icon on a transparent ground.
func guideFixtures(t *testing.T) {
	t.Helper()
	uploadBytes(t, "front_face", portrait(t))
	icon := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	fill(icon, image.Rect(0, 0, 200, 200), color.NRGBA{})
	fill(icon, image.Rect(20, 20, 180, 180), white)
	// Its corners reach the box's edges, so that the box can be measured.
	fill(icon, image.Rect(0, 0, 200, 8), white)
	fill(icon, image.Rect(192, 0, 200, 200), white)
	fill(icon, image.Rect(0, 192, 200, 200), white)
	fill(icon, image.Rect(0, 0, 8, 200), white)
	upload(t, "cloudinary_icon_white", "png", icon)
}

func TestA1(t *testing.T) {
	guideFixtures(t)
	const base = "/demo/image/upload/c_thumb,g_face,h_200,w_200/r_20,bo_5px_solid_black/"
	picture, _ := get(t, base+"l_cloudinary_icon_white,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10/front_face.png")
	without, _ := get(t, base+"front_face.png")
	wantSize(t, picture, 210, 210)
	wantAlpha(t, picture, 0, 0, 0)
	wantColor(t, picture, 2, 105, black, 3)

	// The icon's box: where the picture differs from the one without it.
	box := difference(picture, without)
	if box.Dx() < 50 || box.Dx() > 53 {
		t.Errorf("the icon is %d px wide, want a quarter of the base (50 to 53)", box.Dx())
	}
	if right := 210 - box.Max.X; right != 10 {
		t.Errorf("the icon ends %d px from the right side, want 10", right)
	}
	if box.Min.Y != 10 {
		t.Errorf("the icon begins %d px from the top, want 10", box.Min.Y)
	}
	center := box.Min.Add(box.Size().Div(2))
	under := at(without, center.X, center.Y)
	mean := color.NRGBA{R: half(under.R), G: half(under.G), B: half(under.B), A: 255}
	wantColor(t, picture, center.X, center.Y, mean, 4)
}

func TestA2(t *testing.T) {
	guideFixtures(t)
	picture, _ := get(t, "/demo/image/upload/c_thumb,g_face,h_200,w_200/r_20/bo_5px_solid_black/l_cloudinary_icon_white,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10/front_face.png")
	wantSize(t, picture, 210, 210)
	wantColor(t, picture, 0, 0, black, 3)
	wantColor(t, picture, 2, 105, black, 3)
	wantAlpha(t, picture, 6, 6, 0)
}

// TestA1FindsTheFace holds the crop to the face: eyes and mouth of the portrait are inside, and larger than in a crop
// around the center.
func TestA1FindsTheFace(t *testing.T) {
	guideFixtures(t)
	_, answer := get(t, "/demo/image/upload/c_thumb,g_face,h_200,w_200/front_face.png")
	_, center := get(t, "/demo/image/upload/c_thumb,g_center,h_200,w_200/front_face.png")
	if string(answer.body) == string(center.body) {
		t.Error("g_face gives the same picture as g_center: no face was found")
	}
}

func half(channel uint8) uint8 { return uint8((int(channel) + 255) / 2) }

// difference is the smallest rectangle outside of which two pictures are equal.
func difference(a, b image.Image) image.Rectangle {
	var box image.Rectangle
	size := a.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if distance(at(a, x, y), at(b, x, y)) > 6 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}
