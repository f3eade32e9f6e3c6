package main

import (
	"regexp"
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// TestEveryEffectIsShown: a new effect needs a picture to look at.
func TestEveryEffectIsShown(t *testing.T) {
	shown := map[string]bool{}
	effect := regexp.MustCompile(`(?:^|[,/])e_([a-z_]+)`)
	for _, section := range sections {
		for _, transformation := range section.transformations {
			plan, err := transform.Parse(section.before+transformation, nil)
			if err != nil {
				t.Errorf("%s: %v", transformation, err)
				continue
			}
			for _, match := range effect.FindAllStringSubmatch(plan.String(), -1) {
				shown[match[1]] = true
			}
		}
	}
	for _, name := range transform.EffectNames() {
		if ofVideos := slices.Contains([]string{"deshake", "progressbar", "transition", "volume"}, name); shown[name] == ofVideos {
			t.Errorf("e_%s: shown %t, for videos alone %t", name, shown[name], ofVideos)
		}
	}
}
