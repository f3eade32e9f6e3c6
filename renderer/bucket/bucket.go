// Package bucket keeps the bytes of an environment: originals and derived files, as objects of a volume or of an
// S3-compatible bucket. It knows no assets; who owns which object is written in the library.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// ErrNotFound says that there is no object under a key.
var ErrNotFound = errors.New("object not found")

// Bucket is an open bucket. It is safe for concurrent use.
type Bucket struct {
	store  store
	blobs  *blob.Bucket
	prefix string
}

// Written is what a Put has stored.
type Written struct {
	// Bytes is the length of the object.
	Bytes int64
	// MD5 of the object, hex; with Receiving.After, of all that comes before it, too.
	MD5 string
	// MD5State is what the MD5 of more goes on from; see Receiving.
	MD5State string
	// Parts are those of a multipart upload that the bytes became, as Piece wants them; empty for an object.
	Parts string
}

// Receiving says how an object is received.
type Receiving struct {
	// ContentType may be empty.
	ContentType string
	// Claim, which may be nil, is called beside the reading; before it has returned nothing is left behind by a crash, and its
	// error ends the writing.
	Claim func(context.Context) error
	// After is the MD5State of what comes before the object in a file that it is a part of; empty for none.
	After string
	// Place, when not nil, has the bytes become parts of a multipart upload, whose object the key is.
	Place *Place
}

const defaultContentType = "application/octet-stream"

// store is what volumes and S3 do differently. Keys include the prefix.
type store interface {
	// receive is Receive, with the digest that the bytes go through. Neither a content type nor a claim is missing.
	receive(ctx context.Context, key string, r io.Reader, how Receiving, md5 *digest) (Writing, error)
	// multipart is BeginMultipart.
	multipart(ctx context.Context, key, contentType string) (string, error)
	// abandon is AbortMultipart.
	abandon(ctx context.Context, key, upload string) error
	// join is Join.
	join(ctx context.Context, key, upload string, pieces []Piece, contentType string) error
	// file opens an object for reading.
	file(ctx context.Context, key string) (*os.File, error)
	// purge removes the versions that the store keeps of key; ErrLocked when one may not go yet.
	purge(ctx context.Context, key string) error
	// sweep removes what interrupted writes of key have left beside it.
	sweep(ctx context.Context, key string) error
	// ping fails when objects cannot be read.
	ping(ctx context.Context) error
	close() error
}

// Writing is an object on its way into the bucket: all of its bytes have been received. Wait must be called.
type Writing interface {
	// Bytes is the length of the object.
	Bytes() int64
	// File opens the bytes as Bucket.File does, before they are durable; nil where that is not possible before Wait.
	File() (*os.File, error)
	// Wait returns when the object is there, whole and durable, or, with an error, not at all. It may be called again.
	Wait() (Written, error)
}

// Option changes how a bucket is opened.
type Option func(*options)

type options struct {
	spool    string
	patience time.Duration
}

// WithSpool names the directory for the unlinked files that File makes of remote objects. The default is the
// system's directory for temporary files.
func WithSpool(directory string) Option { return func(o *options) { o.spool = directory } }

// Open opens the bucket that c describes. A volume's directory is created when it is missing; an S3 bucket has to
// exist, and is not asked for before the first use (see Ping).
func Open(ctx context.Context, c config.Bucket, opts ...Option) (*Bucket, error) {
	o := options{patience: patience}
	for _, opt := range opts {
		opt(&o)
	}
	if c.Prefix != "" && checkKey(strings.TrimSuffix(c.Prefix, "/")) != nil {
		return nil, fmt.Errorf("bucket prefix %q: only letters, digits and . _ - in parts joined by / are allowed", c.Prefix)
	}
	b := &Bucket{prefix: c.Prefix}
	var err error
	switch c.Driver {
	case config.BucketVolume:
		b.blobs, b.store, err = openVolume(c.Path)
	case config.BucketS3:
		b.blobs, b.store, err = openS3(ctx, c, o)
	default:
		return nil, fmt.Errorf("bucket driver %q is neither %s nor %s", c.Driver, config.BucketVolume, config.BucketS3)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the bucket: %w", err)
	}
	return b, nil
}

// Put stores all of r under key. The object appears whole and durable when Put returns, or, after an error, not at
// all; an object that was there before is replaced. contentType may be empty.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, contentType string) (Written, error) {
	writing, err := b.Receive(ctx, key, r, Receiving{ContentType: contentType})
	if err != nil {
		return Written{}, err
	}
	return writing.Wait()
}

// Receive is Put for a caller that has something else to do while the bytes are made durable: it returns when all of r was
// read. ctx ends the writing until Wait has returned.
func (b *Bucket) Receive(ctx context.Context, key string, r io.Reader, how Receiving) (Writing, error) {
	hash, err := continued(how.After)
	if err == nil {
		err = checkKey(key)
	}
	if how.ContentType == "" {
		how.ContentType = defaultContentType
	}
	if how.Claim == nil {
		how.Claim = func(context.Context) error { return nil }
	}
	var writing Writing
	if err == nil {
		writing, err = b.store.receive(ctx, b.prefix+key, r, how, newDigest(hash))
	}
	if err != nil {
		return nil, fmt.Errorf("writing object %s: %w", key, err)
	}
	return writing, nil
}

// File opens an object as a read-only descriptor that can be seeked and handed to another process. On a volume it is
// the object's own file, otherwise an unlinked copy. It stays readable when the object is deleted. The error is
// ErrNotFound when there is no such object.
func (b *Bucket) File(ctx context.Context, key string) (*os.File, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("opening object %s: %w", key, err)
	}
	f, err := b.store.file(ctx, b.prefix+key)
	if err != nil {
		return nil, fmt.Errorf("opening object %s: %w", key, err)
	}
	return f, nil
}

// Remote says that File fetches a copy from elsewhere: one that is needed again is worth keeping.
func (b *Bucket) Remote() bool {
	_, ok := b.store.(*remote)
	return ok
}

// Open opens an object for being read once, from its beginning: nothing is copied aside. The error is ErrNotFound when there
// is no such object.
func (b *Bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("opening object %s: %w", key, err)
	}
	reader, err := b.blobs.NewReader(ctx, b.prefix+key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("opening object %s: %w", key, err)
	}
	return reader, nil
}

// Head reads the first n bytes of an object, or all where it has fewer. The error is ErrNotFound when there is no such object.
func (b *Bucket) Head(ctx context.Context, key string, n int) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	reader, err := b.blobs.NewRangeReader(ctx, b.prefix+key, 0, int64(n), nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	head, err := io.ReadAll(io.LimitReader(reader, int64(n)))
	if err := errors.Join(err, reader.Close()); err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	return head, nil
}

// Delete removes an object, and whatever an interrupted Put of that key may have left. A missing object is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("deleting object %s: %w", key, err)
	}
	err := b.blobs.Delete(ctx, b.prefix+key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = nil
	}
	if err == nil {
		err = b.store.sweep(ctx, b.prefix+key)
	}
	if err != nil {
		return fmt.Errorf("deleting object %s: %w", key, err)
	}
	return nil
}

// Ping fails when the bucket cannot be read now.
func (b *Bucket) Ping(ctx context.Context) error {
	if err := b.store.ping(ctx); err != nil {
		return fmt.Errorf("reaching the bucket: %w", err)
	}
	return nil
}

// Close releases the bucket. Files that were opened stay open.
func (b *Bucket) Close() error { return errors.Join(b.blobs.Close(), b.store.close()) }
