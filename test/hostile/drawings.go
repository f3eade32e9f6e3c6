package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
)

// Drawings are SVGs that run, load, repeat or nest.
func Drawings(lure string) []File {
	drawing := func(inside string) []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">` + inside + `</svg>`)
	}
	embedded := func(kind string, data []byte) string {
		return `<image width="90" height="90" href="data:` + kind + `;base64,` + base64.StdEncoding.EncodeToString(data) + `"/>`
	}
	files := []File{
		{Name: "an SVG of entities", Data: svgEntities(), Refused: true},
		{Name: "an SVG of one entity, often", Data: []byte(`<!DOCTYPE svg [<!ENTITY a "` + strings.Repeat("a", 250) + `">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>` + strings.Repeat("&a;", 2_000_000) + `</text></svg>`), Refused: true},
		{Name: "an SVG of one entity, often, in an attribute", Data: []byte(`<!DOCTYPE svg [<!ENTITY a "` + strings.Repeat("a", 250) + `">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g id="` + strings.Repeat("&a;", 2_000_000) + `"/></svg>`), Refused: true},
		{Name: "an SVG of entities of parameters", Data: []byte(`<!DOCTYPE svg [<!ENTITY % a SYSTEM "` + lure + `"> %a;]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)},
		{Name: "an SVG whose type lies elsewhere", Data: []byte(`<!DOCTYPE svg SYSTEM "` + lure + `"><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)},
		{Name: "an SVG that reads a file", Data: []byte(`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&x;</text></svg>`), Refused: true},
		{Name: "an SVG of 10^9 by 10^9", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1000000000" height="1000000000"/>`)},
		{Name: "an SVG of 1e300 by NaN", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1e300" height="NaN" viewBox="0 0 1e-300 1e300"/>`)},
		{Name: "an SVG of nothing by nothing", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="0" height="-5" viewBox="0 0 0 0"/>`)},
		{Name: "an SVG a thousand deep", Data: []byte(strings.Repeat(`<svg xmlns="http://www.w3.org/2000/svg">`, 1000)), Refused: true},
		{Name: "an SVG of a million elements", Data: drawing(strings.Repeat("<g/>", 1_000_000)), Refused: true},
		{Name: "an SVG of 50000 attributes", Data: drawing("<g " + attributes(50_000) + "/>")},
		{Name: "an SVG that uses itself", Data: drawing(svgUses(12))},
		{Name: "an SVG that uses the user", Data: drawing(`<g id="a"><use href="#a"/><use href="#b"/></g><g id="b"><use href="#a"/></g>`)},
		{Name: "an SVG of patterns of patterns", Data: drawing(chain("pattern", `width="1%%" height="1%%" patternUnits="userSpaceOnUse"`, "fill", 12))},
		{Name: "an SVG of a pattern of itself", Data: drawing(`<pattern id="a" width="1" height="1"><rect width="9" height="9" fill="url(#a)"/></pattern><rect width="90" height="90" fill="url(#a)"/>`)},
		{Name: "an SVG of masks of masks", Data: drawing(chain("mask", ``, "mask", 14))},
		{Name: "an SVG of clips of clips", Data: drawing(chain("clipPath", ``, "clip-path", 14))},
		{Name: "an SVG of markers on markers", Data: drawing(chain("marker", `markerWidth="9" markerHeight="9"`, "marker-mid", 12))},
		{Name: "an SVG of a filter of a filter", Data: drawing(`<filter id="f"><feImage href="#r"/></filter><rect id="r" width="90" height="90" filter="url(#f)"/>`)},
		{Name: "an SVG of a hundred blurs", Data: drawing(`<filter id="f" x="-500%" y="-500%" width="9999%" height="9999%">` + strings.Repeat(`<feGaussianBlur stdDeviation="1000"/>`, 100) + `</filter><rect width="90" height="90" filter="url(#f)"/>`)},
		{Name: "an SVG of turbulence", Data: drawing(`<filter id="f"><feTurbulence baseFrequency="99" numOctaves="2147483647"/></filter><rect width="90" height="90" filter="url(#f)"/>`)},
		{Name: "an SVG of a kernel of a thousand", Data: drawing(`<filter id="f"><feConvolveMatrix order="1000" kernelMatrix="` + strings.Repeat("1 ", 1_000_000) + `"/></filter><rect width="90" height="90" filter="url(#f)"/>`)},
		{Name: "an SVG of growth without end", Data: drawing(`<filter id="f"><feMorphology operator="dilate" radius="100000"/></filter><rect width="90" height="90" filter="url(#f)"/>`)},
		{Name: "an SVG of dashes of a millionth", Data: drawing(`<path d="M0 0L1000000 0" stroke="red" stroke-width="9" stroke-dasharray="0.000001"/>`)},
		{Name: "an SVG of a path of a million arcs", Data: drawing(`<path stroke="red" d="M0 0` + strings.Repeat("a9 9 0 1 1 1 1", 200_000) + `"/>`)},
		{Name: "an SVG of a text of a megabyte", Data: drawing(`<text y="9" font-size="0.001">` + strings.Repeat("w ", 500_000) + `</text>`)},
		{Name: "an SVG of letters of 10^6", Data: drawing(`<text y="90" font-size="1000000">A&#x1F600;</text>`)},
		{Name: "an SVG of a PNG of 50000 by 50000", Data: drawing(embedded("image/png", pngBomb(50000, 50000, 0)))},
		{Name: "an SVG of an empty PNG of 16000 by 16000", Data: drawing(embedded("image/png", pngBomb(16000, 16000, 16000*(3*16000+1))))},
		{Name: "an SVG of many PNGs", Data: drawing(strings.Repeat(embedded("image/png", pngBomb(3000, 3000, 3000*9001)), 40))},
		{Name: "an SVG of an SVG that is a PNG", Data: drawing(embedded("image/png", drawing(`<image href="`+lure+`" width="9" height="9"/>`)))},
		{Name: "an SVG of a TIFF that is a PNG", Data: drawing(embedded("image/png", tiff(30000, 30000, 1, deflated(1<<20), 0)))},
		{Name: "an SVG of an XPM that is a PNG", Data: drawing(embedded("image/png", []byte("/* XPM */\nstatic char*x[]={\"30000 30000 1 1\",\"a c #000\",\"a\"};")))},
		{Name: "an SVG that is packed", Data: gzipped(string(drawing("<g/>")), 0)},
	}
	for name, inside := range references(lure) {
		files = append(files, File{Name: "an SVG that loads by " + name, Data: drawing(inside)})
	}
	return files
}

// references are all ways by which a drawing may name something outside of it.
func references(lure string) map[string]string {
	return map[string]string{
		"handlers":               `<g onload="fetch('` + lure + `')" onclick="x()"/>`,
		"a script":               `<script href="` + lure + `"/><script>fetch("` + lure + `")</script><script xlink:href="` + lure + `"/>`,
		"a picture":              `<image href="` + lure + `" width="9" height="9"/><image xlink:href="` + lure + `" width="9" height="9"/>`,
		"a picture of a file":    `<image href="file:///etc/passwd" width="9" height="9"/><image href="/etc/passwd" width="9" height="9"/><image href="../../../etc/passwd" width="9" height="9"/>`,
		"use":                    `<use href="` + lure + `#a"/><use xlink:href="` + lure + `#a"/>`,
		"an import":              `<style>@import "` + lure + `"; @import url(` + lure + `);</style>`,
		"an escaped import":      `<style>@\69mport "` + lure + `"; a{fill:\75 rl(` + lure + `)}</style>`,
		"a font":                 `<style>@font-face{font-family:a;src:url(` + lure + `)}</style><text font-family="a" y="9">a</text>`,
		"a style":                `<rect style="fill:url(` + lure + `#a);background:url('` + lure + `')" width="9" height="9"/>`,
		"paint":                  `<rect fill="url(` + lure + `#a)" stroke="url('` + lure + `#b')" width="9" height="9"/>`,
		"a filter":               `<rect filter="url(` + lure + `#a)" width="9" height="9"/><filter id="f"><feImage href="` + lure + `"/></filter><rect filter="url(#f)" width="9" height="9"/>`,
		"masks, clips, marks":    `<path d="M0 0h9v9" mask="url(` + lure + `#a)" clip-path="url(` + lure + `#a)" marker-start="url(` + lure + `#a)"/>`,
		"a cursor":               `<cursor href="` + lure + `"/><rect cursor="url(` + lure + `),auto" width="9" height="9"/>`,
		"a foreign object":       `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="` + lure + `"/></foreignObject>`,
		"a link":                 `<a href="javascript:fetch('` + lure + `')"><text y="9">a</text></a>`,
		"animation":              `<a><animate attributeName="href" values="javascript:x()"/><set attributeName="xlink:href" to="` + lure + `"/></a>`,
		"a base":                 `<g xml:base="` + lure + `"><image href="x.png" width="9" height="9"/></g>`,
		"inclusion":              `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="` + lure + `"/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>`,
		"a profile":              `<color-profile href="` + lure + `" name="p"/><rect fill="#000 icc-color(p,0,0,0)" width="9" height="9"/>`,
		"text of elsewhere":      `<text><tref href="` + lure + `#a"/><textPath href="` + lure + `#a">a</textPath></text>`,
		"gradients of elsewhere": `<linearGradient id="g" href="` + lure + `#a"/><rect fill="url(#g)" width="9" height="9"/>`,
		"data of text":           `<image href="data:text/html;base64,PGI+" width="9" height="9"/><image href="data:image/svg+xml,&lt;svg/&gt;" width="9" height="9"/><use href="data:image/svg+xml;base64,PHN2Zy8+#a"/>`,
		"a shared folder":        `<image href="\\` + strings.TrimPrefix(lure, "http:") + `" width="9" height="9"/><image href="` + strings.TrimPrefix(lure, "http:") + `" width="9" height="9"/>`,
		"other schemes":          `<image href="ftp://127.0.0.1/x" width="9" height="9"/><image href="gopher://127.0.0.1/x" width="9" height="9"/><image href="resource://gtk/x" width="9" height="9"/><image href="ephemeral:/etc/passwd" width="9" height="9"/>`,
	}
}

func attributes(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// chain is elements of a kind each of which is drawn by the next one, ten times.
func chain(kind, attributes, by string, length int) string {
	var b strings.Builder
	for i := range length {
		fmt.Fprintf(&b, `<%s id="c%d" `+attributes+`>`, kind, i+1)
		for range 10 {
			fmt.Fprintf(&b, `<path d="M0 0L9 9L9 0L0 9z" %s="url(#c%d)"/>`, by, i)
		}
		fmt.Fprintf(&b, `</%s>`, kind)
	}
	fmt.Fprintf(&b, `<path d="M0 0L90 90L90 0L0 90z" %s="url(#c%d)"/>`, by, length)
	return b.String()
}

func svgEntities() []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">`)
	for c := 'b'; c < 'k'; c++ {
		b.WriteString(`<!ENTITY ` + string(c) + ` "` + strings.Repeat("&"+string(c-1)+";", 10) + `">`)
	}
	b.WriteString(`]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&j;</text></svg>`)
	return []byte(b.String())
}

// svgUses draws ten times what draws ten times what …, 10^depth times in all.
func svgUses(depth int) string {
	var b strings.Builder
	b.WriteString(`<defs><g id="a0"><rect width="1" height="1"/></g>`)
	for i := range depth {
		fmt.Fprintf(&b, `<g id="a%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use href="#a%d"/>`, i), 10))
	}
	fmt.Fprintf(&b, `</defs><use href="#a%d"/>`, depth)
	return b.String()
}

// gzipped is a text, packed, with spaces behind it until it is as long as is said.
func gzipped(text string, length int) []byte {
	var packed bytes.Buffer
	// A buffer takes everything.
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = z.Write([]byte(text))
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for length -= len(text); length > 0; length -= len(spaces) {
		_, _ = z.Write(spaces[:min(length, len(spaces))])
	}
	_ = z.Close()
	return packed.Bytes()
}
