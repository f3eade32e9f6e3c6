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
	// maxParts is S3's own limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	maxParts = 10_000
	// abortTimeout bounds the removal of what was sent of an object that will not be.
	abortTimeout = 5 * time.Second
)

// parts is the memory for them.
var parts = sync.Pool{New: func() any { return new([partBytes]byte) }}

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
}

func (r *remote) receive(ctx context.Context, key string, content io.Reader, how Receiving, md5 *digest) (Writing, error) {
	claimed := beside(func() error { return how.Claim(ctx) })
	w := &remoteWriting{remote: r, key: key, contentType: how.ContentType, md5: md5, held: make(chan struct{}, partsAtOnce+1)}
	err := w.receive(ctx, content, claimed)
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
	return w.nextPart(io.MultiReader(bytes.NewReader(small.data), content))
}

// nextPart reads a part, which the caller releases. It is shorter than others, even empty, only beside an error: io.EOF at the
// end of content, else its own.
func (w *remoteWriting) nextPart(content io.Reader) (*buffer, error) {
	w.held <- struct{}{}
	memory := parts.Get().(*[partBytes]byte)
	part := newBuffer(memory[:], func() {
		parts.Put(memory)
		<-w.held
	})
	n := 0
	var ended error
	for ended == nil && n < partBytes {
		var read int
		read, ended = fill(memory[n:min(n+chunkBytes, partBytes)], content)
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
	begun, err := w.remote.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &w.remote.name, Key: &w.key, ContentType: &w.contentType, ChecksumAlgorithm: w.remote.checksum,
	})
	if err != nil {
		part.release()
		return err
	}
	var sent []*types.CompletedPart
	sending, sendingCtx := errgroup.WithContext(ctx)
	sending.SetLimit(partsAtOnce)
	send := func(part *buffer) {
		entry := &types.CompletedPart{PartNumber: aws.Int32(int32(len(sent) + 1))}
		sent = append(sent, entry)
		w.bytes += int64(len(part.data))
		sending.Go(func() error {
			defer part.release()
			if err := context.Cause(sendingCtx); err != nil {
				return err
			}
			return w.sendPart(settled(ctx), begun.UploadId, part.data, entry)
		})
	}
	send(part)
	var ended error
	for ended == nil && sendingCtx.Err() == nil {
		part, ended = w.nextPart(content)
		switch {
		case len(part.data) == 0, ended != nil && ended != io.EOF: //nolint:errorlint // As above.
			part.release()
		case len(sent) == maxParts:
			part.release()
			ended = fmt.Errorf("it has more than %d parts of %d bytes", maxParts, partBytes)
		default:
			send(part)
		}
	}
	w.md5.end()
	broken := ended != nil && ended != io.EOF //nolint:errorlint // As above.
	w.wait = beside(func() error {
		err := sending.Wait()
		switch {
		case err != nil:
		case broken:
			err = ended
		default:
			err = w.remote.complete(ctx, w.key, begun.UploadId, sent)
		}
		w.md5.wait()
		if err != nil {
			w.remote.abort(ctx, w.key, begun.UploadId)
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

// settled is the context of the requests for parts, which goes on when ctx ends. A request that is given up goes on in the
// store, and could bring back what is aborted meanwhile; each is short, so all are waited for.
func settled(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func (w *remoteWriting) sendPart(ctx context.Context, upload *string, content []byte, entry *types.CompletedPart) error {
	answer, err := w.remote.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &w.remote.name, Key: &w.key, UploadId: upload, PartNumber: entry.PartNumber,
		Body: bytes.NewReader(content), ChecksumAlgorithm: w.remote.checksum,
	})
	if err == nil {
		entry.ETag, entry.ChecksumCRC32 = answer.ETag, answer.ChecksumCRC32
	}
	return err
}

// complete makes the parts an object.
func (r *remote) complete(ctx context.Context, key string, upload *string, sent []*types.CompletedPart) error {
	list := make([]types.CompletedPart, len(sent))
	for i, entry := range sent {
		list[i] = *entry
	}
	_, err := r.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &r.name, Key: &key, UploadId: upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: list},
	})
	return err
}

// abort has the store forget what was sent. What it does not forget now falls to the bucket's lifecycle rule.
func (r *remote) abort(ctx context.Context, key string, upload *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_, _ = r.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &r.name, Key: &key, UploadId: upload})
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
	return w.md5.written(w.bytes), nil
}
