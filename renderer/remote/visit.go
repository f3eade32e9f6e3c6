package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// visit is one look at a source.
type visit struct {
	store       *Store
	environment *catalog.Environment
	key         library.Key
	url         string
	// asset is the stored version, nil when there is none.
	asset *library.Asset
	// mapped says that the asset becomes an upload, which is never compared with its source.
	mapped bool
	// by is who has the asset stored.
	by library.Uploader
}

// make downloads the file, or finds that the stored version is current. What fails is remembered for a short time.
func (v *visit) make(ctx context.Context) (*library.Asset, error) {
	asset, err := v.look(ctx)
	if err == nil {
		return asset, nil
	}
	p := problem.From(err)
	v.store.failed.remember(v.key, p)
	if v.asset != nil {
		v.store.logger.WarnContext(ctx, "a fetched file could not be compared with its source and stays as it is", "url", v.url, "error", err)
		v.store.fresh.put(v.asset.VersionID, v.store.now().Add(retryAfter))
	}
	return nil, p
}

func (v *visit) look(ctx context.Context) (*library.Asset, error) {
	fetcher, err := v.store.fetcherOf(v.environment)
	if err != nil {
		return nil, err
	}
	var earlier fetch.Validators
	if v.asset != nil {
		if source, err := v.store.library.Source(ctx, v.asset.AssetID); err == nil {
			earlier = fetch.Validators{ETag: source.ETag, LastModified: source.LastModified}
		}
	}
	response, err := fetcher.GetChanged(ctx, v.url, v.limit(), earlier)
	if err != nil {
		return nil, err
	}
	if response.Body == nil {
		v.note(ctx, v.asset, response)
		return v.asset, nil
	}
	defer response.Body.Close()
	return v.take(ctx, response)
}

// limit bounds the bytes of a file.
func (v *visit) limit() int64 {
	if v.key.ResourceType == library.Image {
		return v.environment.MaxImageBytes
	}
	return v.environment.MaxRawBytes
}

// take stores what comes, unless it is what is stored already.
func (v *visit) take(ctx context.Context, response *fetch.Response) (_ *library.Asset, err error) {
	objectKey := bucket.NewKey("originals")
	if err := v.store.library.ReserveObject(ctx, objectKey, v.store.now().Add(reservation)); err != nil {
		return nil, unavailable("The database", fmt.Errorf("reserve object %s: %w", objectKey, err))
	}
	owned := false
	defer func() {
		if !owned {
			v.discard(ctx, objectKey)
		}
	}()
	written, err := v.store.bucket.Put(ctx, objectKey, response.Body, "application/octet-stream")
	if err != nil {
		return nil, unavailable("The bucket", fmt.Errorf("store %s: %w", v.url, err))
	}
	if written.Bytes == 0 {
		return nil, problem.NotFound("Error in loading %s - the file is empty", v.url)
	}
	if v.asset != nil && written.MD5 == v.asset.ETag {
		v.note(ctx, v.asset, response)
		return v.asset, nil
	}
	asset := &library.Asset{
		ResourceType: v.key.ResourceType, Type: v.key.Type, PublicID: v.key.PublicID, AccessMode: "public", UploadedBy: v.by,
		Bytes: written.Bytes, ETag: written.MD5, ObjectKey: objectKey,
	}
	if err := v.identify(ctx, asset); err != nil {
		return nil, err
	}
	// What somebody has uploaded meanwhile counts more than what a mapping brings.
	stored, err := v.store.library.StoreAsset(ctx, asset, library.StoreOptions{Overwrite: !v.mapped})
	if err != nil {
		// Whether the row was written is not known: if not, the reservation ends.
		owned = true
		return nil, unavailable("The database", fmt.Errorf("store asset %q: %w", v.key.PublicID, err))
	}
	owned = !stored.Existing
	if !v.mapped {
		v.note(ctx, stored.Asset, response)
	}
	return stored.Asset, nil
}

// identify finds out what the file is. A picture must be one, and whole.
func (v *visit) identify(ctx context.Context, asset *library.Asset) error {
	name := "file"
	if parsed, err := url.Parse(v.url); err == nil {
		if base := path.Base(parsed.Path); base != "." && base != "/" {
			name = base
		}
	}
	asset.DisplayName, asset.OriginalFilename = name, strings.TrimSuffix(name, path.Ext(name))
	if v.mapped {
		asset.DisplayName = path.Base(asset.PublicID)
		if folder := path.Dir(asset.PublicID); v.environment.DynamicFolders && folder != "." {
			asset.AssetFolder = folder
		}
	}
	if asset.ResourceType != library.Image {
		asset.Format = strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
		return nil
	}
	file, err := v.store.bucket.File(ctx, asset.ObjectKey)
	if err != nil {
		return unavailable("The bucket", fmt.Errorf("open object %s: %w", asset.ObjectKey, err))
	}
	defer file.Close()
	found, err := v.store.engine.Probe(ctx, engine.ProbeRequest{File: file, Verify: true, Limits: engine.Limits{MaxInputPixels: v.environment.MaxImagePixels}})
	if err != nil {
		return err
	}
	asset.Format, asset.Width, asset.Height, asset.Pages, asset.Alpha = found.Format, found.Width, found.Height, found.Pages, found.Alpha
	return nil
}

// note writes down until when the version is current. That it could not be is no reason to fail the request.
func (v *visit) note(ctx context.Context, asset *library.Asset, response *fetch.Response) {
	refetch := time.Duration(v.environment.RefetchAfter) * time.Second
	if refetch <= 0 {
		refetch = defaultRefetch
	}
	until := v.store.now().Add(max(refetch, response.Fresh))
	v.store.fresh.put(asset.VersionID, until)
	err := v.store.library.SaveSource(ctx, &library.Source{
		AssetID: asset.AssetID, ETag: response.Validators.ETag, LastModified: response.Validators.LastModified, FreshUntil: until,
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		v.store.logger.WarnContext(ctx, "the source of a fetched file could not be noted", "url", v.url, "error", err)
	}
}

// discard deletes an object that no asset owns. What cannot be deleted now is collected when its reservation ends.
func (v *visit) discard(ctx context.Context, objectKey string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err := v.store.bucket.Delete(ctx, objectKey)
	if err == nil {
		err = v.store.library.ReserveObject(ctx, objectKey, v.store.now())
	}
	if err != nil {
		v.store.logger.WarnContext(ctx, "a refused file waits for garbage collection", "object", objectKey, "error", err)
	}
}
