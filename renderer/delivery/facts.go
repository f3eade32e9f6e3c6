package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// factsOf is a text for the key of a derived file that changes with what the plan may read of the asset beside its
// bytes: tags, context, metadata and stored coordinates, which are edited without a new version. It is empty when the
// plan reads none of what the asset has. That a plan reads something is told by the words in its canonical text, so that
// some plans may seem to read more than they do.
func factsOf(asset *library.Asset, canonical string) string {
	var facts []any
	told := strings.Contains(canonical, "fn_") // functions are told tags and context
	if len(asset.Tags) > 0 && (told || strings.Contains(canonical, "tags")) {
		facts = append(facts, asset.Tags)
	}
	if len(asset.Context) > 0 && (told || strings.Contains(canonical, "ctx:")) {
		facts = append(facts, asset.Context)
	}
	if len(asset.Metadata) > 0 && strings.Contains(canonical, "md:") {
		facts = append(facts, asset.Metadata)
	}
	if len(asset.Faces) > 0 && (strings.Contains(canonical, "face") || strings.Contains(canonical, "fc") || strings.Contains(canonical, "auto")) {
		facts = append(facts, asset.Faces)
	}
	if len(asset.Custom) > 0 && (strings.Contains(canonical, "custom") || strings.Contains(canonical, "auto")) {
		facts = append(facts, asset.Custom)
	}
	if len(asset.Regions) > 0 && strings.Contains(canonical, "g_region") {
		facts = append(facts, asset.Regions)
	}
	if asset.QualityOverride != "" && strings.Contains(canonical, "q_auto") {
		facts = append(facts, asset.QualityOverride)
	}
	if facts == nil {
		return ""
	}
	// Maps are written in the order of their keys. What the library holds can be written.
	text, _ := json.Marshal(facts)
	sum := sha256.Sum256(text)
	return ";facts=" + hex.EncodeToString(sum[:8])
}
