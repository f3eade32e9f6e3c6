package bucket

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// How objects travel: what fits into one part in one request, all else in parts. The sizes are those of the AWS SDK's
// transfer manager, whose reader would copy everything twice more on its way into the parts.
const (
	partBytes   = 8 << 20
	partsAtOnce = 5
	// maxPartBytes is the memory of a part: those of a Place are not all as long as others.
	maxPartBytes = 2 * minPartBytes
	// maxParts is S3's own limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	maxParts = 10_000
	// abortTimeout bounds the removal of what was sent of an object that will not be.
	abortTimeout = 5 * time.Second
)

// parts is the memory for them.
var parts = sync.Pool{New: func() any { return new([maxPartBytes]byte) }}

// remoteWriting is an object of S3 on its way.
type remoteWriting struct {
	remote      *remote
	key         string
	contentType string
	bytes       int64
	md5         *digest
	// held holds the parts that wait to be sent and hashed: those that are sent at once, and the one that is being filled.
	held chan struct{}

	mu sync.Mutex
	// whole holds all bytes of an object of one part until Wait.
	whole *buffer
	wait  func() error
	// parts are those of a place; empty for an object.
	parts string
}

func (r *remote) receive(ctx context.Context, key string, content io.Reader, how Receiving, md5 *digest) (Writing, error) {
	claimed := beside(func() error { return how.Claim(ctx) })
	w := &remoteWriting{remote: r, key: key, contentType: how.ContentType, md5: md5, held: make(chan struct{}, partsAtOnce+1)}
	var err error
	if how.Place != nil {
		err = w.receivePlaced(ctx, content, *how.Place, claimed)
	} else {
		err = w.receive(ctx, content, claimed)
	}
	w.md5.end()
	if err != nil {
		_ = claimed() // Nothing of ours runs on behind an error.
		return nil, err
	}
	return w, nil
}

func (w *remoteWriting) receive(ctx context.Context, content io.Reader, claimed func() error) error {
	part, ended := w.firstPart(content)
	switch {
	case ended == nil:
		return w.receiveParts(ctx, part, content, claimed)
	case ended != io.EOF: //nolint:errorlint // The contract of io.Reader; a wrapped one is a failure.
		part.release()
		return ended
	}
	w.bytes, w.whole = int64(len(part.data)), part
	w.wait = beside(func() error {
		err := claimed()
		if err == nil {
			err = w.put(ctx, part.data)
		}
		w.md5.wait()
		return err
	})
	return nil
}

// firstPart is nextPart for the beginning: most objects are small pictures, and need no memory for a part.
func (w *remoteWriting) firstPart(content io.Reader) (*buffer, error) {
	memory := chunks.Get().(*[chunkBytes]byte)
	n, ended := fill(memory[:], content)
	small := newBuffer(memory[:n], func() { chunks.Put(memory) })
	if ended != nil {
		w.md5.add(small.data, small)
		return small, ended
	}
	defer small.release()
	return w.nextPart(io.MultiReader(bytes.NewReader(small.data), content), partBytes)
}

// nextPart reads a part of so many bytes, which the caller releases. It is shorter, even empty, only beside an error: io.EOF at the
// end of content, else its own.
func (w *remoteWriting) nextPart(content io.Reader, length int) (*buffer, error) {
	w.held <- struct{}{}
	memory := parts.Get().(*[maxPartBytes]byte)
	part := newBuffer(memory[:], func() {
		parts.Put(memory)
		<-w.held
	})
	n := 0
	var ended error
	for ended == nil && n < length {
		var read int
		read, ended = fill(memory[n:min(n+chunkBytes, length)], content)
		w.md5.add(memory[n:n+read], part)
		n += read
	}
	part.data = memory[:n]
	return part, ended
}

// put stores the object by one request.
func (w *remoteWriting) put(ctx context.Context, content []byte) error {
	_, err := w.remote.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &w.remote.name, Key: &w.key, ContentType: &w.contentType, Body: bytes.NewReader(content), ChecksumAlgorithm: w.remote.checksum,
	})
	return err
}

// receiveParts sends parts, the first of which is here, while the next ones are coming.
func (w *remoteWriting) receiveParts(ctx context.Context, part *buffer, content io.Reader, claimed func() error) error {
	if err := claimed(); err != nil {
		part.release()
		return err
	}
	upload, err := w.remote.multipart(ctx, w.key, w.contentType)
	if err != nil {
		part.release()
		return err
	}
	sending := w.beginSending(ctx, upload)
	sending.send(ctx, part, 1)
	var ended error
	for ended == nil && sending.failed.Err() == nil {
		part, ended = w.nextPart(content, partBytes)
		switch {
		case len(part.data) == 0, ended != nil && ended != io.EOF: //nolint:errorlint // As above.
			part.release()
		case len(sending.sent) == maxParts:
			part.release()
			ended = fmt.Errorf("it has more than %d parts of %d bytes", maxParts, partBytes)
		default:
			sending.send(ctx, part, len(sending.sent)+1)
		}
	}
	w.md5.end()
	broken := ended != nil && ended != io.EOF //nolint:errorlint // As above.
	w.wait = beside(func() error {
		err := sending.group.Wait()
		switch {
		case err != nil:
		case broken:
			err = ended
		default:
			err = w.remote.complete(ctx, w.key, upload, sending.sent)
		}
		w.md5.wait()
		if err != nil {
			w.remote.abort(ctx, w.key, upload)
		}
		return err
	})
	switch {
	case broken:
		_ = w.wait()
		return ended
	case ended == nil:
		return w.wait() // What was sent has failed.
	}
	return nil
}

// partSending sends parts of a multipart upload, several at once.
type partSending struct {
	w      *remoteWriting
	upload string
	group  *errgroup.Group
	// failed ends with the first part that could not be sent.
	failed context.Context //nolint:containedctx // It is errgroup's.
	sent   []*types.CompletedPart
}

func (w *remoteWriting) beginSending(ctx context.Context, upload string) *partSending {
	s := &partSending{w: w, upload: upload}
	s.group, s.failed = errgroup.WithContext(ctx)
	s.group.SetLimit(partsAtOnce)
	return s
}

// send sends a part, which it releases, when it is its turn.
func (s *partSending) send(ctx context.Context, part *buffer, number int) {
	entry := &types.CompletedPart{PartNumber: aws.Int32(int32(number))}
	s.sent = append(s.sent, entry)
	s.w.bytes += int64(len(part.data))
	s.group.Go(func() error {
		defer part.release()
		if err := context.Cause(s.failed); err != nil {
			return err
		}
		return s.w.remote.sendPart(settled(ctx), s.w.key, s.upload, bytes.NewReader(part.data), entry)
	})
}

// settled is the context of the requests for parts, which goes on when ctx ends. A request that is given up goes on in the
// store, and could bring back what is aborted meanwhile, or be written over what another process sends to the same place; each is short,
// so all are waited for.
func settled(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func (r *remote) sendPart(ctx context.Context, key, upload string, content io.ReadSeeker, entry *types.CompletedPart) error {
	answer, err := r.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &r.name, Key: &key, UploadId: &upload, PartNumber: entry.PartNumber, Body: content, ChecksumAlgorithm: r.checksum,
	})
	if err == nil {
		entry.ETag, entry.ChecksumCRC32 = answer.ETag, answer.ChecksumCRC32
	}
	return err
}

// complete makes the parts an object.
func (r *remote) complete(ctx context.Context, key, upload string, sent []*types.CompletedPart) error {
	list := make([]types.CompletedPart, len(sent))
	for i, entry := range sent {
		list[i] = *entry
	}
	_, err := r.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &r.name, Key: &key, UploadId: &upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: list},
	})
	return err
}

// abort has the store forget what was sent. What it does not forget now falls to the bucket's lifecycle rule.
func (r *remote) abort(ctx context.Context, key, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_ = r.abandon(ctx, key, upload)
}

// Bytes implements Writing.
func (w *remoteWriting) Bytes() int64 { return w.bytes }

// File implements Writing.
func (w *remoteWriting) File() (*os.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.whole == nil {
		return nil, nil
	}
	return spool(w.remote.spool, bytes.NewReader(w.whole.data))
}

// Wait implements Writing.
func (w *remoteWriting) Wait() (Written, error) {
	err := w.wait()
	w.mu.Lock()
	if w.whole != nil {
		w.whole.release()
		w.whole = nil
	}
	w.mu.Unlock()
	if err != nil {
		return Written{}, fmt.Errorf("writing object %s: %w", w.key, err)
	}
	written := w.md5.written(w.bytes)
	written.Parts = w.parts
	return written, nil
}
