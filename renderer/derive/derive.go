// Package derive finds or makes derived files: the local disk cache first, then the library row and the bucket,
// then the engine. A derived file is made once: requests for the same file share one run, and the bytes first
// stored for a plan and a version of an asset stay.
package derive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// ErrStale is returned when the version of the asset that a request names is gone: overwritten or deleted while
// the file was being made. The caller looks the asset up again.
var ErrStale = errors.New("the version of the asset is gone")

// Library is what derive needs of the library.
type Library interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	ReserveObjects(ctx context.Context, objectKeys []string, until time.Time) error
	Derived(ctx context.Context, assetID, versionID, key string) (*library.Derived, error)
	StoreDerived(ctx context.Context, derived *library.Derived) (*library.Derived, error)
	ReserveObject(ctx context.Context, objectKey string, until time.Time) error
	ClaimRendering(ctx context.Context, key string, now, until time.Time) (bool, error)
	ReleaseRendering(ctx context.Context, key string, now, until time.Time) error
	Mezzanine(ctx context.Context, assetID, versionID string, now time.Time) (*library.Mezzanine, error)
	ClaimMezzanine(ctx context.Context, assetID, versionID string, now, until time.Time) (bool, error)
	StoreMezzanine(ctx context.Context, assetID, versionID, objectKey string, bytes int64) error
	DropMezzanine(ctx context.Context, objectKey string, until time.Time) error
}

// Bucket is what derive needs of the bucket.
type Bucket interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error)
	File(ctx context.Context, key string) (*os.File, error)
	Remote() bool
}

// Remote finds or downloads pictures.
type Remote interface {
	// Layer gives the picture at a URL. Errors are *problem.Problem.
	Layer(ctx context.Context, url string) (*library.Asset, error)
	// Missing downloads an asset whose folder is mapped to a place elsewhere; library.ErrNotFound when it is not there.
	Missing(ctx context.Context, key library.Key, ext string) (*library.Asset, error)
	// Call has a remote function make a picture of a picture. The file is the caller's. Errors are *problem.Problem.
	Call(ctx context.Context, url string, picture *os.File, format string, metadata []byte) (*os.File, error)
}

// Meter counts what is made, and says whether more may be. Samples are not asked about and not counted.
type Meter interface {
	// MayRender gives a *problem.Problem when a quota is used up.
	MayRender() error
	// Rendered counts a file, the processor time of the engine for it, and its length.
	Rendered(cpu time.Duration, bytes int64)
}

// Options are the parts of a Deriver. Library, Bucket, Engine and Cache are required.
type Options struct {
	Library Library
	Bucket  Bucket
	Engine  engine.Engine
	Cache   *Cache
	// Remote finds or downloads the pictures of fetched layers; without one they are refused.
	Remote Remote
	// Meter counts what is made; nil counts nothing.
	Meter Meter
	// Deadline bounds finding or making one file, the wait for an engine slot included. Zero means one minute.
	Deadline time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what goes wrong without failing a request; nil discards it.
	Logger *slog.Logger
	// Metrics registers the metrics of this package; nil registers none.
	Metrics prometheus.Registerer
}

// Deriver finds or makes derived files. It is safe for concurrent use.
type Deriver struct {
	library  Library
	bucket   Bucket
	engine   engine.Engine
	cache    *Cache
	remote   Remote
	meter    Meter
	deadline time.Duration
	now      func() time.Time
	logger   *slog.Logger
	metrics  *metrics
	failures *failures
	costs    *costs
	stock    stock
	// preparing bounds what is made in the background.
	preparing chan struct{}

	mu      sync.Mutex
	flights map[Key]*flight
	// mezzanines are those that are being stored, by version of the asset.
	mezzanines map[string]*os.File
	running    sync.WaitGroup
}

// New makes a Deriver. It fails only when the metrics are registered already.
func New(options Options) (*Deriver, error) {
	d := &Deriver{
		library:  options.Library,
		bucket:   options.Bucket,
		engine:   options.Engine,
		cache:    options.Cache,
		remote:   options.Remote,
		meter:    options.Meter,
		deadline: options.Deadline,
		now:      options.Now,
		logger:   options.Logger,
		flights:  make(map[Key]*flight),

		mezzanines: make(map[string]*os.File),

		preparing: make(chan struct{}, maxPreparing),
	}
	if d.deadline <= 0 {
		d.deadline = time.Minute
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.logger == nil {
		d.logger = slog.New(slog.DiscardHandler)
	}
	d.failures = newFailures(d.now)
	d.costs = newCosts(d.now)
	d.metrics = newMetrics(d)
	if options.Metrics != nil {
		if err := d.metrics.register(options.Metrics); err != nil {
			return nil, fmt.Errorf("register the metrics of derived files: %w", err)
		}
	}
	return d, nil
}

// Request names a derived file and says how to make it.
type Request struct {
	// Asset is the base picture, in the version that Key was made for.
	Asset *library.Asset
	// Plan has no client hints and no named transformation left to resolve.
	Plan *transform.Plan
	// Key identifies the file.
	Key Key
	// Transformation is the transformation as written in the URL; the library shows it.
	Transformation string
	// Format is the resolved output format.
	Format string
	Limits engine.Limits
	// StrictFonts refuses texts in fonts that there are not.
	StrictFonts bool
	// Mezzanines allows smaller copies of the picture to be made, and to be started from.
	Mezzanines bool
	// Describe, when not nil, makes the file out of what the engine says of the picture: JSON, in place of the picture.
	Describe func(request *engine.RenderRequest, result *engine.RenderResult) ([]byte, error)
}

// Sources of a derived file.
const (
	// FromDisk is the local cache, on disk or in memory.
	FromDisk = "disk"
	// FromBucket is the bucket: this or another replica made the file earlier.
	FromBucket = "bucket"
	// FromEngine is the engine: the file was made now.
	FromEngine = "engine"
)

// File is a derived file. Content belongs to the caller, who closes it.
type File struct {
	*Meta
	Content Content
	// From is FromDisk, FromBucket or FromEngine.
	From string
	// Render is how long the engine took, when From is FromEngine.
	Render time.Duration
}

// Meta describes the bytes of a derived file. It is immutable.
type Meta struct {
	// Bytes is the length.
	Bytes int64
	// ETag is the MD5 of the bytes, hex.
	ETag   string
	Format string
	Width  int
	Height int
	// CreatedAt is when the file was made.
	CreatedAt time.Time
}

// Cached finds the file in the local cache only; nil when it is not there.
func (d *Deriver) Cached(key Key) *File {
	content, meta := d.cache.Open(key)
	if meta == nil {
		return nil
	}
	d.metrics.fromDisk.Inc()
	return &File{Meta: meta, Content: content, From: FromDisk}
}

// Resident gives the bytes of the file if they lie in memory, and counts that as found in the cache; the metadata is nil
// when they do not. The bytes are shared and must not be changed.
func (d *Deriver) Resident(key Key) ([]byte, *Meta) {
	memory, meta := d.cache.Resident(key)
	if meta != nil {
		d.metrics.fromDisk.Inc()
	}
	return memory, meta
}

// Find finds the file or makes it. Errors are *problem.Problem: 400 for plans that cannot be applied, 404 for a
// missing layer, transient ones for everything that may work later; or ErrStale; or the error of ctx. When ctx
// ends, the making goes on for the others who wait and for the next one who asks.
func (d *Deriver) Find(ctx context.Context, request *Request) (*File, error) {
	d.expire(request)
	if file := d.Cached(request.Key); file != nil {
		return file, nil
	}
	if known := d.failures.recall(request.Key); known != nil {
		return nil, known
	}
	made, err := d.share(ctx, request)
	if err != nil {
		return nil, err
	}
	file := &File{Meta: made.meta, From: made.from, Render: made.render}
	if content, meta := d.cache.Open(request.Key); meta != nil {
		file.Content, file.Meta = content, meta
		return file, nil
	}
	// The cache could not take the file, or has evicted it already: the bucket has it in any case.
	stored, err := d.bucket.File(ctx, made.objectKey)
	if err != nil {
		return nil, unavailable("The bucket", fmt.Errorf("open derived file %s: %w", made.objectKey, err))
	}
	file.Content = FileContent(stored)
	return file, nil
}

// expire gives up what the cache has of a file from before derived files of its asset were deleted.
func (d *Deriver) expire(request *Request) {
	if purged := request.Asset.PurgedAt; !purged.IsZero() {
		d.cache.Expire(request.Key, purged)
	}
}

// Exists tells whether the file was made earlier.
func (d *Deriver) Exists(ctx context.Context, request *Request) (bool, error) {
	d.expire(request)
	if d.cache.Has(request.Key) {
		return true, nil
	}
	row, err := d.stored(ctx, request)
	return row != nil, err
}

// Wait blocks until no file is being made, or ctx ends.
func (d *Deriver) Wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		d.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unavailable types an error of the database or the bucket, unless it is a problem already or the caller's
// context has ended.
func unavailable(part string, err error) error {
	if _, ok := errors.AsType[*problem.Problem](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	return problem.Unavailable(part, err)
}
