package upload

import (
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// checkAvailable refuses parameters that would have no effect. Those of add-ons are refused in the words by which their
// values are, because no value of them is known here.
func checkAvailable(params wire.Params) error {
	for _, addon := range []struct{ name, message string }{
		{"raw_convert", "Raw convert is invalid"},
		{"categorization", "Categorization %s is not valid"},
		{"detection", "Detection invalid model '%s'"},
		{"background_removal", "Background removal is invalid"},
		{"ocr", "Ocr %s is not valid"},
		{"similarity_search", "Similarity search %s is not valid"},
	} {
		if value := params.String(addon.name); value != "" {
			return problem.BadRequest("%s", strings.ReplaceAll(addon.message, "%s", printable(value)))
		}
	}
	for _, name := range []string{"auto_tagging", "auto_transcription", "auto_video_details", "proxy"} {
		if off := params.String(name); off == "0" || off == "false" {
			continue
		}
		if params.Has(name) {
			return problem.BadRequest("Invalid value for %s: it is not available", name)
		}
	}
	for _, name := range []string{"auto_chaptering", "visual_search"} {
		asked, err := params.Bool(name, false)
		if err != nil {
			return err
		}
		if asked {
			return problem.BadRequest("Invalid value for %s: it is not available", name)
		}
	}
	return nil
}
