package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

const (
	// minChunkBytes is the smallest size of a chunk, but for the last.
	minChunkBytes = 5 << 20
	// maxUploadID bounds the client's name for an upload in chunks.
	maxUploadID = 256
)

// uploadIDHeader names the file that a chunk belongs to. Some clients send the parameter x_unique_upload_id.
const uploadIDHeader = "X-Unique-Upload-Id"

var contentRange = regexp.MustCompile(`^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*|-1)$`)

// chunk is what the headers tell of a request's file.
type chunk struct {
	// uploadID is the client's name for the file that the chunk belongs to.
	uploadID    string
	first, last int64
	// total is the size of the file, -1 while it is not known.
	total int64
}

// parseChunk reads the headers; nil means that the request holds the whole file.
func parseChunk(header http.Header) (*chunk, error) {
	given := header.Get("Content-Range")
	if given == "" {
		return nil, nil
	}
	invalid := problem.BadRequest("Invalid Content-Range %q", printable(given))
	match := contentRange.FindStringSubmatch(given)
	if match == nil {
		return nil, invalid
	}
	c := &chunk{uploadID: header.Get(uploadIDHeader), total: -1}
	c.first, _ = strconv.ParseInt(match[1], 10, 64)
	c.last, _ = strconv.ParseInt(match[2], 10, 64)
	if match[3] != "*" {
		c.total, _ = strconv.ParseInt(match[3], 10, 64)
	}
	if c.last < c.first || c.total >= 0 && c.last >= c.total {
		return nil, invalid
	}
	return c, nil
}

// readUploadID reads the ID of clients that send it as a parameter, and checks that there is one.
func (c *chunk) readUploadID(params wire.Params) error {
	if c.uploadID == "" {
		c.uploadID = params.String("x_unique_upload_id")
	}
	if c.uploadID == "" && !c.whole() {
		return problem.BadRequest("Missing X-Unique-Upload-Id header of an upload in chunks")
	}
	if len(c.uploadID) > maxUploadID {
		return problem.BadRequest("Invalid X-Unique-Upload-Id: it is longer than %d bytes", maxUploadID)
	}
	return nil
}

// whole says that the chunk is the file.
func (c *chunk) whole() bool { return c.first == 0 && c.last+1 == c.total }

// check compares the bytes that came with what the headers said, and with the limit for the file.
func (c *chunk) check(got, limit int64) error {
	if size := c.last - c.first + 1; got != size {
		return problem.BadRequest("Content-Range is for %d bytes, but the file has %d", size, got)
	}
	if size := max(c.total, c.last+1); size > limit {
		return tooLarge(size, limit)
	}
	if c.last+1 != c.total && got < minChunkBytes {
		return problem.BadRequest("All parts except EOF-chunk must be larger than 5mb")
	}
	return nil
}

// before finds the chunk that this one's MD5 goes on from; nil when it does not go on. The caller is not known yet when the bytes
// come: claimed is who it is said to be, and AddChunk looks once more.
func (c *chunk) before(ctx context.Context, h *Handler, claimed *caller, cloud string) *library.Chunk {
	if c.first == 0 {
		return &library.Chunk{}
	}
	found, err := h.library.BeforeChunk(ctx, c.session(claimed, cloud), c.first)
	if err != nil {
		return nil // Then the whole is read once more, when it is joined.
	}
	return found
}

// claimed is who the parameters say that the caller is.
func claimed(params wire.Params, snapshot *catalog.Snapshot) *caller {
	who := &caller{}
	if key, ok := snapshot.Keys[params.String("api_key")]; ok {
		who.key = &key
	} else if preset, ok := snapshot.Presets[params.String("upload_preset")]; ok {
		who.preset = &preset
	}
	return who
}

// session names the upload among all: two callers may choose the same ID.
func (c *chunk) session(who *caller, cloud string) string {
	owner := "preset\x00"
	if who.key != nil {
		owner = "key\x00" + who.key.APIKey
	} else if who.preset != nil {
		owner += who.preset.Name
	}
	sum := sha256.Sum256([]byte(cloud + "\x00" + owner + "\x00" + c.uploadID))
	return hex.EncodeToString(sum[:])
}

// addChunk keeps the chunk that the intake holds. The answer is that of an upload that is not done, or of the asset that a
// repeated chunk belongs to; it is nil when the intake holds the whole file now.
func (i *intake) addChunk(ctx context.Context, c *chunk, asked string) (wire.Object, error) {
	session := c.session(i.caller, i.snapshot.Environment.CloudName)
	came := library.Chunk{First: c.first, Last: c.last, MD5: i.object.md5, ObjectKey: i.object.key}
	if before := i.object.before; before != nil {
		came.Continued, came.MD5State, came.After = true, i.object.md5State, before.MD5
	}
	found, err := i.handler.library.AddChunk(ctx, session, came, c.total)
	if err != nil {
		// Whether the chunk was taken is not known unless it was refused.
		if refused, ok := errors.AsType[*problem.Problem](err); !ok || refused.Status >= http.StatusInternalServerError {
			i.object = nil
		}
		return nil, wire.Unavailable("The database", err)
	}
	filename := i.object.filename
	if found.Kept {
		i.object = nil
	}
	switch {
	case found.AssetID != "":
		return i.repeated(ctx, found.AssetID)
	case found.Assembling:
		busy := problem.Busy(1)
		busy.Message = "Another request is joining the chunks of this file, try again later"
		return nil, busy
	case found.Assemble:
		i.chunked = session
		joined, err := i.handler.join(ctx, found.Chunks, filename)
		if err == nil {
			i.handler.discard(ctx, i.object)
			i.object = joined
		}
		return nil, err
	}
	answer := wire.Object{"done": false, "bytes": found.Received, "kind": "upload", "resource_type": i.wanted.resourceType, "upload_id": c.uploadID}
	if asked != "" {
		answer["public_id"] = asked
	}
	return answer, nil
}

// join makes one object of those of chunks. The store does it alone where the MD5 of the whole is known already, as it is when
// chunks have come in order.
func (h *Handler) join(ctx context.Context, chunks []library.Chunk, filename string) (*object, error) {
	if last := chunks[len(chunks)-1]; last.Continued {
		whole := &object{key: bucket.NewKey("originals"), filename: filename, bytes: last.Last + 1, md5: last.MD5}
		if err := h.library.ReserveObject(ctx, whole.key, h.now().Add(reservation)); err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		pieces := make([]bucket.Piece, len(chunks))
		for i, chunk := range chunks {
			pieces[i] = bucket.Piece{Key: chunk.ObjectKey, Bytes: chunk.Last - chunk.First + 1}
		}
		err := h.bucket.Join(ctx, whole.key, pieces, "")
		if err == nil {
			return whole, nil
		}
		if !errors.Is(err, bucket.ErrCannotJoin) {
			return nil, wire.Unavailable("The bucket", err)
		}
		h.discard(ctx, whole)
	}
	return h.store(ctx, &joined{ctx: ctx, bucket: h.bucket, chunks: chunks}, filename, math.MaxInt64)
}

// repeated is the answer to a chunk that came again after its file had become an asset.
func (i *intake) repeated(ctx context.Context, assetID string) (wire.Object, error) {
	asset, err := i.handler.library.AssetByID(ctx, assetID)
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", assetID)
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return i.handler.answer(&library.Stored{Asset: asset}, i, i.caller, i.links), nil
}

// endChunks ends an attempt to make an asset of chunks. A file that was refused is dropped; after any other failure the
// chunks stay, so that sending one of them again is enough.
func (i *intake) endChunks(ctx context.Context, failure error) {
	if i.chunked == "" || failure == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	end := i.handler.library.ReleaseChunks
	if problem.From(failure).Status < http.StatusInternalServerError && !problem.From(failure).Transient && ctx.Err() == nil {
		end = i.handler.library.DropChunks
	}
	if err := end(ctx, i.chunked); err != nil {
		i.handler.logger.WarnContext(ctx, "the chunks of an upload that has failed wait for the end of their lease", "error", err)
	}
}

// joined reads the objects of chunks as one file, one after the other.
type joined struct {
	ctx    context.Context //nolint:containedctx // A reader has no other way to get it.
	bucket Bucket
	chunks []library.Chunk
	// current is the chunk that is being read, left what is still to come of it.
	current io.ReadCloser
	left    int64
}

func (j *joined) Read(p []byte) (int, error) {
	for j.current == nil {
		if len(j.chunks) == 0 {
			return 0, io.EOF
		}
		opened, err := j.bucket.Open(j.ctx, j.chunks[0].ObjectKey)
		if err != nil {
			return 0, wire.Unavailable("The bucket", err)
		}
		j.current, j.left = opened, j.chunks[0].Last-j.chunks[0].First+1
		j.chunks = j.chunks[1:]
	}
	n, err := j.current.Read(p)
	if j.left -= int64(n); err == nil {
		return n, nil
	}
	closed := j.current.Close()
	j.current = nil
	switch {
	case !errors.Is(err, io.EOF):
		return n, problem.Unavailable("The bucket", err)
	case j.left != 0:
		return n, problem.Failed(fmt.Errorf("a chunk has %d bytes less than were stored", j.left))
	case closed != nil:
		return n, problem.Unavailable("The bucket", closed)
	}
	return n, nil
}
