package upload

import (
	"bufio"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of what is held in memory of a request. The file is not: it streams.
const (
	maxFieldBytes = 1 << 20
	maxJSONBytes  = 32 << 20
	// fieldCost is what a parameter takes of maxFieldBytes besides its name and value: there is memory behind an empty one, too.
	fieldCost = 16
)

// readBytes is how much of a body is read from the connection at a time. multipart would ask for 4 KiB.
const readBytes = 64 << 10

// field is one entry of a request's body. value is valid until the next one is asked for.
type field struct {
	name string
	// filename is empty for plain values.
	filename string
	// isFile says that value is a file's content, not text.
	isFile bool
	value  io.Reader
}

// fields reads the entries of a body in order; io.EOF after the last one.
type fields interface {
	next() (*field, error)
}

// openFields finds the reader for the request's content type.
func openFields(r *http.Request) (fields, error) {
	mediaType, parameters, err := wire.MediaType(r)
	if err != nil {
		return nil, err
	}
	switch mediaType {
	case "multipart/form-data":
		if parameters["boundary"] == "" {
			return nil, problem.BadRequest("Invalid multipart body: no boundary in Content-Type")
		}
		return &multipartFields{reader: multipart.NewReader(bufio.NewReaderSize(r.Body, readBytes), parameters["boundary"])}, nil
	case "application/x-www-form-urlencoded":
		return &formFields{reader: bufio.NewReaderSize(r.Body, readBytes)}, nil
	case "application/json":
		return readJSONFields(r.Body)
	}
	return nil, problem.BadRequest("Unsupported Content-Type %q", mediaType)
}

// multipartFields streams a multipart body.
type multipartFields struct{ reader *multipart.Reader }

func (f *multipartFields) next() (*field, error) {
	part, err := f.reader.NextRawPart()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, wire.BodyProblem(err)
	}
	filename := part.FileName()
	// A client on Windows may send its whole path.
	filename = filename[strings.LastIndexByte(filename, '\\')+1:]
	return &field{name: part.FormName(), filename: filename, isFile: wire.IsFile(part), value: part}, nil
}

// formFields streams a urlencoded body: a data URI in it may be large.
type formFields struct {
	reader  *bufio.Reader
	current *formValue
}

func (f *formFields) next() (*field, error) {
	if f.current != nil {
		if _, err := io.Copy(io.Discard, f.current); err != nil {
			return nil, err
		}
		f.current = nil
	}
	var name strings.Builder
	for {
		c, err := f.reader.ReadByte()
		if errors.Is(err, io.EOF) {
			if strings.TrimSpace(name.String()) == "" {
				return nil, io.EOF
			}
			break
		}
		if err != nil {
			return nil, wire.BodyProblem(err)
		}
		if c == '=' {
			f.current = &formValue{reader: f.reader}
			break
		}
		if c == '&' {
			if name.Len() == 0 {
				continue
			}
			break
		}
		if name.Len() >= 1024 {
			return nil, problem.BadRequest("Invalid form: the name of a parameter is longer than 1024 bytes")
		}
		name.WriteByte(c)
	}
	decoded, err := url.QueryUnescape(name.String())
	if err != nil {
		return nil, problem.BadRequest("Invalid form: %q is no parameter name", name.String())
	}
	if f.current == nil {
		return &field{name: decoded, value: strings.NewReader("")}, nil
	}
	return &field{name: decoded, value: f.current}, nil
}

// formValue decodes one urlencoded value, up to the next & or the end of the body.
type formValue struct {
	reader *bufio.Reader
	done   bool
}

func (v *formValue) Read(p []byte) (int, error) {
	if v.done {
		return 0, io.EOF
	}
	for n := range p {
		c, err := v.reader.ReadByte()
		if errors.Is(err, io.EOF) || err == nil && c == '&' {
			v.done = true
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		if err != nil {
			return n, wire.BodyProblem(err)
		}
		switch c {
		case '+':
			c = ' '
		case '%':
			high, errHigh := v.reader.ReadByte()
			low, errLow := v.reader.ReadByte()
			if errHigh != nil || errLow != nil || !isHex(high) || !isHex(low) {
				return n, problem.BadRequest("Invalid form: %% is not followed by two hexadecimal digits")
			}
			c = unhex(high)<<4 | unhex(low)
		}
		p[n] = c
	}
	return len(p), nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

// listedFields are entries that are in memory.
type listedFields []*field

func (f *listedFields) next() (*field, error) {
	if len(*f) == 0 {
		return nil, io.EOF
	}
	first := (*f)[0]
	*f = (*f)[1:]
	return first, nil
}

func readJSONFields(body io.Reader) (fields, error) {
	content, err := io.ReadAll(io.LimitReader(body, maxJSONBytes+1))
	if err != nil {
		return nil, wire.BodyProblem(err)
	}
	if len(content) > maxJSONBytes {
		return nil, problem.BadRequest("A JSON request may have %d bytes at most; send large files as multipart/form-data", maxJSONBytes)
	}
	values, err := wire.ParseJSON(content)
	if err != nil {
		return nil, err
	}
	list := listedFields{}
	for name, entries := range values {
		for _, entry := range entries {
			list = append(list, &field{name: name, value: strings.NewReader(entry)})
		}
	}
	return &list, nil
}
