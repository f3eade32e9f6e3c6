// Package admin is the Admin API: it lists, shows, edits and deletes assets and tells about the environment.
package admin

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/search"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Library is what the Admin API needs of the library.
type Library interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	AssetByID(ctx context.Context, assetID string) (*library.Asset, error)
	List(ctx context.Context, options library.ListOptions) (*library.Page, error)
	UpdateAssets(ctx context.Context, keys []library.Key, options library.UpdateOptions) ([]library.Change, error)
	RenameAsset(ctx context.Context, from, to library.Key, options library.RenameOptions) (*library.Asset, error)
	ClaimLane(ctx context.Context, claim library.LaneClaim) ([]*library.Job, error)
	FinishJob(ctx context.Context, job *library.Job) error
	EnqueueJobs(ctx context.Context, jobs []library.NewJob) error
	ListJobs(ctx context.Context, list library.JobList) ([]*library.Job, string, error)
	ReviveJobs(ctx context.Context, kind string, ids []string, subject string) ([]*library.Job, error)
	DeleteAsset(ctx context.Context, key library.Key, options library.DeleteOptions) (asset *library.Asset, derived int, err error)
	ListDerived(ctx context.Context, assetID string, max int, cursor string) ([]*library.Derived, string, error)
	DeleteDerived(ctx context.Context, id string) (*library.Asset, error)
	DeleteDerivedOf(ctx context.Context, key library.Key, transformations []string) (deleted int, err error)
	Tags(ctx context.Context, resourceType, prefix string, max int, cursor string) ([]string, string, error)
	Relate(ctx context.Context, assetID string, relatedIDs []string, jobs library.RelationJobs) (outcomes []error, err error)
	Unrelate(ctx context.Context, assetID string, relatedIDs []string, jobs library.RelationJobs) (outcomes []error, err error)
	Related(ctx context.Context, assetID string, max int, cursor string) ([]*library.Asset, string, error)
	Complement(ctx context.Context, assetID, relatedID, kind string, told map[string]any) error
	Complements(ctx context.Context, assetID string) ([]library.Complement, error)
	Folders(ctx context.Context, dynamic bool, parent string, max int, cursor string) (folders []*library.Folder, total int64, next string, err error)
	CreateFolder(ctx context.Context, dynamic bool, path string, caused func(made []string) ([]library.NewJob, error)) (*library.Folder, error)
	DeleteFolder(ctx context.Context, dynamic bool, path string, jobs ...library.NewJob) ([]string, error)
	MoveFolder(ctx context.Context, from, to string, jobs ...library.NewJob) (*library.Folder, error)
	Totals(ctx context.Context) (library.Totals, error)
	CountCalls(ctx context.Context, hour time.Time, n int) (used int64, err error)
	UsageOn(ctx context.Context, day time.Time) (library.Usage, *library.Level, error)
	Books(ctx context.Context) (*library.Books, error)
	Costs(ctx context.Context, days, max int) (dearest []library.Cost, total library.Cost, err error)
	Imports(ctx context.Context) ([]*library.Import, error)
	ImportFailures(ctx context.Context, id string, max int, after string) ([]library.ImportFailure, error)
	analysis.Library
	DeletedAsset(ctx context.Context, key library.Key) (*library.Version, error)
	DeletedAssetByID(ctx context.Context, assetID string) (*library.Version, error)
	Version(ctx context.Context, versionID string) (*library.Version, error)
	Versions(ctx context.Context, assetID string) ([]*library.Version, error)
	Collections(ctx context.Context, filter library.CollectionFilter, max int, cursor string) (collections []*library.Collection, total int64, next string, err error)
	CreateCollection(ctx context.Context, collection *library.Collection) (*library.Collection, error)
	Collection(ctx context.Context, id string) (*library.Collection, error)
	SharedCollection(ctx context.Context, share string, now time.Time) (*library.Collection, error)
	UpdateCollection(ctx context.Context, id string, change func(*library.Collection) error) (*library.Collection, error)
	DeleteCollection(ctx context.Context, id string) error
	Members(ctx context.Context, id string, max int, cursor string) ([]*library.Asset, string, error)
	PlaceMembers(ctx context.Context, id string, assetIDs []string, position int) (library.Placement, error)
	RemoveMembers(ctx context.Context, id string, assetIDs []string) (removed []string, err error)
	Comments(ctx context.Context, filter library.CommentFilter, max int, cursor string) (comments []*library.Comment, total int64, next string, err error)
	CreateComment(ctx context.Context, comment *library.Comment) (*library.Comment, error)
	Comment(ctx context.Context, id string) (*library.Comment, error)
	UpdateComment(ctx context.Context, id string, change func(*library.Comment) error) (*library.Comment, error)
	DeleteComment(ctx context.Context, id string) (deleted int64, err error)
	search.Library
	configure.Library
}

// DefaultHourlyLimit is the number of calls an hour that a Handler allows unless told otherwise.
const DefaultHourlyLimit = 1_000_000

// Options are the parts of a Handler. Catalog and Library are required.
type Options struct {
	Catalog catalog.Catalog
	Library Library
	// Objects are what the configuration endpoints read and write; nil is for a catalog that cannot be changed.
	Objects catalog.Objects
	// Bucket and Engine look at pictures for their details; without them details tell what is known.
	Bucket analysis.Bucket
	Engine engine.Engine
	// HourlyLimit is how many calls all replicas answer in an hour; zero means DefaultHourlyLimit.
	HourlyLimit int
	// Backup brings versions of assets back; nil where the environment has none.
	Backup Backup
	// Settle notes what was used, so far as it is not in the library yet; nil does nothing.
	Settle func(ctx context.Context) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what fails inside; nil discards it.
	Logger *slog.Logger
}

// Handler serves the Admin API. It is safe for concurrent use.
type Handler struct {
	catalog catalog.Catalog
	library Library
	editor  *configure.Editor
	quota   *quota
	mailbox *notify.Mailbox
	backup  Backup
	settle  func(ctx context.Context) error
	looker  analysis.Stored
	now     func() time.Time
	logger  *slog.Logger
	// deleteLimit and deletePage bound a call that deletes by a condition.
	deleteLimit, deletePage int
}

// New makes a Handler.
func New(options Options) *Handler {
	h := &Handler{
		catalog: options.Catalog,
		library: options.Library,
		backup:  options.Backup,
		settle:  options.Settle,
		looker:  analysis.Stored{Bucket: options.Bucket, Library: options.Library, Engine: options.Engine},
		now:     options.Now,
		logger:  options.Logger,

		deleteLimit: defaultDeleteLimit,
		deletePage:  defaultDeletePage,
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	if options.Objects != nil {
		h.editor = configure.New(options.Objects, options.Library)
	}
	h.mailbox = &notify.Mailbox{Queue: h.library, Now: h.now}
	limit := options.HourlyLimit
	if limit <= 0 {
		limit = DefaultHourlyLimit
	}
	h.quota = &quota{limit: limit, now: h.now, count: h.library.CountCalls}
	return h
}

// call is one request, authenticated and decoded.
type call struct {
	context  context.Context
	snapshot *catalog.Snapshot
	links    wire.Links
	apiKey   string
	// requestID is that of the answer.
	requestID string
	params    wire.Params
	// path is what the route's wildcards stand for.
	path []string
	// status is what the answer has; zero is 200.
	status int
}

// maxBody bounds the body of a request.
const maxBody = 4 << 20

// ServeHTTP serves /v1_1/<cloud>/... and /v2/... .
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wire.EnsureRequestID(w)
	h.quota.show(w.Header())
	answer, status, err := h.serve(w, r)
	switch {
	case err != nil && isV2(r):
		h.writeV2Problem(w, r, err)
		return
	case err != nil:
		wire.WriteProblem(w, r, h.logger, err)
		return
	}
	wire.WriteJSON(w, cmp.Or(status, http.StatusOK), answer)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (answer wire.Object, status int, err error) {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil, 0, problem.Unavailable("The configuration", nil)
	}
	cloud, segments, err := splitPath(r.URL.EscapedPath())
	if err != nil {
		return nil, 0, err
	}
	if isShared(r.Method, segments) && !isV2(r) {
		answer, err := h.serveShared(r, cloud, segments[2], snapshot)
		return answer, 0, err
	}
	key, err := h.authenticate(r, cloud, snapshot)
	if err != nil {
		return nil, 0, err
	}
	if err := h.quota.take(r.Context(), w.Header()); err != nil {
		return nil, 0, err
	}
	params, err := wire.ReadParams(r, maxBody)
	if err != nil {
		return nil, 0, err
	}
	route := h.route
	if isV2(r) {
		route = h.routeV2
	}
	method := method(r, params)
	handle, path := route(method, segments)
	if handle == nil {
		return nil, 0, problem.NotFound("No such endpoint: %s /%s", method, strings.Join(segments, "/"))
	}
	c := &call{
		context:  r.Context(),
		snapshot: snapshot,
		links:    wire.Links{Environment: snapshot.Environment, Secret: key.APISecret},
		apiKey:   key.APIKey,
		params:   params,
		path:     path,

		requestID: w.Header().Get(wire.RequestIDHeader),
	}
	answer, err = handle(c)
	return answer, c.status, err
}

// method is that of a request; a POST can stand for what forms and some proxies cannot send, by a parameter.
func method(r *http.Request, params wire.Params) string {
	wanted := strings.ToUpper(params.String("_method"))
	if r.Method == http.MethodPost && (wanted == http.MethodPut || wanted == http.MethodDelete) {
		return wanted
	}
	return r.Method
}
