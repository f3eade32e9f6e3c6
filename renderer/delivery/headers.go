package delivery

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	exposedHeaders = "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, Etag, Server-Timing, Vary, X-Cld-Error, X-Request-Id"
	allowedMethods = "GET, HEAD, OPTIONS"
	privateCaching = "private, no-transform, max-age=0, no-cache"
	// interimCaching is for answers that are soon replaced by better ones.
	interimCaching = "public, no-transform, max-age=60"
	// noScripts keeps documents that browsers would run scripts of from running them in the name of our host.
	noScripts = "script-src 'none'; sandbox"
)

// always holds the headers of every answer. Like those of a description they are shared: headers are replaced, never
// appended to.
var always = [...]field{
	{"Access-Control-Allow-Origin", []string{"*"}},
	{"Access-Control-Expose-Headers", []string{exposedHeaders}},
	{"Timing-Allow-Origin", []string{"*"}},
	{"X-Content-Type-Options", []string{"nosniff"}},
}

// open starts the headers of an answer.
func (x *exchange) open() http.Header {
	header := x.w.Header()
	for _, f := range always {
		header[f.name] = f.values
	}
	header["X-Request-Id"] = []string{x.id}
	return header
}

// caching is the Cache-Control of a file. What only a signature opens is not called immutable, unless the URL asks for
// that: the signature's key may be withdrawn. Neither is what was fetched, which its source may change.
func (r *route) caching(found *found, original bool) string {
	if found.missing != "" && strings.Contains(r.address.Transformation, "d_") {
		// A placeholder out of a named transformation is what the owner of the environment wants to be seen.
		return privateCaching
	}
	if found.interim {
		return interimCaching
	}
	if r.chosen {
		return dataCaching
	}
	environment, asset := &r.snapshot.Environment, found.asset
	age := environment.CacheMaxAge
	forever := slices.Contains(r.plan.Output.Flags, "immutable_cache")
	if r.remote {
		if environment.RefetchAfter > 0 {
			age = min(age, environment.RefetchAfter)
		}
		if !forever {
			return "public, no-transform, max-age=" + strconv.Itoa(age)
		}
	}
	if len(asset.AccessControl) > 0 {
		return privateCaching // Who may have it changes with time, and with each request.
	}
	if (asset.Type == typeAuthenticated || asset.Type == typePrivate && original) && !forever {
		return "public, max-age=" + strconv.Itoa(age)
	}
	return "public, no-transform, immutable, max-age=" + strconv.Itoa(age)
}

// preflight answers OPTIONS.
func (h *Handler) preflight(x *exchange) {
	header := x.open()
	header.Set("Access-Control-Allow-Methods", allowedMethods)
	header.Set("Access-Control-Allow-Headers", "*")
	header.Set("Access-Control-Max-Age", "86400")
	header.Set("Allow", allowedMethods)
	x.write(http.StatusNoContent)
}

// maxHeaderText bounds a text in a header, in bytes.
const maxHeaderText = 1024

// headerText makes a text fit for a header: control characters become spaces, and it is not endless.
func headerText(text string) string {
	if len(text) > maxHeaderText {
		text = strings.ToValidUTF8(text[:maxHeaderText], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
