package transform

import (
	"math"
	"testing"
)

// picture is an Env of fixed characteristics.
type picture struct {
	numbers map[string]float64
	strings map[string][]string
}

func (p picture) Number(name string) (float64, bool) { x, ok := p.numbers[name]; return x, ok }

func (p picture) Strings(name string) ([]string, bool) { s, ok := p.strings[name]; return s, ok }

var landscape = picture{
	numbers: map[string]float64{"w": 600, "h": 400, "ar": 1.5, "iw": 1200, "ih": 800, "fc": 0, "$n": 4, "$f": 0.25, "$whole": 2},
	strings: map[string][]string{
		"tags": {"sale", "in_stock"}, "ctx:price": {"12.5"}, "ctx:name": {"blue shoe"}, "md:empty": {""},
		"$s": {"hello"}, "$c": {"rgb", "00ff00"}, "$five": {"5"}, "$ratio": {"3", "2"},
	},
}

func TestNumberEval(t *testing.T) {
	tests := []struct {
		text     string
		value    float64
		fraction bool
	}{
		{"200", 200, false},
		{"0.5", 0.5, true},
		{"1.0", 1, true},
		{"-3", -3, false},
		{"iw", 1200, false},
		{"$n", 4, false},
		{"$f", 0.25, true},
		{"$five", 5, false},
		{"$ratio", 1.5, true},
		{"$f_mul_2", 0.5, true},
		{"$f_mul_iw", 300, false},
		{"$n_mul_1.5", 6, false},
		{"iw_div_3", 400, false},
		{"iw_div_7", 1200.0 / 7, false},
		{"2_add_3_mul_4", 14, false},
		{"2_mul_3_add_4", 10, false},
		{"20_sub_5_sub_3", 12, false},
		{"2_pow_3_pow_2", 64, false},
		{"2_mul_3_pow_2", 18, false},
		{"100_div_10_div_5", 2, false},
		{"17_mod_5_mul_2", 4, false},
		{"10_sub_2_mul_3_add_1", 5, false},
		{"ctx:!price!_mul_2", 25, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			number, ok := parseNumber(test.text, "")
			if !ok {
				t.Fatal("not a number")
			}
			value, fraction, err := number.Eval(landscape)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(value-test.value) > 1e-9 || fraction != test.fraction {
				t.Errorf("got %v, fraction %t; want %v, %t", value, fraction, test.value, test.fraction)
			}
		})
	}
}

func TestNumberEvalErrors(t *testing.T) {
	for text, message := range map[string]string{
		"$missing_mul_2": "Undefined variable - $missing",
		"$s_add_1":       "Invalid expression - $s is not a number",
		"iw_div_fc":      "Invalid expression - iw_div_fc: the result is not a number",
		"iw_mod_0":       "Invalid expression - iw_mod_0: the result is not a number",
		"iw_pow_999":     "Invalid expression - iw_pow_999: the result is not a number",
		"ils":            "Undefined variable - ils",
		"ctx:!none!":     "Undefined variable - ctx:!none!",
	} {
		t.Run(text, func(t *testing.T) {
			number, ok := parseNumber(text, "")
			if !ok {
				t.Fatal("not a number")
			}
			_, _, err := number.Eval(landscape)
			wantProblem(t, err, message)
		})
	}
	for _, expr := range [][]string{{"add"}, {"1", "2"}, {"1", "add"}} {
		number := Number{Expr: expr}
		if _, _, err := number.Eval(landscape); err == nil {
			t.Errorf("%v: no error", expr)
		}
	}
}

func TestConditionHolds(t *testing.T) {
	for text, want := range map[string]bool{
		"w_gt_599":                            true,
		"w_gt_600":                            false,
		"w_gte_600":                           true,
		"w_lte_600":                           true,
		"w_lt_600":                            false,
		"w_lte_599":                           false,
		"w_lt_h":                              false,
		"w_eq_600":                            true,
		"w_ne_600":                            false,
		"ar_eq_3:2":                           true,
		"ar_gt_4:3_and_w_gt_300_and_h_gt_500": false,
		"w_div_3_eq_200":                      true,
		"iw_sub_w_gte_h_mul_1.5":              true,
		// and binds tighter than or.
		"w_gt_1_or_w_gt_9999_and_h_gt_9999": true,
		"w_gt_9999_and_h_gt_1_or_h_gt_9999": false,
		"!sale!_in_tags":                    true,
		"!sale:in_stock!_in_tags":           true,
		"!sale:new!_in_tags":                false,
		"!sale:new!_nin_tags":               true,
		"tags_in_!sale:in_stock:new!":       true,
		"ctx:!name!_eq_!blue shoe!":         true,
		"ctx:!price!_gt_12":                 true,
		"ctx:!price!_eq_12.50":              true,
		"ctx:!none!_eq_!!":                  true,
		"ctx:!none!_gt_1":                   false,
		"md:!empty!_eq_!!":                  true,
		"$s_eq_!hello!":                     true,
		"$s_ne_!bye!":                       true,
		"$five_lt_10":                       true,
		"5_in_!4:5!":                        true,
		"isdef_$s":                          true,
		"isdef_$n":                          true,
		"isdef_$missing":                    false,
		"isndef_$missing":                   true,
	} {
		t.Run(text, func(t *testing.T) {
			condition, err := parseCondition(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := condition.Holds(landscape)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("got %t, want %t", got, want)
			}
		})
	}
	condition, err := parseCondition("$missing_gt_3")
	if err != nil {
		t.Fatal(err)
	}
	_, err = condition.Holds(landscape)
	wantProblem(t, err, "Undefined variable - $missing")
}

// TestVariables runs the assignments of a chain, as the engine does, and reads the variables.
func TestVariables(t *testing.T) {
	plan, err := Parse("$small_90,$big_$small_mul_2/$half_0.5/$s_!a:b!/$t_$s/$p_ctx:!price!_to_i/$q_ctx:!price!_to_f/$third_iw_div_3.5/$small_$small_add_1/$v_ref:!dir:logo!/$one_1.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	variables := NewVariables(landscape)
	for _, component := range plan.Components {
		for _, assignment := range component.Set {
			if err := variables.Assign(assignment); err != nil {
				t.Fatal(err)
			}
		}
	}
	for text, want := range map[string]struct {
		value    float64
		fraction bool
	}{
		"$big": {180, false}, "$half": {0.5, true}, "$p": {12, false}, "$q": {12.5, true},
		"$third": {1200 / 3.5, false}, "$small": {91, false}, "$one": {1, true}, "w": {600, false},
	} {
		number, _ := parseNumber(text, "")
		value, fraction, err := number.Eval(variables)
		if err != nil || value != want.value || fraction != want.fraction {
			t.Errorf("%s: got %v, fraction %t, error %v; want %v, %t", text, value, fraction, err, want.value, want.fraction)
		}
	}
	for name, want := range map[string]string{"$s": "a:b", "$t": "a:b", "$v": "dir:logo"} {
		strs, ok := variables.Strings(name)
		if got := stringsValue(strs).text(); !ok || got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}

	for assignment, message := range map[string]string{
		"$x_$missing_add_1":     "Undefined variable - $missing",
		"$x_ctx:!name!_to_i":    "Invalid variable value - $x is not a number",
		"$x_iw_div_fc":          "Invalid expression - iw_div_fc: the result is not a number",
		"$x_$missing_mul_$this": "Undefined variable - $missing",
	} {
		plan, err := Parse(assignment, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, variables.Assign(plan.Components[0].Set[0]), message)
	}
}

func TestExpandText(t *testing.T) {
	tests := []struct{ written, want string }{
		{"$(s)%20$(n)x", "hello 4x"},
		{"%24%28s%29", "$(s)"},
		{"$$(s)$%24%28$(n)", "$hello$$(4"},
		{"50%2525", "50%"},
		{"%2524%2528s%2529", "$(s)"},
		{"$(s", "$(s"},
		{"$(9)", "$(9)"},
		{"100$", "100$"},
	}
	for _, test := range tests {
		plan, err := Parse("l_text:Arial_20:"+test.written, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, plan)
		got, err := plan.Components[0].Layer.ExpandText(landscape)
		if err != nil || got != test.want {
			t.Errorf("%s: got %q, error %v; want %q", test.written, got, err, test.want)
		}
	}
	layer := Layer{Text: "$(missing)"}
	_, err := layer.ExpandText(landscape)
	wantProblem(t, err, "Undefined variable - $missing")
}

func TestEffectResolve(t *testing.T) {
	env := NewVariables(picture{numbers: map[string]float64{"w": 600}})
	for _, assignment := range []string{"$level_30", "$name_!sepia!", "$bad_!sparkle!", "$wide_!symmetric!"} {
		plan, err := Parse(assignment, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := env.Assign(plan.Components[0].Set[0]); err != nil {
			t.Fatal(err)
		}
	}
	for written, want := range map[string]string{
		"e_sepia:$level":               "sepia:30",
		"e_$name:$level_mul_2":         "sepia:60",
		"e_sepia:$level_mul_9":         "sepia:100",
		"e_contrast:level_$level":      "contrast:level_30",
		"e_blur:w_div_$level":          "blur:20",
		"e_gradient_fade:$wide:10":     "gradient_fade:symmetric:10",
		"e_gradient_fade:$level_sub_5": "gradient_fade:25",
		"e_grayscale":                  "grayscale",
	} {
		plan, err := Parse(written, nil)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		checkPlan(t, plan)
		resolved, err := plan.Components[0].Effect.Resolve(env)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if got := spellEffect(resolved.Name, resolved.Args); got != want {
			t.Errorf("%s: got %s, want %s", written, got, want)
		}
	}
	for written, message := range map[string]string{
		"e_$bad":          "Invalid effect - sparkle",
		"e_sepia:$name":   "Invalid effect - sepia:sepia",
		"e_sepia:$none":   "Undefined variable - $none",
		"e_$none_add_1:5": "",
	} {
		plan, err := Parse(written, nil)
		if message == "" {
			wantProblem(t, err, "Invalid effect - $none_add_1:5")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = plan.Components[0].Effect.Resolve(env)
		wantProblem(t, err, message)
	}
}

func TestEffectArguments(t *testing.T) {
	for written, want := range map[string]map[string]string{
		"e_sepia":                    {"level": "80"},
		"e_sepia:500":                {"level": "100"},
		"e_contrast:level_-70":       {"level": "-70", "type": "sigmoidal"},
		"e_contrast:type_linear:150": {"level": "150", "type": "linear"},
		"e_outline:15":               {"width": "15", "blur": "0"},
		"e_outline:fill:15:3":        {"mode": "fill", "width": "15", "blur": "3"},
		"e_improve:50":               {"mode": "outdoor", "blend": "50"},
		"e_theme:black:110":          {"color": "black", "photosensitivity": "110"},
		"e_bgremoval:rgb:aabbcc":     {"color": "rgb:aabbcc"},
		"e_grayscale":                {},
	} {
		plan, err := Parse(written, nil)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		got := plan.Components[0].Effect.Arguments()
		if len(got) != len(want) {
			t.Errorf("%s: got %v, want %v", written, got, want)
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", written, name, got[name], value)
			}
		}
	}
}
