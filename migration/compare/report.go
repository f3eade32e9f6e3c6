package compare

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes results for people; those that are alike only when all is true.
func Table(out io.Writer, results []*Result, all bool) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PATH\tSTATUS\tTYPE\tSIZE\tBYTES\tSSIM\tDIFFERENCE")
	for _, r := range results {
		if len(r.Differences) == 0 && !all {
			continue
		}
		difference := "-"
		if len(r.Differences) > 0 {
			difference = strings.Join(r.Differences, "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Path, both(r.Old.Status, r.New.Status), both(r.Old.ContentType, r.New.ContentType),
			both(r.Old.size(), r.New.size()), both(r.Old.Bytes, r.New.Bytes), similarity(r.SSIM), difference)
	}
	return table.Flush()
}

// both writes two values, or the one that they are.
func both[T comparable](a, b T) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%v → %v", a, b)
}

func similarity(ssim float64) string {
	if ssim < 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", ssim)
}

// page shows pictures beside each other.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"status": func(r *Result) string { return both(r.Old.Status, r.New.Status) },
	"kind":   func(r *Result) string { return both(r.Old.ContentType, r.New.ContentType) },
	"size":   func(r *Result) string { return both(r.Old.size(), r.New.size()) },
	"bytes":  func(r *Result) string { return both(r.Old.Bytes, r.New.Bytes) },
	"ssim":   func(r *Result) string { return similarity(r.SSIM) },
	"old":    func(r *Result) template.URL { return dataURL(r.Old.picture) },
	"new":    func(r *Result) template.URL { return dataURL(r.New.picture) },
	"difference": func(r *Result) template.URL {
		return dataURL(difference(r.Old.picture, r.New.picture))
	},
}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Comparison</title>
<style>body{font:14px sans-serif;margin:2em}img{max-width:30vw;border:1px solid #ccc}section{border-top:1px solid #ccc;padding:1em 0}.differs h2{color:#b00}h2{font-size:1em;word-break:break-all}</style>
<h1>{{.Old}} and {{.New}}</h1><p>{{.Count}} compared, {{.Differ}} differ.</p>
{{range .Results}}<section{{if .Differences}} class="differs"{{end}}><h2>{{.Path}}</h2>
<p>status {{status .}}, {{kind .}}, {{size .}}, {{bytes .}} bytes, similarity {{ssim .}}</p>
{{range .Differences}}<p>{{.}}</p>{{end}}
{{with old .}}<img src="{{.}}" alt="old">{{end}} {{with new .}}<img src="{{.}}" alt="new">{{end}} {{with difference .}}<img src="{{.}}" alt="difference">{{end}}
</section>{{end}}
</html>
`))

// Page writes results as a page of HTML that needs no other files: both pictures, and what they differ by, eight times as
// strong.
func Page(out io.Writer, options *Options, results []*Result) error {
	differ := 0
	for _, r := range results {
		if len(r.Differences) > 0 {
			differ++
		}
	}
	return page.Execute(out, map[string]any{"Old": options.Old, "New": options.New, "Count": len(results), "Differ": differ, "Results": results})
}

// amplify makes small differences seen.
const amplify = 8

// difference is what two pictures of one size differ by; nil without them.
func difference(a, b *image.RGBA) *image.RGBA {
	if a == nil || b == nil || a.Rect != b.Rect {
		return nil
	}
	d := image.NewRGBA(a.Rect)
	for i := range d.Pix {
		if i%4 == 3 {
			d.Pix[i] = 255
			continue
		}
		delta := int(a.Pix[i]) - int(b.Pix[i])
		d.Pix[i] = uint8(min(max(delta, -delta)*amplify, 255))
	}
	return d
}

// dataURL holds a picture; it is empty without one.
func dataURL(picture *image.RGBA) template.URL {
	if picture == nil {
		return ""
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}
