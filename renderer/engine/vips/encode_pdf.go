package vips

import (
	"bytes"
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

func encodePDF(image *govips.ImageRef, e encoding) ([]byte, error) {
	return encodePDFs([]*govips.ImageRef{image}, e)
}

// encodePDFs writes a document with a picture on each page, which is as large as the picture at the density. Pictures
// are JPEGs (ISO 32000-1: 7.4.8).
func encodePDFs(pages []*govips.ImageRef, e encoding) ([]byte, error) {
	scale := 1.0
	if e.density > 0 {
		scale = pointsPerInch / e.density
	}
	var out bytes.Buffer
	var offsets []int
	object := func(body string, stream []byte) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\n", len(offsets), body)
		if stream != nil {
			out.WriteString("stream\n")
			out.Write(stream)
			out.WriteString("\nendstream\n")
		}
		out.WriteString("endobj\n")
	}
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R>>", nil)
	var kids bytes.Buffer
	for i := range pages {
		fmt.Fprintf(&kids, " %d 0 R", 3+3*i)
	}
	object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s ]>>", len(pages), kids.String()), nil)
	for i, page := range pages {
		picture, err := encodeJPEG(page, e)
		if err != nil {
			return nil, err
		}
		colors, decode := "DeviceRGB", ""
		switch page.Interpretation() {
		case govips.InterpretationCMYK:
			colors, decode = "DeviceCMYK", "/Decode[1 0 1 0 1 0 1 0]" // JPEGs of four colours are inverted
		case govips.InterpretationBW:
			colors = "DeviceGray"
		}
		w, h := float64(page.Width())*scale, float64(page.Height())*scale
		draw := fmt.Appendf(nil, "q %.3f 0 0 %.3f 0 0 cm /I Do Q", w, h)
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.3f %.3f]/Resources<</XObject<</I %d 0 R>>>>/Contents %d 0 R>>", w, h, 4+3*i, 5+3*i), nil)
		object(fmt.Sprintf("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s%s/BitsPerComponent 8/Filter/DCTDecode/Length %d>>",
			page.Width(), page.Height(), colors, decode, len(picture)), picture)
		object(fmt.Sprintf("<</Length %d>>", len(draw)), draw)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return out.Bytes(), nil
}
