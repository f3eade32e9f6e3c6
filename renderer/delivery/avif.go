package delivery

import (
	"context"

	"github.com/darkroom-media/darkroom/renderer/derive"
)

const (
	formatAVIF = "avif"
	// maxAVIFPixels bounds the pictures that f_auto tries AVIF for: making one takes many times what WebP takes.
	maxAVIFPixels = 12_000_000
)

// mayBeAVIF tells whether f_auto would give AVIF if that was smaller than the file of request.
func (h *Handler) mayBeAVIF(x *exchange, route *route, found *found, request *derive.Request, file *derive.Meta) bool {
	auto := route.plan.Output.Auto
	return (auto == "auto" || auto == "auto:image") && !route.snapshot.Environment.NoAutoAVIF && request.Describe == nil &&
		found.asset.Pages <= 1 && file.Width*file.Height <= maxAVIFPixels && lists(x.r.Header["Accept"], "image/avif")
}

// preferAVIF gives the AVIF file when it is there and smaller than the other, whose content it closes then. When it was not
// made yet it has that done, and the other is the answer in the meantime: nobody waits for AVIF.
func (h *Handler) preferAVIF(ctx context.Context, found *found, request *derive.Request, other *derive.File) *derive.File {
	meta, err := h.derive.Peek(ctx, request)
	switch {
	case err != nil, meta == nil && h.derive.Hopeless(request):
		// It is a matter of bytes: the other file does.
		return other
	case meta == nil:
		h.derive.Prepare(ctx, request)
		found.interim = true
		return other
	case meta.Bytes >= other.Bytes:
		return other
	}
	better, err := h.derive.Find(ctx, request)
	if err != nil {
		return other
	}
	if err := other.Content.Close(); err != nil {
		h.logger.Warn("A derived file could not be closed", "error", err)
	}
	return better
}
