package bucket

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// direct hands requests to a store without a network between. As with a network, the store goes on with a request that its
// caller gives up.
type direct struct{ store http.Handler }

func (d direct) Do(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		request.Body = http.NoBody
	}
	answers := make(chan *http.Response, 1)
	go func() {
		recorder := httptest.NewRecorder()
		d.store.ServeHTTP(recorder, request)
		answers <- recorder.Result()
	}()
	select {
	case answer := <-answers:
		return answer, nil
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}

// TestPartsSettleBeforeTheyAreAborted gives up objects while the store is busy with their first part: it could store that
// after it was told to forget all.
func TestPartsSettleBeforeTheyAreAborted(t *testing.T) {
	put := func(ctx context.Context, b *Bucket, content io.Reader) error {
		_, err := b.Put(ctx, "originals/a", content, "")
		return err
	}
	parts := func() io.Reader { return io.LimitReader(zeros{}, 2*partBytes+1) }
	join := func(ctx context.Context, b *Bucket) error {
		return b.Join(ctx, "originals/a", "", []Piece{{Key: "originals/1", Bytes: minPartBytes}, {Key: "originals/2", Bytes: minPartBytes}}, "")
	}
	for name, test := range map[string]struct {
		refused string
		run     func(ctx context.Context, b *Bucket) error
		// leaves says that the caller leaves while the first part is on its way.
		leaves bool
	}{
		"a part is refused": {refused: "2", run: func(ctx context.Context, b *Bucket) error { return put(ctx, b, parts()) }},
		"the content breaks": {run: func(ctx context.Context, b *Bucket) error {
			return put(ctx, b, io.MultiReader(bytes.NewReader(make([]byte, 2*partBytes)), iotest.ErrReader(io.ErrUnexpectedEOF)))
		}},
		"the caller leaves":         {run: func(ctx context.Context, b *Bucket) error { return put(ctx, b, parts()) }, leaves: true},
		"a copy is refused":         {refused: "2", run: join},
		"the caller leaves a joint": {run: join, leaves: true},
	} {
		t.Run(name, func(t *testing.T) {
			b, server := openPartServer(t, nil)
			synctest.Test(t, func(t *testing.T) {
				begun, release := make(chan struct{}), make(chan struct{})
				server.refuse = func(_, part string) int {
					if part == "1" {
						close(begun)
						<-release
					}
					if part != "" && part == test.refused {
						<-begun
						return http.StatusForbidden
					}
					return 0
				}
				b.store.(*remote).client = s3.New(s3.Options{
					Region: "us-east-1", BaseEndpoint: aws.String("http://store"), UsePathStyle: true, HTTPClient: direct{server},
					Credentials: aws.AnonymousCredentials{},
				})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				ended := make(chan error, 1)
				go func() { ended <- test.run(ctx, b) }()
				synctest.Wait()
				if test.leaves {
					leave()
					synctest.Wait()
				}
				asked := func(operation string) int {
					server.mu.Lock()
					defer server.mu.Unlock()
					return server.asked[operation]
				}
				if n := asked("abort"); n != 0 || len(ended) != 0 {
					t.Errorf("aborted %d times, ended %d times, while a part is on its way", n, len(ended))
				}
				close(release)
				if err := <-ended; err == nil {
					t.Error("no error")
				}
				if n, completed := asked("abort"), asked("complete"); n != 1 || completed != 0 {
					t.Errorf("aborted %d times, completed %d times", n, completed)
				}
			})
		})
	}
}
