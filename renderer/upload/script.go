package upload

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxScriptBytes bounds a program.
const maxScriptBytes = 64 << 10

// evaluable are the parameters that eval may change: what is said of the asset and what is made of it, not whose it is, where it
// came from or whether it may be stored.
func evaluable() []string {
	return []string{"accessibility_analysis", "asset_folder", "cinemagraph_analysis", "clear_invalid", "colors", "context", "custom_coordinates",
		"display_name", "eager", "eager_async", "eager_notification_url", "exif", "face_coordinates", "faces", "folder", "format", "headers",
		"image_metadata", "media_metadata", "metadata", "moderation", "notification_url", "phash", "public_id", "public_id_prefix",
		"quality_analysis", "quality_override", "regions", "responsive_breakpoints", "tags", "transformation", "unique_display_name"}
}

// readScripts reads the programs that run before and after the storing.
func (s *settings) readScripts(params wire.Params) error {
	for name, to := range map[string]*string{"eval": &s.eval, "on_success": &s.onSuccess} {
		if *to = params.String(name); len(*to) > maxScriptBytes {
			return problem.BadRequest("Invalid %s: it is longer than %d bytes", name, maxScriptBytes)
		}
	}
	return nil
}

// evaluate runs the program that sees what the file is and may change the parameters. They are read again then.
func (i *intake) evaluate(ctx context.Context) error {
	if i.wanted.eval == "" {
		return nil
	}
	if err := i.settle(); err != nil { // for its ETag
		return err
	}
	info := wire.Object{
		"resource_type": i.asset.ResourceType, "type": i.asset.Type, "format": i.asset.Format, "bytes": i.object.bytes, "etag": i.object.md5,
		"original_filename": i.asset.OriginalFilename, "tags": i.wanted.said.Tags, "context": i.wanted.said.Context,
	}
	if i.asset.ResourceType == library.Image {
		info["width"], info["height"], info["pages"] = i.asset.Width, i.asset.Height, i.asset.Pages
		i.wanted.analysis.Show(info, i.asset)
	}
	options := wire.Object{}
	for _, name := range i.params.Names() {
		if slices.Contains(evaluable(), name) {
			options[name] = i.params.String(name)
		}
	}
	changed, err := i.handler.runScript(ctx, "eval", &engine.ScriptRequest{Source: i.wanted.eval, Returns: "upload_options"}, wire.Object{"resource_info": info, "upload_options": options})
	if err != nil {
		return err
	}
	var after map[string]json.RawMessage
	if err := json.Unmarshal(changed, &after); err != nil {
		return problem.BadRequest("Invalid eval: upload_options is no object any more")
	}
	if err := i.override(options, after); err != nil {
		return err
	}
	if err := i.readSettings(); err != nil {
		return err
	}
	i.describe()
	return nil
}

// override takes over the parameters that a program has changed.
func (i *intake) override(before wire.Object, after map[string]json.RawMessage) error {
	params := wire.Params(maps.Clone(url.Values(i.params)))
	for name, raw := range after {
		if was, known := before[name]; known {
			if same, err := json.Marshal(was); err == nil && string(same) == string(raw) {
				continue
			}
		}
		if !slices.Contains(evaluable(), name) {
			return problem.BadRequest("Invalid eval: upload_options.%s cannot be changed", printable(name))
		}
		values, err := presetValues(raw)
		if err != nil {
			return problem.BadRequest("Invalid eval: upload_options.%s is neither a text nor a list of texts", printable(name))
		}
		if name == "eager" || name == "transformation" {
			values = []string{strings.Join(values, "|")}
		}
		clearParam(params, name)
		params[name+"[]"] = values
	}
	for name := range before {
		if _, kept := after[name]; !kept {
			clearParam(params, name)
		}
	}
	i.params = params
	return nil
}

// runScript runs a program. What is wrong with it is a 400 that begins with the name of its parameter.
func (h *Handler) runScript(ctx context.Context, name string, request *engine.ScriptRequest, variables wire.Object) (json.RawMessage, error) {
	request.Variables = map[string]json.RawMessage{}
	for variable, value := range variables {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, problem.Failed(err)
		}
		request.Variables[variable] = raw
	}
	result, err := h.engine.Script(ctx, request)
	if err != nil {
		if found := problem.From(err); found.Status == 400 {
			return nil, problem.BadRequest("Invalid %s: %s", name, found.Message)
		}
		return nil, err
	}
	return result.Value, nil
}

// successPrelude runs before a program of on_success: what that asks for is done when it has ended.
const successPrelude = "var updates = [], event = e, current_asset = {update: function (changes) { updates.push(changes) }};"

// succeed runs the program that sees the answer to an upload and may change the description of the asset. The upload stands,
// whatever becomes of the program: the answer says what that was.
func (h *Handler) succeed(ctx context.Context, c *scripted, asset *library.Asset, answer wire.Object) *library.Asset {
	if c.source == "" {
		return asset
	}
	updated, err := h.runSuccess(ctx, c, asset, answer)
	outcome := wire.Object{"status": "success"}
	if err != nil {
		found := problem.From(err)
		outcome = wire.Object{"status": "failed", "error": wire.Object{"message": found.Message}}
		if found.Status >= 500 {
			h.logger.WarnContext(ctx, "a script of an upload has failed", "publicID", asset.PublicID, "error", err)
		}
	}
	answer["hook_execution"] = wire.Object{"on_success": outcome}
	if updated == nil {
		return asset
	}
	return updated
}

// scripted is a call with a program to run after its success.
type scripted struct {
	source   string
	snapshot *catalog.Snapshot
	event    notify.Event
}

func (h *Handler) runSuccess(ctx context.Context, c *scripted, asset *library.Asset, answer wire.Object) (*library.Asset, error) {
	value, err := h.runScript(ctx, "on_success", &engine.ScriptRequest{Prelude: successPrelude, Source: c.source, Returns: "updates"}, wire.Object{"e": wire.Object{"upload_info": answer}})
	if err != nil {
		return nil, err
	}
	var updates []map[string]json.RawMessage
	if err := json.Unmarshal(value, &updates); err != nil {
		return nil, problem.BadRequest("Invalid on_success: current_asset.update takes an object")
	}
	var said []*description.Description
	for _, update := range updates {
		params := wire.Params{}
		for name, raw := range update {
			if !slices.Contains([]string{"tags", "context", "metadata", "display_name", "asset_folder", "custom_coordinates", "face_coordinates", "regions", "quality_override"}, name) {
				return nil, problem.BadRequest("Invalid on_success: %s cannot be updated", printable(name))
			}
			values, err := presetValues(raw)
			if err != nil {
				return nil, problem.BadRequest("Invalid on_success: %s is neither a text nor a list of texts", printable(name))
			}
			params[name+"[]"] = values
		}
		one, err := description.ReadChange(params, c.snapshot)
		if err != nil {
			return nil, err
		}
		said = append(said, one)
	}
	if len(said) == 0 {
		return nil, nil
	}
	changes, err := h.library.UpdateAssets(ctx, []library.Key{keyOf(asset)}, library.UpdateOptions{
		Change: func(asset *library.Asset) error {
			for _, one := range said {
				if err := one.Change(asset, c.snapshot); err != nil {
					return err
				}
			}
			return nil
		},
		Jobs: func(changes []library.Change) ([]library.NewJob, error) {
			return notify.ChangeJobs(c.event, c.snapshot, changes)
		},
	})
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if len(changes) == 0 {
		return nil, problem.NotFound("Resource not found - %s", printable(asset.PublicID))
	}
	return changes[0].After, nil
}
