package upload

import (
	"bufio"
	"context"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of an archive.
const (
	maxArchiveNames = 20
	maxArchiveFiles = 5000
)

// archive is what a call to generate_archive asks for.
type archive struct {
	handler *Handler
	call    *call
	// format is zip or tgz.
	format          string
	transformations []eagerRequest
	flattenFolders, flattenTransformations,
	skipTransformationName, useOriginalFilename, allowMissing bool

	assets []*library.Asset
	// missing are the public IDs, tags and prefixes that have selected nothing, by the key of the answer.
	missing map[string][]string
}

// archive packs assets. It stores the archive as a raw asset, or writes it to the caller.
func (h *Handler) archive(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	if route.action == actionTagZip {
		if err := c.packTag(); err != nil {
			return nil, err
		}
	}
	async, err := c.checkMode(r.Method)
	if err != nil {
		return nil, err
	}
	a := &archive{handler: h, call: c}
	if err := a.read(); err != nil {
		return nil, err
	}
	if async {
		return h.callLater(r.Context(), c)
	}
	if err := a.choose(r.Context()); err != nil {
		return nil, err
	}
	if c.params.String("mode") != "download" {
		return a.store(r.Context(), "")
	}
	name := c.params.String("target_public_id")
	if name == "" {
		name = "archive"
	}
	// What fails at the first file is answered still.
	packed := bufio.NewReader(a.pack(r.Context()))
	if _, err := packed.Peek(1); err != nil {
		return nil, err
	}
	writeFile(w, "attachment", name[strings.LastIndexByte(name, '/')+1:]+"."+a.format, map[string]string{"zip": "application/zip", "tgz": "application/gzip"}[a.format])
	h.send(w, packed, !slices.ContainsFunc(a.assets, func(asset *library.Asset) bool { return !asset.Sample }))
	return nil, nil
}

// packTag writes a link to the zip of a tag as the link of an archive that it is.
func (c *call) packTag() error {
	tag := c.params.String("tag")
	if tag == "" {
		return problem.BadRequest("Missing required parameter - tag")
	}
	params := wire.Params{"mode": {"download"}, "target_format": {"zip"}, "tags[]": {tag}}
	for name, given := range map[string]string{"type": c.params.String("type"), "transformations": c.params.String("transformation")} {
		params[name] = []string{given}
	}
	c.params = params
	return nil
}

// read reads the parameters but for those that select assets.
func (a *archive) read() error {
	params := a.call.params
	a.format = params.String("target_format")
	if a.format == "" {
		a.format = "zip"
	}
	if a.format != "zip" && a.format != "tgz" {
		return problem.BadRequest("Invalid target_format %s: it must be zip or tgz", printable(a.format))
	}
	var keepDerived bool
	for _, flag := range []struct {
		name   string
		target *bool
	}{
		{"flatten_folders", &a.flattenFolders}, {"flatten_transformations", &a.flattenTransformations},
		{"skip_transformation_name", &a.skipTransformationName}, {"use_original_filename", &a.useOriginalFilename},
		{"allow_missing", &a.allowMissing}, {"keep_derived", &keepDerived},
	} {
		value, err := params.Bool(flag.name, false)
		if err != nil {
			return err
		}
		*flag.target = value
	}
	// Derived files are always kept, as delivery keeps them.
	phash, err := params.Bool("phash", false)
	if err != nil {
		return err
	}
	if phash {
		return problem.BadRequest("Invalid value for phash: it is not available")
	}
	a.transformations, err = parseEager(params.Rows("transformations"), named(a.call.snapshot))
	return err
}

// choose finds the assets, each once, in the order of their names.
func (a *archive) choose(ctx context.Context) error {
	a.missing = map[string][]string{}
	found := map[string]*library.Asset{}
	base := library.ListOptions{Type: a.call.deliveryType(), MaxResults: library.MaxMaxResults}
	if a.call.route.resourceType != resourceAuto {
		base.ResourceType = a.call.route.resourceType
	}
	selected := 0
	for _, selection := range []struct {
		name, missing string
		limit         int
		narrow        func(options *library.ListOptions, value string) bool
	}{
		{"public_ids", "missing_public_ids", maxUpdated, func(o *library.ListOptions, id string) bool { o.PublicIDs = []string{wire.CleanID(id)}; return true }},
		{"fully_qualified_public_ids", "missing_public_ids", maxUpdated, qualified},
		{"tags", "empty_tags", maxArchiveNames, a.tagged},
		{"prefixes", "empty_prefixes", maxArchiveNames, prefixed},
	} {
		values := a.call.params.List(selection.name)
		if len(values) > selection.limit {
			return problem.BadRequest("Too many %s. Got %d. Maximum is %d.", selection.name, len(values), selection.limit)
		}
		selected += len(values)
		for _, value := range values {
			options := base
			if !selection.narrow(&options, value) {
				return problem.BadRequest("Invalid value for %s: %q is not resource_type/type/public_id", selection.name, printable(value))
			}
			if hit, err := a.collect(ctx, options, found); err != nil {
				return err
			} else if !hit {
				a.missing[selection.missing] = append(a.missing[selection.missing], value)
			}
		}
	}
	if selected == 0 {
		return problem.BadRequest("Missing required parameter - public_ids, fully_qualified_public_ids, tags or prefixes")
	}
	for _, asset := range found {
		a.assets = append(a.assets, asset)
	}
	slices.SortFunc(a.assets, func(x, y *library.Asset) int {
		return strings.Compare(x.PublicID+"\x00"+x.ResourceType+x.Type, y.PublicID+"\x00"+y.ResourceType+y.Type)
	})
	return a.checkChosen()
}

func (a *archive) checkChosen() error {
	if a.allowMissing {
		return nil
	}
	if ids := a.missing["missing_public_ids"]; len(ids) > 0 {
		return problem.NotFound("Resource not found - %s", printable(strings.Join(ids, ", ")))
	}
	if len(a.assets) == 0 {
		return problem.NotFound("No resources were found for the archive")
	}
	return nil
}

// tagged narrows a list to a tag. Tags select from all delivery types where the call names none, as the SDKs' descriptions of type say.
func (a *archive) tagged(options *library.ListOptions, tag string) bool {
	options.Tag, options.Type = tag, a.call.params.String("type")
	return true
}

// prefixed narrows a list to a prefix. "/" is short for everything of the resource type and delivery type, as the SDKs' descriptions
// of prefixes say: no public ID begins with it.
func prefixed(options *library.ListOptions, prefix string) bool {
	if prefix != "/" {
		options.Prefix = prefix
	}
	return true
}

// qualified narrows a list to resource_type/type/public_id.
func qualified(options *library.ListOptions, value string) bool {
	parts := strings.SplitN(value, "/", 3)
	if len(parts) < 3 {
		return false
	}
	options.ResourceType, options.Type, options.PublicIDs = parts[0], parts[1], []string{wire.CleanID(parts[2])}
	return true
}

// collect adds the assets of a list to found, and says whether there were any.
func (a *archive) collect(ctx context.Context, options library.ListOptions, found map[string]*library.Asset) (hit bool, err error) {
	for {
		page, err := a.handler.library.List(ctx, options)
		if err != nil {
			return hit, wire.Unavailable("The database", err)
		}
		for _, asset := range page.Assets {
			found[asset.AssetID], hit = asset, true
		}
		if files := len(found) * max(len(a.transformations), 1); files > maxArchiveFiles {
			return hit, problem.BadRequest("Too many files in an archive. Maximum is %d.", maxArchiveFiles)
		}
		if options.Cursor = page.NextCursor; options.Cursor == "" {
			return hit, nil
		}
	}
}

// store makes the archive an asset, and tells of it. once is a mark under which that happens a single time; empty for none.
func (a *archive) store(ctx context.Context, once string) (wire.Object, error) {
	c, h := a.call, a.handler
	id := wire.CleanID(c.params.String("target_public_id"))
	if id == "" {
		id = randomName(20)
	}
	if !strings.HasSuffix(id, "."+a.format) {
		id += "." + a.format
	}
	if err := wire.CheckID("target_public_id", id); err != nil {
		return nil, err
	}
	tags, err := wire.ParseTags(c.params.Rows("target_tags"))
	if err != nil {
		return nil, err
	}
	taken := &intake{handler: h, snapshot: c.snapshot, requestID: c.route.requestID, caller: signer(c.key, c.params), links: c.links(), params: c.params, batchID: c.batchID, event: notify.Archive}
	told, err := h.audience(notify.Archive, c.params, c.snapshot)
	if err != nil {
		return nil, err
	}
	taken.fields = func(asset *library.Asset, links wire.Links) wire.Object {
		answer := h.answer(&library.Stored{Asset: asset}, taken, taken.caller, links)
		answer["resource_count"], answer["file_count"] = len(a.assets), len(a.assets)*max(len(a.transformations), 1)
		for key, values := range a.missing {
			answer[key] = values
		}
		return answer
	}
	defer func() { h.discard(ctx, taken.object) }()
	taken.wanted = &settings{
		resourceType: library.Raw, deliveryType: "upload", publicID: id, said: description.Description{Tags: tags}, overwrite: true, discardFilename: true, told: told, once: once,
	}
	if c.snapshot.Environment.DynamicFolders {
		taken.wanted.assetFolder = wire.CleanID(c.params.String("target_asset_folder"))
	}
	packing, cancel := context.WithTimeout(ctx, archiveTimeout)
	defer cancel()
	if taken.object, err = h.store(packing, a.pack(packing), "archive."+a.format, math.MaxInt64); err != nil {
		return nil, err
	}
	if limit := c.snapshot.Environment.MaxRawBytes; taken.object.bytes > limit {
		return nil, tooLarge(taken.object.bytes, limit)
	}
	stored, err := taken.finish(ctx)
	if err != nil {
		return nil, err
	}
	if stored.Asset == nil {
		return nil, nil
	}
	answer := taken.fields(stored.Asset, taken.links)
	if stored.Overwritten {
		answer["overwritten"] = true
	}
	return answer, nil
}

// archiveTimeout bounds the packing of an archive that is stored.
const archiveTimeout = 10 * time.Minute

// pack gives the archive as it is being made: no more of it is held than what is on its way.
func (a *archive) pack(ctx context.Context) io.Reader {
	reader, writer := io.Pipe()
	go func() {
		_ = writer.CloseWithError(a.write(ctx, writer)) // Never fails, by its contract.
	}()
	context.AfterFunc(ctx, func() { _ = reader.CloseWithError(ctx.Err()) })
	return reader
}

// entryName is the path of a file in the archive, which stays below the folder that it is unpacked to.
func (a *archive) entryName(asset *library.Asset, request eagerRequest, format string, used map[string]bool) string {
	name := asset.PublicID
	if a.useOriginalFilename && asset.OriginalFilename != "" {
		name = name[:strings.LastIndexByte(name, '/')+1] + idFromFilename(asset.OriginalFilename)
		if asset.ResourceType == library.Raw && asset.Format != "" {
			name += "." + asset.Format
		}
	}
	if a.flattenFolders {
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	segments := slices.DeleteFunc(strings.Split(strings.ReplaceAll(name, `\`, "_"), "/"), func(segment string) bool {
		return segment == "" || segment == "." || segment == ".."
	})
	stem, extension := strings.Join(segments, "/"), ""
	if asset.ResourceType == library.Raw {
		stem, extension = splitFilename(stem)
	} else {
		extension = format
	}
	if text := strings.ReplaceAll(request.transformation, "/", ","); text != "" && !a.skipTransformationName {
		if a.flattenTransformations {
			stem += "-" + text
		} else {
			stem = text + "/" + stem
		}
	}
	return unusedName(stem, extension, used)
}
