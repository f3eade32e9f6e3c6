// Package remote keeps assets whose bytes come from elsewhere: fetched URLs, remote layers and the pictures of social
// networks. They are downloaded once and stored like uploads; when their time is over they are compared with the source.
package remote

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// typeUpload is the delivery type of assets that are downloaded for a mapping.
const typeUpload = "upload"

// TypeFetch is the delivery type whose public IDs are URLs.
const TypeFetch = "fetch"

const (
	// defaultRefetch is how long a file is taken for current when the environment does not say.
	defaultRefetch = 7 * 24 * time.Hour
	// patience is how long a request waits for a comparison before it gets the stored version.
	patience = 3 * time.Second
	// retryAfter is when a comparison that failed is tried again.
	retryAfter = time.Minute
	// deadline bounds a download with everything that follows.
	deadline = 2 * time.Minute
	// reservation is how long an object may wait for its row.
	reservation = time.Hour
)

// Rows looks assets up; it may be one that remembers.
type Rows interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
}

// Library is what a Store needs of the library.
type Library interface {
	StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error)
	ReserveObject(ctx context.Context, objectKey string, until time.Time) error
	Source(ctx context.Context, assetID string) (*library.Source, error)
	SaveSource(ctx context.Context, source *library.Source) error
}

// Bucket is what a Store needs of the bucket.
type Bucket interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error)
	File(ctx context.Context, key string) (*os.File, error)
	Delete(ctx context.Context, key string) error
}

// Options are the parts of a Store; all but Now and Logger are required.
type Options struct {
	Catalog catalog.Catalog
	Rows    Rows
	Library Library
	Bucket  Bucket
	Engine  engine.Engine
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what goes wrong without failing a request; nil discards it.
	Logger *slog.Logger
}

// Store finds or downloads assets. It is safe for concurrent use.
type Store struct {
	catalog catalog.Catalog
	rows    Rows
	library Library
	bucket  Bucket
	engine  engine.Engine
	now     func() time.Time
	logger  *slog.Logger
	fetcher fetch.Kept
	flights singleflight.Group
	fresh   *times
	failed  *failures
}

// New makes a Store.
func New(options Options) *Store {
	s := &Store{
		catalog: options.Catalog, rows: options.Rows, library: options.Library, bucket: options.Bucket, engine: options.Engine,
		now: options.Now, logger: options.Logger,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	s.fresh, s.failed = newTimes(), newFailures(s.now)
	return s
}

// URL is where the bytes of a delivery type and public ID come from; ok is false when the type is not a remote one, or
// not one that the environment has a URL for.
func URL(environment *catalog.Environment, deliveryType, publicID string) (source string, ok bool) {
	if deliveryType == TypeFetch {
		return publicID, true
	}
	template, ok := environment.RemoteTypes[deliveryType]
	return strings.ReplaceAll(template, "{id}", url.QueryEscape(publicID)), ok
}

// Layer finds or downloads the picture at a URL, for a layer.
func (s *Store) Layer(ctx context.Context, rawURL string) (*library.Asset, error) {
	return s.Asset(ctx, library.Key{ResourceType: library.Image, Type: TypeFetch, PublicID: rawURL})
}

// Missing downloads an asset that is not there, when its folder is mapped to a place elsewhere; ext is the extension that was
// asked for, which the file there has. The asset is an upload like others from then on. Errors are library.ErrNotFound when
// the folder is not mapped or nothing is there either, and those of Asset.
func (s *Store) Missing(ctx context.Context, key library.Key, ext string) (*library.Asset, error) {
	snapshot := s.catalog.Current()
	if snapshot == nil || key.Type != typeUpload {
		return nil, library.ErrNotFound
	}
	source, ok := snapshot.Source(key.ResourceType, key.PublicID, ext)
	if !ok {
		return nil, library.ErrNotFound
	}
	mapping, _, _ := snapshot.MappingOf(key.PublicID)
	known := s.failed.recall(key)
	if known == nil {
		asset, err := s.join(ctx, &visit{store: s, environment: &snapshot.Environment, key: key, url: escapePath(source), mapped: true,
			by: library.Uploader{Kind: library.UploaderMapping, Name: mapping.Folder}})
		if err == nil {
			return asset, nil
		}
		if known, ok = errors.AsType[*problem.Problem](err); !ok {
			return nil, err
		}
	}
	if known.Status == http.StatusNotFound {
		// Where it was looked for is not the client's business.
		return nil, library.ErrNotFound
	}
	return nil, known
}

// escapePath makes a URL of a template and a decoded public ID.
func escapePath(source string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "\"", "%22", "<", "%3C", ">", "%3E", "#", "%23").Replace(source)
}

// Asset finds the asset, or downloads it: for the type fetch the public ID is the URL. Errors are library.ErrNotFound when
// the type is no remote one, *problem.Problem for what is wrong with the source, or the error of ctx. The download goes
// on when ctx ends. The row is shared and must not be changed.
func (s *Store) Asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	snapshot := s.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	source, ok := URL(&snapshot.Environment, key.Type, key.PublicID)
	if !ok {
		return nil, library.ErrNotFound
	}
	asset, err := s.rows.Asset(ctx, key)
	switch {
	case errors.Is(err, library.ErrNotFound):
		asset = nil
	case err != nil:
		return nil, unavailable("The database", fmt.Errorf("look up asset %q: %w", key.PublicID, err))
	case s.Fresh(ctx, asset):
		return asset, nil
	}
	if known := s.failed.recall(key); known != nil {
		if asset != nil {
			return asset, nil
		}
		return nil, known
	}
	return s.join(ctx, &visit{store: s, environment: &snapshot.Environment, key: key, url: source, asset: asset,
		by: library.Uploader{Kind: library.UploaderSystem, Name: library.SystemDelivery}})
}

// Fresh tells whether an asset is of this replica's knowledge current. One that has no source never grows old.
func (s *Store) Fresh(ctx context.Context, asset *library.Asset) bool {
	until, known := s.fresh.get(asset.VersionID)
	if !known {
		source, err := s.library.Source(ctx, asset.AssetID)
		switch {
		case errors.Is(err, library.ErrNotFound):
			until = s.now()
		case err != nil:
			return true // The database is away: what is there is better than nothing.
		default:
			until = source.FreshUntil
		}
		s.fresh.put(asset.VersionID, until)
	}
	return s.now().Before(until)
}

// join waits for the visit to the source that is under way, or makes it.
func (s *Store) join(ctx context.Context, v *visit) (*library.Asset, error) {
	detached := context.WithoutCancel(ctx)
	flight := s.flights.DoChan(v.key.ResourceType+"/"+v.key.Type+"/"+v.key.PublicID, func() (any, error) {
		ctx, cancel := context.WithTimeout(detached, deadline)
		defer cancel()
		return v.make(ctx)
	})
	var impatient <-chan time.Time
	if v.asset != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		impatient = timer.C
	}
	select {
	case result := <-flight:
		if result.Err != nil && v.asset != nil {
			return v.asset, nil
		}
		asset, _ := result.Val.(*library.Asset)
		return asset, result.Err
	case <-impatient:
		return v.asset, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// unavailable types an error of the database or the bucket.
func unavailable(part string, err error) error {
	if _, ok := errors.AsType[*problem.Problem](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	return problem.Unavailable(part, err)
}
