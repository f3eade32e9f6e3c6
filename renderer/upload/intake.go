package upload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// object is a file in the bucket that no asset owns yet.
type object struct {
	key   string
	bytes int64
	// md5 is known when the object is settled, and so is md5State; see bucket.Written.
	md5, md5State string
	// chunk is what it is received as; nil for a file.
	chunk *arrival
	// parts are those that it is of a multipart upload, when it is settled; empty for an object.
	parts string
	// joined says that it belongs to an upload in chunks: whatever becomes of that becomes of it.
	joined bool
	// filename is the client's name for it, with extension; "file" when it had none.
	filename string
	// head are its first bytes, as many as are looked at; nil for an object that was stored by somebody else.
	head []byte
	// writing is what there is of it before it is settled; nil afterwards.
	writing bucket.Writing
	// reserved is why it could not be reserved; to be looked at when the writing has failed.
	reserved *error
}

// request is a body that was read to its end: the parameters, and the file, which is in the bucket already
// or still at a URL.
type request struct {
	params wire.Params
	stored *object
	url    string
	// part is what the headers tell of the file; nil for a whole one.
	part *chunk
	// authorize finds out who uploads, by the parameters that are there.
	authorize func() (*caller, error)
}

// receive reads the body. Parameters may follow the file, so the file goes to a reserved object at once and is
// decided on afterwards. On error no object is left.
func (h *Handler) receive(r *http.Request, part *chunk, cloud string, snapshot *catalog.Snapshot, maxBytes int64) (*request, error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.BadRequest("Invalid query string")
	}
	entries, err := openFields(r)
	if err != nil {
		return nil, err
	}
	received := &request{params: wire.Params(params), part: part}
	received.authorize = func() (*caller, error) {
		if err := checkCloud(cloud, received.params, snapshot); err != nil {
			return nil, err
		}
		return h.authorizeUpload(r, received.params, snapshot)
	}
	if err := h.receiveFields(r.Context(), entries, received, snapshot, maxBytes); err != nil {
		h.discard(r.Context(), received.stored)
		return nil, err
	}
	return received, nil
}

func (h *Handler) receiveFields(ctx context.Context, entries fields, received *request, snapshot *catalog.Snapshot, maxBytes int64) error {
	budget := int64(maxFieldBytes)
	for {
		entry, err := entries.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.name == "file" {
			if err := h.receiveFile(ctx, entry, received, snapshot, maxBytes); err != nil {
				return err
			}
			continue
		}
		if entry.isFile {
			continue
		}
		value, err := io.ReadAll(io.LimitReader(entry.value, budget+1))
		if err != nil {
			return wire.BodyProblem(err)
		}
		budget -= int64(len(value)+len(entry.name)) + fieldCost
		if budget < 0 {
			return problem.BadRequest("The parameters are too large. Maximum is %d bytes", maxFieldBytes)
		}
		if !utf8.Valid(value) || !utf8.ValidString(entry.name) {
			return problem.BadRequest("Invalid value for %q: it is not UTF-8", entry.name)
		}
		received.params[entry.name] = append(received.params[entry.name], string(value))
	}
}

// maxURLBytes bounds the URL of a remote file.
const maxURLBytes = 8 << 10

// receiveFile takes the file parameter in one of its forms: content, data URI, or the URL of a remote file, which
// is only fetched once the request was found to be allowed.
func (h *Handler) receiveFile(ctx context.Context, entry *field, received *request, snapshot *catalog.Snapshot, maxBytes int64) error {
	if received.stored != nil || received.url != "" {
		return problem.BadRequest("Only one file may be uploaded at a time")
	}
	if err := hopeless(received.params, snapshot); err != nil {
		return err
	}
	if h.meter != nil {
		if err := h.meter.MayStore(0); err != nil {
			return err
		}
	}
	if entry.isFile {
		name := entry.filename
		if name == "" {
			name = "file"
		}
		var err error
		var coming *arrival
		if received.part != nil && !received.part.whole() {
			if coming, err = h.arrive(ctx, received, snapshot, maxBytes); err != nil {
				return err
			}
		}
		received.stored, err = h.take(ctx, entry.value, name, maxBytes, coming)
		return err
	}
	reader := bufio.NewReaderSize(entry.value, 4096)
	if start, _ := reader.Peek(len("data:")); strings.EqualFold(string(start), "data:") {
		content, err := openDataURI(reader)
		if err != nil {
			return err
		}
		received.stored, err = h.take(ctx, content, "file", maxBytes, nil)
		return err
	}
	if head, _ := reader.Peek(sniffLength); isContent(head) {
		stored, err := h.take(ctx, reader, "file", maxBytes, nil)
		received.stored = stored
		return err
	}
	text, err := io.ReadAll(io.LimitReader(reader, maxURLBytes+1))
	if err != nil {
		return wire.BodyProblem(err)
	}
	if len(text) > maxURLBytes {
		return problem.BadRequest("Invalid file parameter: neither a data URI nor a URL of at most %d bytes", maxURLBytes)
	}
	received.url = strings.TrimSpace(string(text))
	return nil
}

// isContent says that what came without a name begins like a file, not like a data URI or a URL: with a signature, or with bytes
// that no text has.
func isContent(head []byte) bool {
	if kindOf(head).resourceType != library.Raw {
		return true
	}
	// The last character may be cut.
	for i := 0; i < utf8.UTFMax && len(head) > 0 && !utf8.Valid(head); i++ {
		head = head[:len(head)-1]
	}
	return !utf8.Valid(head) || bytes.ContainsFunc(head, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) })
}

// reservation is how long an object that no asset owns is kept: longer than any upload takes.
const reservation = 6 * time.Hour

// store streams content into a new reserved object. On error the object is gone, or is going.
func (h *Handler) store(ctx context.Context, content io.Reader, filename string, maxBytes int64) (*object, error) {
	stored, err := h.take(ctx, content, filename, maxBytes, nil)
	if err == nil {
		err = h.settle(stored)
	}
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// take is store for a caller that has something else to do while the bytes are made durable. It returns when all of content was
// read; the object must be settled or discarded. coming is what it is received as; nil for a file.
func (h *Handler) take(ctx context.Context, content io.Reader, filename string, maxBytes int64, coming *arrival) (*object, error) {
	taken := &object{key: bucket.NewKey("originals"), filename: filename, reserved: new(error), chunk: coming}
	limited := &sizeLimit{source: content, max: maxBytes}
	var receiving bucket.Receiving
	if coming != nil && coming.Before != nil {
		receiving.After = coming.Before.MD5State
	}
	if coming.placed() {
		taken.key, receiving.Place = coming.Multipart.ObjectKey, coming.place()
	} else {
		receiving.Claim = func(ctx context.Context) error {
			*taken.reserved = h.library.ReserveObject(ctx, taken.key, h.now().Add(reservation))
			return *taken.reserved
		}
	}
	writing, err := h.bucket.Receive(ctx, taken.key, limited, receiving)
	if limited.failure != nil || err != nil && coming.placed() {
		h.discard(ctx, &object{key: taken.key, chunk: coming})
	}
	if limited.failure != nil {
		return nil, limited.failure
	}
	if err != nil {
		return nil, taken.unavailable(err)
	}
	taken.bytes, taken.head, taken.writing = writing.Bytes(), limited.head, writing
	return taken, nil
}

// unavailable is the problem of a writing that has failed.
func (o *object) unavailable(failure error) error {
	if *o.reserved != nil {
		return wire.Unavailable("The database", *o.reserved)
	}
	// A bucket that could not take the object is asked nothing more. Should it have stored it all the same, the object is
	// collected when its reservation ends, and not before the last of our bytes have reached a bucket that was only paused.
	return wire.Unavailable("The bucket", failure)
}

// settle waits until the object is in the bucket, whole and durable. On error it is gone, or is going.
func (h *Handler) settle(o *object) error {
	if o.writing == nil {
		return nil
	}
	written, err := o.writing.Wait()
	o.writing = nil
	if err != nil {
		if o.chunk.placed() {
			o.chunk.abandon()
		}
		return o.unavailable(err)
	}
	o.md5, o.md5State, o.parts = written.MD5, written.MD5State, written.Parts
	return nil
}

// settle is Handler.settle for the object of the intake.
func (i *intake) settle() error {
	err := i.handler.settle(i.object)
	if err != nil {
		i.object = nil
	}
	return err
}

// open opens the bytes of the object, before it is settled where the bucket can do that.
func (i *intake) open(ctx context.Context) (*os.File, error) {
	if i.object.writing != nil {
		file, err := i.object.writing.File()
		if err == nil && file != nil {
			return file, nil
		}
		if err := i.settle(); err != nil {
			return nil, err
		}
	}
	file, err := i.handler.bucket.File(ctx, i.object.key)
	if err != nil {
		return nil, wire.Unavailable("The bucket", err)
	}
	return file, nil
}

// head gives the first bytes of the object.
func (i *intake) head(ctx context.Context) ([]byte, error) {
	if i.object.head != nil {
		return i.object.head, nil
	}
	head, err := i.handler.bucket.Head(ctx, i.object.key, sniffLength)
	if err != nil {
		return nil, wire.Unavailable("The bucket", err)
	}
	return head, nil
}

// discardTimeout bounds the deletion of an object that no asset owns.
const discardTimeout = 5 * time.Second

// discard deletes an object that no asset owns. What it cannot delete now stays reserved and is collected later.
func (h *Handler) discard(ctx context.Context, unwanted *object) {
	if unwanted == nil || unwanted.joined || h.settle(unwanted) != nil {
		return
	}
	if unwanted.chunk.placed() {
		unwanted.chunk.abandon()
		return
	}
	// The request may have ended; its object must go nevertheless. The client waits, so not for long.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	if err := h.bucket.Delete(ctx, unwanted.key); err != nil {
		h.logger.WarnContext(ctx, "a refused upload's bytes could not be deleted and wait for garbage collection", "object", unwanted.key, "error", err)
		return
	}
	// What is due now is forgotten by the next sweep.
	if err := h.library.ReserveObject(ctx, unwanted.key, h.now()); err != nil {
		h.logger.WarnContext(ctx, "the reservation of a deleted object could not be ended early", "object", unwanted.key, "error", err)
	}
}

// sizeLimit fails when source has more than max bytes. It goes on counting a little, to tell how many they were.
type sizeLimit struct {
	source io.Reader
	max    int64
	count  int64
	// head are the first bytes, sniffLength at most.
	head []byte
	// failure is why reading failed: the source's own problem, or that it is too large.
	failure error
}

func (s *sizeLimit) Read(p []byte) (int, error) {
	n, err := s.source.Read(p)
	s.count += int64(n)
	if missing := sniffLength - len(s.head); missing > 0 {
		s.head = append(s.head, p[:min(n, missing)]...)
	}
	if s.count > s.max {
		more, _ := io.Copy(io.Discard, io.LimitReader(s.source, readAhead))
		s.failure = tooLarge(s.count+more, s.max)
		return 0, s.failure
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.failure = wire.BodyProblem(err)
		return n, s.failure
	}
	return n, err
}

func tooLarge(got, limit int64) error {
	return problem.BadRequest("File size too large. Got %d. Maximum is %d.", got, limit)
}
