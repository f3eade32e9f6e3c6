package wire

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// IsFile says whether a part of a form is a file. All SDKs name those but the PHP SDK, which sends what it has in memory without a
// name; and some give the type of a file, or of the whole form, to each text.
func IsFile(part *multipart.Part) bool {
	if part.FileName() != "" {
		return true
	}
	mediaType, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
	kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(mediaType)), "/")
	switch kind {
	case "", "text", "multipart":
		return false
	}
	return !slices.Contains([]string{"application/x-www-form-urlencoded", "application/json"}, strings.ToLower(strings.TrimSpace(mediaType)))
}

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
		if IsFile(part) {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, problem.BadRequest("Invalid multipart body").Because(err)
		}
		values.Add(part.FormName(), string(value))
	}
}
