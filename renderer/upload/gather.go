package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// gathered are the pictures of a call that makes one file of several.
type gathered struct {
	handler *Handler
	call    *call
	// tag selects assets; empty for pictures of URLs.
	tag      string
	pictures []gatheredPicture
	// fetched are the objects that URLs were stored as for the time of the call.
	fetched []*object
}

// gatheredPicture is one picture, opened.
type gatheredPicture struct {
	file *os.File
	// name is the public ID, or the last part of the URL without its extension.
	name          string
	width, height int
}

// gather opens the pictures that tag or urls select. transformation is applied to each of the assets; empty for none.
func (h *Handler) gather(ctx context.Context, c *call, transformation string) (_ *gathered, err error) {
	g := &gathered{handler: h, call: c, tag: c.params.String("tag")}
	urls := c.params.List("urls")
	if (g.tag == "") == (len(urls) == 0) {
		return nil, problem.BadRequest("Missing required parameter - either tag or urls")
	}
	defer func() {
		if err != nil {
			g.close(ctx)
		}
	}()
	if h.meter != nil {
		if err := h.meter.MayRender(); err != nil {
			return nil, err
		}
	}
	if len(urls) > engine.MaxAssembled {
		return nil, problem.BadRequest("Too many urls. Got %d. Maximum is %d.", len(urls), engine.MaxAssembled)
	}
	for _, url := range urls {
		if transformation != "" {
			return nil, problem.BadRequest("Invalid transformation: pictures of urls are taken as they are")
		}
		if err := g.fetch(ctx, url); err != nil {
			return nil, err
		}
	}
	if g.tag != "" {
		return g, g.openTagged(ctx, transformation)
	}
	return g, nil
}

// fetch downloads a picture.
func (g *gathered) fetch(ctx context.Context, url string) error {
	environment := &g.call.snapshot.Environment
	stored, err := g.handler.storeRemote(ctx, environment, url, environment.MaxImageBytes)
	if err != nil {
		return err
	}
	g.fetched = append(g.fetched, stored)
	file, err := g.handler.bucket.File(ctx, stored.key)
	if err != nil {
		return wire.Unavailable("The bucket", err)
	}
	name, _ := splitFilename(path.Base(stored.filename))
	g.pictures = append(g.pictures, gatheredPicture{file: file, name: name})
	probed, err := g.handler.engine.Probe(ctx, engine.ProbeRequest{File: file, Limits: g.limits()})
	if err != nil {
		return err
	}
	last := &g.pictures[len(g.pictures)-1]
	last.width, last.height = probed.Width, probed.Height
	return nil
}

// openTagged opens the images with the tag, in the order of their public IDs.
func (g *gathered) openTagged(ctx context.Context, transformation string) error {
	options := library.ListOptions{ResourceType: library.Image, Type: g.call.deliveryType(), Tag: g.tag, MaxResults: library.MaxMaxResults}
	page, err := g.handler.library.List(ctx, options)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	if g.call.public {
		page.Assets = slices.DeleteFunc(page.Assets, func(asset *library.Asset) bool {
			return asset.AccessMode == "authenticated" || len(asset.AccessControl) > 0
		})
	}
	switch {
	case len(page.Assets) == 0:
		return problem.NotFound("Resource not found - %s", printable(g.tag))
	case len(page.Assets) > engine.MaxAssembled || page.NextCursor != "":
		return problem.BadRequest("Too many images with the tag %s. Maximum is %d.", printable(g.tag), engine.MaxAssembled)
	}
	slices.SortFunc(page.Assets, func(a, b *library.Asset) int { return strings.Compare(a.PublicID, b.PublicID) })
	for _, asset := range page.Assets {
		picture, err := g.openAsset(ctx, asset, transformation)
		if err != nil {
			return err
		}
		g.pictures = append(g.pictures, picture)
	}
	return nil
}

func (g *gathered) openAsset(ctx context.Context, asset *library.Asset, transformation string) (gatheredPicture, error) {
	picture := gatheredPicture{name: asset.PublicID, width: asset.Width, height: asset.Height}
	if transformation != "" {
		if g.handler.deriver == nil {
			return picture, problem.BadRequest("Transformations are not available")
		}
		derived, err := g.handler.deriver.Open(ctx, asset, transformation, "png")
		if err != nil {
			return picture, err
		}
		if derived != nil {
			defer func() { _ = derived.Close() }() // It was only read.
			picture.width, picture.height = derived.Width, derived.Height
			picture.file, err = inMemory(derived.Content)
			return picture, err
		}
	}
	file, err := g.handler.bucket.File(ctx, asset.ObjectKey)
	if errors.Is(err, bucket.ErrNotFound) {
		return picture, problem.BadRequest("Resource was replaced meanwhile - %s", printable(asset.PublicID))
	}
	if err != nil {
		return picture, wire.Unavailable("The bucket", err)
	}
	picture.file = file
	return picture, nil
}

// limits are those of the environment for what is read and what is made.
func (g *gathered) limits() engine.Limits {
	environment := &g.call.snapshot.Environment
	return engine.Limits{MaxInputPixels: environment.MaxImagePixels, MaxOutputPixels: environment.MaxOutputPixels}
}

// files are those of the pictures.
func (g *gathered) files() []*os.File {
	files := make([]*os.File, len(g.pictures))
	for i, picture := range g.pictures {
		files[i] = picture.file
	}
	return files
}

// close closes the pictures, and deletes what was fetched.
func (g *gathered) close(ctx context.Context) {
	for _, picture := range g.pictures {
		if picture.file != nil {
			closing(picture.file)
		}
	}
	for _, fetched := range g.fetched {
		g.handler.discard(ctx, fetched)
	}
}

// inMemory copies content to an anonymous file.
func inMemory(content io.Reader) (*os.File, error) {
	descriptor, err := unix.MemfdCreate("picture", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("create a memory file: %w", err))
	}
	file := os.NewFile(uintptr(descriptor), "picture")
	if _, err := io.Copy(file, content); err != nil {
		closing(file)
		return nil, problem.Failed(fmt.Errorf("copy a derived file: %w", err))
	}
	return file, nil
}

// made is a file that was made of several pictures.
type made struct {
	result *engine.RenderResult
	// deliveryType and publicID are what it is stored as.
	deliveryType, publicID string
	regions                map[string][][2]int
	// event is what is told of it, fields the notification and the answer.
	event  string
	fields func(asset *library.Asset, links wire.Links) wire.Object
}

// assembled answers a call that makes one file of several pictures: it stores the file, leaves that to a job, or writes it to the
// caller who only wants to download it. The answer is nil then.
func (h *Handler) assembled(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot, build func(context.Context, *call) (*made, error)) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	async, err := c.checkMode(r.Method)
	if err != nil {
		return nil, err
	}
	if async {
		return h.callLater(r.Context(), c)
	}
	m, err := build(r.Context(), c)
	if err != nil {
		return nil, err
	}
	if c.params.String("mode") != "download" {
		return h.keep(r.Context(), c, m, "")
	}
	defer closing(m.result.Output)
	h.count(m)
	name := m.publicID[strings.LastIndexByte(m.publicID, '/')+1:]
	writeFile(w, "attachment", name+"."+m.result.Format, "image/"+m.result.Format)
	h.send(w, io.NewSectionReader(m.result.Output, 0, m.result.Bytes), false)
	return nil, nil
}

// count has the meter know of a file that was made.
func (h *Handler) count(m *made) {
	if h.meter != nil {
		h.meter.Rendered(m.result.CPU, 0)
	}
}

// keep stores a file that was made, and tells of it. once is a mark under which that happens a single time; empty for none.
func (h *Handler) keep(ctx context.Context, c *call, m *made, once string) (wire.Object, error) {
	defer closing(m.result.Output)
	h.count(m)
	told, err := h.audience(m.event, c.params, c.snapshot)
	if err != nil {
		return nil, err
	}
	who := signer(c.key, c.params)
	if c.public {
		who.key, who.system = nil, library.Uploader{Kind: library.UploaderSystem, Name: library.SystemDelivery}
	}
	taken := &intake{
		handler: h, snapshot: c.snapshot, requestID: c.route.requestID, caller: who, links: c.links(),
		event: m.event, fields: m.fields, params: c.params, batchID: c.batchID,
		wanted: &settings{
			resourceType: library.Image, deliveryType: m.deliveryType, publicID: m.publicID, discardFilename: true, overwrite: true, told: told, once: once,
		},
	}
	taken.wanted.said.Regions = m.regions
	defer func() { h.discard(ctx, taken.object) }()
	content := io.NewSectionReader(m.result.Output, 0, m.result.Bytes)
	if taken.object, err = h.store(ctx, content, "file."+m.result.Format, math.MaxInt64); err != nil {
		return nil, err
	}
	stored, err := taken.finish(ctx)
	if err != nil || stored.Asset == nil {
		return nil, err
	}
	return m.fields(stored.Asset, taken.links), nil
}

// checkMode checks the mode of a call, of which only a download may come without a body, and says whether it is left to a job.
func (c *call) checkMode(method string) (async bool, err error) {
	mode := c.params.String("mode")
	if !slices.Contains([]string{"", "create", "download"}, mode) {
		return false, problem.BadRequest("Invalid mode %s: it must be create or download", printable(mode))
	}
	if mode != "download" && method != http.MethodPost {
		return false, problem.BadRequest("Invalid mode for a download link: it must be download")
	}
	async, err = c.params.Bool("async", false)
	return async && mode != "download", err
}

// publicID is the one of what is made of them: their tag, or a random name for pictures of URLs. A tag that cannot be a
// public ID is a 400.
func (g *gathered) publicID() (string, error) {
	if g.tag == "" {
		return randomName(20), nil
	}
	return g.tag, wire.CheckID("tag", g.tag)
}
