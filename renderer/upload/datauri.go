package upload

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxDataHeader bounds the part of a data URI before the comma.
const maxDataHeader = 1024

// openDataURI reads data:[mime][;param=v]*;base64, and returns the decoded content.
func openDataURI(reader *bufio.Reader) (io.Reader, error) {
	var header strings.Builder
	for {
		c, err := reader.ReadByte()
		if err != nil || header.Len() > maxDataHeader {
			return nil, problem.BadRequest("Invalid data URI: no comma after its media type")
		}
		if c == ',' {
			break
		}
		header.WriteByte(c)
	}
	if !strings.HasSuffix(strings.ToLower(strings.TrimSpace(header.String())), ";base64") {
		return nil, problem.BadRequest("Invalid data URI: it must be base64-encoded")
	}
	return &base64Reader{decoder: base64.NewDecoder(base64.RawStdEncoding, &base64Text{source: reader})}, nil
}

// base64Text passes on the digits of base64 in either alphabet, without white space and padding.
type base64Text struct{ source io.Reader }

func (t *base64Text) Read(p []byte) (int, error) {
	for {
		n, err := t.source.Read(p)
		kept := 0
		for _, c := range p[:n] {
			switch c {
			case ' ', '\t', '\r', '\n', '=':
				continue
			case '-':
				c = '+'
			case '_':
				c = '/'
			}
			p[kept] = c
			kept++
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// base64Reader turns decoding errors into problems.
type base64Reader struct{ decoder io.Reader }

func (r *base64Reader) Read(p []byte) (int, error) {
	n, err := r.decoder.Read(p)
	if _, corrupt := errors.AsType[base64.CorruptInputError](err); corrupt || errors.Is(err, io.ErrUnexpectedEOF) {
		err = problem.BadRequest("Invalid data URI: its content is not base64")
	}
	return n, err
}
