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
	"slices"
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
	// An SDK may write the JSON of a manifest that is not there, which is null.
	if wanted.JSON == "null" {
		wanted.JSON = ""
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

// readSlideshow reads the manifest, and the transformation that makes a slide of a picture. Videos know none.
func (i *intake) readSlideshow() (*manifest, *transform.Plan, error) {
	m, err := parseManifest(i.slideshow.Transformed, i.slideshow.JSON)
	if err != nil {
		return nil, nil, err
	}
	if pixels, limit := int64(m.width)*int64(m.height), i.snapshot.Environment.MaxOutputPixels; pixels > limit {
		return nil, nil, problem.BadRequest("The slideshow has too many pixels. Got %d. Maximum is %d.", pixels, limit)
	}
	if slices.ContainsFunc(m.slides, func(slide manifestSlide) bool { return slide.shown.Video }) {
		if err := i.checkVideoSlides(); err != nil {
			return nil, nil, err
		}
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

// checkVideoSlides refuses a transformation, which would be one of videos. How files are packed is nothing to slides.
func (i *intake) checkVideoSlides() error {
	plan, err := transform.Parse(i.slideshow.Transformation, named(i.snapshot))
	if err != nil {
		return err
	}
	plan.Output = transform.Output{}
	if !plan.IsIdentity() {
		return problem.BadRequest("Invalid transformation - %s: it cannot be applied to slides that are videos", printable(i.slideshow.Transformation))
	}
	return nil
}

// makeSlideshow makes the video and stores its bytes.
func (i *intake) makeSlideshow(ctx context.Context) (*object, error) {
	m, plan, err := i.readSlideshow()
	if err != nil {
		return nil, err
	}
	h := i.handler
	request := &engine.SlideshowRequest{FrameRate: m.rate, Seconds: m.seconds, Limits: engine.Limits{Deadline: slideshowDeadline, MaxInputPixels: i.limits().MaxInputPixels}}
	defer func() { closing(request.Files...) }()
	var used time.Duration
	videos := 0
	for _, slide := range m.slides {
		frame, err := i.makeSlide(ctx, &slide, m, plan)
		if err != nil {
			return nil, err
		}
		if slide.shown.Video {
			videos++
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
	if videos > engine.MaxVideoSlides {
		return nil, tooManyVideos(videos)
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

// makeSlide renders a picture as a frame, or opens a video, which fills frames when the slideshow is made.
func (i *intake) makeSlide(ctx context.Context, slide *manifestSlide, m *manifest, plan *transform.Plan) (*engine.RenderResult, error) {
	source, err := i.openSlide(ctx, slide)
	if err != nil {
		return nil, err
	}
	name := printable(cmp.Or(slide.publicID, slide.url))
	if slide.shown.Video {
		if err := i.checkVideoSlide(ctx, source.File); err != nil {
			closing(source.File)
			return nil, badSlide(name, err)
		}
		return &engine.RenderResult{Output: source.File, Width: m.width, Height: m.height}, nil
	}
	defer closing(source.File)
	layers, err := i.openLayers(ctx, plan)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	limits := i.limits()
	frame, err := i.handler.engine.Render(ctx, &engine.RenderRequest{Plan: *plan, Source: *source, Layers: layers.Sources, Styles: layers.Styles, Format: "png", Limits: limits})
	return frame, badSlide(name, err)
}

// badSlide has a refusal name the slide.
func badSlide(name string, err error) error {
	if refused, ok := errors.AsType[*problem.Problem](err); ok && refused.Status == http.StatusBadRequest {
		return problem.BadRequest("Error in slide %s - %s", name, refused.Message)
	}
	return err
}

// checkVideoSlide refuses a file that has no pictures to show.
func (i *intake) checkVideoSlide(ctx context.Context, file *os.File) error {
	if err := i.checkVideoSlides(); err != nil {
		return err
	}
	found, err := i.handler.engine.Video(ctx, engine.VideoRequest{File: file, Limits: i.limits()})
	if err == nil && found.Picture == nil {
		err = problem.BadRequest("it is a sound")
	}
	return err
}

// openSlide opens what a slide shows, an upload or what is at a URL, which is kept no longer than it is open.
func (i *intake) openSlide(ctx context.Context, slide *manifestSlide) (*engine.Source, error) {
	h, source := i.handler, &engine.Source{}
	if slide.url != "" {
		environment := &i.snapshot.Environment
		fetched, err := h.storeRemote(ctx, environment, slide.url, max(environment.MaxImageBytes, environment.MaxRawBytes))
		if err != nil {
			return nil, err
		}
		defer h.discard(ctx, fetched)
		head, err := h.bucket.Head(ctx, fetched.key, sniffLength)
		if err != nil {
			return nil, wire.Unavailable("The bucket", err)
		}
		slide.shown.Video = kindOf(head).resourceType == library.Video
		if limit := environment.MaxImageBytes; !slide.shown.Video && fetched.bytes > limit {
			return nil, tooLarge(fetched.bytes, limit)
		}
		source.File, err = i.openObject(ctx, fetched.key, slide.url)
		return source, err
	}
	resourceType := library.Image
	if slide.shown.Video {
		resourceType = library.Video
	}
	asset, err := h.library.Asset(ctx, library.Key{ResourceType: resourceType, Type: "upload", PublicID: slide.publicID})
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", printable(slide.publicID))
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	*source = engine.Source{
		Format: asset.Format, Width: asset.Width, Height: asset.Height, Faces: asset.Faces, Custom: asset.Custom, Regions: asset.Regions,
		PublicID: asset.PublicID, Tags: asset.Tags, Context: asset.Context,
	}
	source.File, err = i.openObject(ctx, asset.ObjectKey, asset.PublicID)
	return source, err
}

// openObject opens the bytes of what is called name.
func (i *intake) openObject(ctx context.Context, key, name string) (*os.File, error) {
	file, err := i.handler.bucket.File(ctx, key)
	if errors.Is(err, bucket.ErrNotFound) {
		return nil, problem.BadRequest("Resource was replaced meanwhile - %s", printable(name))
	}
	if err != nil {
		return nil, wire.Unavailable("The bucket", err)
	}
	return file, nil
}
