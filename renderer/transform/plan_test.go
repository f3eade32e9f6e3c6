package transform

import (
	"reflect"
	"strings"
	"testing"
)

func pixels(n float64) *Number { return &Number{Value: n} }

func fraction(n float64) *Number { return &Number{Value: n, Decimal: true} }

// TestPlan checks the typed plan of the onboarding guide's picture, in both forms of its layer.
func TestPlan(t *testing.T) {
	want := &Plan{Components: []Component{
		{
			Text:     "c_thumb,g_face,h_200,w_200",
			Resize:   &Resize{Mode: ModeThumb, Width: pixels(200), Height: pixels(200)},
			Position: Position{Gravity: &Gravity{Name: "face"}},
		},
		{
			Text:   "bo_5px_solid_rgb:000000,r_20",
			Radius: &Radius{Corners: [4]Number{{Value: 20}, {Value: 20}, {Value: 20}, {Value: 20}}},
			Border: &Border{Width: Number{Value: 5}, Color: Color{A: 255}},
		},
		{
			Text: "c_scale,fl_relative,l_dir:icon,o_50,w_0.25",
			Layer: &Layer{
				Kind: LayerImage, Type: "upload", ID: "dir/icon", Beside: true,
				Components: []Component{{
					Text:    "c_scale,fl_relative,o_50,w_0.25",
					Resize:  &Resize{Mode: ModeScale, Width: fraction(0.25), Relative: true},
					Opacity: pixels(50),
				}},
				Position: Position{Gravity: &Gravity{Name: "north_east"}, X: pixels(10), Y: pixels(10)},
			},
		},
	}, Output: Output{Format: "png"}}
	for _, layer := range []string{
		"l_dir:icon,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10",
		"l_dir:icon,o_50,w_0.25,fl_relative/fl_layer_apply,g_north_east,y_10,x_10",
	} {
		got, err := Parse("c_thumb,g_face,h_200,w_200/r_20,bo_5px_solid_black/"+layer+"/f_png", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %s\nwant %s", layer, toJSON(t, got), toJSON(t, want))
		}
	}
}

func TestIsIdentity(t *testing.T) {
	for raw, want := range map[string]bool{
		"":                              true,
		"fl_attachment:name/d_none.png": true,
		"fl_immutable_cache":            true,
		"a_exif":                        true,
		"f_auto":                        false,
		"f_png":                         false,
		"q_80":                          false,
		"fl_progressive":                false,
		"w_100":                         false,
		"if_w_gt_1/q_50/if_end":         false,
	} {
		plan, err := Parse(raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.IsIdentity(); got != want {
			t.Errorf("%q: got %t, want %t", raw, got, want)
		}
	}
}

func TestVisitLayers(t *testing.T) {
	plan, err := Parse("l_a/u_b/l_c,w_1/fl_layer_apply/fl_layer_apply/if_w_gt_1/l_d/if_else/l_e/if_end/l_text:Arial_1:f", nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	plan.VisitLayers(func(layer *Layer) {
		seen = append(seen, layer.ID+layer.Text)
		layer.Type = "seen"
	})
	if got := strings.Join(seen, " "); got != "a b c d e f" {
		t.Errorf("visited %s", got)
	}
	plan.VisitLayers(func(layer *Layer) {
		if layer.Type != "seen" {
			t.Errorf("layer %s: the change is lost", layer.ID)
		}
	})
}

func TestParseStored(t *testing.T) {
	for raw, want := range map[string]string{
		"c_pad,h_300,w_300/jpg":  "c_pad,h_300,w_300/f_jpg",
		"c_pad,h_300,w_300/":     "c_pad,h_300,w_300",
		"c_pad,h_300/f_png/jpeg": "c_pad,h_300/f_png",
		"jpg":                    "f_jpg",
		"w_10":                   "c_scale,w_10",
	} {
		plan, err := ParseStored(raw, nil)
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if got := plan.String(); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
	_, err := ParseStored("c_pad,h_300/xyz", nil)
	wantProblem(t, err, "Invalid transformation component - xyz")
}

// TestBounds checks that nothing runs away.
func TestBounds(t *testing.T) {
	nested := strings.Repeat("if_w_gt_1/", 17) + "w_1/" + strings.Repeat("if_end/", 17)
	for raw, message := range map[string]string{
		strings.Repeat("e_blur/", 101):                   "Too many transformation components: the limit is 100",
		"e_blur/" + strings.Repeat("w_1,", 5000) + "h_1": "Transformation is too long",
		nested:                               "Transformation is nested too deeply",
		"w_1" + strings.Repeat("_add_1", 40): "Invalid width - 1" + strings.Repeat("_add_1", 33) + "_...",
		"if_w_gt_1" + strings.Repeat("_or_w_gt_1", 40) + "/if_end": "Invalid condition - w_gt_1" + strings.Repeat("_or_w_gt_1", 19) + "_or_...",
		"e_distort:" + strings.Repeat("1:", 200) + "1":             "Invalid effect - distort:" + strings.Repeat("1:", 96) + "...",
		"l_a/l_b/fl_layer_apply/xx_1" + strings.Repeat("y", 300):   "Invalid transformation component - xx_1" + strings.Repeat("y", 196) + "...",
	} {
		_, err := Parse(raw, nil)
		wantProblem(t, err, message)
	}
	if _, err := Parse(strings.Repeat("e_blur/", 100), nil); err != nil {
		t.Errorf("100 components: %v", err)
	}
}
