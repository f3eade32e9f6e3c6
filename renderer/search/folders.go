package search

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Folders answers a search for folders.
func Folders(ctx context.Context, l Library, c Call) (wire.Object, error) {
	start := time.Now()
	options := library.FolderSearch{
		Dynamic:    c.Snapshot.Environment.DynamicFolders,
		Expression: c.Params.String("expression"),
		Cursor:     c.Params.String("next_cursor"),
	}
	var err error
	if options.MaxResults, err = page(c.Params); err != nil {
		return nil, err
	}
	if options.Sort, err = sortKeys(c.Params); err != nil {
		return nil, err
	}
	folders, total, next, err := l.SearchFolders(ctx, options)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	found := make([]wire.Object, 0, len(folders))
	for _, folder := range folders {
		object := wire.Folder(folder)
		object["created_at"] = wire.Time(folder.CreatedAt)
		found = append(found, object)
	}
	answer := wire.Object{"total_count": total, "folders": found}
	if next != "" {
		answer["next_cursor"] = next
	}
	answer["time"] = time.Since(start).Milliseconds()
	return answer, nil
}
