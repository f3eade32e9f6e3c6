package transform

import "testing"

func TestParseColor(t *testing.T) {
	for text, want := range map[string]Color{
		"red":           {255, 0, 0, 255, ""},
		"RebeccaPurple": {0x66, 0x33, 0x99, 255, ""},
		"rgb:abc":       {0xaa, 0xbb, 0xcc, 255, ""},
		"rgb:abc8":      {0xaa, 0xbb, 0xcc, 0x88, ""},
		"rgb:00390B60":  {0x00, 0x39, 0x0b, 0x60, ""},
		"RGB:102030":    {0x10, 0x20, 0x30, 255, ""},
		"SNOW1":         {255, 250, 250, 255, ""},
		"violetred4":    {0x8b, 0x22, 0x52, 255, ""},
		"navyblue":      {0, 0, 128, 255, ""},
		"grey0":         {0, 0, 0, 255, ""},
		"gray50":        {127, 127, 127, 255, ""},
		"gray51":        {130, 130, 130, 255, ""},
		"GREY100":       {255, 255, 255, 255, ""},
		"transparent":   {},
		"494635":        {0x49, 0x46, 0x35, 255, ""},
		"$c":            {Variable: "$c"},
	} {
		got, err := ParseColor(text)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, error %v; want %+v", text, got, err, want)
			continue
		}
		if again, err := ParseColor(got.String()); err != nil || again != got {
			t.Errorf("%s: %s comes back as %+v, error %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "rgb:", "rgb:12", "rgb:12345", "rgb:1234567", "#ffffff", "blak", "$", "rgb:red", "rgb:gggggg",
		"snow0", "snow5", "snow01", "gray101", "gray007", "gray-1", "lime1", "rgb:snow1"} {
		_, err := ParseColor(text)
		wantProblem(t, err, "Invalid color - "+text)
	}
}

func TestColorNames(t *testing.T) {
	if len(colorNames) != 148 {
		t.Errorf("%d colour names, CSS has 148", len(colorNames))
	}
}

func TestColorResolve(t *testing.T) {
	for color, want := range map[Color]Color{
		{Variable: "$c"}: {0, 255, 0, 255, ""},
		{1, 2, 3, 4, ""}: {1, 2, 3, 4, ""},
	} {
		if got, err := color.Resolve(landscape); err != nil || got != want {
			t.Errorf("%v: got %+v, error %v; want %+v", color, got, err, want)
		}
	}
	_, err := Color{Variable: "$missing"}.Resolve(landscape)
	wantProblem(t, err, "Undefined variable - $missing")
	_, err = Color{Variable: "$s"}.Resolve(landscape)
	wantProblem(t, err, "Invalid color - hello")
}
