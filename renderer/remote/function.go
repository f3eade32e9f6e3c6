package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Headers of a call that tell that it comes from us: the time in seconds, and a signature over the body like that of a
// notification.
const (
	timestampHeader = "X-Cld-Timestamp"
	signatureHeader = "X-Cld-Signature"
)

// Call has a remote function make a picture of a picture: they are posted as the parts "file" and "metadata" of a form,
// and the answer's body is the new picture. The file belongs to the caller, who closes it. Errors are *problem.Problem.
func (s *Store) Call(ctx context.Context, url string, picture *os.File, format string, metadata []byte) (*os.File, error) {
	snapshot := s.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	fetcher, err := s.fetcherOf(&snapshot.Environment)
	if err != nil {
		return nil, err
	}
	body, contentType, err := form(picture, format, metadata)
	if err != nil {
		return nil, problem.Failed(err)
	}
	now := s.now().Unix()
	header := http.Header{"Content-Type": {contentType}, timestampHeader: {strconv.FormatInt(now, 10)}}
	if secret := snapshot.Primary().APISecret; secret != "" {
		header.Set(signatureHeader, sign.Notification(body, now, secret, sign.ParseAlgorithm(snapshot.Environment.SignatureAlgorithm)))
	}
	answer, err := fetcher.Exchange(ctx, url, header, body, snapshot.Environment.MaxImageBytes)
	if err != nil {
		return nil, err
	}
	file, err := engine.NewFile(answer)
	if err != nil {
		return nil, problem.Failed(err)
	}
	return file, nil
}

// form is a form with a picture and its metadata.
func form(picture *os.File, format string, metadata []byte) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "image."+format)
	if err == nil {
		_, err = io.Copy(part, io.NewSectionReader(picture, 0, math.MaxInt64))
	}
	if err == nil {
		err = w.WriteField("metadata", string(metadata))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("write the form for a function: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// fetcherOf is the fetcher with the environment's rules.
func (s *Store) fetcherOf(environment *catalog.Environment) (*fetch.Fetcher, error) {
	fetcher, err := s.fetcher.Fetcher(fetch.Options{
		AllowedCIDRs:   environment.FetchAllowedCIDRs,
		AllowedDomains: environment.FetchAllowedDomains,
		HostAliases:    environment.FetchHostAliases,
		CABundle:       environment.FetchCABundle,
	})
	if err != nil {
		return nil, problem.Failed(err)
	}
	return fetcher, nil
}
