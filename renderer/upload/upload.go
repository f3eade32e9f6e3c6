package upload

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// upload takes a file in: bytes first, then everything that may refuse them, then the row.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	if err := checkBearer(r); err != nil {
		return nil, err
	}
	part, err := parseChunk(r.Header)
	if err != nil {
		return nil, err
	}
	environment := &snapshot.Environment
	received, err := h.receive(r, part, route.cloud, snapshot, maxBytes(environment, route.resourceType))
	if err != nil {
		return nil, err
	}
	intake := &intake{handler: h, snapshot: snapshot, requestID: route.requestID, object: received.stored}
	// Whatever is not owned by an asset in the end must go.
	defer func() { h.discard(r.Context(), intake.object) }()

	who, err := received.authorize()
	if err != nil {
		return nil, err
	}
	params, err := applyPreset(received.params, who.preset, who.key == nil)
	if err != nil {
		return nil, err
	}
	intake.params, intake.pathType = params, route.resourceType
	intake.caller, intake.links = who, wire.Links{Environment: *environment, Secret: who.secret}
	if err := intake.readSettings(); err != nil {
		return nil, err
	}
	if who.key == nil && strings.HasPrefix(strings.ToLower(received.url), "s3:") {
		// A bucket's owner trusts those who hold a key, not everybody who knows a preset.
		return nil, problem.BadRequest("Error in loading %s - only signed uploads read buckets", printable(received.url))
	}
	if _, err := redirectTo(r, intake.wanted.callback, nil); err != nil {
		return nil, err
	}
	if intake.object != nil && (intake.wanted.async || part != nil) {
		if err := intake.settle(); err != nil {
			return nil, err
		}
	}
	if intake.wanted.async && part == nil && (received.url != "" || intake.object != nil) {
		answer, err := intake.later(r.Context(), received.url)
		if err != nil {
			return nil, err
		}
		return sendOn(w, r, intake.wanted.callback, answer)
	}
	if received.url != "" {
		limit := maxBytes(environment, intake.wanted.resourceType)
		if intake.object, err = h.storeRemote(r.Context(), environment, received.url, limit); err != nil {
			return nil, err
		}
	}
	if intake.object == nil {
		return nil, problem.BadRequest("Missing required parameter - file")
	}
	if part != nil {
		if err := part.readUploadID(received.params); err != nil {
			return nil, err
		}
		if err := part.check(intake.object.bytes, maxBytes(environment, intake.wanted.resourceType)); err != nil {
			return nil, err
		}
		if h.meter != nil && part.total > 0 {
			if err := h.meter.MayStore(part.total); err != nil {
				return nil, err
			}
		}
		if !part.whole() {
			answer, err := intake.addChunk(r.Context(), part, params.String("public_id"))
			if err != nil || answer != nil {
				intake.endChunks(r.Context(), err)
				return answer, err
			}
		}
	}
	stored, err := intake.finish(r.Context())
	if err != nil {
		intake.endChunks(r.Context(), err)
		return nil, err
	}
	answer := intake.answer(r.Context(), stored)
	if intake.wanted.deleteToken && !stored.Existing {
		key := snapshot.Primary()
		if who.key != nil {
			key = *who.key
		}
		if answer["delete_token"], err = deleteToken(stored.Asset, &key, h.now()); err != nil {
			return nil, err
		}
	}
	return sendOn(w, r, intake.wanted.callback, answer)
}

// readSettings reads the parameters, and what follows from them.
func (i *intake) readSettings() (err error) {
	if i.wanted, err = parseSettings(i.params, i.pathType, i.caller.key == nil, i.snapshot); err != nil {
		return err
	}
	if err := notify.CheckBatchID(i.params.String("batch_id")); err != nil {
		return err
	}
	if err := i.handler.readBackup(i.wanted, i.params); err != nil {
		return err
	}
	if err := i.wanted.readAudience(i.handler, i.params, i.snapshot); err != nil {
		return err
	}
	i.eager = nil
	if len(i.wanted.eager)+len(i.wanted.breakpoints) > 0 {
		i.eager = &eagerWork{
			handler: i.handler, requests: i.wanted.eager, breakpoints: i.wanted.breakpoints, async: i.wanted.eagerAsync,
			told: i.wanted.toldEager, links: i.links, event: i.told("", nil),
		}
	}
	return nil
}

// apiKey is that of the caller; empty for an unsigned upload.
func (i *intake) apiKey() string {
	if i.caller.key == nil {
		return ""
	}
	return i.caller.key.APIKey
}

// answer makes what is made of a stored asset while the caller waits, and tells of all of it.
func (i *intake) answer(ctx context.Context, stored *library.Stored) wire.Object {
	h := i.handler
	answer := h.answer(stored, i, i.caller, i.links)
	if stored.Existing {
		return answer
	}
	if i.eager != nil {
		i.eager.finish(ctx, stored.Asset, answer)
	}
	hook := &scripted{source: i.wanted.onSuccess, snapshot: i.snapshot, event: i.told("", nil)}
	if updated := h.succeed(ctx, hook, stored.Asset, answer); updated != stored.Asset {
		stored.Asset = updated
		maps.Copy(answer, h.answer(stored, i, i.caller, i.links))
	}
	if i.wanted.eval != "" {
		hooks, _ := answer["hook_execution"].(wire.Object)
		if hooks == nil {
			hooks = wire.Object{}
		}
		hooks["eval"] = wire.Object{"status": "success"}
		answer["hook_execution"] = hooks
	}
	return answer
}

// maxBytes is the size limit for a resource type; the largest one while the type is not known.
func maxBytes(environment *catalog.Environment, resourceType string) int64 {
	switch resourceType {
	case library.Image:
		return environment.MaxImageBytes
	case resourceAuto:
		return max(environment.MaxImageBytes, environment.MaxRawBytes)
	}
	return environment.MaxRawBytes
}

// intake is one file on its way from the client to the library.
type intake struct {
	handler  *Handler
	snapshot *catalog.Snapshot
	wanted   *settings
	// params are those that wanted was read from, with the type of the path: a program may change them.
	params   wire.Params
	pathType string
	// caller and links make the answer, which is also what others are notified of.
	caller    *caller
	links     wire.Links
	requestID string
	// eager is nil without eager transformations.
	eager *eagerWork
	// chunked is the upload in chunks that object was joined from; empty for any other.
	chunked string
	// object holds the bytes until an asset owns them; then it is nil.
	object *object
	asset  *library.Asset
	// extension is that of the client's name for the file.
	extension string
	// batchID is that of the job that finishes the upload; empty where somebody waits for it.
	batchID string
	// event is what those who are told are told of, an upload when it is empty; fields, when not nil, is what they are told.
	event  string
	fields func(asset *library.Asset, links wire.Links) wire.Object
	// slideshow is what the file is made of by a job; nil for any that came.
	slideshow *slideshowJob
	// textStyle is that of a picture of text; nil for any other file.
	textStyle *library.TextStyle
}

// finish decides what the file is and stores the asset.
func (i *intake) finish(ctx context.Context) (*library.Stored, error) {
	if i.object.bytes == 0 {
		return nil, problem.BadRequest("Empty file")
	}
	filename := i.object.filename
	if i.wanted.filenameOverride != "" {
		filename = i.wanted.filenameOverride
	}
	name, extension := splitFilename(filename)
	i.extension = strings.ToLower(extension)
	i.asset = &library.Asset{
		Type:       i.wanted.deliveryType,
		Sample:     i.wanted.sample,
		TextStyle:  i.textStyle,
		UploadedBy: i.caller.uploader(),
	}
	if !i.wanted.discardFilename {
		i.asset.OriginalFilename = name
	}
	i.describe()
	if err := i.identify(ctx); err != nil {
		return nil, err
	}
	publicID, err := chooseID(i.wanted, i.asset.ResourceType, name, i.extension)
	if err != nil {
		return nil, err
	}
	i.asset.PublicID = publicID
	i.asset.DisplayName = i.displayName(name)
	if err := i.settle(); err != nil {
		return nil, err
	}
	i.asset.Bytes, i.asset.ETag, i.asset.ObjectKey = i.object.bytes, i.object.md5, i.object.key

	// A client that goes away now must not leave it open whether the row was written.
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	stored, err := i.handler.library.StoreAsset(storing, i.asset, library.StoreOptions{
		Overwrite: i.wanted.overwrite,
		Once:      i.wanted.once,
		Chunked:   i.chunked,
		NoBackup:  i.wanted.noBackup,
		Describe:  func(next, previous *library.Asset) error { return i.wanted.describe(i.snapshot, next, previous) },
		Jobs:      i.notifications,
	})
	if err != nil {
		// Whether the asset owns the bytes now is not known: if not, their reservation ends and they are collected. What is
		// refused was not stored.
		if refused, ok := errors.AsType[*problem.Problem](err); !ok || refused.Status >= http.StatusInternalServerError {
			i.object = nil
		}
		return nil, wire.Unavailable("The database", err)
	}
	if !stored.Existing {
		i.object = nil
	}
	return stored, nil
}

// describe gives the asset what was said of it.
func (i *intake) describe() {
	i.asset.AccessMode = "public"
	i.wanted.said.Apply(i.asset)
	i.asset.AssetFolder = i.wanted.assetFolder
	if i.wanted.moderate {
		i.asset.Moderation = pending(i.handler.now())
	}
}

func (i *intake) displayName(filename string) string {
	switch {
	case i.wanted.said.DisplayName != "":
		return i.wanted.said.DisplayName
	case i.wanted.useFilenameAsDisplayName:
		return filename
	}
	return i.asset.PublicID[strings.LastIndexByte(i.asset.PublicID, '/')+1:]
}

// identify finds out what the file is, refuses what may not be stored, and converts what was asked to be. Raw files are not read
// beyond their first bytes: a bucket far away need not send what was just sent to it.
func (i *intake) identify(ctx context.Context) error {
	detected := kind{resourceType: library.Raw}
	if i.wanted.resourceType != library.Raw {
		head, err := i.head(ctx)
		if err != nil {
			return err
		}
		detected = kindOf(head).named(i.extension)
	}
	switch {
	case i.wanted.resourceType == library.Image || i.wanted.resourceType == resourceAuto && detected.resourceType == library.Image:
		return i.identifyImage(ctx, detected)
	case i.wanted.resourceType == library.Video && detected.resourceType != library.Video:
		return problem.BadRequest("Unsupported video format or file")
	case detected.resourceType == library.Video:
		return i.identifyVideo(ctx, detected)
	}
	return i.identifyRaw(ctx)
}

// identifyRaw is identify for what is neither a picture nor a video.
func (i *intake) identifyRaw(ctx context.Context) error {
	i.asset.ResourceType, i.asset.Format = library.Raw, i.extension
	if err := i.evaluate(ctx); err != nil {
		return err
	}
	return i.accept()
}

// identifyImage is identify for what is asked, or seems, to be a picture.
func (i *intake) identifyImage(ctx context.Context, detected kind) error {
	uncertain := i.wanted.resourceType == resourceAuto && !detected.certain
	if limit := i.snapshot.Environment.MaxImageBytes; i.object.bytes > limit && !i.wanted.sample {
		if uncertain {
			return i.identifyRaw(ctx)
		}
		return tooLarge(i.object.bytes, limit)
	}
	file, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer closing(file)
	err = i.beImage(ctx, file)
	if uncertain && err != nil && problem.From(err).Status == http.StatusBadRequest {
		return i.identifyRaw(ctx)
	}
	if err != nil {
		return err
	}
	if i.wanted.eval != "" { // which sees what was asked for
		if err := i.analyse(ctx, file); err != nil {
			return err
		}
		if err := i.evaluate(ctx); err != nil {
			return err
		}
	}
	if err := i.accept(); err != nil {
		return err
	}
	if i.mustRender() {
		return i.render(ctx, file)
	}
	return i.analyse(ctx, file)
}

// accept refuses files that are too large for what they are, or of formats that are not allowed.
func (i *intake) accept() error {
	if limit := maxBytes(&i.snapshot.Environment, i.asset.ResourceType); i.object.bytes > limit && !i.wanted.sample {
		return tooLarge(i.object.bytes, limit)
	}
	return i.checkFormat()
}

// checkFormat refuses formats that are not allowed, unless the file is converted to one that is.
func (i *intake) checkFormat() error {
	allowed := i.wanted.allowedFormats
	if len(allowed) == 0 || slices.Contains(allowed, canonical(i.asset.Format)) {
		return nil
	}
	if i.asset.ResourceType == library.Image && i.wanted.format != "" && slices.Contains(allowed, i.wanted.format) {
		return nil
	}
	format := i.asset.Format
	if format == "" {
		format = "unknown"
	}
	kind := strings.ToUpper(i.asset.ResourceType[:1]) + i.asset.ResourceType[1:]
	return problem.BadRequest("%s file format %s not allowed", kind, format)
}

// closing closes files when the work on them is over; they were only read.
func closing(files ...*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
