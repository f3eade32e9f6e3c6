package upload

import "testing"

// TestTextsThatAreRefused: each refusal names the parameter that is wrong.
func TestTextsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	for message, pairs := range map[string][]string{
		"Missing required parameter - text":                                {},
		"Invalid text_align - up":                                          {"text", "x", "text_align", "up"},
		"Invalid font_weight - bold_italic":                                {"text", "x", "font_weight", "bold_italic"},
		"Invalid font_style - bent":                                        {"text", "x", "font_style", "bent"},
		"Invalid text_decoration - blink":                                  {"text", "x", "text_decoration", "blink"},
		"Invalid line_spacing - far":                                       {"text", "x", "line_spacing", "far"},
		"Invalid font_color - nocolor":                                     {"text", "x", "font_color", "nocolor"},
		"Invalid font size - big":                                          {"text", "x", "font_size", "big"},
		`Invalid value for opacity: "101" is no integer between 0 and 100`: {"text", "x", "opacity", "101"},
		"public_id (a?b) is invalid: the character ? is not allowed":       {"text", "x", "public_id", "a?b"},
	} {
		f.expectRefused(f.call("/image/text", pairs...), 400, message)
	}
	f.expectStored(0)
}
