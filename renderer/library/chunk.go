package library

import (
	"context"
	"crypto/rand"
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
	// claimLifetime is how long nobody else may send a chunk to its place: longer than any takes.
	claimLifetime = 6 * time.Hour
	// maxChunks bounds the chunks of one upload. They have 5 MiB at least, but for the last.
	maxChunks = 100_000
)

// Multipart is a multipart upload of the bucket.
type Multipart struct {
	// ObjectKey is that of the object that it will be.
	ObjectKey string
	// Upload is the bucket's name for it.
	Upload string
}

// Chunk is a part of a file that comes in several requests. Its bytes are an object of their own, or parts of a multipart upload.
type Chunk struct {
	// First and Last are the places of the first and the last byte in the file.
	First, Last int64
	// MD5 is that of the file up to Last, hex, where Continued says so; else that of the chunk's own bytes.
	MD5       string
	Continued bool
	// MD5State is what the MD5 of the next chunk goes on from, and After the MD5 that this one has gone on from, empty for the
	// first. They are not told of chunks that are there.
	MD5State, After string
	// ObjectKey is that of its object, or of the multipart upload's.
	ObjectKey string
	// Parts is what the bucket wants to know of its parts in the multipart upload; empty for an object. It is told of chunks that are to
	// be joined.
	Parts string
	// Claim is that of its Arrival; empty for an object.
	Claim string
}

// Arrival says how a chunk that is about to come is to be received.
type Arrival struct {
	// Before is what its MD5 can go on from; see BeforeChunk.
	Before *Chunk
	// Multipart is what its bytes are to be parts of. Until the chunk is added, or AbandonChunk is called with Claim, nobody else is told
	// to send anything to its place. It is empty where the chunk is to be an object of its own.
	Multipart Multipart
	Claim     string
	// MayOffer says that there is none, but that one might be offered.
	MayOffer bool
}

// ChunkedUpload is where an upload in chunks stands.
type ChunkedUpload struct {
	// Received is the number of bytes that are there.
	Received int64
	// Chunks are those that are there, in the order of the file. Their objects are empty when AssetID is set.
	Chunks []Chunk
	// Kept says that the chunk that was added is one of Chunks with its own object, or is not one, so that the caller must not delete it.
	Kept bool
	// Multipart is what chunks that are no objects are parts of; empty for none.
	Multipart Multipart
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
	ObjectKey       string `bun:"object_key"`
	Multipart       string `bun:"multipart"`
}

// chunkClaimRow is an Arrival with a place in a multipart upload as it is stored.
type chunkClaimRow struct {
	bun.BaseModel `bun:"table:chunk_claims,alias:cc"`

	UploadID string `bun:"upload_id,pk"`
	Claim    string `bun:"claim,pk"`
	First    int64  `bun:"first_byte"`
	Last     int64  `bun:"last_byte"`
	Until    int64  `bun:"until"`
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
	Parts     string `bun:"parts"`
}

// AddChunk adds a chunk, whose object must be reserved, to an upload. total is the size of the file, or -1 while it is not
// known. Chunks come in any order, by any replica; a repeated one changes nothing, and one of the same place with other bytes
// takes the place of the first. What is said of an MD5 that has gone on from another chunk's holds no more when that one has
// changed meanwhile. The objects stay reserved until no chunk has come for a day. Chunks that come after the
// upload has become an asset, and differ from its own, begin another upload.
//
// Errors: a 400 for a chunk that overlaps others, that lies behind the end, or that gives another size; one that says to send it again
// for a chunk whose claim is not good any more.
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
	upload, err := l.lockChunked(ctx, tx, uploadID)
	if err != nil {
		return nil, err
	}
	if err := endClaim(ctx, tx, upload, chunk); err != nil {
		return nil, err
	}
	var rows []chunkRow
	if err := tx.NewSelect().Model(&rows).ExcludeColumn("md5_state", "parts").Where("upload_id = ?", uploadID).Order("first_byte").Scan(ctx); err != nil {
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
			found.Assemble, found.Multipart = true, Multipart{upload.ObjectKey, upload.Multipart}
			upload.AssemblingUntil = micros(now.Add(assemblyLease))
			if err := readParts(ctx, tx, upload, found.Chunks); err != nil {
				return nil, err
			}
		}
	}
	_, err = tx.NewUpdate().Model(upload).WherePK().Exec(ctx)
	return found, err
}

// lockChunked gives the row of an upload, so that replicas that change it do so one after the other. It is made when there is none.
func (l *Library) lockChunked(ctx context.Context, tx bun.Tx, uploadID string) (*chunkedRow, error) {
	now := l.now()
	if _, err := tx.NewDelete().Model((*chunkedRow)(nil)).Where("expires_at < ?", micros(now)).Exec(ctx); err != nil {
		return nil, err
	}
	upload := &chunkedRow{ID: uploadID, Total: -1, ExpiresAt: micros(now.Add(chunkLifetime))}
	_, err := tx.NewInsert().Model(upload).On("CONFLICT (id) DO UPDATE").Set("expires_at = EXCLUDED.expires_at").Returning("*").Exec(ctx)
	return upload, err
}

// endClaim ends the claim of a chunk that was sent to its place.
func endClaim(ctx context.Context, tx bun.Tx, upload *chunkedRow, chunk Chunk) error {
	if chunk.Parts == "" {
		return nil
	}
	ended, err := tx.NewDelete().Model((*chunkClaimRow)(nil)).Where("upload_id = ? AND claim = ?", upload.ID, chunk.Claim).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := ended.RowsAffected(); err != nil || n > 0 && upload.ObjectKey == chunk.ObjectKey {
		return err
	}
	late := problem.Busy(1)
	late.Message = "The upload that this chunk belongs to has begun anew meanwhile, send the chunk again"
	return late
}

// readParts completes what is known of chunks that are to be joined.
func readParts(ctx context.Context, tx bun.Tx, upload *chunkedRow, chunks []Chunk) error {
	if upload.Multipart == "" {
		return nil
	}
	var rows []chunkRow
	if err := tx.NewSelect().Model(&rows).Column("parts").Where("upload_id = ?", upload.ID).Order("first_byte").Scan(ctx); err != nil {
		return err
	}
	for i, row := range rows {
		chunks[i].Parts = row.Parts
	}
	return nil
}

// BeginChunk is called before the bytes of a chunk are received, from first to last, of a file of total bytes, -1 while that is not known.
// offered, when not empty, is a multipart upload that all chunks of the file may be sent to, whose object must be reserved; whether it was
// taken shows in the answer. It is when there is none, and no chunk has come yet. Its object then stays reserved until no chunk has come
// for a day.
func (l *Library) BeginChunk(ctx context.Context, uploadID string, first, last, total int64, offered Multipart) (*Arrival, error) {
	var arrival *Arrival
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		arrival, err = l.beginChunk(ctx, tx, chunkClaimRow{UploadID: uploadID, First: first, Last: last}, total, offered)
		return err
	})
	if err != nil {
		return nil, failed("beginning a chunk", err)
	}
	return arrival, nil
}

func (l *Library) beginChunk(ctx context.Context, tx bun.Tx, place chunkClaimRow, total int64, offered Multipart) (*Arrival, error) {
	now := micros(l.now())
	upload, err := l.lockChunked(ctx, tx, place.UploadID)
	if err != nil {
		return nil, err
	}
	arrival := &Arrival{}
	if arrival.Before, err = beforeChunk(ctx, tx, place.UploadID, place.First); err != nil {
		return nil, err
	}
	if upload.AssetID != "" || upload.AssemblingUntil > now || upload.Total >= 0 && upload.Total != total {
		return arrival, nil
	}
	if upload.Multipart == "" {
		started, err := tx.NewSelect().Model((*chunkRow)(nil)).Where("upload_id = ?", place.UploadID).Exists(ctx)
		if err != nil {
			return nil, err
		}
		arrival.MayOffer = !started && offered.Upload == ""
		if started || offered.Upload == "" {
			return arrival, nil
		}
		upload.ObjectKey, upload.Multipart = offered.ObjectKey, offered.Upload
		if _, err := tx.NewUpdate().Model(upload).WherePK().Exec(ctx); err != nil {
			return nil, err
		}
	}
	kept, err := tx.NewUpdate().Model((*garbageRow)(nil)).Set("due = ?", upload.ExpiresAt).Set("multipart = ?", upload.Multipart).
		Where("object_key = ? AND NOT claimed", upload.ObjectKey).Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n, err := kept.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, ErrNotReserved)
	}
	free, err := claimPlace(ctx, tx, &place, now)
	if err != nil || !free {
		return arrival, err
	}
	arrival.Multipart, arrival.Claim = Multipart{upload.ObjectKey, upload.Multipart}, place.Claim
	return arrival, nil
}

// claimPlace claims a place that no chunk is in, and that no other chunk is on its way to.
func claimPlace(ctx context.Context, tx bun.Tx, place *chunkClaimRow, now int64) (free bool, err error) {
	_, err = tx.NewDelete().Model((*chunkClaimRow)(nil)).Where("upload_id = ? AND until < ?", place.UploadID, now).Exec(ctx)
	if err != nil {
		return false, err
	}
	for _, model := range []any{(*chunkRow)(nil), (*chunkClaimRow)(nil)} {
		taken, err := tx.NewSelect().Model(model).Where("upload_id = ? AND first_byte <= ? AND last_byte >= ?", place.UploadID, place.Last, place.First).Exists(ctx)
		if err != nil || taken {
			return false, err
		}
	}
	place.Claim, place.Until = rand.Text(), now+claimLifetime.Microseconds()
	_, err = tx.NewInsert().Model(place).Exec(ctx)
	return true, err
}

// AbandonChunk says that a chunk that was begun will not be added, and that nothing more is sent to its place. An upload that has no
// other chunk is forgotten.
func (l *Library) AbandonChunk(ctx context.Context, uploadID, claim string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := l.lockChunked(ctx, tx, uploadID); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model((*chunkClaimRow)(nil)).Where("upload_id = ? AND claim = ?", uploadID, claim).Exec(ctx); err != nil {
			return err
		}
		for _, model := range []any{(*chunkRow)(nil), (*chunkClaimRow)(nil)} {
			if more, err := tx.NewSelect().Model(model).Where("upload_id = ?", uploadID).Exists(ctx); err != nil || more {
				return err
			}
		}
		return l.dropChunks(ctx, tx, uploadID)
	})
	if err != nil {
		return failed("abandoning a chunk", err)
	}
	return nil
}

// placeChunk puts chunk among rows, which it returns in order, and has all their objects wait longer.
func (l *Library) placeChunk(ctx context.Context, tx bun.Tx, upload *chunkedRow, rows []chunkRow, chunk Chunk) ([]chunkRow, error) {
	placed := chunkRow{UploadID: upload.ID, First: chunk.First, Last: chunk.Last, MD5: chunk.MD5, ObjectKey: chunk.ObjectKey, Parts: chunk.Parts}
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
		if rows[at].ObjectKey != upload.ObjectKey {
			if err := l.discardObject(ctx, tx, rows[at].ObjectKey); err != nil {
				return nil, err
			}
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
		Where(objectsOfUpload, upload.ID, upload.ID).Exec(ctx)
	return rows, err
}

// objectsOfUpload are those of the chunks of an upload, and of its multipart upload.
const objectsOfUpload = "object_key IN (SELECT object_key FROM chunks WHERE upload_id = ? UNION ALL SELECT object_key FROM chunked_uploads WHERE id = ?) AND NOT claimed"

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
	before, err := beforeChunk(ctx, l.reader, uploadID, first)
	if err != nil {
		return nil, failed("reading the chunk before another", err)
	}
	return before, nil
}

func beforeChunk(ctx context.Context, db bun.IDB, uploadID string, first int64) (*Chunk, error) {
	if first == 0 {
		return &Chunk{}, nil
	}
	var rows []chunkRow
	err := db.NewSelect().Model(&rows).ExcludeColumn("parts").Where("upload_id = ? AND first_byte <= ?", uploadID, first).Order("first_byte DESC").Limit(2).Scan(ctx)
	if err != nil {
		return nil, err
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
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error { return l.dropChunks(ctx, tx, uploadID) })
	if err != nil {
		return failed("dropping chunks", err)
	}
	return nil
}

func (l *Library) dropChunks(ctx context.Context, tx bun.Tx, uploadID string) error {
	if err := l.discardChunks(ctx, tx, uploadID); err != nil {
		return err
	}
	_, err := tx.NewDelete().Model((*chunkedRow)(nil)).Where("id = ?", uploadID).Exec(ctx)
	return err
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
	// What was to be the object is the asset's, or garbage.
	if err := l.discardChunks(ctx, tx, uploadID); err != nil {
		return err
	}
	upload.AssetID, upload.AssemblingUntil, upload.ObjectKey, upload.Multipart = assetID, 0, "", ""
	if _, err := tx.NewUpdate().Model(upload).WherePK().Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model((*chunkRow)(nil)).Set("object_key = '', parts = ''").Where("upload_id = ?", uploadID).Exec(ctx)
	return err
}

// discardChunks makes the objects of chunks due now.
func (l *Library) discardChunks(ctx context.Context, tx bun.Tx, uploadID string) error {
	_, err := tx.NewUpdate().Model((*garbageRow)(nil)).Set("due = ?", micros(l.now())).
		Where(objectsOfUpload, uploadID, uploadID).Exec(ctx)
	return err
}

// loseChunks strikes chunks whose bytes are being collected: should their upload go on, they must come again.
func loseChunks(ctx context.Context, tx bun.Tx, objectKeys []string) error {
	if _, err := tx.NewDelete().Model((*chunkRow)(nil)).Where("object_key IN (?)", bun.List(objectKeys)).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewUpdate().Model((*chunkedRow)(nil)).Set("object_key = '', multipart = ''").Where("object_key IN (?)", bun.List(objectKeys)).Exec(ctx)
	return err
}
