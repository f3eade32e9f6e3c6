package main

import "testing"

func TestTheParserOfTheRenderersIsLentToTheRules(t *testing.T) {
	for text, valid := range map[string]bool{
		"c_fill,h_200,w_200/r_max": true, "c_pad,h_300/jpg": true, "t_other/w_100": true, "w_abc": false, "c_nothing,w_1": false,
	} {
		if err := parseTransformation(text); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}
