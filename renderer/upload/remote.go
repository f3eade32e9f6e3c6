package upload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// remote keeps the fetcher for the environment's current settings.
type remote struct {
	timeout time.Duration
	kept    fetch.Kept
}

func (r *remote) current(environment *catalog.Environment) (*fetch.Fetcher, error) {
	fetcher, err := r.kept.Fetcher(fetch.Options{
		AllowedCIDRs:   environment.FetchAllowedCIDRs,
		AllowedDomains: environment.FetchAllowedDomains,
		HostAliases:    environment.FetchHostAliases,
		CABundle:       environment.FetchCABundle,
		Timeout:        r.timeout,
	})
	if err != nil {
		return nil, problem.Failed(err)
	}
	return fetcher, nil
}

// storeRemote downloads a file into a reserved object.
func (h *Handler) storeRemote(ctx context.Context, environment *catalog.Environment, rawURL string, maxBytes int64) (*object, error) {
	scheme, rest, found := strings.Cut(rawURL, "://")
	get := (*fetch.Fetcher).Get
	source := rawURL
	switch strings.ToLower(scheme) {
	case "http", "https":
	case "ftp":
		get = (*fetch.Fetcher).GetFTP
	case "gs":
		// What its owner shows to everybody: there are no credentials for the rest.
		name, key, _ := strings.Cut(rest, "/")
		if name == "" || key == "" {
			return nil, problem.BadRequest("Error in loading %s - it must be gs://bucket/object", printable(rawURL))
		}
		source = (&url.URL{Scheme: "https", Host: googleStorage, Path: "/" + name + "/" + key}).String()
	case "s3":
		return h.storeNeighbour(ctx, environment, rawURL, maxBytes)
	case "file":
		return nil, problem.BadRequest("Error in loading %s - Unsupported protocol %s", printable(rawURL), strings.ToLower(scheme))
	default:
		if !found {
			return nil, problem.BadRequest("Invalid file parameter: it must be a file, a data URI or a URL, not %q", printable(rawURL))
		}
		return nil, problem.BadRequest("Unsupported source URL: %s", printable(rawURL))
	}
	fetcher, err := h.remote.current(environment)
	if err != nil {
		return nil, err
	}
	response, err := get(fetcher, ctx, source, maxBytes)
	if err != nil {
		if refused, ok := errors.AsType[*problem.Problem](err); ok && source != rawURL {
			named := *refused
			named.Message = strings.ReplaceAll(named.Message, source, printable(rawURL))
			err = &named
		}
		return nil, badSource(err)
	}
	defer response.Body.Close()
	return h.store(ctx, sourceBody{response.Body}, urlFilename(rawURL), maxBytes)
}

// googleStorage is where objects of Google Cloud Storage are, by its XML API: https://docs.cloud.google.com/storage/docs/request-endpoints.
const googleStorage = "storage.googleapis.com"

// storeNeighbour copies s3://bucket/key, an object of another bucket on the environment's storage whose owner has consented.
func (h *Handler) storeNeighbour(ctx context.Context, environment *catalog.Environment, rawURL string, maxBytes int64) (*object, error) {
	failed := func(reason string) error {
		return problem.BadRequest("Error in loading %s - %s", printable(rawURL), reason)
	}
	name, key, _ := strings.Cut(rawURL[len("s3://"):], "/")
	if name == "" || key == "" {
		return nil, failed("it must be s3://bucket/key")
	}
	content, err := h.bucket.OpenNeighbour(ctx, name, key, environment.CloudName)
	switch {
	case errors.Is(err, bucket.ErrNoNeighbours):
		return nil, failed("the environment has no S3 storage")
	case errors.Is(err, bucket.ErrNotFound):
		return nil, failed("no such object, or the bucket does not hold .wellknown/cloudinary/" + environment.CloudName)
	case err != nil:
		return nil, wire.Unavailable("The bucket", err)
	}
	defer func() { _ = content.Close() }() // It was only read.
	return h.store(ctx, content, path.Base(key), maxBytes)
}

// badSource makes a failed download the client's error, whatever the status was that the server gave.
func badSource(err error) error {
	found, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return err
	}
	refused := *found
	refused.Status = http.StatusBadRequest
	return &refused
}

// sourceBody makes what breaks a download in its middle the client's error.
type sourceBody struct{ body io.Reader }

func (s sourceBody) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = badSource(err)
	}
	return n, err
}

// urlFilename is the last segment of a URL's path, "file" without one.
func urlFilename(rawURL string) string {
	parsed, err := url.Parse(rawURL)
	if err != nil {
		return "file"
	}
	name := path.Base(parsed.Path)
	if name == "." || name == "/" {
		return "file"
	}
	return name
}
