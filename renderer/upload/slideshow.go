package upload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// slideshowDeadline bounds the making of a video, within the time of a job.
const slideshowDeadline = jobTimeout - time.Minute

// slideshowJob is what an upload is made of that no file came with.
type slideshowJob struct {
	// Transformed and JSON are the manifest in one of its forms, Transformation is applied to each slide.
	Transformed    string `json:"transformed,omitempty"`
	JSON           string `json:"json,omitempty"`
	Transformation string `json:"transformation,omitempty"`
}

// slideshow leaves the making of a video of pictures to a job. It is an upload: signed, or by an unsigned preset.
func (h *Handler) slideshow(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	if err := checkBearer(r); err != nil {
		return nil, err
	}
	params, err := wire.ReadParams(r, maxFieldBytes)
	if err != nil {
		return nil, err
	}
	if err := checkCloud(route.cloud, params, snapshot); err != nil {
		return nil, err
	}
	who, err := h.authorizeUpload(r, params, snapshot)
	if err != nil {
		return nil, err
	}
	if params, err = applyPreset(params, who.preset, who.key == nil); err != nil {
		return nil, err
	}
	wanted := &slideshowJob{
		Transformed: params.String("manifest_transformation"), JSON: params.String("manifest_json"), Transformation: params.String("transformation"),
	}
	// The video that comes of it is stored as it is.
	for _, used := range []string{"manifest_transformation", "manifest_json", "transformation", "format", "allowed_formats"} {
		clearParam(params, used)
	}
	i := &intake{
		handler: h, snapshot: snapshot, requestID: route.requestID, params: params, pathType: route.resourceType,
		caller: who, links: wire.Links{Environment: snapshot.Environment, Secret: who.secret}, slideshow: wanted,
	}
	if err := i.readSettings(); err != nil {
		return nil, err
	}
	if _, _, err := i.readSlideshow(); err != nil {
		return nil, err
	}
	if h.meter != nil {
		if err := h.meter.MayStore(0); err != nil {
			return nil, err
		}
		if err := h.meter.MayRender(); err != nil {
			return nil, err
		}
	}
	answer, err := i.later(r.Context(), "")
	if err != nil {
		return nil, err
	}
	return wire.Object{"status": "processing", "public_id": answer["public_id"], "batch_id": answer["batch_id"]}, nil
}

// readSlideshow reads the manifest, and the transformation that makes a slide of a picture.
func (i *intake) readSlideshow() (*manifest, *transform.Plan, error) {
	m, err := parseManifest(i.slideshow.Transformed, i.slideshow.JSON)
	if err != nil {
		return nil, nil, err
	}
	if pixels, limit := int64(m.width)*int64(m.height), i.snapshot.Environment.MaxOutputPixels; pixels > limit {
		return nil, nil, problem.BadRequest("The slideshow has too many pixels. Got %d. Maximum is %d.", pixels, limit)
	}
	components := []string{fmt.Sprintf("c_fill,h_%d,w_%d", m.height, m.width)}
	if i.slideshow.Transformation != "" {
		components = append(components, i.slideshow.Transformation)
	}
	// What is seen through has no place in a video.
	plan, err := transform.Parse(strings.Join(append(components, "b_black"), "/"), named(i.snapshot))
	if err != nil {
		return nil, nil, err
	}
	// A frame is no file yet: how that is packed is not for it.
	plan.Output = transform.Output{}
	return m, plan, nil
}

// makeSlideshow makes the video and stores its bytes.
func (i *intake) makeSlideshow(ctx context.Context) (*object, error) {
	m, plan, err := i.readSlideshow()
	if err != nil {
		return nil, err
	}
	h := i.handler
	request := &engine.SlideshowRequest{FrameRate: m.rate, Seconds: m.seconds, Limits: engine.Limits{Deadline: slideshowDeadline}}
	defer func() { closing(request.Files...) }()
	var used time.Duration
	for _, slide := range m.slides {
		frame, err := i.makeSlide(ctx, slide, plan)
		if err != nil {
			return nil, err
		}
		request.Files, request.Slides = append(request.Files, frame.Output), append(request.Slides, slide.shown)
		used += frame.CPU
		if request.Width == 0 {
			request.Width, request.Height = frame.Width, frame.Height
		}
		if frame.Width != request.Width || frame.Height != request.Height {
			return nil, problem.BadRequest("Invalid transformation - %s: it makes slides of different sizes", printable(i.slideshow.Transformation))
		}
	}
	result, err := h.engine.Slideshow(ctx, request)
	if err != nil {
		return nil, err
	}
	defer closing(result.Output)
	if h.meter != nil {
		h.meter.Rendered(used+result.CPU, 0)
	}
	return h.store(ctx, io.NewSectionReader(result.Output, 0, result.Bytes), "file."+result.Format, math.MaxInt64)
}

// makeSlide renders a picture as a frame.
func (i *intake) makeSlide(ctx context.Context, slide manifestSlide, plan *transform.Plan) (*engine.RenderResult, error) {
	source, name, err := i.openSlide(ctx, slide)
	if err != nil {
		return nil, err
	}
	defer closing(source.File)
	layers, err := i.openLayers(ctx, plan)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	limits := i.limits()
	frame, err := i.handler.engine.Render(ctx, &engine.RenderRequest{Plan: *plan, Source: *source, Layers: layers.Sources, Styles: layers.Styles, Format: "png", Limits: limits})
	if refused, ok := errors.AsType[*problem.Problem](err); ok && refused.Status == http.StatusBadRequest {
		return nil, problem.BadRequest("Error in slide %s - %s", printable(name), refused.Message)
	}
	return frame, err
}

// openSlide opens the picture of a slide, an upload or what is at a URL, which is kept no longer than it is open.
func (i *intake) openSlide(ctx context.Context, slide manifestSlide) (source *engine.Source, name string, err error) {
	h := i.handler
	name = cmp.Or(slide.publicID, slide.url)
	key, source := "", &engine.Source{}
	if slide.url != "" {
		fetched, err := h.storeRemote(ctx, &i.snapshot.Environment, slide.url, i.snapshot.Environment.MaxImageBytes)
		if err != nil {
			return nil, name, err
		}
		defer h.discard(ctx, fetched)
		key = fetched.key
	} else {
		asset, err := h.library.Asset(ctx, library.Key{ResourceType: library.Image, Type: "upload", PublicID: slide.publicID})
		if errors.Is(err, library.ErrNotFound) {
			return nil, name, problem.NotFound("Resource not found - %s", printable(slide.publicID))
		}
		if err != nil {
			return nil, name, wire.Unavailable("The database", err)
		}
		key = asset.ObjectKey
		*source = engine.Source{
			Format: asset.Format, Width: asset.Width, Height: asset.Height, Faces: asset.Faces, Custom: asset.Custom, Regions: asset.Regions,
			PublicID: asset.PublicID, Tags: asset.Tags, Context: asset.Context,
		}
	}
	var file *os.File
	if file, err = h.bucket.File(ctx, key); errors.Is(err, bucket.ErrNotFound) {
		return nil, name, problem.Conflict("Resource was replaced meanwhile - %s", printable(name))
	}
	if err != nil {
		return nil, name, wire.Unavailable("The bucket", err)
	}
	source.File = file
	return source, name, nil
}
