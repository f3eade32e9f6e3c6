package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
)

const (
	// minPartBytes is S3's own limit for all parts but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	minPartBytes = 5 << 20
	// maxCopyBytes is how much a store is asked to copy by one request, and copiesAtOnce how many of them at once. It may be silent
	// meanwhile, though not longer than patience.
	maxCopyBytes = 64 << 20
	copiesAtOnce = 8
)

var (
	// ErrCannotJoin says that the store has no parts for these pieces.
	ErrCannotJoin = errors.New("the store has no parts for these objects")
	// ErrPiecesLost says that parts of a multipart upload are not what they were when they were sent, or are gone.
	ErrPiecesLost = errors.New("what was sent of the object is gone")
)

// Piece is what is to be a part of an object: another object, or what was sent to a Place of it.
type Piece struct {
	// Key is that of the other object.
	Key string
	// Bytes is its length.
	Bytes int64
	// Parts are those of what was sent to a place, see Written; empty for an object.
	Parts string
}

// Join makes an object of pieces, one behind the other. Those that are objects stay. The store does it by itself: their bytes pass through
// this process only where the store copies no parts. The object, whose key must be reserved, appears whole and durable when Join
// returns, or, after an error, not at all. upload is the multipart upload that pieces were sent to; it stays for another attempt when
// Join fails, which may also come after one that has succeeded. Without one it is empty.
//
// The error is ErrCannotJoin for objects that are too short for parts, or too many: reading and writing them as one object is what is
// left then. It is ErrPiecesLost when the upload is not there any more, or other bytes are in its places. contentType may be empty, and is
// that of BeginMultipart where there is an upload.
func (b *Bucket) Join(ctx context.Context, key, upload string, pieces []Piece, contentType string) error {
	if contentType == "" {
		contentType = defaultContentType
	}
	err := checkKey(key)
	prefixed := make([]Piece, len(pieces))
	for i, piece := range pieces {
		if prefixed[i] = piece; piece.Parts == "" {
			err = errors.Join(err, checkKey(piece.Key))
			prefixed[i].Key = b.prefix + piece.Key
		}
	}
	if err == nil {
		err = b.store.join(ctx, b.prefix+key, upload, prefixed, contentType)
	}
	if err != nil {
		return fmt.Errorf("joining %d pieces into %s: %w", len(pieces), key, err)
	}
	return nil
}

// join has the kernel copy the files; some file systems only note whose bytes they are.
func (v *volume) join(ctx context.Context, key, _ string, pieces []Piece, _ string) error {
	none := func() error { return nil }
	w := &volumeWriting{volume: v, key: key}
	if err := w.create(none); err != nil {
		return err
	}
	err := v.settleParents(path.Dir(key))
	for _, piece := range pieces {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = w.append(piece)
		}
	}
	if err == nil {
		err = w.promote(ctx, none, none)
	}
	if err != nil {
		return errors.Join(err, w.discard())
	}
	return w.close()
}

// append copies an object to the end of the file.
func (w *volumeWriting) append(piece Piece) error {
	from, err := w.volume.root.Open(piece.Key)
	if err != nil {
		return err
	}
	copied, err := io.Copy(w.file, from)
	_ = from.Close() // It was only read.
	if err == nil && copied != piece.Bytes {
		err = fmt.Errorf("object %s has %d bytes, not %d", piece.Key, copied, piece.Bytes)
	}
	w.bytes = startWriting(w.file, w.bytes, w.bytes+copied)
	return err
}

// copyRange is what is copied into a part; all of an object where it has no range.
type copyRange struct {
	key         string
	first, last int64
	whole       bool
}

// parts lists the parts of the object that pieces become, in order, and what is still to be copied, by the numbers of the parts.
func (r *remote) parts(upload string, pieces []Piece) (list []*types.CompletedPart, copies map[*types.CompletedPart]copyRange, err error) {
	copies = map[*types.CompletedPart]copyRange{}
	offset := int64(0)
	for i, piece := range pieces {
		if piece.Bytes < minPartBytes && i < len(pieces)-1 {
			return nil, nil, ErrCannotJoin
		}
		if piece.Parts != "" {
			sent, err := decodeParts(piece.Parts)
			if err != nil {
				return nil, nil, err
			}
			list = append(list, sent...)
		} else {
			count := max((piece.Bytes+maxCopyBytes-1)/maxCopyBytes, 1)
			for j := range count {
				from := copyRange{piece.Key, j * piece.Bytes / count, (j+1)*piece.Bytes/count - 1, count == 1}
				number := len(list) + 1
				if upload != "" {
					number = partNumber(offset + from.first)
				}
				entry := &types.CompletedPart{PartNumber: aws.Int32(int32(number))}
				list, copies[entry] = append(list, entry), from
			}
		}
		offset += piece.Bytes
	}
	if len(list) > maxParts {
		return nil, nil, ErrCannotJoin
	}
	return list, copies, nil
}

func (r *remote) join(ctx context.Context, key, upload string, pieces []Piece, contentType string) error {
	list, copies, err := r.parts(upload, pieces)
	if err != nil {
		return err
	}
	into := upload
	if into == "" {
		if into, err = r.multipart(ctx, key, contentType); err != nil {
			return err
		}
	}
	err = r.copyAndComplete(ctx, key, into, list, copies)
	if isPartGone(err) && upload != "" && len(copies) > 0 {
		// What was sent to the place of a copy by a client who has sent it once more may have come behind the copy.
		err = r.copyAndComplete(ctx, key, into, list, copies)
	}
	switch {
	case upload == "":
		if err != nil {
			r.abort(ctx, key, into)
		}
		return err
	case isPartGone(err):
		return fmt.Errorf("%w: %w", ErrPiecesLost, err)
	case err == nil || isUploadGone(err):
		return r.checkJoined(ctx, key, pieces, err)
	}
	return err
}

// copyAndComplete makes an object of parts, those in copies of what they are to be copied from.
func (r *remote) copyAndComplete(ctx context.Context, key, upload string, list []*types.CompletedPart, copies map[*types.CompletedPart]copyRange) error {
	copying, failed := errgroup.WithContext(ctx)
	copying.SetLimit(copiesAtOnce)
	for _, entry := range list {
		if from, ok := copies[entry]; ok {
			copying.Go(func() error {
				if err := context.Cause(failed); err != nil {
					return err
				}
				return r.copyPart(settled(ctx), key, upload, from, entry)
			})
		}
	}
	if err := copying.Wait(); err != nil {
		return err
	}
	return r.complete(ctx, key, upload, list)
}

// checkJoined looks whether the object is there. It may be when its upload is gone, for whoever joined it first need not have heard of
// that; and need not be when the store knows that it is being joined, which some answer like one that is.
func (r *remote) checkJoined(ctx context.Context, key string, pieces []Piece, gone error) error {
	bytes := int64(0)
	for _, piece := range pieces {
		bytes += piece.Bytes
	}
	head, err := r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &r.name, Key: &key})
	if err == nil {
		if got := aws.ToInt64(head.ContentLength); got != bytes {
			return fmt.Errorf("%w: the object has %d bytes, not %d", ErrPiecesLost, got, bytes)
		}
		return nil
	}
	if missing, ok := errors.AsType[*awshttp.ResponseError](err); ok && missing.HTTPStatusCode() == http.StatusNotFound && gone != nil {
		return fmt.Errorf("%w: %w", ErrPiecesLost, gone)
	}
	return err
}

// isPartGone says that a store has other bytes in a part than its list says, or none.
func isPartGone(err error) bool {
	refusal, ok := errors.AsType[smithy.APIError](err)
	return ok && refusal.ErrorCode() == "InvalidPart"
}

func (r *remote) copyPart(ctx context.Context, key, upload string, from copyRange, entry *types.CompletedPart) error {
	source := url.PathEscape(r.name) + "/" + (&url.URL{Path: from.key}).EscapedPath()
	input := &s3.UploadPartCopyInput{Bucket: &r.name, Key: &key, UploadId: &upload, PartNumber: entry.PartNumber, CopySource: &source}
	if !from.whole {
		input.CopySourceRange = aws.String(fmt.Sprintf("bytes=%d-%d", from.first, from.last))
	}
	answer, err := r.client.UploadPartCopy(ctx, input)
	if refusal, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		switch refusal.HTTPStatusCode() {
		case http.StatusNotImplemented, http.StatusMethodNotAllowed:
			return r.resendPart(ctx, key, upload, from, entry)
		}
	}
	if err != nil {
		return err
	}
	entry.ETag, entry.ChecksumCRC32 = answer.CopyPartResult.ETag, answer.CopyPartResult.ChecksumCRC32
	return nil
}

// resendPart is copyPart for stores that copy no parts: the bytes are read, and sent once more.
func (r *remote) resendPart(ctx context.Context, key, upload string, from copyRange, entry *types.CompletedPart) error {
	reader, err := r.blobs.NewRangeReader(ctx, from.key, from.first, from.last-from.first+1, nil)
	if err != nil {
		return err
	}
	file, err := spool(r.spool, reader)
	_ = reader.Close() // Nothing can be lost: the copy is complete or has failed.
	if err != nil {
		return err
	}
	defer file.Close()
	return r.sendPart(ctx, key, upload, file, entry)
}
