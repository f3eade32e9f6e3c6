package upload

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// upload takes a file in: bytes first, then everything that may refuse them, then the row.
func (h *Handler) upload(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	if err := checkBearer(r); err != nil {
		return nil, err
	}
	part, err := parseChunk(r.Header)
	if err != nil {
		return nil, err
	}
	environment := &snapshot.Environment
	received, err := h.receive(r, snapshot, maxBytes(environment, route.resourceType))
	if err != nil {
		return nil, err
	}
	intake := &intake{handler: h, snapshot: snapshot, requestID: route.requestID, object: received.stored}
	// Whatever is not owned by an asset in the end must go.
	defer func() { h.discard(r.Context(), intake.object) }()

	if err := checkCloud(route.cloud, received.params, snapshot); err != nil {
		return nil, err
	}
	who, err := h.authorizeUpload(received.params, snapshot)
	if err != nil {
		return nil, err
	}
	params, err := applyPreset(received.params, who.preset, who.key == nil)
	if err != nil {
		return nil, err
	}
	if intake.wanted, err = parseSettings(params, route.resourceType, who.key == nil, snapshot); err != nil {
		return nil, err
	}
	if err := intake.wanted.readAudience(h, params, snapshot); err != nil {
		return nil, err
	}
	intake.caller, intake.links = who, wire.Links{Environment: *environment, Secret: who.secret}
	if len(intake.wanted.eager) > 0 {
		intake.eager = &eagerWork{
			handler: h, requests: intake.wanted.eager, async: intake.wanted.eagerAsync, told: intake.wanted.toldEager, links: intake.links,
		}
		if who.key != nil {
			intake.eager.apiKey = who.key.APIKey
		}
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
		if err := part.check(intake.object.bytes, maxBytes(environment, intake.wanted.resourceType)); err != nil {
			return nil, err
		}
		if h.meter != nil && part.total > 0 {
			if err := h.meter.MayStore(part.total); err != nil {
				return nil, err
			}
		}
		if !part.whole() {
			answer, err := intake.addChunk(r.Context(), part, route, params.String("public_id"))
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
	answer := h.answer(stored, intake, who, intake.links)
	if intake.eager != nil && !stored.Existing {
		intake.eager.finish(r.Context(), stored.Asset, answer)
	}
	if intake.wanted.deleteToken && !stored.Existing {
		key := snapshot.Primary()
		if who.key != nil {
			key = *who.key
		}
		if answer["delete_token"], err = deleteToken(stored.Asset, &key, h.now()); err != nil {
			return nil, err
		}
	}
	return answer, nil
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
		Type:        i.wanted.deliveryType,
		AccessMode:  i.wanted.accessMode,
		AssetFolder: i.wanted.assetFolder,
		Tags:        i.wanted.tags,
		Context:     i.wanted.context,
		Faces:       i.wanted.faces,
		Custom:      i.wanted.custom,
		Regions:     i.wanted.regions,
		Sample:      i.wanted.sample,
		TextStyle:   i.textStyle,
	}
	if i.wanted.moderate {
		i.asset.Moderation = pending(i.handler.now())
	}
	if !i.wanted.discardFilename {
		i.asset.OriginalFilename = name
	}
	if err := i.identify(ctx); err != nil {
		return nil, err
	}
	publicID, err := chooseID(i.wanted, i.asset.ResourceType, name, i.extension)
	if err != nil {
		return nil, err
	}
	i.asset.PublicID = publicID
	i.asset.DisplayName = i.displayName(name)
	i.asset.Bytes, i.asset.ETag, i.asset.ObjectKey = i.object.bytes, i.object.md5, i.object.key

	// A client that goes away now must not leave it open whether the row was written.
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	stored, err := i.handler.library.StoreAsset(storing, i.asset, library.StoreOptions{
		Overwrite: i.wanted.overwrite,
		Once:      i.wanted.once,
		Chunked:   i.chunked,
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

func (i *intake) displayName(filename string) string {
	switch {
	case i.wanted.displayName != "":
		return i.wanted.displayName
	case i.wanted.useFilenameAsDisplayName:
		return filename
	}
	return i.asset.PublicID[strings.LastIndexByte(i.asset.PublicID, '/')+1:]
}

// identify finds out what the file is, refuses what may not be stored, and converts what was asked to be.
func (i *intake) identify(ctx context.Context) error {
	file, err := i.handler.bucket.File(ctx, i.object.key)
	if err != nil {
		return wire.Unavailable("The bucket", err)
	}
	defer file.Close()
	detected, err := detectKind(file)
	if err != nil {
		return wire.Unavailable("The bucket", err)
	}
	switch i.wanted.resourceType {
	case library.Raw:
		i.beRaw()
	case library.Video:
		if detected.resourceType != library.Video {
			return problem.BadRequest("Unsupported video format or file")
		}
		i.beVideo(detected)
	case library.Image:
		err = i.beImage(ctx, file)
	default:
		switch detected.resourceType {
		case library.Image:
			err = i.beImage(ctx, file)
			if found := problem.From(err); err != nil && found.Status == http.StatusBadRequest && !detected.certain {
				i.beRaw()
				err = nil
			}
		case library.Video:
			i.beVideo(detected)
		default:
			i.beRaw()
		}
	}
	if err != nil {
		return err
	}
	if limit := maxBytes(&i.snapshot.Environment, i.asset.ResourceType); i.object.bytes > limit && !i.wanted.sample {
		return tooLarge(i.object.bytes, limit)
	}
	if err := i.checkFormat(); err != nil {
		return err
	}
	if i.asset.ResourceType == library.Video && i.wanted.incoming != nil {
		return problem.BadRequest("Incoming transformations of videos are not available")
	}
	if i.asset.ResourceType == library.Image && i.mustRender() {
		return i.render(ctx, file)
	}
	return nil
}

func (i *intake) beRaw() {
	i.asset.ResourceType, i.asset.Format = library.Raw, i.extension
}

func (i *intake) beVideo(detected kind) {
	i.asset.ResourceType, i.asset.Format = library.Video, detected.format
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
