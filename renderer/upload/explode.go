package upload

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxExploded bounds the pages of one call.
const maxExploded = 500

// allPages is what stands for each page in the transformation of explode.
var allPages = regexp.MustCompile(`\bpg_all\b`)

// explode has a job make a picture of each page of a document, or of each frame of an animation.
func (h *Handler) explode(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	publicID := wire.CleanID(c.params.String("public_id"))
	if publicID == "" {
		return nil, problem.BadRequest("Missing required parameter - public_id")
	}
	if h.deriver == nil {
		return nil, problem.BadRequest("Transformations are not available")
	}
	asset, err := h.library.Asset(r.Context(), library.Key{ResourceType: route.resourceType, Type: c.deliveryType(), PublicID: publicID})
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", printable(publicID))
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	job, err := explodeJob(c, asset)
	if err != nil {
		return nil, err
	}
	if job.Told, err = h.audience(notify.Explode, c.params, snapshot); err != nil {
		return nil, err
	}
	id := library.NewJobID()
	job.BatchID = batchOf(c.params, id)
	enqueued, err := newJob(id, EagerJobKind, job)
	if err != nil {
		return nil, err
	}
	if err := h.library.EnqueueJobs(r.Context(), enqueued); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return wire.Object{"status": "processing", "batch_id": job.BatchID}, nil
}

// explodeJob is the job of all pages.
func explodeJob(c *call, asset *library.Asset) (*eagerJob, error) {
	if asset.ResourceType != library.Image {
		return nil, problem.BadRequest("Only images have pages")
	}
	pages := max(asset.Pages, 1)
	if pages > maxExploded {
		return nil, problem.BadRequest("Too many pages. Got %d. Maximum is %d.", pages, maxExploded)
	}
	transformation, format := c.params.String("transformation"), canonical(c.params.String("format"))
	switch {
	case transformation == "":
		transformation = "pg_all"
	case !allPages.MatchString(transformation):
		return nil, problem.BadRequest("Invalid transformation - %s: it must contain pg_all", printable(transformation))
	}
	if format == "" {
		format = "png"
	}
	if !writable(format) {
		return nil, problem.BadRequest("Invalid extension in format: %s", printable(format))
	}
	if _, err := transform.Parse(allPages.ReplaceAllString(transformation, "pg_1"), named(c.snapshot)); err != nil {
		return nil, err
	}
	job := &eagerJob{AssetID: asset.AssetID, Version: asset.Version, APIKey: c.key.APIKey, RequestID: c.route.requestID, Explodes: true}
	for page := 1; page <= pages; page++ {
		request := eagerRequest{transformation: allPages.ReplaceAllString(transformation, "pg_"+strconv.Itoa(page)), format: format}
		job.Eager = append(job.Eager, request.text())
	}
	return job, nil
}
