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

// ErrCannotJoin says that the store does not join these pieces by itself.
var ErrCannotJoin = errors.New("the store cannot join these objects")

// Piece is an object that is to be a part of another one.
type Piece struct {
	Key string
	// Bytes is its length.
	Bytes int64
}

// Join makes an object of others, one behind the other, which stay. The store does it by itself: none of their bytes passes
// through this process. The object, whose key must be reserved, appears whole and durable when Join returns, or, after an
// error, not at all. The error is ErrCannotJoin for pieces that S3 has no parts for, and for stores that copy no parts: reading
// the pieces and writing them as one object is what is left then. contentType may be empty.
func (b *Bucket) Join(ctx context.Context, key string, pieces []Piece, contentType string) error {
	if contentType == "" {
		contentType = defaultContentType
	}
	err := checkKey(key)
	prefixed := make([]Piece, len(pieces))
	for i, piece := range pieces {
		err = errors.Join(err, checkKey(piece.Key))
		prefixed[i] = Piece{b.prefix + piece.Key, piece.Bytes}
	}
	if err == nil {
		err = b.store.join(ctx, b.prefix+key, prefixed, contentType)
	}
	if err != nil {
		return fmt.Errorf("joining %d objects into %s: %w", len(pieces), key, err)
	}
	return nil
}

// join has the kernel copy the files; some file systems only note whose bytes they are.
func (v *volume) join(ctx context.Context, key string, pieces []Piece, _ string) error {
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

// copyRanges are the parts of the object that pieces become.
func copyRanges(pieces []Piece) ([]copyRange, error) {
	var ranges []copyRange
	for i, piece := range pieces {
		if piece.Bytes < minPartBytes && i < len(pieces)-1 {
			return nil, ErrCannotJoin
		}
		count := max((piece.Bytes+maxCopyBytes-1)/maxCopyBytes, 1)
		for j := range count {
			ranges = append(ranges, copyRange{piece.Key, j * piece.Bytes / count, (j+1)*piece.Bytes/count - 1, count == 1})
		}
	}
	if len(ranges) > maxParts {
		return nil, ErrCannotJoin
	}
	return ranges, nil
}

func (r *remote) join(ctx context.Context, key string, pieces []Piece, contentType string) error {
	ranges, err := copyRanges(pieces)
	if err != nil {
		return err
	}
	begun, err := r.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &r.name, Key: &key, ContentType: &contentType, ChecksumAlgorithm: r.checksum,
	})
	if err != nil {
		return err
	}
	copied := make([]*types.CompletedPart, len(ranges))
	copying, copyingCtx := errgroup.WithContext(ctx)
	copying.SetLimit(copiesAtOnce)
	for i, from := range ranges {
		copied[i] = &types.CompletedPart{PartNumber: aws.Int32(int32(i + 1))}
		copying.Go(func() error {
			if err := context.Cause(copyingCtx); err != nil {
				return err
			}
			return r.copyPart(settled(ctx), key, begun.UploadId, from, copied[i])
		})
	}
	if err = copying.Wait(); err == nil {
		err = r.complete(ctx, key, begun.UploadId, copied)
	}
	if err != nil {
		r.abort(ctx, key, begun.UploadId)
	}
	return err
}

func (r *remote) copyPart(ctx context.Context, key string, upload *string, from copyRange, entry *types.CompletedPart) error {
	source := url.PathEscape(r.name) + "/" + (&url.URL{Path: from.key}).EscapedPath()
	input := &s3.UploadPartCopyInput{Bucket: &r.name, Key: &key, UploadId: upload, PartNumber: entry.PartNumber, CopySource: &source}
	if !from.whole {
		input.CopySourceRange = aws.String(fmt.Sprintf("bytes=%d-%d", from.first, from.last))
	}
	answer, err := r.client.UploadPartCopy(ctx, input)
	if refusal, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		switch refusal.HTTPStatusCode() {
		case http.StatusNotImplemented, http.StatusMethodNotAllowed:
			return fmt.Errorf("%w: %w", ErrCannotJoin, err)
		}
	}
	if err != nil {
		return err
	}
	entry.ETag, entry.ChecksumCRC32 = answer.CopyPartResult.ETag, answer.CopyPartResult.ChecksumCRC32
	return nil
}
