package library

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/problem"
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

// MadeFolders are the paths of folders that were made with an asset, in both kinds, those above others first.
type MadeFolders struct{ Fixed, Dynamic []string }

// In are those of one kind.
func (m MadeFolders) In(dynamic bool) []string {
	if dynamic {
		return m.Dynamic
	}
	return m.Fixed
}

// ensureFolders makes a folder and those above it, where they are missing, and returns the paths of those that it has made.
func (l *Library) ensureFolders(ctx context.Context, tx bun.Tx, dynamic bool, path string) (made []string, err error) {
	if path == "" {
		return nil, nil
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
	err = tx.NewSelect().Model((*folderRow)(nil)).Column("path").Where("dynamic = ? AND path IN (?)", dynamic, bun.List(paths)).Scan(ctx, &known)
	if err != nil || len(known) == len(rows) {
		return nil, err
	}
	// From the root down, so that two transactions that make the same folders wait for each other in one order.
	for i := len(rows) - 1; i >= 0; i-- {
		result, err := tx.NewInsert().Model(&rows[i]).On("CONFLICT (dynamic, path) DO NOTHING").Exec(ctx)
		if err != nil {
			return nil, err
		}
		written, err := result.RowsAffected()
		if err != nil {
			return nil, err
		}
		if written > 0 {
			made = append(made, rows[i].Path)
		}
	}
	return made, nil
}

// ErrFolderInUse is returned when a folder, or one below it, has assets.
var ErrFolderInUse = errors.New("the folder has assets")

// checkFolder refuses a path that no folder can have.
func checkFolder(path string) error {
	if !storable(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return problem.BadRequest("Invalid folder: it has characters that are not allowed")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." || strings.TrimSpace(segment) != segment {
			return problem.BadRequest("Invalid folder %s: %q is no name of a folder", path, segment)
		}
		if len([]rune(segment)) > 255 {
			return problem.BadRequest("Invalid folder: a name is longer than 255 characters")
		}
	}
	return nil
}

// Folders lists the folders in a folder, "" for the root, by name, at most max of them (as ListOptions.MaxResults), with
// how many there are. next is the cursor of the next page, empty on the last one. The error is ErrNotFound when there is no
// such folder, and a *problem.Problem with status 400 for a bad cursor.
func (l *Library) Folders(ctx context.Context, dynamic bool, parent string, max int, cursorText string) (folders []*Folder, total int64, next string, err error) {
	query := fingerprint("folders in", []any{dynamic, parent})
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, 0, "", err
	}
	doing := "listing the folders in " + parent
	if parent != "" {
		if _, err := l.Folder(ctx, dynamic, parent); err != nil {
			return nil, 0, "", err
		}
	}
	limit := pageSize(max)
	var rows []folderRow
	err = l.reader.NewSelect().Model(&rows).Where("dynamic = ? AND parent = ? AND name > ?", dynamic, parent, position.name()).
		Order("name").Limit(int64(limit) + 1).Scan(ctx)
	if err != nil {
		return nil, 0, "", failed(doing, err)
	}
	if err := l.reader.NewRaw("SELECT COUNT(*) FROM folders WHERE dynamic = ? AND parent = ?", dynamic, parent).Scan(ctx, &total); err != nil {
		return nil, 0, "", failed(doing, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, ID: rows[limit-1].Name}.String()
	}
	for i := range rows {
		folders = append(folders, rows[i].folder())
	}
	return folders, total, next, nil
}

// Folder reads a folder. The error is ErrNotFound when there is none.
func (l *Library) Folder(ctx context.Context, dynamic bool, path string) (*Folder, error) {
	if !storable(path) {
		return nil, failed("reading a folder", ErrNotFound)
	}
	row := &folderRow{}
	if err := l.reader.NewSelect().Model(row).Where("dynamic = ? AND path = ?", dynamic, path).Scan(ctx); err != nil {
		return nil, failed("reading folder "+path, err)
	}
	return row.folder(), nil
}

// CreateFolder makes a folder and those above it, where they are missing. caused, when not nil, gives the jobs that this causes, by
// the paths of those that were missing; they are enqueued in the same transaction, and it may be called more than once. A path that
// no folder can have is a *problem.Problem with status 400.
func (l *Library) CreateFolder(ctx context.Context, dynamic bool, path string, caused func(made []string) ([]NewJob, error)) (*Folder, error) {
	if err := checkFolder(path); err != nil {
		return nil, err
	}
	row := &folderRow{}
	var jobs []NewJob
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		made, err := l.ensureFolders(ctx, tx, dynamic, path)
		if err != nil {
			return err
		}
		if jobs = nil; caused != nil && len(made) > 0 {
			if jobs, err = caused(made); err != nil {
				return err
			}
			if err := l.enqueue(ctx, tx, jobs); err != nil {
				return err
			}
		}
		return tx.NewSelect().Model(row).Where("dynamic = ? AND path = ?", dynamic, path).Scan(ctx)
	})
	if err != nil {
		return nil, failed("creating folder "+path, err)
	}
	l.wake(len(jobs))
	return row.folder(), nil
}

// DeleteFolder deletes a folder and those below it, enqueues jobs with that, and returns the paths. The error is ErrNotFound
// when there is none, and ErrFolderInUse when there are assets in one of them.
func (l *Library) DeleteFolder(ctx context.Context, dynamic bool, path string, jobs ...NewJob) (deleted []string, err error) {
	if !storable(path) {
		return nil, failed("deleting a folder", ErrNotFound)
	}
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var used bool
		field := folderField(dynamic)
		const query = "SELECT EXISTS (SELECT 1 FROM asset_terms WHERE term = ?) OR EXISTS (SELECT 1 FROM asset_terms WHERE term = ?)"
		if err := tx.NewRaw(query, exactOf(field, path), belowOf(field, path)).Scan(ctx, &used); err != nil {
			return err
		}
		if used {
			return ErrFolderInUse
		}
		deleted = nil
		if err := inSubtree(tx.NewDelete().Model((*folderRow)(nil)).Returning("path"), dynamic, path).Scan(ctx, &deleted); err != nil {
			return err
		}
		if len(deleted) == 0 {
			return ErrNotFound
		}
		return l.enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return nil, failed("deleting folder "+path, err)
	}
	l.wake(len(jobs))
	slices.Sort(deleted)
	return deleted, nil
}

// MoveFolder gives a folder another path, with those below it and their assets; those above it are made where they are
// missing, and jobs are enqueued. Folders that are there already take in what comes. Dynamic folders only: a public ID does not
// change.
//
// Errors: ErrNotFound without such a folder, a 400 for a path that cannot be, or that is below the folder itself.
func (l *Library) MoveFolder(ctx context.Context, from, to string, jobs ...NewJob) (*Folder, error) {
	if err := checkFolder(to); err != nil {
		return nil, err
	}
	if to == from || strings.HasPrefix(to, from+"/") {
		return nil, problem.BadRequest("Invalid to_folder %s: a folder cannot be moved into itself", to)
	}
	if !storable(from) {
		return nil, failed("moving a folder", ErrNotFound)
	}
	moved := &folderRow{}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var rows []folderRow
		if err := inSubtree(tx.NewDelete().Model((*folderRow)(nil)).Returning("*"), true, from).Scan(ctx, &rows); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if len(rows) == 0 {
			return ErrNotFound
		}
		if _, err := l.ensureFolders(ctx, tx, true, FolderOf(to)); err != nil {
			return err
		}
		for i := range rows {
			rows[i].Path = to + strings.TrimPrefix(rows[i].Path, from)
			rows[i].Parent, rows[i].Name = FolderOf(rows[i].Path), Filename(rows[i].Path)
			if _, err := tx.NewInsert().Model(&rows[i]).On("CONFLICT (dynamic, path) DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
		if err := l.moveAssets(ctx, tx, from, to); err != nil {
			return err
		}
		if err := l.enqueue(ctx, tx, jobs); err != nil {
			return err
		}
		return tx.NewSelect().Model(moved).Where("dynamic AND path = ?", to).Scan(ctx)
	})
	if err != nil {
		return nil, failed("moving folder "+from, err)
	}
	l.wake(len(jobs))
	return moved.folder(), nil
}

// moveAssets gives the assets in a folder, or below it, their new asset folder.
func (l *Library) moveAssets(ctx context.Context, tx bun.Tx, from, to string) error {
	for {
		var rows []assetRow
		query := tx.NewSelect().Model(&rows).Where("a.asset_folder = ? OR (a.asset_folder >= ? AND a.asset_folder < ?)", from, from+"/", from+"0").
			Order("asset_id").Limit(insertedAtOnce)
		if l.driver == config.DatabasePostgres {
			query = query.For("UPDATE")
		}
		if err := query.Scan(ctx); err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			asset, err := rows[i].asset()
			if err != nil {
				return err
			}
			asset.AssetFolder, asset.UpdatedAt = to+strings.TrimPrefix(asset.AssetFolder, from), l.now()
			row, err := newAssetRow(asset)
			if err != nil {
				return err
			}
			if _, err := tx.NewUpdate().Model(row).WherePK().Exec(ctx); err != nil {
				return err
			}
			if _, err := l.indexAsset(ctx, tx, row, asset, true); err != nil {
				return err
			}
		}
	}
}

// inSubtree selects a folder and those below it. "0" is what follows "/" in the order of bytes.
func inSubtree(query *bun.DeleteQuery, dynamic bool, path string) *bun.DeleteQuery {
	return query.Where("dynamic = ? AND (path = ? OR (path >= ? AND path < ?))", dynamic, path, path+"/", path+"0")
}

func folderField(dynamic bool) string {
	if dynamic {
		return fieldAssetFolder
	}
	return fieldFolder
}
