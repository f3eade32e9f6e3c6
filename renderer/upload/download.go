package upload

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// download writes an original, or a file made of it, to whoever has a signed link.
func (h *Handler) download(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) error {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return err
	}
	publicID := wire.CleanID(c.params.String("public_id"))
	if publicID == "" {
		return problem.BadRequest("Missing required parameter - public_id")
	}
	asset, err := h.library.Asset(r.Context(), library.Key{ResourceType: route.resourceType, Type: c.deliveryType(), PublicID: publicID})
	if errors.Is(err, library.ErrNotFound) {
		return problem.NotFound("Resource not found - %s", printable(publicID))
	}
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	file, err := h.open(r.Context(), asset, c.params.String("transformation"), canonical(c.params.String("format")))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	name := c.params.String("target_filename")
	if name == "" {
		name = fileName(path.Base(asset.PublicID), asset, file.Format)
	}
	// The Go SDK takes a name where the others take a flag.
	disposition := "inline"
	switch attachment := c.params.String("attachment"); attachment {
	case "", "0", "false":
	case "1", "true":
		disposition = "attachment"
	default:
		disposition, name = "attachment", attachment
	}
	writeFile(w, disposition, name, mime.TypeByExtension("."+file.Format))
	w.Header().Set("Content-Length", strconv.FormatInt(file.Bytes, 10))
	h.send(w, file.Content, asset.Sample)
	return nil
}

// writeFile writes the headers of a file that is read once, by one caller.
func writeFile(w http.ResponseWriter, disposition, name, contentType string) {
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	header.Set("Cache-Control", "private, no-store")
	// Whatever an uploaded file may hold, it acts for nobody.
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
}

// send writes content, and counts it, unless it is a sample. The status was sent: that the rest is missing can only be told by
// breaking the connection.
func (h *Handler) send(w io.Writer, content io.Reader, sample bool) {
	sent, err := io.Copy(w, content)
	if h.meter != nil && !sample {
		h.meter.Delivered(sent)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// open opens what a transformation and a format make of an asset; both may be empty.
func (h *Handler) open(ctx context.Context, asset *library.Asset, transformation, format string) (*OpenFile, error) {
	if asset.ResourceType != library.Raw && (transformation != "" || format != "" && format != asset.Format) {
		if h.deriver == nil {
			return nil, problem.BadRequest("Transformations are not available")
		}
		file, err := h.deriver.Open(ctx, asset, transformation, format)
		if file != nil || err != nil {
			return file, err
		}
	}
	content, err := h.bucket.Open(ctx, asset.ObjectKey)
	if err != nil {
		return nil, wire.Unavailable("The bucket", err)
	}
	return &OpenFile{Content: content, Close: content.Close, Format: asset.Format, Bytes: asset.Bytes}, nil
}

// fileName adds the extension of a format to a name; raw assets have theirs in their public ID.
func fileName(name string, asset *library.Asset, format string) string {
	if asset.ResourceType == library.Raw || format == "" {
		return name
	}
	return name + "." + format
}
