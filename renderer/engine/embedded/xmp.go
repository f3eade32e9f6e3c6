package embedded

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	spaceRDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	// maxDepth bounds how deep elements of XMP may lie in each other.
	maxDepth = 64
	// maxTokens bounds how much of a packet is read.
	maxTokens = 20_000
)

// readXMP reads the properties of a packet: attributes and elements of rdf:Description, and the entries of their lists.
// Properties that are structures of others are left out.
func (t *Tags) readXMP(data []byte) {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.Trim(data, "\x00")))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	var path []xml.Name
	for range maxTokens {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			if path = append(path, token.Name); len(path) > maxDepth {
				return
			}
			if isRDF(token.Name, "Description") && !insideProperty(path[:len(path)-1]) {
				for _, attribute := range token.Attr {
					if attribute.Name.Space != spaceRDF && attribute.Name.Space != "xmlns" && attribute.Name.Space != "xml" {
						t.set(propertyName(attribute.Name.Local), attribute.Value)
					}
				}
			}
		case xml.EndElement:
			path = path[:max(0, len(path)-1)]
		case xml.CharData:
			if name := property(path); name != "" && len(bytes.TrimSpace(token)) > 0 {
				t.append(name, string(token))
			}
		}
	}
}

func isRDF(name xml.Name, local string) bool { return name.Space == spaceRDF && name.Local == local }

// insideProperty says that a path leads through a Description already.
func insideProperty(path []xml.Name) bool {
	for _, name := range path {
		if isRDF(name, "Description") {
			return true
		}
	}
	return false
}

// property is the name of the property whose text stands at a path: right inside of a Description, or in an entry of its list.
func property(path []xml.Name) string {
	for i, name := range path {
		if !isRDF(name, "Description") {
			continue
		}
		rest := path[i+1:]
		switch {
		case len(rest) == 1 && rest[0].Space != spaceRDF:
			return propertyName(rest[0].Local)
		case len(rest) == 3 && rest[0].Space != spaceRDF && rest[1].Space == spaceRDF && isRDF(rest[2], "li"):
			return propertyName(rest[0].Local)
		}
		return ""
	}
	return ""
}

// propertyName is a name with a capital, as ExifTool writes it.
func propertyName(local string) string {
	r, size := utf8.DecodeRuneInString(local)
	if size == 0 || len(local) > 100 {
		return ""
	}
	return string(unicode.ToUpper(r)) + strings.TrimSpace(local[size:])
}
