// Package upload is the Upload API: it takes files in, signed or by an unsigned preset, stores their bytes in the
// bucket and their rows in the library, renames them and deletes them again.
package upload

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Library is what uploads need of the library.
type Library interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error)
	DeleteAsset(ctx context.Context, key library.Key, options library.DeleteOptions) (asset *library.Asset, derived int, err error)
	KeepEarlierVersion(ctx context.Context, asset *library.Asset) error
	Relate(ctx context.Context, assetID string, relatedIDs []string, jobs library.RelationJobs) (outcomes []error, err error)
	DeleteDerivedOf(ctx context.Context, key library.Key, transformations []string) (deleted int, err error)
	UpdateAssets(ctx context.Context, keys []library.Key, options library.UpdateOptions) ([]library.Change, error)
	List(ctx context.Context, options library.ListOptions) (*library.Page, error)
	EnqueueJobs(ctx context.Context, jobs []library.NewJob) error
	RenameAsset(ctx context.Context, from, to library.Key, options library.RenameOptions) (*library.Asset, error)
	ReleaseJob(ctx context.Context, jobID string, payload json.RawMessage) error
	ReserveObject(ctx context.Context, objectKey string, until time.Time) error
	Marked(ctx context.Context, mark string) (bool, error)
	AssetByID(ctx context.Context, assetID string) (*library.Asset, error)
	Version(ctx context.Context, versionID string) (*library.Version, error)
	AddChunk(ctx context.Context, uploadID string, chunk library.Chunk, total int64) (*library.ChunkedUpload, error)
	BeforeChunk(ctx context.Context, uploadID string, first int64) (*library.Chunk, error)
	BeginChunk(ctx context.Context, uploadID string, first, last, total int64, offered library.Multipart) (*library.Arrival, error)
	AbandonChunk(ctx context.Context, uploadID, claim string) error
	ReleaseChunks(ctx context.Context, uploadID string) error
	SetAnalysis(ctx context.Context, assetID, versionID string, analysis json.RawMessage) error
	DropChunks(ctx context.Context, uploadID string) error
}

// Bucket is what uploads need of the bucket.
type Bucket interface {
	Receive(ctx context.Context, key string, r io.Reader, how bucket.Receiving) (bucket.Writing, error)
	// HasMultipart, BeginMultipart, AbortMultipart and Join make an object of pieces; see bucket.Bucket.
	HasMultipart() bool
	BeginMultipart(ctx context.Context, key, contentType string) (upload string, err error)
	AbortMultipart(ctx context.Context, key, upload string) error
	Join(ctx context.Context, key, upload string, pieces []bucket.Piece, contentType string) error
	File(ctx context.Context, key string) (*os.File, error)
	Head(ctx context.Context, key string, n int) ([]byte, error)
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// OpenNeighbour opens an object of another bucket whose owner has consented; see bucket.Bucket.
	OpenNeighbour(ctx context.Context, name, key, reader string) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
}

// Deriver makes the derived files that an upload asks for ahead of delivery.
type Deriver interface {
	// Eager makes the file that a delivery URL with this transformation and extension would give. An empty format
	// means that the URL has the extension of the original.
	Eager(ctx context.Context, asset *library.Asset, transformation, format string) (*EagerFile, error)
	// Open gives the bytes of that file; nil where they are those of the original.
	Open(ctx context.Context, asset *library.Asset, transformation, format string) (*OpenFile, error)
}

// OpenFile is a derived file that is being read.
type OpenFile struct {
	Content io.Reader
	Close   func() error
	Format  string
	Bytes   int64
	Width   int
	Height  int
}

// EagerFile describes a file made by a Deriver.
type EagerFile struct {
	Format string
	Bytes  int64
	Width  int
	Height int
	// Made says that the file was not there before.
	Made bool
}

// Meter counts what is rendered and says what the quotas leave. Samples are not asked about and not counted.
type Meter interface {
	// MayStore gives a *problem.Problem when a file of that many bytes is more than the quotas leave.
	MayStore(bytes int64) error
	// MayRender gives a *problem.Problem when a quota is used up.
	MayRender() error
	// Rendered counts a file, the processor time of the engine for it, and the bytes that were stored.
	Rendered(cpu time.Duration, bytes int64)
	// Delivered counts a file that was downloaded, and how many bytes of it were sent.
	Delivered(bytes int64)
}

// Sources finds remote assets, or fetches them.
type Sources interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
}

// Backup holds the versions of uploads.
type Backup interface {
	// Open opens the bytes of a version for being read once.
	Open(ctx context.Context, version *library.Version) (io.ReadCloser, error)
}

// Options are the parts of a Handler. Catalog, Library, Bucket and Engine are required.
type Options struct {
	Catalog catalog.Catalog
	Library Library
	Bucket  Bucket
	Engine  engine.Engine
	// Deriver makes eager transformations; without one they are refused.
	Deriver Deriver
	// FetchTimeout bounds the download of a remote file; zero means the fetcher's default.
	FetchTimeout time.Duration
	// Sources fetches remote assets, which explicit calls may name before anybody has asked for them; nil fetches none.
	Sources Sources
	// Backup holds versions; nil where the environment has none.
	Backup Backup
	// Meter holds uploads to the quotas; nil knows none. What is stored is its library's to count.
	Meter Meter
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what fails inside; nil discards it.
	Logger *slog.Logger
}

// Handler serves the Upload API. It is safe for concurrent use.
type Handler struct {
	catalog catalog.Catalog
	library Library
	bucket  Bucket
	engine  engine.Engine
	deriver Deriver
	sources Sources
	meter   Meter
	backup  Backup
	remote  *remote
	now     func() time.Time
	logger  *slog.Logger
	// composing are the files of Compose that are being made.
	composing singleflight.Group
}

// New makes a Handler.
func New(options Options) *Handler {
	h := &Handler{
		catalog: options.Catalog,
		library: options.Library,
		bucket:  options.Bucket,
		engine:  options.Engine,
		deriver: options.Deriver,
		sources: options.Sources,
		meter:   options.Meter,
		backup:  options.Backup,
		remote:  &remote{timeout: options.FetchTimeout},
		now:     options.Now,
		logger:  options.Logger,
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	return h
}

// route is a request's path, understood.
type route struct {
	cloud string
	// resourceType is image, video, raw or auto; resourceByID where an asset ID takes its place.
	resourceType string
	// action is one of those below.
	action string
	// requestID is that of the request.
	requestID string
}

const (
	actionUpload = "upload"
	// actionChunked is what some SDKs call the upload of a chunk.
	actionChunked       = "upload_chunked"
	actionExplicit      = "explicit"
	actionDestroy       = "destroy"
	actionRename        = "rename"
	actionTags          = "tags"
	actionContext       = "context"
	actionMetadata      = "metadata"
	actionText          = "text"
	actionDeleteByToken = "delete_by_token"
	actionArchive       = "generate_archive"
	actionDownload      = "download"
	// actionTagZip is what archives were before there were other ways to say what is in them.
	actionTagZip    = "download_tag.zip"
	actionMulti     = "multi"
	actionSprite    = "sprite"
	actionExplode   = "explode"
	actionSlideshow = "create_slideshow"
	actionBackup    = "download_backup"
	actionImport    = "import"
)

// resourceAll stands for every resource type in the path of an archive.
const resourceAll = "all"

// resourceByID stands for the resource type in the path of actions on an asset ID.
const resourceByID = "asset"

// parseRoute understands /v1_1/<cloud>/<action> and /v1_1/<cloud>/<type>/<action>.
func parseRoute(escapedPath string) (route, bool) {
	path, err := url.PathUnescape(escapedPath)
	if err != nil {
		return route{}, false
	}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(segments) < 3 || segments[0] != "v1_1" {
		return route{}, false
	}
	found := route{cloud: segments[1], resourceType: resourceAuto}
	segments = segments[2:]
	typed := len(segments) == 2
	if typed {
		found.resourceType, segments = segments[0], segments[1:]
	}
	if len(segments) != 1 {
		return route{}, false
	}
	found.action = segments[0]
	if found.resourceType == resourceByID {
		return found, found.action == actionDestroy
	}
	if found.action == actionArchive && found.resourceType == resourceAll {
		found.resourceType = resourceAuto
		return found, true
	}
	if !knownResourceType(found.resourceType) {
		return route{}, false
	}
	switch found.action {
	case actionUpload, actionChunked, actionArchive:
		return found, true
	case actionDeleteByToken, actionBackup, actionImport:
		return found, !typed
	case actionExplicit, actionDownload, actionTagZip, actionDestroy, actionRename, actionTags, actionContext, actionMetadata, actionExplode:
		return found, found.resourceType != resourceAuto
	case actionText, actionMulti, actionSprite:
		return found, found.resourceType == library.Image
	case actionSlideshow:
		return found, found.resourceType == library.Video
	}
	return route{}, false
}

// Handles says whether the request is one for this handler: POST and OPTIONS of its endpoints and of everything else below a
// resource type, where no other API has any, and GET of the endpoints that download. What it has no endpoint for is answered with
// a 404, which needs no credentials: a client that has signed its call, as those of uploads are, learns what is wrong with it.
func (h *Handler) Handles(method, escapedPath string) bool {
	return answers(method, escapedPath) || (method == http.MethodPost || method == http.MethodOptions) && isBelowResourceType(escapedPath)
}

// answers says whether there is an endpoint.
func answers(method, escapedPath string) bool {
	found, ok := parseRoute(escapedPath)
	switch method {
	case http.MethodGet:
		return ok && found.downloads()
	case http.MethodPost, http.MethodOptions:
		return ok && found.action != actionDownload && found.action != actionTagZip && found.action != actionBackup
	}
	return false
}

// isBelowResourceType says whether a path is /v1_1/<cloud>/<type>/… of a word that stands for a resource type in paths.
func isBelowResourceType(escapedPath string) bool {
	path, err := url.PathUnescape(escapedPath)
	if err != nil {
		return false
	}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(segments) < 4 || segments[0] != "v1_1" {
		return false
	}
	return knownResourceType(segments[2]) || segments[2] == resourceAll || segments[2] == resourceByID
}

// downloads says whether the answer may be a file, which a link without a body asks for.
func (r route) downloads() bool {
	switch r.action {
	case actionDownload, actionTagZip, actionArchive, actionMulti, actionSprite, actionBackup:
		return true
	}
	return false
}

// ServeHTTP serves a request that Handles said yes to.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := wire.EnsureRequestID(w)
	allowBrowsers(w.Header())
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	answer, err := h.serve(w, r, requestID)
	if err != nil {
		// A client that is still sending would see a broken connection and not the answer.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, readAhead))
		wire.WriteProblem(w, r, h.logger, err)
		return
	}
	if answer != nil {
		wire.WriteJSON(w, http.StatusOK, answer)
	}
}

// readAhead bounds how much of a refused body is read to no other end than a clear answer.
const readAhead = 64 << 20

// serve gives the answer, nil when it has written a file.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, requestID string) (wire.Object, error) {
	asked, ok := parseRoute(r.URL.EscapedPath())
	if !ok || !answers(r.Method, r.URL.EscapedPath()) {
		return nil, problem.NotFound("No such endpoint: %s %s", r.Method, r.URL.Path)
	}
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	asked.requestID = requestID
	switch asked.action {
	case actionArchive, actionTagZip:
		return h.archive(w, r, asked, snapshot)
	case actionDownload:
		return nil, h.download(w, r, asked, snapshot)
	case actionMulti:
		return h.multi(w, r, asked, snapshot)
	case actionSprite:
		return h.sprite(w, r, asked, snapshot)
	case actionDestroy:
		return h.destroy(w, r, asked, snapshot)
	case actionBackup:
		return nil, h.downloadBackup(w, r, asked, snapshot)
	}
	if serve, ok := map[string]func(*http.Request, route, *catalog.Snapshot) (wire.Object, error){
		actionExplicit:      h.explicit,
		actionDeleteByToken: h.deleteByToken,
		actionRename:        h.rename,
		actionTags:          h.editTags,
		actionContext:       h.editContext,
		actionMetadata:      h.editMetadata,
		actionText:          h.text,
		actionExplode:       h.explode,
		actionSlideshow:     h.slideshow,
		actionImport:        h.importCall,
	}[asked.action]; ok {
		return serve(r, asked, snapshot)
	}
	return h.upload(w, r, asked, snapshot)
}
