package transform

import (
	"strings"
	"testing"
)

func TestShape(t *testing.T) {
	for raw, want := range map[string]string{
		"c_fill,w_100,h_50":                         "c_fill,h_50,w_100/f_webp",
		"w_100/f_auto,q_auto":                       "c_scale,w_100/f_webp,q_auto:good",
		"":                                          "f_webp",
		"l_shop:logo,w_20":                          "c_scale,l_*,w_20/fl_layer_apply/f_webp",
		"l_text:Arial_20:Hello Mrs. Smith":          "l_text:Arial_20:*/fl_layer_apply/f_webp",
		"$name_!Smith!/w_$w":                        "$name_!*!/c_scale,w_$w/f_webp",
		"$p_ref:!secret:id!":                        "$p_ref:!*!/f_webp",
		"if_!sale!_in_tags/w_9/if_end":              "if_!*!_in_tags/c_scale,w_9/if_end/f_webp",
		"d_no:such.jpg,fl_attachment:report":        "d_*,f_webp,fl_attachment",
		"l_a/l_b/w_5/fl_layer_apply/fl_layer_apply": "l_*/l_*/c_scale,w_5/fl_layer_apply/fl_layer_apply/f_webp",
	} {
		plan, err := Parse(raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := plan.String()
		if got := plan.Shape("webp"); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
		if plan.String() != before {
			t.Errorf("%s was changed to %s", before, plan.String())
		}
	}
	plan, err := Parse(strings.Repeat("e_sepia/e_blur:300/", 40), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.Shape("jpg"); len(got) > maxShape+3 {
		t.Errorf("%d bytes", len(got))
	}
}
