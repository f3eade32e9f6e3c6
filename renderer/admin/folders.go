package admin

import (
	"errors"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// folders answers GET /folders[/<path>].
func (h *Handler) folders(c *call) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	folders, total, next, err := h.library.Folders(c.context, c.snapshot.Environment.DynamicFolders, c.path[0], limit, c.params.String("next_cursor"))
	if err != nil {
		return nil, folderProblem(c.path[0], err)
	}
	list := make([]wire.Object, 0, len(folders))
	for _, folder := range folders {
		list = append(list, wire.Folder(folder))
	}
	answer := wire.Object{"folders": list, "total_count": total, "next_cursor": nil}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

// createFolder answers POST /folders/<path>.
func (h *Handler) createFolder(c *call) (wire.Object, error) {
	callURL, err := notificationURL(c)
	if err != nil {
		return nil, err
	}
	tell := func(made []string) (jobs []library.NewJob, err error) {
		for _, path := range made {
			// The call's own URL is told what came of the call, the triggers all of it.
			told := ""
			if path == c.path[0] {
				told = callURL
			}
			more, err := h.tellAt(c, told, notify.FolderCreated, notify.FolderFields(path))
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, more...)
		}
		return jobs, nil
	}
	folder, err := h.library.CreateFolder(c.context, c.snapshot.Environment.DynamicFolders, c.path[0], tell)
	if err != nil {
		return nil, folderProblem(c.path[0], err)
	}
	answer := wire.Folder(folder)
	answer["success"] = true
	return answer, nil
}

// deleteFolder answers DELETE /folders/<path>.
func (h *Handler) deleteFolder(c *call) (wire.Object, error) {
	if _, err := c.params.Bool("skip_backup", false); err != nil {
		return nil, err
	}
	jobs, err := h.tell(c, notify.FolderDeleted, notify.FolderFields(c.path[0]))
	if err != nil {
		return nil, err
	}
	deleted, err := h.library.DeleteFolder(c.context, c.snapshot.Environment.DynamicFolders, c.path[0], jobs...)
	if err != nil {
		return nil, folderProblem(c.path[0], err)
	}
	return wire.Object{"deleted": deleted}, nil
}

// renameFolder answers PUT /folders/<path>.
func (h *Handler) renameFolder(c *call) (wire.Object, error) {
	if !c.snapshot.Environment.DynamicFolders {
		return nil, problem.BadRequest("Folders can be renamed in dynamic folder mode only: in fixed mode they are part of public IDs")
	}
	to := strings.Trim(c.params.String("to_folder"), "/")
	if to == "" {
		return nil, problem.BadRequest("Missing required parameter - to_folder")
	}
	jobs, err := h.tell(c, notify.FolderMoved, notify.FolderMovedFields(c.path[0], to))
	if err != nil {
		return nil, err
	}
	folder, err := h.library.MoveFolder(c.context, c.path[0], to, jobs...)
	if err != nil {
		return nil, folderProblem(c.path[0], err)
	}
	return wire.Object{
		"from": wire.Object{"name": library.Filename(c.path[0]), "path": c.path[0]},
		"to":   wire.Object{"name": folder.Name, "path": folder.Path},
	}, nil
}

func folderProblem(path string, err error) error {
	switch {
	case errors.Is(err, library.ErrNotFound):
		return problem.NotFound("Can't find folder with path %s", wire.Printable(path))
	case errors.Is(err, library.ErrFolderInUse):
		return problem.BadRequest("Folder is not empty: %s, or a folder below it, has assets", wire.Printable(path))
	}
	return wire.Unavailable("The database", err)
}
