// Package delivery answers delivery URLs: it reads the address, checks that the request may have the asset, and
// serves the stored bytes or a derived file of it.
package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Finder looks assets up. Errors are library.ErrNotFound, or internal. Assets is one that remembers.
type Finder interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	AssetByID(ctx context.Context, assetID string) (*library.Asset, error)
	// Remembered gives the asset if it is known and has not changed, or nil.
	Remembered(key library.Key) *library.Asset
	// Invalidate drops what is remembered of the asset.
	Invalidate(key library.Key)
}

// Remote finds or downloads assets whose bytes come from elsewhere.
type Remote interface {
	// Asset gives library.ErrNotFound, or a *problem.Problem about the source.
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	// Missing downloads an asset whose folder is mapped to a place elsewhere; library.ErrNotFound when it is not there.
	Missing(ctx context.Context, key library.Key, ext string) (*library.Asset, error)
	// Fresh tells whether an asset that was found before is still current.
	Fresh(ctx context.Context, asset *library.Asset) bool
}

// Composer makes the animations, documents and sprites of images with a tag.
type Composer interface {
	// Compose makes and stores the file of a delivery type. The error is a *problem.Problem, 404 when no image has the tag.
	Compose(ctx context.Context, deliveryType, tag, transformation, ext string) error
}

// Lister lists assets, and what strict mode allows beside the configuration.
type Lister interface {
	List(ctx context.Context, options library.ListOptions) (*library.Page, error)
	// AllowedTransformations are those of the transformations that are allowed, as they are written.
	AllowedTransformations(ctx context.Context, transformations ...string) ([]string, error)
}

// Originals opens the stored bytes of assets.
type Originals interface {
	// File opens an object for reading; bucket.ErrNotFound when it is gone.
	File(ctx context.Context, objectKey string) (*os.File, error)
}

// Meter counts what is delivered. Samples do not count.
type Meter interface {
	// Delivered counts an answer that is no error, and the bytes of its body.
	Delivered(bytes int64)
}

// Options are the parts of a Handler. Catalog, Assets, Originals, Derive, Remote, Lists and Scripts are required.
type Options struct {
	Catalog   catalog.Catalog
	Assets    Finder
	Originals Originals
	Derive    *derive.Deriver
	Remote    Remote
	Lists     Lister
	Scripts   Scripts
	// TokenKeys gives the keys of auth tokens; nil when no token is valid.
	TokenKeys func() [][]byte
	// RenderDeadline bounds the time in the engine for one picture; zero means the default of the engine.
	RenderDeadline time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets internal errors; nil discards them.
	Logger *slog.Logger
	// Metrics registers the metrics of this package; nil registers none.
	Metrics prometheus.Registerer
	// Meter counts what is delivered; nil counts nothing.
	Meter Meter
}

// Handler serves every path that does not belong to an API.
type Handler struct {
	catalog        catalog.Catalog
	assets         Finder
	originals      Originals
	derive         *derive.Deriver
	remote         Remote
	lists          Lister
	scripts        Scripts
	tokenKeys      func() [][]byte
	renderDeadline time.Duration
	now            func() time.Time
	logger         *slog.Logger
	metrics        *metrics
	meter          Meter
	routes         *routes
	composer       Composer
}

// ComposeBy has files of images with a tag made when they are first asked for. It must be called before the first request.
func (h *Handler) ComposeBy(composer Composer) { h.composer = composer }

// New makes a Handler. It fails only when the metrics are registered already.
func New(options Options) (*Handler, error) {
	h := &Handler{
		catalog:        options.Catalog,
		assets:         options.Assets,
		originals:      options.Originals,
		derive:         options.Derive,
		remote:         options.Remote,
		lists:          options.Lists,
		scripts:        options.Scripts,
		tokenKeys:      options.TokenKeys,
		renderDeadline: options.RenderDeadline,
		now:            options.Now,
		logger:         options.Logger,
		metrics:        newMetrics(),
		meter:          options.Meter,
		routes:         newRoutes(),
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	if options.Metrics != nil {
		if err := h.metrics.register(options.Metrics); err != nil {
			return nil, fmt.Errorf("register the metrics of delivery: %w", err)
		}
	}
	return h, nil
}

// ServeHTTP answers a request. It is the outermost handler: every failure below it is written here.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r, started: h.now(), id: requestID(r)}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // a recovered value is not an error yet; this one is compared by identity
				panic(v)
			}
			h.fail(x, problem.Failed(fmt.Errorf("delivery panicked: %v\n%s", v, debug.Stack())))
		}
		h.count(x)
	}()
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if err := h.deliver(x); err != nil {
			h.fail(x, err)
		}
	case http.MethodOptions:
		h.preflight(x)
	default:
		w.Header().Set("Allow", allowedMethods)
		h.fail(x, &problem.Problem{Status: http.StatusMethodNotAllowed, Message: "Method not allowed - " + r.Method})
	}
}

// count counts a finished exchange.
func (h *Handler) count(x *exchange) {
	h.metrics.served(x, h.now().Sub(x.started))
	if h.meter != nil && x.counts() {
		h.meter.Delivered(x.sent)
	}
}

// exchange is one request and the answer to it as far as it got.
type exchange struct {
	w       http.ResponseWriter
	r       *http.Request
	started time.Time
	id      string
	// kind is what was delivered, for the metrics.
	kind kind
	// status is the status that was written, 0 before.
	status int
	// sent is how many bytes of a file were sent.
	sent int64
	// sample says that the answer is about a sample asset.
	sample bool
}

// counts says that the answer is to be counted: it delivered something.
func (x *exchange) counts() bool {
	return x.kind != kindNone && !x.sample && x.status >= http.StatusOK && x.status < http.StatusBadRequest
}

// write sends the status and the headers.
func (x *exchange) write(status int) {
	x.status = status
	x.w.WriteHeader(status)
}
