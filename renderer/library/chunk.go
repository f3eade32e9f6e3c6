package library

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// chunkLifetime is how long a chunked upload waits for its next chunk.
	chunkLifetime = 24 * time.Hour
	// assemblyLease is how long joining the chunks may take before another replica may try.
	assemblyLease = 30 * time.Minute
	// maxChunks bounds the chunks of one upload. They have 5 MiB at least, but for the last.
	maxChunks = 100_000
)

// Chunk is a part of a file that comes in several requests. Its bytes are an object of their own.
type Chunk struct {
	// First and Last are the places of the first and the last byte in the file.
	First, Last int64
	// MD5 is that of the file up to Last, hex, where Continued says so; else that of the chunk's own bytes.
	MD5       string
	Continued bool
	// MD5State is what the MD5 of the next chunk goes on from, and After the MD5 that this one has gone on from, empty for the
	// first. They are not told of chunks that are there.
	MD5State, After string
	ObjectKey       string
}

// ChunkedUpload is where an upload in chunks stands.
type ChunkedUpload struct {
	// Received is the number of bytes that are there.
	Received int64
	// Chunks are those that are there, in the order of the file. Their objects are empty when AssetID is set.
	Chunks []Chunk
	// Kept says that the chunk that was added is one of Chunks with its own object, so that the caller must not delete it.
	Kept bool
	// Assemble says that the file is whole and that the caller, and nobody else, is to join the chunks; ends by a StoreAsset
	// with StoreOptions.Chunked, by ReleaseChunks or by DropChunks.
	Assemble bool
	// Assembling says that another one is about to do that.
	Assembling bool
	// AssetID is set when the chunk was a repeated one of an upload that is an asset already.
	AssetID string
}

// chunkedRow is an upload in chunks as it is stored.
type chunkedRow struct {
	bun.BaseModel `bun:"table:chunked_uploads,alias:u"`

	ID              string `bun:"id,pk"`
	Total           int64  `bun:"total"`
	AssemblingUntil int64  `bun:"assembling_until"`
	AssetID         string `bun:"asset_id"`
	ExpiresAt       int64  `bun:"expires_at"`
}

// chunkRow is a chunk as it is stored.
type chunkRow struct {
	bun.BaseModel `bun:"table:chunks,alias:c"`

	UploadID  string `bun:"upload_id,pk"`
	First     int64  `bun:"first_byte,pk"`
	Last      int64  `bun:"last_byte"`
	MD5       string `bun:"md5"`
	MD5State  string `bun:"md5_state"`
	Continued bool   `bun:"continued"`
	ObjectKey string `bun:"object_key"`
}

// AddChunk adds a chunk, whose object must be reserved, to an upload. total is the size of the file, or -1 while it is not
// known. Chunks come in any order, by any replica; a repeated one changes nothing, and one of the same place with other bytes
// takes the place of the first. What is said of an MD5 that has gone on from another chunk's holds no more when that one has
// changed meanwhile. The objects stay reserved until no chunk has come for a day. Chunks that come after the
// upload has become an asset, and differ from its own, begin another upload.
//
// Errors: a 400 for a chunk that overlaps others, that lies behind the end, or that gives another size.
func (l *Library) AddChunk(ctx context.Context, uploadID string, chunk Chunk, total int64) (*ChunkedUpload, error) {
	var found *ChunkedUpload
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = l.addChunk(ctx, tx, uploadID, chunk, total)
		return err
	})
	if err != nil {
		return nil, failed("adding a chunk", err)
	}
	return found, nil
}

func (l *Library) addChunk(ctx context.Context, tx bun.Tx, uploadID string, chunk Chunk, total int64) (*ChunkedUpload, error) {
	now := l.now()
	if _, err := tx.NewDelete().Model((*chunkedRow)(nil)).Where("expires_at < ?", micros(now)).Exec(ctx); err != nil {
		return nil, err
	}
	upload := &chunkedRow{ID: uploadID, Total: -1, ExpiresAt: micros(now.Add(chunkLifetime))}
	// This locks the row, so that replicas add their chunks one after the other.
	_, err := tx.NewInsert().Model(upload).On("CONFLICT (id) DO UPDATE").Set("expires_at = EXCLUDED.expires_at").Returning("*").Exec(ctx)
	if err != nil {
		return nil, err
	}
	var rows []chunkRow
	if err := tx.NewSelect().Model(&rows).ExcludeColumn("md5_state").Where("upload_id = ?", uploadID).Order("first_byte").Scan(ctx); err != nil {
		return nil, err
	}
	if upload.AssetID != "" {
		for _, row := range rows {
			if row.First == chunk.First && row.Last == chunk.Last && row.sameAs(chunk) {
				return &ChunkedUpload{AssetID: upload.AssetID, Received: upload.Total, Chunks: chunksOf(rows)}, nil
			}
		}
		if _, err := tx.NewDelete().Model((*chunkRow)(nil)).Where("upload_id = ?", uploadID).Exec(ctx); err != nil {
			return nil, err
		}
		upload.Total, upload.AssetID, rows = -1, "", nil
	}
	if total >= 0 {
		if upload.Total >= 0 && upload.Total != total {
			return nil, problem.BadRequest("Content-Range gives a size of %d bytes, an earlier chunk has given %d", total, upload.Total)
		}
		upload.Total = total
	}
	if rows, err = l.placeChunk(ctx, tx, upload, rows, chunk); err != nil {
		return nil, err
	}
	found := &ChunkedUpload{Chunks: chunksOf(rows)}
	next := int64(0)
	for _, placed := range found.Chunks {
		found.Received += placed.Last - placed.First + 1
		if placed.First == next {
			next = placed.Last + 1
		}
		found.Kept = found.Kept || placed.ObjectKey == chunk.ObjectKey
	}
	if next == upload.Total {
		found.Assembling = upload.AssemblingUntil > micros(now)
		if !found.Assembling {
			found.Assemble = true
			upload.AssemblingUntil = micros(now.Add(assemblyLease))
		}
	}
	_, err = tx.NewUpdate().Model(upload).WherePK().Exec(ctx)
	return found, err
}

// placeChunk puts chunk among rows, which it returns in order, and has all their objects wait longer.
func (l *Library) placeChunk(ctx context.Context, tx bun.Tx, upload *chunkedRow, rows []chunkRow, chunk Chunk) ([]chunkRow, error) {
	placed := chunkRow{UploadID: upload.ID, First: chunk.First, Last: chunk.Last, MD5: chunk.MD5, ObjectKey: chunk.ObjectKey}
	if chunk.Continued && follows(rows, chunk) {
		placed.MD5State, placed.Continued = chunk.MD5State, true
	}
	at, replaces := len(rows), false
	for i, row := range rows {
		if row.First == chunk.First && row.Last == chunk.Last {
			at, replaces = i, true
			continue
		}
		if row.First <= chunk.Last && chunk.First <= row.Last {
			return nil, problem.BadRequest("Content-Range bytes %d-%d overlaps bytes %d-%d, which were received before", chunk.First, chunk.Last, row.First, row.Last)
		}
		if upload.Total >= 0 && row.Last >= upload.Total {
			return nil, problem.BadRequest("Content-Range gives a size of %d bytes, but byte %d was received before", upload.Total, row.Last)
		}
		if at == len(rows) && row.First > chunk.First {
			at = i
		}
	}
	if upload.Total >= 0 && chunk.Last >= upload.Total {
		return nil, problem.BadRequest("Content-Range bytes %d-%d lies behind the end of a file of %d bytes", chunk.First, chunk.Last, upload.Total)
	}
	switch {
	case replaces && (rows[at].sameAs(chunk) || upload.AssemblingUntil > micros(l.now())):
		// The same bytes again, or too late: the first ones are being joined.
	case replaces:
		if err := l.discardObject(ctx, tx, rows[at].ObjectKey); err != nil {
			return nil, err
		}
		rows[at] = placed
		if _, err := tx.NewUpdate().Model(&placed).WherePK().Exec(ctx); err != nil {
			return nil, err
		}
		if err := endDigests(ctx, tx, upload.ID, rows[at+1:]); err != nil {
			return nil, err
		}
	case len(rows) >= maxChunks:
		return nil, problem.BadRequest("Too many chunks. Maximum is %d.", maxChunks)
	default:
		rows = append(rows[:at], append([]chunkRow{placed}, rows[at:]...)...)
		if _, err := tx.NewInsert().Model(&placed).Exec(ctx); err != nil {
			return nil, err
		}
		if err := endDigests(ctx, tx, upload.ID, rows[at+1:]); err != nil {
			return nil, err
		}
	}
	_, err := tx.NewUpdate().Model((*garbageRow)(nil)).Set("due = ?", upload.ExpiresAt).
		Where("object_key IN (SELECT object_key FROM chunks WHERE upload_id = ?) AND NOT claimed", upload.ID).Exec(ctx)
	return rows, err
}

func chunksOf(rows []chunkRow) []Chunk {
	chunks := make([]Chunk, len(rows))
	for i, row := range rows {
		chunks[i] = row.chunk()
	}
	return chunks
}

func (r *chunkRow) chunk() Chunk {
	return Chunk{First: r.First, Last: r.Last, MD5: r.MD5, Continued: r.Continued, ObjectKey: r.ObjectKey}
}

// sameAs says whether a chunk of the same place has the same bytes, and those before it had them, too. Sums of different kinds
// say nothing; BeforeChunk sees to it that they are of one.
func (r *chunkRow) sameAs(chunk Chunk) bool {
	return r.MD5 == chunk.MD5 && r.Continued == chunk.Continued
}

// follows says whether the MD5 of a chunk has gone on from that of the one before it, as it is now.
func follows(rows []chunkRow, chunk Chunk) bool {
	return chunk.First == 0 || slices.ContainsFunc(rows, func(row chunkRow) bool {
		return row.Last == chunk.First-1 && row.Continued && row.MD5 == chunk.After
	})
}

// endDigests says of chunks behind one that has changed that their sums do not hold.
func endDigests(ctx context.Context, tx bun.Tx, uploadID string, behind []chunkRow) error {
	for i := range behind {
		behind[i].Continued = false
	}
	if len(behind) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*chunkRow)(nil)).Set("continued = FALSE, md5_state = ''").Where("upload_id = ? AND first_byte >= ?", uploadID, behind[0].First).Exec(ctx)
	return err
}

// BeforeChunk gives what the MD5 of the chunk at a place can go on from: a Chunk with the MD5 and MD5State behind it. It is nil where
// there is none, and where the same chunk came before and its MD5 did not go on, so that the two can be compared.
func (l *Library) BeforeChunk(ctx context.Context, uploadID string, first int64) (*Chunk, error) {
	var rows []chunkRow
	err := l.reader.NewSelect().Model(&rows).Where("upload_id = ? AND first_byte <= ?", uploadID, first).Order("first_byte DESC").Limit(2).Scan(ctx)
	if err != nil {
		return nil, failed("reading the chunk before another", err)
	}
	if len(rows) > 0 && rows[0].First == first {
		if !rows[0].Continued {
			return nil, nil
		}
		rows = rows[1:]
	}
	if len(rows) == 0 || rows[0].Last != first-1 || !rows[0].Continued {
		return nil, nil
	}
	return &Chunk{First: rows[0].First, Last: rows[0].Last, MD5: rows[0].MD5, Continued: true, MD5State: rows[0].MD5State}, nil
}

// ReleaseChunks lets others join the chunks of an upload, after an attempt that has failed.
func (l *Library) ReleaseChunks(ctx context.Context, uploadID string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*chunkedRow)(nil)).Set("assembling_until = 0").Where("id = ? AND asset_id = ''", uploadID).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("releasing chunks", err)
	}
	return nil
}

// DropChunks forgets an upload; the bytes of its chunks become garbage.
func (l *Library) DropChunks(ctx context.Context, uploadID string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := l.discardChunks(ctx, tx, uploadID); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*chunkedRow)(nil)).Where("id = ?", uploadID).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("dropping chunks", err)
	}
	return nil
}

// finishChunks notes which asset an upload has become. What its chunks were is remembered for repeated ones.
func (l *Library) finishChunks(ctx context.Context, tx bun.Tx, uploadID, assetID string) error {
	upload := &chunkedRow{ID: uploadID}
	switch err := tx.NewSelect().Model(upload).WherePK().Scan(ctx); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	upload.AssetID, upload.AssemblingUntil = assetID, 0
	if _, err := tx.NewUpdate().Model(upload).WherePK().Exec(ctx); err != nil {
		return err
	}
	if err := l.discardChunks(ctx, tx, uploadID); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model((*chunkRow)(nil)).Set("object_key = ''").Where("upload_id = ?", uploadID).Exec(ctx)
	return err
}

// discardChunks makes the objects of chunks due now.
func (l *Library) discardChunks(ctx context.Context, tx bun.Tx, uploadID string) error {
	_, err := tx.NewUpdate().Model((*garbageRow)(nil)).Set("due = ?", micros(l.now())).
		Where("object_key IN (SELECT object_key FROM chunks WHERE upload_id = ?) AND NOT claimed", uploadID).Exec(ctx)
	return err
}

// loseChunks strikes chunks whose bytes are being collected: should their upload go on, they must come again.
func loseChunks(ctx context.Context, tx bun.Tx, objectKeys []string) error {
	_, err := tx.NewDelete().Model((*chunkRow)(nil)).Where("object_key IN (?)", bun.List(objectKeys)).Exec(ctx)
	return err
}
