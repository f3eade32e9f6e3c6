package wire

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/url"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// parseMultipart reads the fields of a small multipart body; files are not among them.
func parseMultipart(body []byte, boundary string) (url.Values, error) {
	if boundary == "" {
		return nil, problem.BadRequest("Invalid multipart body: no boundary in Content-Type")
	}
	values := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, problem.BadRequest("Invalid multipart body").Because(err)
		}
		if part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, problem.BadRequest("Invalid multipart body").Because(err)
		}
		values.Add(part.FormName(), string(value))
	}
}
