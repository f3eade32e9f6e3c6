package golden

import (
	"net/http"
	"strings"
	"testing"
)

// TestErrors asks for what is refused, and holds the answers to the contract: status and text, which the headers carry,
// no body, and nothing that a cache would keep for long.
func TestErrors(t *testing.T) {
	upload(t, "errors/base", "png", solid(300, 200, gray))
	uploadBytes(t, "errors/moving", spiral(t, 10, 5))
	const base = "/errors/base.png"
	for _, c := range []struct {
		transformation string
		status         int
		message        string
	}{
		// Unknown keys and values, bad numbers.
		{"xx_yy", 400, "Invalid transformation component - xx_yy"},
		{"w_abc", 400, "Invalid width - abc"},
		{"h_1x", 400, "Invalid height - 1x"},
		{"c_bogus,w_10", 400, "Invalid crop mode - bogus"},
		{"g_nowhere,c_crop,w_10", 400, "Invalid gravity - nowhere"},
		{"e_bogus", 400, "Invalid effect - bogus"},
		{"e_blur:soft", 400, "Invalid effect - blur:soft"},
		{"e_art:nobody", 400, "Invalid effect - art:nobody"},
		{"a_sideways", 400, "Invalid angle - sideways"},
		{"r_-5", 400, "Invalid radius - -5"},
		{"bo_5px_dotted_red", 400, "Invalid border - 5px_dotted_red"},
		{"b_nocolor", 400, "Invalid background - nocolor"},
		{"co_nocolor,e_colorize", 400, "Invalid color - nocolor"},
		{"o_101", 400, "Invalid opacity - 101"},
		{"q_0", 400, "Invalid quality - 0"},
		{"q_auto:superb", 400, "Invalid quality - auto:superb"},
		{"fl_bogus", 400, "Invalid flag - bogus"},
		{"f_xyz", 400, "Invalid extension in transformation - xyz"},
		{"f_mp3", 400, "Invalid extension in transformation - mp3"},
		{"cs_bogus", 400, "Invalid color space - bogus"},
		{"dn_0", 400, "Invalid density - 0"},
		{"pg_x", 400, "Invalid page - x"},
		{"dpr_0", 400, "Invalid dpr - 0"},
		{"ar_0,w_10", 400, "Invalid aspect ratio - 0"},
		{"z_0,c_crop", 400, "Invalid zoom - 0"},
		{"fn_bogus", 400, "Invalid custom function - bogus"},
		{"l_text:Arial_0:A", 400, "Invalid font size - 0"},
		{"l_text:Arial_20_wavy:A", 400, "Invalid text style - Arial_20_wavy"},

		// Sizes of nothing, written and computed.
		{"w_0", 400, "Invalid width - 0"},
		{"w_-1", 400, "Invalid width - -1"},
		{"h_0.0", 400, "Invalid height - 0.0"},
		{"w_iw_sub_300", 400, "Invalid width - 0"},

		// What excludes or needs each other names both.
		{"c_scale,g_auto,w_400", 400, "g_auto cannot be combined with c_scale"},
		{"c_pad,g_auto,w_400,h_400", 400, "g_auto cannot be combined with c_pad"},
		{"c_fill_pad,w_40,h_40", 400, "c_fill_pad needs g_auto"},
		{"c_auto_pad,w_40,h_40", 400, "c_auto_pad needs g_auto"},
		{"c_auto,w_40,h_40", 400, "c_auto needs a gravity"},
		{"l_errors:base,g_auto", 400, "g_auto cannot place a layer"},
		{"e_multiply", 400, "e_multiply needs a layer"},
		{"q_auto,fl_keep_iptc", 400, "fl_keep_iptc cannot be used with q_auto"},
		{"cs_srgb:truecolor,q_auto", 400, "cs_srgb:truecolor cannot be used with q_auto"},

		// Names, variables, conditions, layers.
		{"t_nobody", 400, "Named transformation not found - nobody"},
		{"w_$nobody", 400, "Undefined variable - $nobody"},
		{"$1_2", 400, "Invalid variable name - $1"},
		{"$a_b", 400, "Invalid variable value - $a_b"},
		{"w_iw_div_0", 400, "Invalid expression - iw_div_0: the result is not a number"},
		{"if_w_bigger_3/e_sepia/if_end", 400, "Invalid condition - w_bigger_3"},
		{"if_w_gt_3/e_sepia", 400, "Invalid transformation component - if_w_gt_3: if_end is missing"},
		{"if_end", 400, "Invalid transformation component - if_end: no condition is open"},
		{"fl_layer_apply", 400, "Invalid transformation component - fl_layer_apply: there is no layer to apply"},
		{"l_errors:nobody", 404, "Resource not found - errors/nobody"},
		{"u_errors:nobody", 404, "Resource not found - errors/nobody"},
		{"l_video:clip", 400, "Layers of kind video are not available for images"},
		{"l_subtitles:clip.srt", 400, "Layers of kind subtitles are not available for images"},
		{"l_private:errors:base", 401, "Unsigned request for a layer of type private"},
		{"l_authenticated:errors:base", 401, "Unsigned request for a layer of type authenticated"},

		// Too much.
		{"c_scale,h_10000,w_10000", 400, "Maximum image size is 25 Megapixels. Requested 100.00 Megapixels"},
		{"l_text:Arial_90:Much%20too%20wide/fl_layer_apply,fl_text_disallow_overflow", 400, "Text overflow"},
		{strings.Repeat("e_blur/", 100) + "e_blur", 400, "Too many transformation components: the limit is 100"},

		// What the picture does not have.
		{"pg_2", 400, "Invalid page - 2"},
		{"c_crop,g_region_!none!,w_9,h_9", 400, "Invalid gravity - the image has no region none"},
		{"c_crop,g_clipping_path_!none!,w_9,h_9", 400, "Invalid gravity - the image has no clipping path none"},
		{"pg_embedded:1", 400, "Invalid page - embedded:1: a png has no embedded objects"},
	} {
		t.Run(strings.ReplaceAll(c.transformation, "/", "|"), func(t *testing.T) {
			wantRefusal(t, "/demo/image/upload/"+c.transformation+base, c.status, c.message)
		})
	}
	for path, want := range map[string]struct {
		status  int
		message string
	}{
		"/demo/image/upload/errors/nobody.jpg":                           {404, "Resource not found - errors/nobody"},
		"/demo/image/upload/w_100/errors/nobody":                         {404, "Resource not found - errors/nobody"},
		"/demo/image/upload/errors/base.xyz":                             {400, "Invalid extension in transformation - xyz"},
		"/demo/image/upload/errors/base.mp4":                             {400, "Invalid extension in transformation - mp4"},
		"/nobody/image/upload/errors/base.png":                           {401, "Unknown customer nobody"},
		"/demo/image/somehow/errors/base.png":                            {404, "Unknown delivery type - somehow"},
		"/demo/image/upload/s--AAAAAAAA--/errors/base.png":               {401, "Invalid signature"},
		"/demo/image/authenticated/errors/base.png":                      {401, "Unsigned request for an authenticated asset"},
		"/demo/image/upload/c_fill_pad,g_auto,h_9,w_9/errors/moving.gif": {400, "Crop mode fill_pad is not available for animated images"},
		"/demo/image/fetch/ftp://example.com/a.jpg":                      {400, "Invalid URL for fetch - ftp://example.com/a.jpg"},
	} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) { wantRefusal(t, path, want.status, want.message) })
	}
}

// wantRefusal checks an answer that is an error, by GET and by HEAD.
func wantRefusal(t *testing.T, path string, status int, message string) {
	t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer := request(t, method, path)
		if got := answer.header.Get("X-Cld-Error"); answer.status != status || got != message && !strings.HasPrefix(got, message+":") {
			t.Errorf("%d %q, want %d %q", answer.status, got, status, message)
		}
		if got := answer.header.Get("Server-Timing"); !strings.Contains(got, `cld-error;desc="`+answer.header.Get("X-Cld-Error")) {
			t.Errorf("Server-Timing %s", got)
		}
		if got := answer.header.Get("Cache-Control"); got != "private, no-transform, max-age=0, no-cache" {
			t.Errorf("Cache-Control %s", got)
		}
		if len(answer.body) != 0 || answer.header.Get("Content-Type") != "" || answer.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%d bytes of %q, Access-Control-Allow-Origin %q", len(answer.body), answer.header.Get("Content-Type"), answer.header.Get("Access-Control-Allow-Origin"))
		}
	}
}
