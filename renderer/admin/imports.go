package admin

import (
	"encoding/base64"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// imports answers GET /imports, and GET /imports/<name> with what could not be imported. The API is one of ours.
func (h *Handler) imports(c *call) (wire.Object, error) {
	listed, err := h.library.Imports(c.context)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if len(c.path) == 0 {
		shown := make([]wire.Object, len(listed))
		for i, found := range listed {
			shown[i] = showImport(found)
		}
		return wire.Object{"imports": shown}, nil
	}
	for _, found := range listed {
		if found.Name == c.path[0] {
			return h.showFailures(c, found)
		}
	}
	return nil, problem.NotFound("Can't find import named %s", wire.Printable(c.path[0]))
}

// showFailures adds a page of what could not be imported, by name.
func (h *Handler) showFailures(c *call, found *library.Import) (wire.Object, error) {
	size, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	after, err := base64.RawURLEncoding.DecodeString(c.params.String("next_cursor"))
	if err != nil {
		return nil, problem.BadRequest("Invalid next_cursor %q", wire.Printable(c.params.String("next_cursor")))
	}
	failures, err := h.library.ImportFailures(c.context, found.ID, size+1, string(after))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	shown := showImport(found)
	if len(failures) > size {
		failures = failures[:size]
		shown["next_cursor"] = base64.RawURLEncoding.EncodeToString([]byte(failures[size-1].Item))
	}
	list := make([]wire.Object, len(failures))
	for i, failure := range failures {
		list[i] = wire.Object{"item": failure.Item, "reason": failure.Reason}
	}
	shown["failures"] = list
	return shown, nil
}

func showImport(found *library.Import) wire.Object {
	shown := wire.Object{
		"name": found.Name, "run": found.Run, "state": found.State, "total": found.Total, "done": found.Done, "unchanged": found.Unchanged,
		"failed": found.Failed, "bytes": found.Bytes, "started_at": wire.Time(found.StartedAt), "updated_at": wire.Time(found.UpdatedAt),
	}
	if found.Message != "" {
		shown["message"] = found.Message
	}
	if !found.FinishedAt.IsZero() {
		shown["finished_at"] = wire.Time(found.FinishedAt)
	}
	return shown
}
