package upload

import (
	"context"
	"crypto/md5"
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

// arrival is a chunk on its way.
type arrival struct {
	library.Arrival
	part *chunk
	// abandon says that it will not be added.
	abandon func()
}

// placed says that the chunk is sent to its place in the multipart upload of the file.
func (a *arrival) placed() bool { return a != nil && a.Multipart.Upload != "" }

func (a *arrival) place() *bucket.Place {
	return &bucket.Place{Upload: a.Multipart.Upload, Offset: a.part.first, Bytes: a.part.last - a.part.first + 1}
}

// arrive finds out how a chunk is to be received. It becomes parts of the multipart upload of its file, where the bucket has such and
// the parameters that came before it tell that its sender may upload; else an object, which is easily deleted again.
func (h *Handler) arrive(ctx context.Context, received *request, snapshot *catalog.Snapshot, limit int64) (*arrival, error) {
	c := received.part
	coming := &arrival{part: c}
	named := c.readUploadID(received.params) == nil
	cloud := snapshot.Environment.CloudName
	who, err := received.authorize()
	if err != nil || !named || !h.bucket.HasMultipart() || !c.placeable(limit) {
		// Its sender is not known yet: claimed is who it is said to be, and AddChunk looks once more.
		before, err := h.library.BeforeChunk(ctx, c.session(claimed(received.params, snapshot), cloud), c.first)
		if err == nil { // Else the whole is read once more, when it is joined.
			coming.Before = before
		}
		return coming, nil
	}
	session := c.session(who, cloud)
	begun, err := h.beginChunk(ctx, session, c)
	if err != nil {
		return nil, err
	}
	coming.Arrival = *begun
	coming.abandon = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
		defer cancel()
		if err := h.library.AbandonChunk(ctx, session, begun.Claim); err != nil {
			h.logger.WarnContext(ctx, "a chunk that is sent again will be an object of its own until a claim ends", "error", err)
		}
	}
	return coming, nil
}

// placeable says whether the chunk can be parts of a multipart upload. Those that will be refused cannot.
func (c *chunk) placeable(limit int64) bool {
	return c.total >= 0 && c.total <= min(limit, bucket.MaxMultipartBytes) && (c.last-c.first+1 >= bucket.MinPlaceBytes || c.last+1 == c.total)
}

// beginChunk finds the place of a chunk, and begins the multipart upload of its file when it is the first one.
func (h *Handler) beginChunk(ctx context.Context, session string, c *chunk) (*library.Arrival, error) {
	begun, err := h.library.BeginChunk(ctx, session, c.first, c.last, c.total, library.Multipart{})
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if !begun.MayOffer {
		return begun, nil
	}
	offered := library.Multipart{ObjectKey: bucket.NewKey("originals")}
	if err := h.library.ReserveObject(ctx, offered.ObjectKey, h.now().Add(reservation)); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if offered.Upload, err = h.bucket.BeginMultipart(ctx, offered.ObjectKey, ""); err != nil {
		return nil, wire.Unavailable("The bucket", err)
	}
	// After an error it is not known whether it was taken.
	if begun, err = h.library.BeginChunk(ctx, session, c.first, c.last, c.total, offered); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if begun.Multipart != offered {
		if err := h.bucket.AbortMultipart(ctx, offered.ObjectKey, offered.Upload); err != nil {
			h.logger.WarnContext(ctx, "a multipart upload that is not needed waits for the bucket's lifecycle rule", "object", offered.ObjectKey, "error", err)
		}
		h.discard(ctx, &object{key: offered.ObjectKey})
	}
	return begun, nil
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
	if coming := i.object.chunk; coming != nil {
		came.Parts, came.Claim = i.object.parts, coming.Claim
		if coming.Before != nil {
			came.Continued, came.MD5State, came.After = true, i.object.md5State, coming.Before.MD5
		}
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
		joined, err := i.handler.join(ctx, found, filename)
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

// join makes one object of chunks. The store does it; the MD5 of the whole is known already when chunks have come in order.
func (h *Handler) join(ctx context.Context, found *library.ChunkedUpload, filename string) (*object, error) {
	last := found.Chunks[len(found.Chunks)-1]
	whole := &object{key: found.Multipart.ObjectKey, filename: filename, bytes: last.Last + 1, joined: true}
	if found.Multipart.Upload == "" {
		whole.key, whole.joined = bucket.NewKey("originals"), false
		if err := h.library.ReserveObject(ctx, whole.key, h.now().Add(reservation)); err != nil {
			return nil, wire.Unavailable("The database", err)
		}
	}
	pieces := make([]bucket.Piece, len(found.Chunks))
	for i, chunk := range found.Chunks {
		pieces[i] = bucket.Piece{Key: chunk.ObjectKey, Bytes: chunk.Last - chunk.First + 1, Parts: chunk.Parts}
	}
	err := h.bucket.Join(ctx, whole.key, found.Multipart.Upload, pieces, "")
	if err != nil {
		h.discard(ctx, whole)
	}
	switch {
	case errors.Is(err, bucket.ErrCannotJoin):
		return h.store(ctx, &joined{ctx: ctx, bucket: h.bucket, chunks: found.Chunks}, filename, math.MaxInt64)
	case errors.Is(err, bucket.ErrPiecesLost):
		return nil, problem.Conflict("What was sent of this file is not in the bucket any more, send all of its chunks again").Because(err)
	case err != nil:
		return nil, wire.Unavailable("The bucket", err)
	}
	if whole.md5 = last.MD5; !last.Continued {
		if whole.md5, err = h.sum(ctx, whole.key); err != nil {
			h.discard(ctx, whole)
			return nil, wire.Unavailable("The bucket", err)
		}
	}
	return whole, nil
}

// sum is the MD5 of an object, hex.
func (h *Handler) sum(ctx context.Context, key string) (string, error) {
	reader, err := h.bucket.Open(ctx, key)
	if err != nil {
		return "", err
	}
	sum := md5.New()
	_, err = io.Copy(sum, reader)
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, reader.Close())
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
