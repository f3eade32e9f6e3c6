package library

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Folder is a folder of assets.
type Folder struct {
	// ID is 32 lower-case hex characters and never changes.
	ID string
	// Path is without slashes around it; Name is its last segment.
	Path, Name string
	CreatedAt  time.Time
}

// folderRow is a folder as it is stored.
type folderRow struct {
	bun.BaseModel `bun:"table:folders,alias:f"`

	Dynamic   bool   `bun:"dynamic,pk"`
	Path      string `bun:"path,pk"`
	Parent    string `bun:"parent"`
	Name      string `bun:"name"`
	ID        string `bun:"id"`
	CreatedAt int64  `bun:"created_at"`
}

func (row *folderRow) folder() *Folder {
	return &Folder{ID: row.ID, Path: row.Path, Name: row.Name, CreatedAt: fromMicros(row.CreatedAt)}
}

// ensureFolders makes a folder and those above it, where they are missing.
func (l *Library) ensureFolders(ctx context.Context, tx bun.Tx, dynamic bool, path string) error {
	if path == "" {
		return nil
	}
	var rows []folderRow
	for ; path != ""; path = FolderOf(path) {
		rows = append(rows, folderRow{Dynamic: dynamic, Path: path, Parent: FolderOf(path), Name: path[strings.LastIndexByte(path, '/')+1:],
			ID: newID(), CreatedAt: micros(l.now())})
	}
	// Most are there: to look first locks nothing.
	var known []string
	paths := make([]string, len(rows))
	for i, row := range rows {
		paths[i] = row.Path
	}
	err := tx.NewSelect().Model((*folderRow)(nil)).Column("path").Where("dynamic = ? AND path IN (?)", dynamic, bun.List(paths)).Scan(ctx, &known)
	if err != nil || len(known) == len(rows) {
		return err
	}
	// From the root down, so that two transactions that make the same folders wait for each other in one order.
	for i := len(rows) - 1; i >= 0; i-- {
		if _, err := tx.NewInsert().Model(&rows[i]).On("CONFLICT (dynamic, path) DO NOTHING").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
