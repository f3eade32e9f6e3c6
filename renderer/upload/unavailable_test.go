package upload

import "testing"

// TestUnavailableParameters: what would have no effect is refused, unless it asks for none.
func TestUnavailableParameters(t *testing.T) {
	f := newFixture(t)
	send := func(name, value string) *reply {
		return f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", name, value)
	}
	for _, refused := range []struct{ name, value, message string }{
		{"raw_convert", "aspose", "Raw convert is invalid"},
		{"categorization", "google_tagging", "Categorization google_tagging is not valid"},
		{"detection", "illegal", "Detection invalid model 'illegal'"},
		{"background_removal", "illegal", "Background removal is invalid"},
		{"ocr", "adv_ocr", "Ocr adv_ocr is not valid"},
		{"similarity_search", "x", "Similarity search x is not valid"},
		{"moderation", "manual|duplicate:0.8", "Moderation duplicate:0.8 moderation is not valid"},
		{"auto_tagging", "0.5", "Invalid value for auto_tagging: it is not available"},
		{"auto_transcription", `{"translate":["pl-PL"]}`, "Invalid value for auto_transcription: it is not available"},
		{"auto_video_details", `{"fields":["title"]}`, "Invalid value for auto_video_details: it is not available"},
		{"auto_chaptering", "true", "Invalid value for auto_chaptering: it is not available"},
		{"visual_search", "1", "Invalid value for visual_search: it is not available"},
		{"proxy", "http://proxy.example:3128", "Invalid value for proxy: it is not available"},
	} {
		f.expectRefused(send(refused.name, refused.value), 400, refused.message)
	}
	f.expectStored(0)
	for _, name := range []string{"auto_transcription", "auto_chaptering", "visual_search"} {
		for _, off := range []string{"0", "false"} {
			f.expect(send(name, off))
		}
	}
	f.expectStoredAfterSweep(1)
}
