package golden

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// TestSpellings asks for the same sizes in ways that are unusual and legal.
func TestSpellings(t *testing.T) {
	parameters := uploader.UploadParams{Tags: api.CldAPIArray{"sale", "in_stock"}, Context: api.CldAPIMap{"caption": "Hello", "count": "5"}}
	if err := renderer.Upload(t.Context(), "spelling/base", bytes.NewReader(encoded(t, scene(640, 427), "png")), parameters); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{
		// Commas, versions, slashes and extensions.
		"w_100%2Ch_50%2cc_scale/spelling/base.png": {100, 50},
		",w_100,,h_50,/spelling/base.png":          {100, 50},
		"//w_100//h_50//v1//spelling//base.png/":   {75, 50},
		"w_100/v1/v1234567890/spelling/base.png":   {100, 67},
		"w_100/spelling/base.PNG":                  {100, 67},
		"f_PNG,w_100/spelling/base":                {100, 67},
		"w_100,w_200/spelling/base.png":            {200, 133},

		// Numbers.
		"w_.5/spelling/base.png":                    {320, 214},
		"c_scale,w_0.5,h_iw/spelling/base.png":      {320, 640},
		"w_w_div_2/spelling/base.png":               {320, 214},
		"w_div_2/spelling/base.png":                 {320, 214},
		"w_2_add_3_mul_iw_div_32/spelling/base.png": {62, 41},
		"w_0100/spelling/base.png":                  {100, 67},

		// Variables, of numbers and of strings that spell them.
		"$a_10/$a_$a_mul_2/w_$a/spelling/base.png":                            {20, 13},
		"$h_$w_div_2,$w_100/c_fill,w_$w,h_$h/spelling/base.png":               {100, 50},
		"$p_!10!/w_$p/spelling/base.png":                                      {10, 7},
		"$ar_!16:9!/ar_$ar,c_fill,w_160/spelling/base.png":                    {160, 90},
		"$ar_16:9/ar_$ar,c_fill,w_160/spelling/base.png":                      {160, 90},
		"$x_ctx:!count!_to_i/w_$x_mul_10/spelling/base.png":                   {50, 33},
		"$l_!a:b!/if_!a!_in_$l/w_10/if_end/spelling/base.png":                 {10, 7},
		"$d_2/w_100/dpr_$d/spelling/base.png":                                 {200, 133},
		"w_100,dpr_$d/$d_3/spelling/base.png":                                 {300, 200},
		"if_w_gt_600/$d_2/if_else/$d_3/if_end/w_100,dpr_$d/spelling/base.png": {200, 133},
		"if_w_gt_600,$d_2,dpr_$d,w_100/spelling/base.png":                     {200, 133},
		"$d_4/if_!nope!_in_tags,$d_3/w_100,dpr_$d_div_2/spelling/base.png":    {200, 133},

		// Conditions.
		"if_w_lt_300/w_10/if_else/if_w_lt_700/w_30/if_else/w_40/if_end/if_end/spelling/base.png": {30, 20},
		"if_w_lt_300/w_10/if_else/if_w_lt_700/w_30/if_end/spelling/base.png":                     {30, 20},
		"if_w_lt_300,w_10/if_else,w_20/spelling/base.png":                                        {20, 13},
		"if_%21sale%21_in_tags_and_ctx:!caption!_eq_!Hello!/w_10/if_end/spelling/base.png":       {10, 7},
		"if_!sale:in_stock!_in_tags/w_10/if_end/spelling/base.png":                               {10, 7},
		"if_ctx:!count!_gt_4_or_md:!none!_eq_!x!/w_10/if_end/spelling/base.png":                  {10, 7},
		"if_md:!none!_eq_!!/w_10/if_end/spelling/base.png":                                       {10, 7},
	} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) {
			picture, _ := get(t, "/demo/image/upload/"+path)
			wantSize(t, picture, want[0], want[1])
		})
	}
}

// TestTextSpellings has texts whose escapes are easily lost set like the same texts written otherwise.
func TestTextSpellings(t *testing.T) {
	upload(t, "spelling/wide", "png", solid(400, 60, white))
	for name, pair := range map[string][2]string{
		"a comma, escaped once or twice": {"l_text:Arial_20:a%252Cb", "l_text:Arial_20:a%2Cb"},
		"a slash, escaped once or twice": {"l_text:Arial_20:a%252Fb", "l_text:Arial_20:a%2Fb"},
		"a percent sign":                 {"l_text:Arial_20:50%2525", "l_text:Arial_20:50%25"},
		"an emoji":                       {"l_text:Arial_20:%25F0%259F%2598%258D", "l_text:Arial_20:%F0%9F%98%8D"},
		"a space of a font":              {"l_text:Open%20Sans_20:ab", "l_text:open%20sans_20:ab"},
		"a variable":                     {"$v_!a%20b!/l_text:Arial_20:$(v)", "l_text:Arial_20:a%20b"},
		"a variable with a comma":        {"$v_!a%2Cb!/l_text:Arial_20:$(v)", "l_text:Arial_20:a%252Cb"},
		"a style in a variable":          {"$t_!Arial_20_bold!/l_text:$t:x", "l_text:Arial_20_bold:x"},
		"colons":                         {"l_text:Arial_20:a:b", "l_text:Arial_20:a%3Ab"},
	} {
		t.Run(name, func(t *testing.T) {
			one, _ := get(t, "/demo/image/upload/"+pair[0]+"/spelling/wide.png")
			other, _ := get(t, "/demo/image/upload/"+pair[1]+"/spelling/wide.png")
			wantSize(t, one, 400, 60)
			if got := same(one, 0, 0, other, 0, 0, 400, 60); got > 0 {
				t.Errorf("the texts differ by %d", got)
			}
			if got := same(one, 0, 0, solid(400, 60, white), 0, 0, 400, 60); got < 100 {
				t.Error("there is no text")
			}
		})
	}
}

// TestNothingToDo: what speaks of time, codecs and layers leaves a picture without any as it is, since apps send pictures
// and videos through one transformation.
func TestNothingToDo(t *testing.T) {
	drawn := scene(64, 48)
	upload(t, "spelling/still", "png", drawn)
	for _, transformation := range []string{
		"so_1", "eo_4.5", "du_10p", "vc_auto", "ac_none", "af_44100", "br_1m", "ki_2", "dr_high", "sp_auto", "fps_25", "vs_5", "dl_100",
		"fl_relative", "fl_region_relative", "fl_no_overflow", "fl_tiled", "fl_cutter", "fl_text_no_trim", "fl_text_disallow_overflow",
		"fl_replace_image", "fl_splice", "fl_alternate", "fl_waveform", "fl_mono", "fl_truncate_ts", "fl_keep_dar", "fl_sprite", "fl_hlsv3",
		"fl_no_stream", "fl_flip", "fl_opposite", "fl_animated", "fl_awebp", "e_loop:2", "e_boomerang", "e_fade:500", "e_reverse", "e_accelerate:50",
		"a_exif", "b_auto", "cs_copy",
	} {
		t.Run(transformation, func(t *testing.T) {
			picture, _ := get(t, "/demo/image/upload/"+transformation+"/spelling/still.png")
			wantSize(t, picture, 64, 48)
			if got := same(picture, 0, 0, drawn, 0, 0, 64, 48); got > 0 {
				t.Errorf("the picture differs by %d", got)
			}
		})
	}
	for transformation, message := range map[string]string{
		"e_volume:50":       "Effect volume is for videos and audio",
		"e_progressbar":     "Effect progressbar is for videos and audio",
		"l_video:dog":       "Layers of kind video are not available for images",
		"l_subtitles:a.srt": "Layers of kind subtitles are not available for images",
	} {
		t.Run(transformation, func(t *testing.T) {
			wantRefusal(t, "/demo/image/upload/"+transformation+"/spelling/still.png", http.StatusBadRequest, message)
		})
	}
}

// TestLargestTile cuts the largest picture out of a composition.
func TestLargestTile(t *testing.T) {
	collage := solid(600, 400, white)
	for _, tile := range [][4]int{{10, 10, 380, 380}, {400, 10, 190, 185}, {400, 205, 190, 185}} {
		drawn := scene(tile[2], tile[3])
		for y := range tile[3] {
			for x := range tile[2] {
				collage.SetNRGBA(tile[0]+x, tile[1]+y, drawn.NRGBAAt(x, y))
			}
		}
	}
	upload(t, "spelling/collage", "png", collage)
	picture, _ := get(t, "/demo/image/upload/c_crop,g_cld-decompose_tile/spelling/collage.png")
	wantSize(t, picture, 380, 380)
	if got := same(picture, 0, 0, scene(380, 380), 0, 0, 380, 380); got > 0 {
		t.Errorf("the tile differs by %d", got)
	}
}
