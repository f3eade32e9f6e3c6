package hostile

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// TestFonts sets text in fonts that are none. It is refused, or set in another font, and nothing comes of it for others.
func TestFonts(t *testing.T) {
	renderer, _ := start(t)
	uploadGood(t, renderer)
	fonts := Fonts()
	if data, err := os.ReadFile("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"); err == nil {
		for seed := range 8 {
			fonts = append(fonts, File{Name: fmt.Sprintf("a font with flipped bits, %d", seed), Data: flipped(data, seed)})
		}
		for _, cut := range []int{12, 300, len(data) / 2, len(data) - 1} {
			fonts = append(fonts, File{Name: fmt.Sprintf("the first %d bytes of a font", cut), Data: data[:cut]})
		}
	}
	meter := startMeter(t, renderer.Process())
	for i, font := range fonts {
		t.Run(font.Name, func(t *testing.T) {
			id := fmt.Sprintf("font-%d.%s", i, []string{"ttf", "otf", "woff2"}[i%3])
			status, _, answer, err := send(renderer, "raw", url.Values{"public_id": {id}, "type": {"authenticated"}}, id, font.Data)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%d: %s, %v", status, answer, err)
			}
			hostile := &attempt{t: t, renderer: renderer, file: font, id: id}
			hostile.derive("l_text:"+id+"_40_bold:Hello%20%D7%A9%F0%9F%98%8D/fl_layer_apply/good.png", "image/png")
			if most := meter.take(renderer.Process()); most > memoryBound {
				t.Errorf("%d MB of memory were held", most>>20)
			}
		})
	}
	alive(t, renderer)
}

// TestAddresses asks for what is hostile by its address alone: calculations without a result, nesting, and what grows. Each is
// a picture or a clear 4xx.
func TestAddresses(t *testing.T) {
	renderer, _ := start(t)
	uploadGood(t, renderer)
	power := "$a_99999" + strings.Repeat("/$a_$a_pow_$a", 20) + "/w_$a"
	nested, deep := "", ""
	for range 100 {
		nested += "l_good/"
		deep += "if_w_gt_1/"
	}
	for name, transformation := range map[string]string{
		"a division by zero":               "w_100_div_0",
		"a remainder of zero":              "w_100_mod_0",
		"zero divided by zero":             "$a_0_div_0/w_$a",
		"a division by what becomes zero":  "$a_1/$b_$a_sub_1/w_100_div_$b",
		"powers of powers":                 power,
		"a root of less than nothing":      "$a_-1_pow_0.5/w_$a",
		"a variable that is itself":        "$a_$a/w_$a",
		"a variable that doubles":          "$a_2" + strings.Repeat("/$a_$a_mul_$a", 60) + "/w_$a,c_scale",
		"a long sum":                       "w_1" + strings.Repeat("_add_1", 2000),
		"the widest picture":               "w_99999999999",
		"less than a picture":              "w_-5,h_-5,c_crop",
		"a picture of no size":             "w_0.0000001",
		"the highest density":              "dpr_100,w_9999",
		"not a number":                     "w_nan",
		"beyond all numbers":               "w_1e999",
		"a hundred layers in each other":   nested + strings.Repeat("fl_layer_apply/", 100),
		"three hundred layers":             strings.Repeat("l_good,w_5/fl_layer_apply/", 300),
		"layers that never end":            nested,
		"conditions in conditions":         deep + "w_9" + strings.Repeat("/if_end", 100),
		"conditions that never end":        deep,
		"a name that names itself":         "t_loop",
		"a text of a megabyte in an hour":  "l_text:Arial_40:" + strings.Repeat("w", 7000) + "/fl_layer_apply",
		"letters of a million":             "l_text:Arial_1000000:W/fl_layer_apply",
		"marks on marks":                   "l_text:Arial_40:a" + strings.Repeat("%CC%81", 1000) + "/fl_layer_apply",
		"lines without end":                "l_text:Arial_1:" + strings.Repeat("a%0A", 2000) + "/fl_layer_apply",
		"directions within directions":     "l_text:Arial_40:" + strings.Repeat("%E2%80%AE", 500) + "a/fl_layer_apply",
		"a text that is no text":           "l_text:Arial_40:%FF%FE%00/fl_layer_apply",
		"markup in a text":                 "l_text:Arial_40:%3Cspan%20font%3D%27%2Fetc%2Fpasswd%27%3Ea/fl_layer_apply",
		"blurs of blurs":                   strings.Repeat("e_blur:2000/", 60) + "w_9",
		"boomerangs of boomerangs":         strings.Repeat("e_boomerang/", 60) + "w_9",
		"an outline wider than all":        "e_outline:99999",
		"a border wider than all":          "bo_99999px_solid_red",
		"a shadow far away":                "e_shadow:100,x_999999,y_-999999",
		"a turn by all degrees":            "a_1e300",
		"growth by growth":                 strings.Repeat("c_scale,w_2.0/", 40) + "w_9",
		"pads around pads":                 strings.Repeat("c_pad,w_1.9,h_1.9/", 40) + "w_9",
		"pages without end":                "pg_1-999999999",
		"pages again and again":            "pg_" + strings.Repeat("1;", 3000) + "1",
		"a quality of none":                "q_0",
		"a percent of a percent":           "w_%25%32%35",
		"a zero byte":                      "w_9%00",
		"another line":                     "w_9%0d%0aX-Injected:%20x",
		"a folder above":                   "w_9/..%2f..%2f..%2fetc/passwd",
		"a long one":                       strings.Repeat("w_9/", 4000),
		"a function that is not there":     "fn_wasm:nothing.wasm",
		"a function elsewhere":             "fn_remote:aHR0cDovLzEyNy4wLjAuMS8",
		"a placeholder that is not there":  "d_nothing:at:all",
		"a search for faces among nothing": "c_thumb,g_face,w_1,h_1/c_thumb,g_faces,w_5000,h_1",
	} {
		t.Run(name, func(t *testing.T) {
			status, header, body, err := ask(http.MethodGet, renderer.URL+"/demo/image/upload/"+transformation+"/good.png", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			reason := header.Get("X-Cld-Error")
			switch status {
			case http.StatusOK:
				if !strings.HasPrefix(header.Get("Content-Type"), "image/") || len(body) == 0 {
					t.Errorf("%d bytes of %s", len(body), header.Get("Content-Type"))
				}
			case http.StatusBadRequest, http.StatusNotFound, http.StatusGatewayTimeout, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
				if reason == "" && status != http.StatusRequestHeaderFieldsTooLarge {
					t.Errorf("%d without a reason", status)
				}
			case http.StatusUnauthorized: // Only what runs elsewhere takes a signature.
				if !strings.HasPrefix(transformation, "fn_remote:") || reason == "" {
					t.Errorf("%d %s", status, reason)
				}
			default:
				t.Errorf("%d %s", status, reason)
			}
			if header.Get("X-Injected") != "" || strings.ContainsAny(reason, "\r\n") {
				t.Errorf("headers were injected: %v", header)
			}
		})
	}
	alive(t, renderer)
}

// TestFilters asks for lists through filters that take too much.
func TestFilters(t *testing.T) {
	renderer, _ := start(t)
	if err := renderer.Upload(t.Context(), "good", bytes.NewReader(pngBomb(8, 8, 8*25)), uploader.UploadParams{Tags: []string{"good"}}); err != nil {
		t.Fatal(err)
	}
	for name, filter := range map[string]string{
		"without end":           "def f: f; f",
		"a text without end":    `"x" * 4000000000`,
		"texts of texts":        `reduce range(60) as $i ("x"; . + .)`,
		"a list without end":    "[range(1e12)]",
		"results without end":   "repeat(.)",
		"parentheses":           strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		"a pattern that climbs": `"` + strings.Repeat("a", 30) + `!" | test("` + strings.Repeat("(a*)*", 10) + `b")`,
		"numbers of numbers":    "def f: . * .; 10 | [limit(60; repeat(f))]",
		"a file":                `include "/etc/passwd"; .`,
		"the environment":       "$ENV.PATH",
		"another input":         "input",
		"an end":                "halt",
	} {
		t.Run(name, func(t *testing.T) {
			status, header, body, err := ask(http.MethodGet, renderer.URL+"/demo/image/list/fn_select:jq:"+url.PathEscape(filter)+"/good.json", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			reason := header.Get("X-Cld-Error")
			if (status != http.StatusBadRequest && status != http.StatusNotFound && status != http.StatusGatewayTimeout) || reason == "" || len(body) > 0 {
				t.Errorf("%d %s, %d bytes", status, reason, len(body))
			}
		})
	}
	alive(t, renderer)
}

func uploadGood(t *testing.T, renderer *standalone.Renderer) {
	t.Helper()
	if err := renderer.Upload(t.Context(), "good", bytes.NewReader(pngBomb(8, 8, 8*25)), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
}
