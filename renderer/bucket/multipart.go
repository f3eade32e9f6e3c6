package bucket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Place says where in an object that is a multipart upload some bytes belong. While they are received nobody else may write to it.
type Place struct {
	// Upload is what BeginMultipart gave.
	Upload string
	// Offset is how many bytes of the object come before.
	Offset int64
	// Bytes is how many are to come. More are counted, and not stored.
	Bytes int64
}

// MaxMultipartBytes is the length of the longest object that can be sent to places: the number of a part follows from its offset, so
// that nobody has to know what else has come, and S3 numbers them up to 10,000.
const MaxMultipartBytes = maxParts * minPartBytes

// MinPlaceBytes is the length of the shortest place but the last of an object.
const MinPlaceBytes = minPartBytes

// HasMultipart says that objects can come in pieces.
func (b *Bucket) HasMultipart() bool { return b.Remote() }

// BeginMultipart begins an object that comes in pieces, each of which any process may receive; see Receiving.Place. Nothing can be seen
// of it before they are joined. Its key must be reserved. The upload is empty where the store has no such uploads,
// see HasMultipart. contentType may be empty.
func (b *Bucket) BeginMultipart(ctx context.Context, key, contentType string) (upload string, err error) {
	if contentType == "" {
		contentType = defaultContentType
	}
	if err = checkKey(key); err == nil {
		upload, err = b.store.multipart(ctx, b.prefix+key, contentType)
	}
	if err != nil {
		return "", fmt.Errorf("beginning object %s: %w", key, err)
	}
	return upload, nil
}

// AbortMultipart has the store forget what was sent of an object that was not joined. One that is not there, be it that it was joined, is
// no error.
func (b *Bucket) AbortMultipart(ctx context.Context, key, upload string) error {
	err := checkKey(key)
	if err == nil && upload != "" {
		err = b.store.abandon(ctx, b.prefix+key, upload)
	}
	if err != nil {
		return fmt.Errorf("aborting object %s: %w", key, err)
	}
	return nil
}

// multipart says that a volume has no such uploads: its kernel copies pieces faster than they come.
func (v *volume) multipart(context.Context, string, string) (string, error) { return "", nil }

func (v *volume) abandon(context.Context, string, string) error { return nil }

func (r *remote) multipart(ctx context.Context, key, contentType string) (string, error) {
	begun, err := r.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &r.name, Key: &key, ContentType: &contentType, ChecksumAlgorithm: r.checksum,
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(begun.UploadId), nil
}

func (r *remote) abandon(ctx context.Context, key, upload string) error {
	_, err := r.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &r.name, Key: &key, UploadId: &upload})
	if isUploadGone(err) {
		return nil
	}
	return err
}

// isUploadGone says that a store knows no such upload: it was completed, or aborted.
func isUploadGone(err error) bool {
	refusal, ok := errors.AsType[smithy.APIError](err)
	return ok && refusal.ErrorCode() == "NoSuchUpload"
}

// partNumber is that of the part at an offset of a multipart upload. Parts do not overlap and have minPartBytes at least, so that no two
// have the same one.
func partNumber(offset int64) int { return int(offset/minPartBytes) + 1 }

// partLengths divides a place into parts from minPartBytes up to maxPartBytes. The last of several is as short as may be: it is what the
// caller still waits for when all has come.
func partLengths(bytes int64) (lengths []int) {
	last := bytes
	if bytes >= 2*minPartBytes {
		last = minPartBytes
	}
	before := bytes - last
	count := before / minPartBytes
	for i := range count {
		lengths = append(lengths, int((i+1)*before/count-i*before/count))
	}
	return append(lengths, int(last))
}

// receivePlaced sends the parts of a place while the next ones are coming.
func (w *remoteWriting) receivePlaced(ctx context.Context, content io.Reader, place Place, claimed func() error) error {
	if err := claimed(); err != nil {
		return err
	}
	sending := w.beginSending(ctx, place.Upload)
	offset := place.Offset
	var ended error
	for _, length := range partLengths(place.Bytes) {
		var part *buffer
		part, ended = w.nextPart(content, length)
		if len(part.data) < length {
			w.bytes += int64(len(part.data))
			part.release()
			break
		}
		sending.send(ctx, part, partNumber(offset))
		offset += int64(length)
		if ended != nil || sending.failed.Err() != nil {
			break
		}
	}
	if ended == nil && sending.failed.Err() == nil {
		var more int64
		more, ended = io.Copy(io.Discard, content)
		w.bytes += more
	}
	w.md5.end()
	w.wait = beside(func() error {
		err := sending.group.Wait()
		w.md5.wait()
		if err == nil {
			w.parts, err = encodeParts(sending.sent)
		}
		return err
	})
	switch {
	case ended != nil && ended != io.EOF: //nolint:errorlint // The contract of io.Reader; a wrapped one is a failure.
		_ = w.wait()
		return ended
	case sending.failed.Err() != nil:
		return w.wait()
	}
	return nil
}

// sentPart is a part as Written and Piece have it.
type sentPart struct {
	Number   int32  `json:"n"`
	ETag     string `json:"e"`
	Checksum string `json:"c,omitempty"`
}

func encodeParts(sent []*types.CompletedPart) (string, error) {
	list := make([]sentPart, len(sent))
	for i, part := range sent {
		list[i] = sentPart{aws.ToInt32(part.PartNumber), aws.ToString(part.ETag), aws.ToString(part.ChecksumCRC32)}
	}
	encoded, err := json.Marshal(list)
	return string(encoded), err
}

func decodeParts(encoded string) ([]*types.CompletedPart, error) {
	var list []sentPart
	if err := json.Unmarshal([]byte(encoded), &list); err != nil {
		return nil, fmt.Errorf("reading the parts of a piece: %w", err)
	}
	sent := make([]*types.CompletedPart, len(list))
	for i, part := range list {
		sent[i] = &types.CompletedPart{PartNumber: aws.Int32(part.Number), ETag: aws.String(part.ETag)}
		if part.Checksum != "" {
			sent[i].ChecksumCRC32 = aws.String(part.Checksum)
		}
	}
	return sent, nil
}
