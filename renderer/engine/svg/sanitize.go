// Package svg cleans SVG documents by an allow-list: what is not known to draw is left out. Nothing that is left can run
// a script, load something from elsewhere, or grow when it is read. Its sources are the SVG 1.1 and SVG 2 element and
// attribute indices.
package svg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrInvalid is the error of a document that is no SVG or is damaged.
var ErrInvalid = errors.New("svg: the document is damaged")

// Limits of a document.
const (
	maxBytes    = 64 << 20
	maxDepth    = 512
	maxElements = 500_000
	// maxEntities and maxEntity bound what internal entities may stand for. Illustrator keeps namespaces in them.
	maxEntities = 64
	maxEntity   = 256
	// maxGrowth bounds the output by the input.
	maxGrowth = 8
)

// Namespaces.
const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"
)

// Sanitize returns a document with the same picture and nothing that is not on the lists. Sanitizing twice changes
// nothing more.
func Sanitize(data []byte) ([]byte, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrInvalid, maxBytes)
	}
	c := &cleaner{data: data, decoder: xml.NewDecoder(bytes.NewReader(data)), limit: maxGrowth*len(data) + 4096}
	c.decoder.CharsetReader = latin
	c.decoder.Entity = map[string]string{}
	if err := c.run(); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// cleaner copies a document token by token.
type cleaner struct {
	data    []byte
	decoder *xml.Decoder
	out     bytes.Buffer
	limit   int
	open    []element
	// skipping is how deep inside an element that is left out we are.
	skipping int
	elements int
	done     bool
	// pixels are those of the pictures inside so far.
	pixels int64
}

// element is an open element.
type element struct {
	// raw is the name as it closes in the input, written as it is in the output.
	raw     xml.Name
	written string
	// spaces are the namespaces that it declares, by prefix.
	spaces map[string]string
	// css says that text inside is a style sheet, which is gathered.
	css   bool
	sheet []byte
}

func (c *cleaner) run() error {
	for {
		token, err := c.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			if !c.done || len(c.open) > 0 {
				return ErrInvalid
			}
			return nil
		}
		if err == nil {
			err = c.take(token)
		}
		if err != nil {
			return fmt.Errorf("%w: %s", ErrInvalid, err.Error())
		}
		if c.out.Len() > c.limit {
			return fmt.Errorf("%w: entities make it too large", ErrInvalid)
		}
	}
}

func (c *cleaner) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return c.start(t)
	case xml.EndElement:
		return c.end(t)
	case xml.CharData:
		c.text(t)
	case xml.Directive:
		if len(c.open) == 0 && !c.done {
			return c.entities(string(t))
		}
	}
	return nil // comments and processing instructions draw nothing
}

func (c *cleaner) start(t xml.StartElement) error {
	if c.elements++; c.elements > maxElements || len(c.open) >= maxDepth {
		return errors.New("too many elements")
	}
	if c.done {
		return errors.New("two roots")
	}
	e := element{raw: t.Name, spaces: declared(t.Attr)}
	c.open = append(c.open, e)
	if c.skipping > 0 {
		c.skipping++
		return nil
	}
	at := &c.open[len(c.open)-1]
	space, bound := c.space(t.Name.Space)
	root := len(c.open) == 1
	if root && !bound && t.Name.Space == "" { // a document that forgot to say what it is
		space = svgSpace
		at.spaces[""] = svgSpace
	}
	if root && (space != svgSpace || t.Name.Local != "svg") {
		return errors.New("the root is no svg")
	}
	if space != svgSpace || !elements[t.Name.Local] || forbidden(t) {
		c.skipping = 1
		return nil
	}
	at.css = t.Name.Local == "style"
	at.written = t.Name.Local
	c.out.WriteByte('<')
	c.out.WriteString(at.written)
	if root {
		c.out.WriteString(` xmlns="` + svgSpace + `" xmlns:xlink="` + xlinkSpace + `"`)
	}
	seen := map[string]bool{}
	for _, a := range t.Attr {
		name, value, keep := c.attribute(t.Name.Local, a)
		if !keep || seen[name] {
			continue
		}
		seen[name] = true
		c.out.WriteString(" " + name + `="`)
		c.escape(value)
		c.out.WriteByte('"')
	}
	c.out.WriteByte('>')
	return nil
}

func (c *cleaner) end(t xml.EndElement) error {
	if len(c.open) == 0 || c.open[len(c.open)-1].raw != t.Name {
		return errors.New("an element ends that is not open")
	}
	e := &c.open[len(c.open)-1]
	if c.skipping > 0 {
		c.skipping--
	} else {
		if e.css {
			c.escape(cleanCSS(string(e.sheet)))
		}
		c.out.WriteString("</" + e.written + ">")
	}
	c.open = c.open[:len(c.open)-1]
	c.done = len(c.open) == 0
	return nil
}

func (c *cleaner) text(t xml.CharData) {
	if c.skipping > 0 || len(c.open) == 0 {
		return
	}
	if e := &c.open[len(c.open)-1]; e.css {
		e.sheet = append(e.sheet, t...)
		return
	}
	c.escape(string(t))
}

func (c *cleaner) escape(text string) {
	// The buffer never fails.
	_ = xml.EscapeText(&c.out, []byte(text))
}

// space is the namespace that a prefix is bound to at this point.
func (c *cleaner) space(prefix string) (string, bool) {
	for _, e := range slices.Backward(c.open) {
		if space, ok := e.spaces[prefix]; ok {
			return space, true
		}
	}
	return "", false
}

// declared are the namespaces that attributes declare, by prefix; "" is the default one.
func declared(attributes []xml.Attr) map[string]string {
	spaces := map[string]string{}
	for _, a := range attributes {
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			spaces[""] = a.Value
		case a.Name.Space == "xmlns":
			spaces[a.Name.Local] = a.Value
		}
	}
	return spaces
}

// entities takes over the internal entities that a document type declares, short ones that refer to no other. All that
// they will stand for is counted before any is: a reader puts a run of them into one token.
func (c *cleaner) entities(directive string) error {
	growth := 0
	for _, part := range strings.Split(directive, "<!ENTITY")[1:] {
		fields := strings.Fields(part)
		if len(fields) < 2 || len(c.decoder.Entity) >= maxEntities {
			return nil
		}
		_, quoted, _ := strings.Cut(part, fields[0])
		quoted = strings.TrimLeft(quoted, " \t\r\n")
		if quoted == "" || quoted[0] != '"' && quoted[0] != '\'' {
			continue // an external one
		}
		value, _, closed := strings.Cut(quoted[1:], quoted[:1])
		if closed && len(value) <= maxEntity && !strings.ContainsAny(value, "&<%") {
			c.decoder.Entity[fields[0]] = value
			growth += len(value) * bytes.Count(c.data, []byte("&"+fields[0]+";"))
		}
		if growth > c.limit {
			return errors.New("entities make it too large")
		}
	}
	return nil
}

// latin reads documents in the one other encoding that old programs write.
func latin(charset string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "utf-8", "utf8", "us-ascii":
		return input, nil
	case "iso-8859-1", "latin1", "windows-1252":
		data, err := io.ReadAll(input)
		if err != nil {
			return nil, err
		}
		runes := make([]rune, len(data))
		for i, b := range data {
			runes[i] = rune(b)
		}
		return strings.NewReader(string(runes)), nil
	}
	return nil, fmt.Errorf("the encoding %s is not supported", charset)
}
