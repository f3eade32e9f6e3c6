package delivery

import (
	"net/http"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// memory is what an earlier request for a derived file found out. It holds while the asset is the same row and the
// route is the same, that is, under the same configuration.
type memory struct {
	asset       *library.Asset
	key         derive.Key
	description *description
	// head is the beginning of an answer with the whole file as it is sent: what every answer with it has in common.
	head string
}

// variants is how many answers a route may remember: for clients that list WebP or not, AVIF or not, JPEG XL or not, with
// Save-Data or without.
const variants = 16

// variant tells which of a route's answers a request gets; ok is false when that depends on more than is remembered.
func (r *route) variant(accept []string, saveData string) (variant int, ok bool) {
	switch r.vary {
	case "", "Accept", "Save-Data", "Accept, Save-Data":
	default:
		return 0, false
	}
	if strings.HasPrefix(r.vary, "Accept") && lists(accept, "image/webp") {
		variant |= 1
	}
	if strings.HasPrefix(r.vary, "Accept") && lists(accept, "image/avif") {
		variant |= 4
	}
	if strings.HasPrefix(r.vary, "Accept") && lists(accept, "image/jxl") {
		variant |= 8
	}
	if strings.HasSuffix(r.vary, "Save-Data") && strings.EqualFold(saveData, "on") {
		variant |= 2
	}
	return variant, true
}

// remember keeps how a request was answered. Only the first reading of an address is kept: under another one, an asset
// that appears later may take precedence.
func (r *route) remember(header http.Header, found *found, key derive.Key, d *description) {
	if len(found.asset.AccessControl) > 0 || isRestricted(found.asset, time.Time{}) && !r.signed {
		return // The next request for it may come without a token, or at another time.
	}
	if len(r.layers) > 0 {
		return // Whether they may be shown is asked each time.
	}
	if variant, ok := r.variant(header["Accept"], header.Get("Save-Data")); ok && found.first && found.key.Type != typeAsset {
		r.memories[variant].Store(&memory{asset: found.asset, key: key, description: d, head: d.head()})
	}
}

// recall gives what is remembered for a client that sends these headers, or nil.
func (r *route) recall(accept []string, saveData string) *memory {
	if variant, ok := r.variant(accept, saveData); ok {
		return r.memories[variant].Load()
	}
	return nil
}

// answerAgain answers as an earlier request for the same was answered. It is two lookups in
// memory, then the bytes. It returns false, and has written nothing, when there is no such answer any more.
func (h *Handler) answerAgain(x *exchange, route *route) bool {
	known := route.recall(x.r.Header["Accept"], x.r.Header.Get("Save-Data"))
	if known == nil {
		return false
	}
	asset, err := h.assets.Asset(x.r.Context(), route.names[0].key)
	if err != nil || asset != known.asset || route.remote && !h.remote.Fresh(x.r.Context(), asset) {
		return false
	}
	file := h.derive.Cached(known.key)
	if file == nil {
		return false
	}
	described := known.description
	if described.meta.ETag != file.ETag {
		described = route.describe(&found{asset: asset}, file.Meta, false)
	}
	x.kind = kindDerived
	h.serve(x, &representation{description: described, content: file.Content})
	return true
}
