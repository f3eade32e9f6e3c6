package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestSanitize(t *testing.T) {
	const open = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"`
	cases := []struct{ name, in, want string }{
		{"shapes stay", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9" fill="url(#a)"/></svg>`,
			open + ` viewBox="0 0 9 9"><path d="M0 0h9" fill="url(#a)"></path></svg>`},
		{"a script", `<svg><script>alert(1)</script><g/></svg>`, open + `><g></g></svg>`},
		{"a script inside CDATA", `<svg><script><![CDATA[</svg>]]></script></svg>`, open + `></svg>`},
		{"event handlers", `<svg onload="x()"><rect ONCLICK="x()" onmouseover='y' width="1"/></svg>`, open + `><rect width="1"></rect></svg>`},
		{"foreign objects", `<svg><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><p>x</p></body></foreignObject></svg>`, open + `></svg>`},
		{"an outside picture", `<svg><image href="http://x/y.png" width="2"/><image xlink:href="file:///etc/passwd"/></svg>`, open + `><image width="2"></image><image></image></svg>`},
		{"an inside picture", `<svg><image href="data:image/png;base64,` + pixel + `"/></svg>`, open + `><image href="data:image/png;base64,` + pixel + `"></image></svg>`},
		{"an inside picture that is none", `<svg><image href="data:image/png;base64,PHN2Zy8+"/></svg>`, open + `><image></image></svg>`},
		{"an inside picture that is too large", `<svg><image href="data:image/gif;base64,R0lGODlh/////wAAAA=="/></svg>`, open + `><image></image></svg>`},
		{"an svg inside a data URI", `<svg><image href="data:image/svg+xml;base64,AAAA"/></svg>`, open + `><image></image></svg>`},
		{"use", `<svg><use href="#a"/><use xlink:href="other.svg#a"/></svg>`, open + `><use href="#a"></use><use></use></svg>`},
		{"a link", `<svg><a href="javascript:alert(1)"><g/></a></svg>`, open + `><a><g></g></a></svg>`},
		{"a prefix for xlink", `<svg xmlns:q="http://www.w3.org/1999/xlink"><use q:href="#a"/><use q:href="http://x#a"/></svg>`, open + `><use xlink:href="#a"></use><use></use></svg>`},
		{"a prefix for svg", `<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:g/><g/></s:svg>`, open + `><g></g></svg>`},
		{"a style that imports", `<svg><style>@import "http://x"; a{}</style></svg>`, open + `><style></style></svg>`},
		{"a style that loads", `<svg><style>a{fill:url(http://x);stroke:url( "#b" )}</style></svg>`, open + `><style>a{fill:none;stroke:url(#b)}</style></svg>`},
		{"an escaped style", `<svg><g style="fill:\75rl(http://x)"/></svg>`, open + `><g></g></svg>`},
		{"a split style", `<svg><style>@im<!-- -->port "x";</style></svg>`, open + `><style></style></svg>`},
		{"outside paint", `<svg><g fill="url(http://x#y)" mask="url('#m')"/></svg>`, open + `><g></g></svg>`},
		{"animated references", `<svg><a><animate attributeName="href" to="javascript:1"/></a><animate attributeName="x" to="5"/></svg>`, open + `><a></a><animate attributeName="x" to="5"></animate></svg>`},
		{"a kernel", `<svg><feConvolveMatrix order="2,1" kernelMatrix="1 -1"/></svg>`, open + `><feConvolveMatrix order="2,1" kernelMatrix="1 -1"></feConvolveMatrix></svg>`},
		{"kernels that are none", `<svg><feConvolveMatrix order="2" kernelMatrix="1 1"/><feConvolveMatrix order="21" kernelMatrix="` + strings.Repeat("1 ", 441) + `"/><feConvolveMatrix/></svg>`, open + `></svg>`},
		{"a style sheet instruction", `<?xml-stylesheet href="http://x"?><svg/>`, open + `></svg>`},
		{"metadata of editors", `<svg xmlns:i="http://www.inkscape.org/"><i:view><g/></i:view><g i:label="x"/></svg>`, open + `><g></g></svg>`},
		{"text", `<svg><text>a &lt;b&gt; &amp; c</text></svg>`, open + `><text>a &lt;b&gt; &amp; c</text></svg>`},
		{"short entities", `<!DOCTYPE svg [<!ENTITY n "http://www.w3.org/2000/svg">]><svg xmlns="&n;"/>`, open + `></svg>`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Sanitize([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// pixel is a PNG of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

// TestPicturesInside bounds the pictures of a document together.
func TestPicturesInside(t *testing.T) {
	large := "R0lGODlhABAAEAAAAA==" // a GIF of 4096 by 4096
	got, err := Sanitize([]byte(`<svg>` + strings.Repeat(`<image href="data:image/gif;base64,`+large+`"/>`, 5) + `</svg>`))
	if err != nil {
		t.Fatal(err)
	}
	if kept := bytes.Count(got, []byte(large)); kept != 2 {
		t.Errorf("%d pictures of 17 megapixels are left, want 2", kept)
	}
}

func TestSanitizeRefuses(t *testing.T) {
	bomb := `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><svg><text>&b;</text></svg>`
	long := `<!DOCTYPE svg [<!ENTITY a "` + strings.Repeat("a", maxEntity) + `">]><svg><text>` + strings.Repeat("&a;", 5000) + `</text></svg>`
	for name, document := range map[string]string{
		"nothing": "", "no xml": "hello", "another root": "<html/>", "another namespace": `<svg xmlns="x"/>`,
		"an open end": "<svg><g>", "crossed elements": "<svg><g></svg></g>", "two roots": "<svg/><svg/>",
		"entities of entities": bomb, "a thousandfold entity": long,
		"a thousandfold entity in an attribute": `<!DOCTYPE svg [<!ENTITY a "` + strings.Repeat("a", maxEntity) + `">]><svg id="` + strings.Repeat("&a;", 5000) + `"/>`,
		"an outside entity":                     `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>`,
		"depth":                                 strings.Repeat("<svg>", maxDepth+1) + strings.Repeat("</svg>", maxDepth+1),
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := Sanitize([]byte(document)); !errors.Is(err, ErrInvalid) {
				t.Errorf("%.80s, %v", out, err)
			}
		})
	}
}

// FuzzSanitize: what comes out is well formed, holds nothing that runs or loads, and does not change any more.
func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg" onload="a"><script>x</script><g style="fill:url(#a)"/></svg>`,
		`<!DOCTYPE svg [<!ENTITY n "x">]><svg><text>&n;</text></svg>`,
		`<svg xmlns:q="http://www.w3.org/1999/xlink"><use q:href="#a"/><image href="data:image/png;base64,` + pixel + `"/></svg>`,
		`<svg><style>/* */ a{b:url( '#x' )} @media print{c{d:e}}</style><a href="javascript:x"/></svg>`,
		`<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:set attributeName="href" to="x"/></s:svg>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := Sanitize(data)
		if err != nil {
			return
		}
		inspect(t, once)
		twice, err := Sanitize(once)
		if err != nil {
			t.Fatalf("not readable again: %v\n%s", err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("changed again:\n%s\n%s", once, twice)
		}
	})
}

// inspect reads a document by the strict parser of the standard library.
func inspect(t *testing.T, document []byte) {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Space != svgSpace || strings.EqualFold(start.Name.Local, "script") || strings.EqualFold(start.Name.Local, "foreignObject") {
			t.Fatalf("element %v\n%s", start.Name, document)
		}
		for _, a := range start.Attr {
			value := strings.ToLower(a.Value)
			switch {
			case strings.HasPrefix(strings.ToLower(a.Name.Local), "on"):
				t.Fatalf("handler %v\n%s", a, document)
			case a.Name.Local == "href" && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "data:image/"):
				t.Fatalf("reference %v\n%s", a, document)
			case strings.Contains(value, "url(") && strings.Count(value, "url(") != strings.Count(value, "url(#"):
				t.Fatalf("reference %v\n%s", a, document)
			}
		}
	}
}
