package delivery

import (
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// description is what the headers say of a file, the same for every request that is answered with it. It is immutable.
type description struct {
	meta *derive.Meta
	// etag is quoted.
	etag     string
	modified time.Time
	// headers are those of the whole file.
	headers []field
	// info is the content-info of Server-Timing.
	info string
	// sample says that the file is a sample asset, or made of one.
	sample bool
}

// field is a header; its values are shared between answers.
type field struct {
	name   string
	values []string
}

// add adds a value to a header that may have several.
func (d *description) add(name, value string) {
	for i := range d.headers {
		if d.headers[i].name == name {
			d.headers[i].values = append(d.headers[i].values, value)
			return
		}
	}
	d.headers = append(d.headers, field{name, []string{value}})
}

// describe makes the headers of a file: the stored bytes of the asset that was found, or a derived file of it.
func (r *route) describe(found *found, meta *derive.Meta, original bool) *description {
	asset := found.asset
	d := &description{meta: meta, etag: `"` + meta.ETag + `"`, modified: meta.CreatedAt, info: contentInfo(asset, meta), sample: asset.Sample}
	set := func(name, value string) { d.headers = append(d.headers, field{name, []string{value}}) }
	contentType := contentTypeOf(asset, meta.Format)
	set("Content-Type", contentType)
	set("Content-Length", strconv.FormatInt(meta.Bytes, 10))
	set("Accept-Ranges", "bytes")
	set("Etag", d.etag)
	set("Last-Modified", httpTime(d.modified))
	set("Cache-Tag", asset.AssetID)
	if found.missing != "" {
		set("X-Cld-Error", headerText("Resource not found - "+found.missing))
	}
	set("Cache-Control", r.caching(found, original))
	for _, header := range asset.Headers {
		name, value, _ := strings.Cut(header, ": ")
		d.add(name, value)
	}
	if r.vary != "" {
		set("Vary", r.vary)
	}
	if runsScripts(contentType) {
		set("Content-Security-Policy", noScripts)
	}
	if r.attachment != nil && meta.Format != formatJSON {
		ext := meta.Format
		if asset.ResourceType == library.Raw {
			_, ext = splitExt(asset.PublicID)
		}
		set("Content-Disposition", r.attachment.disposition(asset.PublicID, ext))
	}
	return d
}
