package svg

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// attribute is the name and value to write, and whether to write it at all.
func (c *cleaner) attribute(element string, a xml.Attr) (name, value string, keep bool) {
	switch a.Name.Space {
	case "":
		name = a.Name.Local
	case "xml":
		if a.Name.Local != "space" && a.Name.Local != "lang" {
			return "", "", false
		}
		return "xml:" + a.Name.Local, a.Value, true
	default:
		if space, _ := c.space(a.Name.Space); space != xlinkSpace && a.Name.Space != "xlink" || a.Name.Local != "href" {
			return "", "", false
		}
		name = "xlink:href"
	}
	switch {
	case name == "href", name == "xlink:href":
		return name, strings.TrimSpace(a.Value), c.isLocal(element, strings.TrimSpace(a.Value))
	case name == "style":
		value = cleanCSS(a.Value)
		return name, value, value != ""
	case attributes[name]:
		return name, a.Value, harmless(a.Value)
	}
	return "", "", false
}

// isLocal tells whether a reference stays inside the document: a fragment, or for pictures the pixels themselves.
func (c *cleaner) isLocal(element, reference string) bool {
	if strings.HasPrefix(reference, "#") {
		return true
	}
	if element != "image" && element != "feImage" {
		return false
	}
	kind, encoded, found := strings.Cut(reference, ";base64,")
	switch strings.ToLower(kind) {
	case "data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif", "data:image/webp":
		return found && c.isPicture(encoded)
	}
	return false
}

// harmless tells whether the value of a presentation attribute refers to nothing outside.
func harmless(value string) bool {
	return !strings.Contains(strings.ToLower(value), "javascript:") && cleanCSS(value) == stripComments(value)
}

// forbidden tells whether an element that is on the list is used for something else than drawing: animations may move
// things, not change what they refer to, and the kernels of convolutions are what they say.
func forbidden(t xml.StartElement) bool {
	if t.Name.Local == "feConvolveMatrix" {
		return !isKernel(t)
	}
	if !strings.HasPrefix(t.Name.Local, "animate") {
		return false
	}
	for _, a := range t.Attr {
		if a.Name.Local == "attributeName" && !animated(a.Value) {
			return true
		}
	}
	return false
}

// maxKernel is the most numbers of a convolution: librsvg reads so many and then ends the process, because they are not as
// many as were announced.
const maxKernel = 400

// isKernel tells whether a convolution has as many numbers as its order asks for, 3 by 3 when it says none.
func isKernel(t xml.StartElement) bool {
	columns, rows, numbers := 3, 3, 0
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "order":
			sides := strings.FieldsFunc(a.Value, separates)
			if len(sides) < 1 || len(sides) > 2 {
				return false
			}
			var errColumns, errRows error
			columns, errColumns = strconv.Atoi(sides[0])
			rows, errRows = strconv.Atoi(sides[len(sides)-1])
			if errColumns != nil || errRows != nil {
				return false
			}
		case "kernelMatrix":
			numbers = len(strings.FieldsFunc(a.Value, separates))
		}
	}
	return min(columns, rows) > 0 && max(columns, rows) <= maxKernel && columns*rows == numbers && numbers <= maxKernel
}

// separates tells whether a character stands between numbers.
func separates(r rune) bool { return strings.ContainsRune(" ,\t\r\n", r) }

func animated(attribute string) bool {
	return attribute != "style" && attribute != "class" && attributes[attribute]
}
