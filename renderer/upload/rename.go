package upload

import (
	"errors"
	"net/http"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// renaming is what a call to rename asks for.
type renaming struct {
	from, to  library.Key
	overwrite bool
	// context and metadata are given to the asset; nil for none.
	context  map[string]string
	metadata metadata.Given
	// showContext and showMetadata ask for these in the answer.
	showContext, showMetadata bool
}

// rename gives an asset another public ID or delivery type. Its bytes stay where they are.
func (h *Handler) rename(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	params, key := c.params, c.key
	wanted, err := parseRenaming(params, route.resourceType, snapshot)
	if err != nil {
		return nil, err
	}
	told, err := h.audience(notify.Rename, params, snapshot)
	if err != nil {
		return nil, err
	}
	renamed, err := h.library.RenameAsset(r.Context(), wanted.from, wanted.to, library.RenameOptions{
		Overwrite: wanted.overwrite,
		Change:    func(asset *library.Asset) error { return wanted.describe(asset, snapshot) },
		Jobs: func(renamed library.Change) ([]library.NewJob, error) {
			changed, err := notify.ChangeJobs(h.event(c, "", nil), snapshot, []library.Change{renamed})
			if err != nil {
				return nil, err
			}
			jobs, err := notify.Jobs(h.event(c, notify.Rename, notify.RenamedFields(renamed.After, wanted.from.PublicID)), told, 0)
			return append(changed, jobs...), err
		},
	})
	switch {
	case errors.Is(err, library.ErrNotFound):
		return nil, problem.NotFound("Resource not found - %s", printable(wanted.from.PublicID))
	case errors.Is(err, library.ErrExists):
		return nil, problem.BadRequest("to_public_id(%s) already exists", printable(wanted.to.PublicID))
	case err != nil:
		return nil, wire.Unavailable("The database", err)
	}
	answer := describe(renamed, signer(key, params), c.links())
	if wanted.showContext && len(renamed.Context) > 0 {
		answer["context"] = wire.Context(renamed.Context)
	}
	if values := metadata.Visible(snapshot.MetadataFields, renamed.Metadata); wanted.showMetadata && values != nil {
		answer["metadata"] = values
	}
	return answer, nil
}

// describe gives the asset what the call says of it.
func (w *renaming) describe(asset *library.Asset, snapshot *catalog.Snapshot) (err error) {
	if w.context != nil {
		asset.Context = w.context
	}
	if w.metadata != nil {
		asset.Metadata, err = metadata.Assign(snapshot, asset.Metadata, w.metadata, metadata.Options{})
	}
	return err
}

// readDescription reads context and metadata, which some SDKs send as flags that ask for them in the answer, and others as values for the
// asset, which the answer has then, too.
func (w *renaming) readDescription(params wire.Params, snapshot *catalog.Snapshot) (err error) {
	if w.showContext, err = params.Bool("context", false); err != nil || nested(params, "context") {
		w.showContext = true
		if w.context, err = wire.ParsePairs("context", params.Pairs("context")); err != nil {
			return err
		}
	}
	if w.showMetadata, err = params.Bool("metadata", false); err != nil || nested(params, "metadata") {
		w.showMetadata = true
		if w.metadata, err = metadata.Parse(params.Pairs("metadata")); err != nil {
			return err
		}
		return metadata.CheckFields(snapshot.MetadataFields, w.metadata)
	}
	return nil
}

// nested says whether a parameter has come as name[key]=value.
func nested(params wire.Params, name string) bool {
	return len(params.Pairs(name)) > len(params.Rows(name))
}

func parseRenaming(params wire.Params, resourceType string, snapshot *catalog.Snapshot) (*renaming, error) {
	from, to := wire.CleanID(params.String("from_public_id")), wire.CleanID(params.String("to_public_id"))
	if from == "" {
		return nil, problem.BadRequest("Missing required parameter - from_public_id")
	}
	if to == "" {
		return nil, problem.BadRequest("Missing required parameter - to_public_id")
	}
	if err := wire.CheckID("to_public_id", to); err != nil {
		return nil, err
	}
	fromType := params.String("type")
	if fromType == "" {
		fromType = "upload"
	}
	toType := params.String("to_type")
	if toType == "" {
		toType = fromType
	}
	if toType != fromType && !slices.Contains([]string{"upload", "private", "authenticated"}, toType) {
		return nil, problem.BadRequest("Invalid to_type %s: it must be upload, private or authenticated", printable(toType))
	}
	wanted := &renaming{
		from: library.Key{ResourceType: resourceType, Type: fromType, PublicID: from},
		to:   library.Key{ResourceType: resourceType, Type: toType, PublicID: to},
	}
	// The old name is never served after a renaming, whether or not its invalidation is asked for.
	var invalidate bool
	for _, flag := range []struct {
		name   string
		target *bool
	}{{"overwrite", &wanted.overwrite}, {"invalidate", &invalidate}} {
		value, err := params.Bool(flag.name, false)
		if err != nil {
			return nil, err
		}
		*flag.target = value
	}
	return wanted, wanted.readDescription(params, snapshot)
}
