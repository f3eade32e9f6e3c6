package golden

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/test/photos"
	"github.com/darkroom-media/darkroom/test/standalone"
)

func encoded(t *testing.T, picture image.Image, format string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	var err error
	if format == "png" {
		err = png.Encode(&buffer, picture)
	} else {
		err = jpeg.Encode(&buffer, picture, &jpeg.Options{Quality: 95})
	}
	if err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestF1(t *testing.T) {
	original := encoded(t, scene(320, 200), "jpg")
	uploadBytes(t, "sheep", original)
	for _, path := range []string{"/demo/image/upload/sheep.jpg", "/demo/image/upload/sheep"} {
		picture, answer := get(t, path)
		wantSize(t, picture, 320, 200)
		if !bytes.Equal(answer.body, original) {
			t.Errorf("%s: not the stored bytes", path)
		}
	}
	picture, answer := get(t, "/demo/image/upload/sheep.png")
	wantSize(t, picture, 320, 200)
	if got := answer.header.Get("Content-Type"); got != "image/png" {
		t.Errorf("%s", got)
	}
}

func TestF17(t *testing.T) {
	uploadBytes(t, "docs/flower_shop", encoded(t, scene(300, 200), "jpg"))
	for accept, ext := range map[string]string{"image/webp": "webp", "*/*": "jpg"} {
		answer := request(t, http.MethodGet, "/demo/image/upload/f_auto/fl_attachment:pretty_flower/docs/flower_shop.jpg", "Accept", accept)
		if got, want := answer.header.Get("Content-Disposition"), `attachment; filename="pretty_flower.`+ext+`"`; answer.status != 200 || got != want {
			t.Errorf("%s: %d %s, want %s", accept, answer.status, got, want)
		}
	}
	answer := request(t, http.MethodGet, "/demo/image/upload/fl_attachment:a%252Eb/docs/flower_shop.jpg")
	if got := answer.header.Get("Content-Disposition"); got != `attachment; filename="a.b.jpg"` {
		t.Errorf("%s", got)
	}
}

func TestF22(t *testing.T) {
	uploadBytes(t, "water-park-aerial-view", encoded(t, scene(300, 200), "jpg"))
	_, plain := get(t, "/demo/image/upload/water-park-aerial-view.jpg")
	for _, version := range []string{"v1699883548", "v1"} {
		_, answer := get(t, "/demo/image/upload/"+version+"/water-park-aerial-view.jpg")
		if !bytes.Equal(answer.body, plain.body) || answer.header.Get("ETag") != plain.header.Get("ETag") {
			t.Errorf("%s answers other bytes", version)
		}
	}
}

func TestF23(t *testing.T) {
	uploadBytes(t, "image", encoded(t, scene(60, 40), "jpg"))
	picture, _ := get(t, "/demo/image/upload/s--Ai4Znfl3--/c_crop,h_20,w_10/v1234/image.jpg")
	wantSize(t, picture, 10, 20)
	refused(t, "/demo/image/upload/s--Ai4Znfl4--/c_crop,h_20,w_10/v1234/image.jpg", 401, "Invalid signature")
	get(t, "/demo/image/upload/s----SjmNDA--/image.jpg")
}

func TestF25(t *testing.T) {
	uploadBytes(t, "sample", encoded(t, scene(300, 200), "jpg"))
	_, plain := get(t, "/demo/image/upload/sample.jpg")
	for _, path := range []string{"/demo/images/sample/cooking.jpg", "/demo/sample.jpg", "/demo/iu/sample.jpg", "/demo/images/v3/sample/cooking.jpg"} {
		if _, answer := get(t, path); !bytes.Equal(answer.body, plain.body) {
			t.Errorf("%s answers other bytes", path)
		}
	}
}

// elsewhere serves pictures from a host that is not ours.
func elsewhere(t *testing.T, files map[string][]byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestF26(t *testing.T) {
	// The row's source under the name of a server of ours.
	const source = "/wikipedia/commons/c/cc/Water_drop_impact_on_a_water-surface_-_"
	site := elsewhere(t, map[string][]byte{source + "(1).jpg": encoded(t, scene(1600, 900), "jpg")})
	picture, answer := get(t, "/demo/image/fetch/f_png/c_scale,w_800/l_text:Unkempt_250_bold:Water/e_shadow/fl_cutter,fl_layer_apply/"+site+source+"%281%29.jpg")
	if got := answer.header.Get("Content-Type"); got != "image/png" {
		t.Errorf("%s", got)
	}
	wantAlpha(t, picture, 1, 1, 0)
	opaque := 0
	for x := range picture.Bounds().Dx() {
		if at(picture, x, picture.Bounds().Dy()/2).A == 255 {
			opaque++
		}
	}
	if opaque == 0 {
		t.Error("nothing is left inside the glyphs")
	}
	refused(t, "/demo/image/fetch/"+site+"/none.jpg", 404, "Error in loading "+site+"/none.jpg - 404 Not Found")
}

func TestE14(t *testing.T) {
	uploadBytes(t, "docs/model_handbag_640", encoded(t, scene(640, 400), "png"))
	logo := fill(image.NewNRGBA(image.Rect(0, 0, 40, 30)), image.Rect(0, 0, 40, 30), red)
	site := elsewhere(t, map[string][]byte{"/demo/image/upload/logos/full.png": encoded(t, logo, "png")})
	encodedURL := url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(site + "/demo/image/upload/logos/full.png")))
	picture, answer := get(t, "/demo/image/upload/l_fetch:"+encodedURL+"/fl_layer_apply,g_north_west,x_15,y_15/docs/model_handbag_640")
	if got := answer.header.Get("Content-Type"); got != "image/png" {
		t.Errorf("%s", got)
	}
	wantSize(t, picture, 640, 400)
	wantColor(t, picture, 15, 15, red, 3)
	wantColor(t, picture, 54, 44, red, 3)
	if distance(at(picture, 14, 14), red) < 20 || distance(at(picture, 55, 45), red) < 20 {
		t.Error("the logo is not 40×30 at (15, 15)")
	}
}

func TestF28(t *testing.T) {
	answer := request(t, http.MethodGet, "/demo/image/upload/does-not-exist-xyz.jpg")
	refused(t, "/demo/image/upload/does-not-exist-xyz.jpg", 404, "Resource not found - does-not-exist-xyz")
	if got := answer.header.Get("Cache-Control"); !strings.HasPrefix(got, "private") || !strings.Contains(got, "no-cache") {
		t.Errorf("Cache-Control: %s", got)
	}
	if got := answer.header.Get("Server-Timing"); !strings.Contains(got, `cld-error;desc="Resource not found - does-not-exist-xyz"`) {
		t.Errorf("Server-Timing: %s", got)
	}
}

func TestF29(t *testing.T) {
	uploadBytes(t, "sample", encoded(t, scene(300, 200), "jpg"))
	refused(t, "/demo/image/upload/c_scale,g_auto,w_400/sample.jpg", 400, "g_auto cannot be combined with c_scale")
}

func TestF31(t *testing.T) {
	uploadBytes(t, "car_lady_dog", encoded(t, scene(1600, 1000), "jpg"))
	width := func(hints ...string) int {
		t.Helper()
		answer := request(t, http.MethodGet, "/demo/image/upload/c_fill,g_auto,ar_16:9/w_auto:100:387/car_lady_dog.jpg", hints...)
		picture, _, err := image.Decode(bytes.NewReader(answer.body))
		if err != nil {
			t.Fatalf("%d %s: %v", answer.status, answer.header.Get("X-Cld-Error"), err)
		}
		if vary := answer.header.Get("Vary"); !strings.Contains(vary, "Sec-CH-Width") {
			t.Errorf("Vary: %s", vary)
		}
		return picture.Bounds().Dx()
	}
	if got := width(); got != 400 {
		t.Errorf("without hints the picture is %d wide", got)
	}
	if got := width("Sec-CH-Width", "512"); got != 600 {
		t.Errorf("for a slot of 512 it is %d wide", got)
	}
}

func TestF32(t *testing.T) {
	uploadBytes(t, "car_lady_dog", encoded(t, scene(1600, 1000), "jpg"))
	answer := request(t, http.MethodGet, "/demo/image/upload/c_fill,g_auto,ar_16:9/w_auto:breakpoints:json/car_lady_dog.jpg")
	var list struct{ Breakpoints []int }
	if err := json.Unmarshal(answer.body, &list); err != nil || answer.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v: %s", answer.status, err, answer.body)
	}
	widths := list.Breakpoints
	if len(widths) < 3 || len(widths) > 20 || widths[0] != 50 || widths[len(widths)-1] != 1000 || !slices.IsSorted(widths) {
		t.Errorf("%v", widths)
	}
	// Files of neighbouring widths differ by about 20 kB, unless that took more than 20 of them.
	size := func(width int) int {
		return len(request(t, http.MethodGet, fmt.Sprintf("/demo/image/upload/c_fill,g_auto,ar_16:9/w_%d/car_lady_dog.jpg", width)).body)
	}
	for i := 1; i < len(widths); i++ {
		if grown := size(widths[i]) - size(widths[i-1]); grown <= 0 || grown > 60<<10 {
			t.Errorf("from %d to %d the file grows by %d bytes", widths[i-1], widths[i], grown)
		}
	}
}

func TestF34(t *testing.T) {
	uploadBytes(t, "docs/pizza_wine", encoded(t, solid(600, 400, blue), "jpg"))
	const path = "/demo/image/upload/c_scale,w_300/e_shadow,x_w_div_50,y_w_div_50/docs/pizza_wine."
	picture, _ := get(t, path+"jpg")
	// 300 by 50 is 6: the shadow is the picture's shape 6 px to the right and downwards, blurred by 40.
	exact, _ := get(t, path+"png")
	size, frame := exact.Bounds().Size(), drawn(exact, near(blue, 3))
	if frame.Size() != image.Pt(300, 200) {
		t.Fatalf("the picture is %v", frame)
	}
	wantSize(t, picture, size.X, size.Y)
	shadow := drawn(exact, func(c color.NRGBA) bool { return c.A > 0 && distance(c, blue) > 3 }).Union(frame)
	middle := func(r image.Rectangle) image.Point { return r.Min.Add(r.Max) }
	if moved := middle(shadow).Sub(middle(frame)); abs(moved.X-moved.Y) > 2 || moved.X < 4 || moved.X > 12 {
		t.Errorf("the middle of picture and shadow is %v half pixels from that of the picture", moved)
	}
	sharp, _ := get(t, "/demo/image/upload/c_scale,w_300/e_shadow:0,x_w_div_50,y_w_div_50/docs/pizza_wine.png")
	wantSize(t, sharp, 306, 206)
	wantAlpha(t, sharp, 302, 2, 0)
	wantAlpha(t, sharp, 302, 100, 255)
	wantAlpha(t, sharp, 150, 204, 255)
	wantAlpha(t, sharp, 2, 203, 0)
}

func TestF35(t *testing.T) {
	const path, plain = "/demo/image/upload/if_w_gt_300/e_oil_paint/if_end/docs/camera-640.jpg", "/demo/image/upload/c_limit,h_427,w_640/docs/camera-640.jpg"
	uploadBytes(t, "docs/camera-640", encoded(t, scene(640, 427), "jpg"))
	painted, _ := get(t, path)
	encodedAgain, _ := get(t, plain)
	wantSize(t, painted, 640, 427)
	if was, is := gradientEnergy(encodedAgain), gradientEnergy(painted); is > 0.8*was {
		t.Errorf("the detail is %.2f, %.2f without the effect: it was not applied", is, was)
	}
	uploadBytes(t, "docs/camera-640", encoded(t, scene(200, 133), "jpg"))
	_, untouched := get(t, path)
	if _, want := get(t, plain); !bytes.Equal(untouched.body, want.body) {
		t.Error("the effect was applied: the bytes are not those of the picture encoded again")
	}
}

func TestF37(t *testing.T) {
	uploadBytes(t, "docs/fruit-stand", encoded(t, scene(1000, 600), "jpg"))
	const path = "/demo/image/upload/if_ar_gt_3:4_and_w_gt_300_and_h_gt_200,c_crop,w_300,h_200/docs/"
	picture, _ := get(t, path+"fruit-stand.jpg")
	wantSize(t, picture, 300, 200)
	uploadBytes(t, "docs/narrow-stand", encoded(t, scene(200, 600), "jpg"))
	picture, _ = get(t, path+"narrow-stand.jpg")
	wantSize(t, picture, 200, 600)
}

func TestF38(t *testing.T) {
	uploadTagged(t, "listed/one", scene(40, 30), []string{"golden-list"})
	uploadTagged(t, "listed/two", scene(40, 30), []string{"golden-list", "other"})
	answer := request(t, http.MethodGet, "/demo/image/list/golden-list.json")
	var list struct {
		Resources []struct {
			PublicID string `json:"public_id"`
			Width    int    `json:"width"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(answer.body, &list); err != nil || len(list.Resources) != 2 || list.Resources[0].Width != 40 {
		t.Errorf("%d %v: %s", answer.status, err, answer.body)
	}
}

// TestListChoice delivers what a filter in jq chooses from a list, as shops write it.
func TestListChoice(t *testing.T) {
	uploadTagged(t, "chosen/3595269-back", scene(60, 40), []string{"golden-choice"})
	uploadTagged(t, "chosen/3595269-main", scene(40, 60), []string{"golden-choice"})
	const filter = "fn_select:jq:first(.%5b%5d%7Cselect(.public_id%20%7C%20endswith(%22main%22)))"
	picture, _ := get(t, "/demo/image/list/"+filter+"/golden-choice.json?$Prod_PLPThumb$")
	wantSize(t, picture, 40, 60)
	picture, _ = get(t, "/demo/image/list/"+filter+"/c_fit,w_20/golden-choice.json")
	wantSize(t, picture, 20, 30)
	uploadRaw(t, "chosen/choose.js", "authenticated", []byte(`const main = () => JSON.parse(getDocument()).find((r) => getContext().transformation.includes(r.width))`))
	picture, _ = get(t, "/demo/image/list/$wanted_60/fn_select:js:chosen:choose.js/golden-choice.json")
	wantSize(t, picture, 60, 40)
	answer := request(t, http.MethodGet, "/demo/image/list/fn_refine:jq:map(select(.height%3C50))/golden-choice.json")
	var list struct {
		Resources []struct {
			PublicID string `json:"public_id"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(answer.body, &list); err != nil || len(list.Resources) != 1 || list.Resources[0].PublicID != "chosen/3595269-back" {
		t.Errorf("%d %v: %s", answer.status, err, answer.body)
	}
}

// TestF2Vary holds what f_auto gives to what the client lists; which formats there are is another test's matter.
func TestF2Vary(t *testing.T) {
	uploadBytes(t, "docs/play", encoded(t, scene(300, 200), "jpg"))
	for accept, types := range map[string][]string{
		"image/avif,image/webp,*/*": {"image/avif", "image/webp"}, "image/webp": {"image/webp"}, "*/*": {"image/jpeg"}, "": {"image/jpeg"},
	} {
		answer := request(t, http.MethodGet, "/demo/image/upload/f_auto/docs/play.jpg", "Accept", accept)
		if got := answer.header.Get("Content-Type"); !slices.Contains(types, got) || !strings.Contains(answer.header.Get("Vary"), "Accept") {
			t.Errorf("%q: %s, Vary %s", accept, got, answer.header.Get("Vary"))
		}
	}
}

// TestInformation is fl_getinfo on a crop whose place is known.
func TestInformation(t *testing.T) {
	uploadBytes(t, "docs/info", encoded(t, scene(640, 426), "jpg"))
	answer := request(t, http.MethodGet, "/demo/image/upload/c_fill,g_east,h_100,w_100/fl_getinfo/docs/info.jpg")
	var info struct {
		Input, Output struct{ Width, Height, Bytes int }
		Resize        []map[string]float64
	}
	if err := json.Unmarshal(answer.body, &info); err != nil {
		t.Fatalf("%d %v: %s", answer.status, err, answer.body)
	}
	if info.Input.Width != 640 || info.Input.Height != 426 || info.Output.Width != 100 || info.Output.Height != 100 || info.Output.Bytes == 0 {
		t.Errorf("%s", answer.body)
	}
	if len(info.Resize) != 2 || math.Abs(info.Resize[0]["x"]-214) > 1 || math.Abs(info.Resize[0]["width"]-426) > 1 || info.Resize[1]["x_factor"] == 0 {
		t.Errorf("%s", answer.body)
	}
}

// TestExplanation explains a URL against the real engine: sizes step by step, and what it cost.
func TestExplanation(t *testing.T) {
	uploadBytes(t, "docs/explained", encoded(t, scene(640, 427), "jpg"))
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(standalone.APIKey+":"+standalone.APISecret))
	answer := request(t, http.MethodGet, "/demo/image/explain/upload/c_scale,w_320/r_20/docs/explained.png", "Authorization", basic)
	var explained struct {
		Steps []struct {
			Step          string
			Width, Height int
		}
		Cost struct {
			CPU float64 `json:"cpu_ms"`
		}
		Answer struct{ Format string }
	}
	if err := json.Unmarshal(answer.body, &explained); err != nil {
		t.Fatalf("%d %v: %s", answer.status, err, answer.body)
	}
	if len(explained.Steps) != 2 || explained.Steps[0].Step != "resize" || explained.Steps[0].Width != 320 || explained.Steps[0].Height != 214 ||
		explained.Steps[1].Step != "radius" || explained.Cost.CPU <= 0 || explained.Answer.Format != "png" {
		t.Errorf("%s", answer.body)
	}
	refused(t, "/demo/image/explain/upload/docs/explained.png", 401, "Explanations need the api_key and api_secret of the environment")
}

// TestAddonsAreNamed asks for what needs an add-on: the answer says which.
func TestAddonsAreNamed(t *testing.T) {
	uploadBytes(t, "sample", encoded(t, scene(300, 200), "jpg"))
	for transformation, addon := range map[string]string{
		"e_gen_remove:prompt_cup": "generative remove", "b_gen_fill,c_pad,h_9,w_9": "generative fill",
		"e_background_removal": "background removal", "c_thumb,g_adv_face,h_9,w_9": "advanced facial attributes detection",
		"c_crop,g_cat,h_9,w_9": "object detection", "e_style_transfer,l_sample": "neural style transfer", "if_ils_gt_0.5/e_sepia/if_end": "illustration detection",
	} {
		answer := request(t, http.MethodGet, "/demo/image/upload/"+transformation+"/sample.jpg")
		if got := answer.header.Get("X-Cld-Error"); answer.status != 400 || !strings.Contains(got, addon) {
			t.Errorf("%s: %d %q does not name %s", transformation, answer.status, got, addon)
		}
	}
}

// TestMezzanine makes three sizes of a photo: the third starts from what was left by the second.
func TestMezzanine(t *testing.T) {
	photo, err := os.ReadFile(photos.Path(t, photos.Bridge))
	if err != nil {
		t.Fatal(err)
	}
	uploadBytes(t, "docs/mezzanine", photo)
	explain := func(transformation string) *[2]int {
		t.Helper()
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(standalone.APIKey+":"+standalone.APISecret))
		answer := request(t, http.MethodGet, "/demo/image/explain/upload/"+transformation+"/docs/mezzanine.jpg", "Authorization", basic)
		var explained struct{ Steps []struct{ Mezzanine *[2]int } }
		if err := json.Unmarshal(answer.body, &explained); err != nil || len(explained.Steps) == 0 {
			t.Fatalf("%s: %v\n%s", transformation, err, answer.body)
		}
		return explained.Steps[0].Mezzanine
	}
	if from := explain("c_limit,w_300"); from != nil {
		t.Errorf("before anything was made: from %v", from)
	}
	for _, width := range []string{"w_320", "w_480", "w_640"} {
		if answer := request(t, http.MethodGet, "/demo/image/upload/c_limit,"+width+"/docs/mezzanine.jpg"); answer.status != http.StatusOK {
			t.Fatalf("%s: %d", width, answer.status)
		}
	}
	if from := explain("c_limit,w_300"); from == nil || from[0] < 600 || from[0] > 2000 {
		t.Errorf("after three sizes: from %v", from)
	}
	if from := explain("c_crop,h_100,w_300"); from != nil {
		t.Errorf("a crop: from %v", from)
	}
}
