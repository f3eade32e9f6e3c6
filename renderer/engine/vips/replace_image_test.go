package vips

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

func TestReplaceImageInADocument(t *testing.T) {
	document, _, err := rendering{raw: "dn_72", source: asset(t, pngOf(t, plain(80, 40, red))), format: "pdf"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	layers := func() map[string]engine.Source {
		return map[string]engine.Source{"upload/logo": asset(t, pngOf(t, plain(10, 30, blue)))}
	}
	for _, raw := range []string{"l_logo,fl_replace_image", "l_logo/c_scale,w_3/fl_layer_apply,fl_replace_image", "l_logo/e_negate/e_negate/fl_layer_apply,fl_replace_image"} {
		for _, format := range []string{"pdf", "png"} {
			data, result, err := rendering{raw: raw, source: asset(t, document), layers: layers(), format: format}.try(t)
			if err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			s := render(t, "dn_72", data)
			if format == "png" {
				s = look(t, data)
			}
			// The place of the image stays as large as it was.
			if s.size() != (size{80, 40}) && s.size() != (size{167, 83}) || result.Format != format {
				t.Errorf("%s: %v, %+v", raw, s.size(), result)
			}
			s.wantAt(t, 5, 5, blue, 10)
			s.wantAt(t, -5, -5, blue, 10)
		}
	}
	for raw, c := range map[string]struct {
		source  []byte
		message string
	}{
		"l_logo,fl_replace_image":                                           {pngOf(t, plain(9, 9, red)), "fl_replace_image is for PDF documents, not for png"},
		"l_logo/l_logo/fl_layer_apply,fl_replace_image/fl_layer_apply":      {document, "fl_replace_image cannot be used in a layer or under a condition"},
		"if_w_gt_1/l_logo/fl_layer_apply,fl_replace_image/if_end":           {document, "fl_replace_image cannot be used in a layer or under a condition"},
		"l_logo,fl_replace_image/c_scale,w_10/l_logo,fl_replace_image,$a_1": {[]byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n0000000104 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n"), "Invalid flag - replace_image: the document has no image"},
	} {
		_, _, err := rendering{raw: raw, source: asset(t, c.source), layers: layers(), format: "png"}.try(t)
		wantProblem(t, err, 400, c.message)
	}
}
