package library

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// States of an import.
const (
	ImportRunning   = "Running"
	ImportSuspended = "Suspended"
	ImportCompleted = "Completed"
	ImportFailed    = "Failed"
)

// Import is how far the run of an import has come.
type Import struct {
	// ID is that of whoever asks for the import, Name what people call it, Run tells its runs apart.
	ID, Name, Run string
	// State is one of those above; Message says what the run waits for, or why it failed.
	State, Message string
	// Position is where the source is to be read next, in the source's own words; empty is its beginning.
	Position string
	// Epoch is raised by every start: jobs of earlier ones have nothing to do any more.
	Epoch int64
	// Misses counts the times since the last success that the source could not be read.
	Misses int64
	// Total is the number of assets of the source, 0 while it is not known. Done counts those that are as they should be,
	// Unchanged those of them that were so already, Failed those that could not be imported; Bytes were stored.
	Total, Done, Unchanged, Failed, Bytes int64
	StartedAt, UpdatedAt                  time.Time
	// FinishedAt is zero while the run goes on.
	FinishedAt time.Time
	// Reported says that people have been told of this state.
	Reported bool

	version int64
}

// ImportFailure is something that could not be imported.
type ImportFailure struct{ Item, Reason string }

// importRow is an import as it is stored.
type importRow struct {
	bun.BaseModel `bun:"table:imports,alias:i"`

	ID         string `bun:"id,pk"`
	Name       string `bun:"name"`
	Run        string `bun:"run"`
	State      string `bun:"state"`
	Message    string `bun:"message"`
	Position   string `bun:"position"`
	Epoch      int64  `bun:"epoch"`
	Version    int64  `bun:"version"`
	Misses     int64  `bun:"misses"`
	Total      int64  `bun:"total"`
	Done       int64  `bun:"done"`
	Unchanged  int64  `bun:"unchanged"`
	Failed     int64  `bun:"failed"`
	Bytes      int64  `bun:"bytes"`
	StartedAt  int64  `bun:"started_at"`
	FinishedAt int64  `bun:"finished_at"`
	UpdatedAt  int64  `bun:"updated_at"`
	// Reported is the version that people have been told of.
	Reported int64 `bun:"reported"`
}

// importFailureRow is a failure as it is stored.
type importFailureRow struct {
	bun.BaseModel `bun:"table:import_failures,alias:f"`

	ImportID string `bun:"import_id,pk"`
	Item     string `bun:"item,pk"`
	Reason   string `bun:"reason"`
	FailedAt int64  `bun:"failed_at"`
}

func (row *importRow) imported() *Import {
	i := &Import{
		ID: row.ID, Name: row.Name, Run: row.Run, State: row.State, Message: row.Message, Position: row.Position, Epoch: row.Epoch,
		Misses: row.Misses, Total: row.Total, Done: row.Done, Unchanged: row.Unchanged, Failed: row.Failed, Bytes: row.Bytes,
		StartedAt: fromMicros(row.StartedAt), UpdatedAt: fromMicros(row.UpdatedAt), Reported: row.Reported == row.Version, version: row.Version,
	}
	if row.FinishedAt != 0 {
		i.FinishedAt = fromMicros(row.FinishedAt)
	}
	return i
}

// Imports are all imports, by name.
func (l *Library) Imports(ctx context.Context) ([]*Import, error) {
	var rows []importRow
	if err := l.reader.NewSelect().Model(&rows).Order("name", "id").Scan(ctx); err != nil {
		return nil, failed("listing imports", err)
	}
	imports := make([]*Import, len(rows))
	for i := range rows {
		imports[i] = rows[i].imported()
	}
	return imports, nil
}

// Import is the import of that ID. The error is ErrNotFound when there is none.
func (l *Library) Import(ctx context.Context, id string) (*Import, error) {
	row := &importRow{}
	if err := l.reader.NewSelect().Model(row).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, failed("reading import "+id, err)
	}
	return row.imported(), nil
}

// ImportFailures lists what could not be imported in the latest run, by item, at most max after the item of a name. It is
// safe to give the last item as the next after. One that no item can have is a *problem.Problem with status 400.
func (l *Library) ImportFailures(ctx context.Context, id string, max int, after string) ([]ImportFailure, error) {
	if !storable(after) {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	var rows []importFailureRow
	err := l.reader.NewSelect().Model(&rows).Where("import_id = ? AND item > ?", id, after).Order("item").Limit(int64(max)).Scan(ctx)
	if err != nil {
		return nil, failed("listing the failures of import "+id, err)
	}
	failures := make([]ImportFailure, len(rows))
	for i, row := range rows {
		failures[i] = ImportFailure{Item: row.Item, Reason: row.Reason}
	}
	return failures, nil
}

// StartImport begins a run of an import, unless that run is known: then a suspended one goes on where it is, and nothing
// else changes. job makes the job that does the work from the epoch that it is for.
func (l *Library) StartImport(ctx context.Context, id, name, run string, job func(epoch int64) NewJob) error {
	started := 0
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		started = 0
		row, now := &importRow{}, micros(l.now())
		err := tx.NewSelect().Model(row).Where("id = ?", id).Scan(ctx)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			row = &importRow{ID: id, Name: name, Run: run, State: ImportRunning, Epoch: 1, Version: 1, StartedAt: now, UpdatedAt: now}
			result, err := tx.NewInsert().Model(row).On("CONFLICT (id) DO NOTHING").Exec(ctx)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return err // Another replica was faster.
			}
		case err != nil:
			return err
		case row.Run != run:
			fresh := &importRow{ID: id, Name: name, Run: run, State: ImportRunning, Epoch: row.Epoch + 1, Version: row.Version + 1, StartedAt: now, UpdatedAt: now}
			if won, err := l.putImport(ctx, tx, fresh, row.Version); err != nil || !won {
				return err
			}
			if _, err := tx.NewDelete().Model((*importFailureRow)(nil)).Where("import_id = ?", id).Exec(ctx); err != nil {
				return err
			}
			row = fresh
		case row.State == ImportSuspended:
			before := row.Version
			row.State, row.Message, row.Epoch, row.Version, row.UpdatedAt = ImportRunning, "", row.Epoch+1, row.Version+1, now
			if won, err := l.putImport(ctx, tx, row, before); err != nil || !won {
				return err
			}
		default:
			return nil
		}
		started = 1
		return l.enqueue(ctx, tx, []NewJob{job(row.Epoch)})
	})
	if err != nil {
		return failed("starting import "+name, err)
	}
	l.wake(started)
	return nil
}

// SuspendImport halts an import that is running. A worker that is at it finds out when it saves.
func (l *Library) SuspendImport(ctx context.Context, id string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*importRow)(nil)).
			Set("state = ?", ImportSuspended).Set("message = ''").Set("epoch = epoch + 1").Set("version = version + 1").Set("updated_at = ?", micros(l.now())).
			Where("id = ? AND state = ?", id, ImportRunning).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("suspending import "+id, err)
	}
	return nil
}

// FailImport ends a run that cannot go on. One of another epoch, or that is over, stays as it is.
func (l *Library) FailImport(ctx context.Context, id string, epoch int64, message string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := micros(l.now())
		_, err := tx.NewUpdate().Model((*importRow)(nil)).
			Set("state = ?", ImportFailed).Set("message = ?", shortened(message)).Set("version = version + 1").Set("updated_at = ?", now).Set("finished_at = ?", now).
			Where("id = ? AND epoch = ? AND state = ?", id, epoch, ImportRunning).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("failing import "+id, err)
	}
	return nil
}

// SaveImport saves how far a worker has come: all of i but what StartImport sets, the failures that came to it, and the jobs
// that go on, together. It raises Failed by the failures that are new to the run. The error is ErrLeaseLost when the import
// was saved, suspended or started anew by somebody else since i was read.
func (l *Library) SaveImport(ctx context.Context, i *Import, failures []ImportFailure, jobs ...NewJob) error {
	var row *importRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row = &importRow{
			ID: i.ID, Name: i.Name, Run: i.Run, State: i.State, Message: shortened(i.Message), Position: i.Position, Epoch: i.Epoch, Version: i.version + 1,
			Misses: i.Misses, Total: i.Total, Done: i.Done, Unchanged: i.Unchanged, Failed: i.Failed, Bytes: i.Bytes,
			StartedAt: micros(i.StartedAt), UpdatedAt: micros(l.now()),
		}
		if !i.FinishedAt.IsZero() {
			row.FinishedAt = micros(i.FinishedAt)
		}
		for _, failure := range failures {
			entry := &importFailureRow{ImportID: i.ID, Item: storableText(failure.Item), Reason: shortened(failure.Reason), FailedAt: row.UpdatedAt}
			known, err := tx.NewSelect().Model((*importFailureRow)(nil)).Where("import_id = ? AND item = ?", entry.ImportID, entry.Item).Exists(ctx)
			if err != nil {
				return err
			}
			if known {
				continue
			}
			row.Failed++
			if _, err := tx.NewInsert().Model(entry).Exec(ctx); err != nil {
				return err
			}
		}
		won, err := l.putImport(ctx, tx, row, i.version)
		if err == nil && !won {
			err = ErrLeaseLost
		}
		if err != nil {
			return err
		}
		return l.enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return failed("saving import "+i.Name, err)
	}
	i.version, i.Failed = row.Version, row.Failed
	l.wake(len(jobs))
	return nil
}

// putImport replaces the row of an import of that version, and says whether it was there. What people were told of stays.
func (l *Library) putImport(ctx context.Context, tx bun.Tx, row *importRow, version int64) (bool, error) {
	result, err := tx.NewUpdate().Model(row).ExcludeColumn("id", "reported").Where("id = ? AND version = ?", row.ID, version).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// NoteImportReported notes that people have been told of an import as it is in i.
func (l *Library) NoteImportReported(ctx context.Context, i *Import) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*importRow)(nil)).Set("reported = ?", i.version).Where("id = ?", i.ID).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("noting a report on import "+i.Name, err)
	}
	return nil
}

// ForgetImport deletes what is known of an import. Jobs of it find nothing to do.
func (l *Library) ForgetImport(ctx context.Context, id string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*importFailureRow)(nil)).Where("import_id = ?", id).Exec(ctx)
		if err == nil {
			_, err = tx.NewDelete().Model((*importRow)(nil)).Where("id = ?", id).Exec(ctx)
		}
		return err
	})
	if err != nil {
		return failed("forgetting import "+id, err)
	}
	return nil
}

// ImportJob is the payload of a job that works on an import.
type ImportJob struct {
	ID    string `json:"id"`
	Epoch int64  `json:"epoch"`
}

// JSON is the payload as it is stored.
func (j ImportJob) JSON() json.RawMessage {
	text, err := json.Marshal(j)
	if err != nil {
		panic(err) // A text and a number can be written as JSON.
	}
	return text
}

// maxImportItem bounds the name of an item, in bytes: it is part of a key.
const maxImportItem = 1024

// storableText makes a text fit for a key.
func storableText(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
	if len(text) > maxImportItem {
		text = strings.ToValidUTF8(text[:maxImportItem], "")
	}
	return text
}
