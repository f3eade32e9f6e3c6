package delivery

import (
	"net/http"
	"strconv"
	"strings"
)

// Values that do not change are shared between answers; headers of an answer are replaced, never appended to.
var (
	anyOrigin      = []string{"*"}
	noSniff        = []string{"nosniff"}
	acceptRanges   = []string{"bytes"}
	zero           = []string{"0"}
	exposedHeaders = []string{"Accept-Ranges, Content-Disposition, Content-Length, Content-Range, Etag, Server-Timing, Vary, X-Cld-Error, X-Request-Id"}
	allowedMethods = []string{"GET, HEAD, OPTIONS"}
	preflightAge   = []string{"86400"}
	privateCaching = []string{"private, no-transform, max-age=0, no-cache"}
	noScripts      = []string{"script-src 'none'; sandbox"}
)

// always sets the headers of every answer.
func always(header http.Header, x *exchange) {
	header["Access-Control-Allow-Origin"] = anyOrigin
	header["Access-Control-Expose-Headers"] = exposedHeaders
	header["Timing-Allow-Origin"] = anyOrigin
	header["X-Content-Type-Options"] = noSniff
	header["X-Request-Id"] = []string{x.id}
}

// describe sets the headers of a file; Content-Length and Content-Range depend on the part that is sent.
func (h *Handler) describe(header http.Header, x *exchange, route *route, found *found, file *representation, etag string) {
	asset := found.asset
	always(header, x)
	contentType := contentTypeOf(asset, file.format)
	header["Content-Type"] = []string{contentType}
	if runsScripts(contentType) {
		header["Content-Security-Policy"] = noScripts
	}
	header["Accept-Ranges"] = acceptRanges
	header["Etag"] = []string{etag}
	header["Last-Modified"] = []string{file.modified.UTC().Format(http.TimeFormat)}
	header["Cache-Tag"] = []string{asset.AssetID}
	if found.missing != "" {
		header["X-Cld-Error"] = []string{headerText("Resource not found - " + found.missing)}
		header["Cache-Control"] = privateCaching
	} else {
		header["Cache-Control"] = []string{route.caching(file.from == fromStored)}
	}
	if route.vary != "" {
		header["Vary"] = []string{route.vary}
	}
	if route.attachment != nil {
		ext := file.format
		if route.address.AssetType == "raw" {
			_, ext = splitExt(asset.PublicID)
		}
		header["Content-Disposition"] = []string{route.attachment.disposition(asset.PublicID, ext)}
	}
	header["Server-Timing"] = []string{timing(x, h.now(), asset, file)}
}

// caching is the Cache-Control of a file. What only a signature opens is not called immutable: the signature's key may
// be withdrawn.
func (r *route) caching(original bool) string {
	age := strconv.Itoa(r.snapshot.Environment.CacheMaxAge)
	if r.address.Type == typeAuthenticated || r.address.Type == typePrivate && original {
		return "public, max-age=" + age
	}
	return "public, no-transform, immutable, max-age=" + age
}

// preflight answers OPTIONS.
func (h *Handler) preflight(x *exchange) {
	header := x.w.Header()
	always(header, x)
	header["Access-Control-Allow-Methods"] = allowedMethods
	header["Access-Control-Allow-Headers"] = anyOrigin
	header["Access-Control-Max-Age"] = preflightAge
	header["Allow"] = allowedMethods
	x.write(http.StatusNoContent)
}

// headerText makes a text fit for a header: control characters become spaces.
func headerText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
