package hostile

import (
	"bytes"
	"fmt"
	"strings"
)

// Documents are PDFs that run, load, repeat or nest.
func Documents(lure string) []File {
	page := func(contents string, extra ...string) []byte {
		return pdf(append([]string{
			"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</A 5 0 R>>/Pattern<</P 5 0 R>>>>>>",
			fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(contents), contents),
		}, extra...)...)
	}
	packed := deflated(1 << 30)
	form := func(contents string) string {
		return fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</A 5 0 R>>>>/Length %d>>stream\n%s\nendstream", len(contents), contents)
	}
	return []File{
		{Name: "a PDF without pages", Data: []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"), Refused: true},
		{Name: "a PDF of a page of a kilometre", Data: pdfOf("[0 0 2834645 2834645]"), Refused: true},
		{Name: "a PDF of a page of nothing", Data: pdfOf("[0 0 0 0]")},
		{Name: "a PDF of a page turned inside out", Data: pdfOf("[99 99 -99 -99]")},
		{Name: "a PDF of a page of NaN", Data: pdfOf("[0 0 nan 1e999]")},
		{Name: "a PDF that counts 2^31 pages", Data: pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2147483647/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")},
		{Name: "a PDF whose pages are their own children", Data: pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R 2 0 R 2 0 R]>>")},
		{Name: "a PDF of 20000 pages", Data: pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 20000/Kids["+strings.Repeat("3 0 R ", 20000)+"]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")},
		{Name: "a PDF of arrays in arrays", Data: pdf("<</Type/Catalog/Pages 2 0 R/X "+strings.Repeat("[", 50000)+">>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")},
		{Name: "a PDF whose contents are 1 GB", Data: pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>",
			fmt.Sprintf("<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream", len(packed), packed))},
		{Name: "a PDF whose drawing draws itself", Data: page("/A Do", form("/A Do /A Do"))},
		{Name: "a PDF that saves for ever", Data: page(strings.Repeat("q ", 500_000))},
		{Name: "a PDF of a million strokes", Data: page(strings.Repeat("0 0 m 99 99 l S ", 1_000_000))},
		{Name: "a PDF of a picture of 30000 by 30000", Data: page("/A Do", fmt.Sprintf("<</Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode/Length %d>>stream\n%s\nendstream", len(packed), packed))},
		{Name: "a PDF of a pattern of a thousandth", Data: page("/Pattern cs /P scn 0 0 99 99 re f", "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.001/YStep 0.001/Resources<<>>/Length 10>>stream\n0 0 1 1 re\nendstream")},
		{Name: "a PDF that runs and loads", Data: pdf("<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\("+lure+"\\))>>/AA<</WC<</S/Launch/F(/bin/true)>>>>>>",
			"<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/AA<</O<</S/URI/URI("+lure+")>>>>/Contents<</F<</FS/URL/F("+lure+")>>/Length 0>>>>")},
		{Name: "a PDF of a file elsewhere", Data: page("/A Do", "<</Type/XObject/Subtype/Image/Width 9/Height 9/BitsPerComponent 8/ColorSpace/DeviceGray/F(/etc/passwd)/Length 0>>stream\n\nendstream")},
		{Name: "a PDF that is locked", Data: append(pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"),
			"trailer<</Root 1 0 R/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(y)/P -4>>>>"...)},
	}
}

// pdf is a document of these objects, the first of which is the catalogue. It has no table of its objects: readers make one.
func pdf(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	for i, object := range objects {
		fmt.Fprintf(&b, "%d 0 obj%sendobj\n", i+1, object)
	}
	b.WriteString("trailer<</Root 1 0 R>>\n")
	return b.Bytes()
}

func pdfOf(box string) []byte {
	return pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox"+box+">>")
}
