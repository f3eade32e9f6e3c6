package svg

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// View is a part of a picture in shares of its sides: 0, 0, 1, 1 is all of it. It may reach beyond.
type View struct{ X, Y, Width, Height float64 }

// Frame gives a document that Sanitize has made another size in pixels and shows a part of it. natural is the size that
// it has by itself.
func Frame(document []byte, naturalWidth, naturalHeight, width, height int, view View) ([]byte, error) {
	end := rootEnd(document)
	if end < 0 {
		return nil, ErrInvalid
	}
	token, err := xml.NewDecoder(bytes.NewReader(document)).RawToken()
	root, ok := token.(xml.StartElement)
	if err != nil || !ok {
		return nil, ErrInvalid
	}
	box := [4]float64{0, 0, float64(naturalWidth), float64(naturalHeight)}
	var out bytes.Buffer
	out.WriteString("<svg")
	for _, a := range root.Attr {
		switch a.Name.Local {
		case "width", "height", "preserveAspectRatio":
			continue
		case "viewBox":
			if read, ok := readBox(a.Value); ok {
				box = read
			}
			continue
		}
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		out.WriteString(" " + name + `="`)
		if err := xml.EscapeText(&out, []byte(a.Value)); err != nil {
			return nil, err
		}
		out.WriteByte('"')
	}
	fmt.Fprintf(&out, ` width="%d" height="%d" viewBox="%s %s %s %s" preserveAspectRatio="none">`, width, height,
		number(box[0]+view.X*box[2]), number(box[1]+view.Y*box[3]), number(view.Width*box[2]), number(view.Height*box[3]))
	out.Write(document[end+1:])
	return out.Bytes(), nil
}

// rootEnd is where the tag of the root closes. No attribute that Sanitize writes holds a bare ">".
func rootEnd(document []byte) int { return bytes.IndexByte(document, '>') }

func readBox(text string) (box [4]float64, ok bool) {
	fields := strings.FieldsFunc(text, separates)
	if len(fields) != len(box) {
		return box, false
	}
	for i, field := range fields {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return box, false
		}
		box[i] = v
	}
	return box, box[2] > 0 && box[3] > 0
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
