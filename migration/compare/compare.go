// Package compare asks two clouds for the same delivery URLs and says where their answers differ: status, content type, size in
// pixels and bytes, and how alike the pictures look.
package compare

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif"  // decoded here
	_ "image/jpeg" // decoded here
	_ "image/png"  // decoded here
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"sync"

	_ "golang.org/x/image/webp" // decoded here
)

// Options say whom to ask, and what is alike.
type Options struct {
	// Client makes the requests.
	Client *http.Client
	// Old and New are the addresses of the clouds: scheme://host[/cloud name], without a slash at the end.
	Old, New string
	// Header is sent with every request.
	Header http.Header
	// MinSSIM is the structural similarity from which on pictures look alike.
	MinSSIM float64
	// Parallel is how many paths are compared at once.
	Parallel int
}

// Answer is what one cloud answers.
type Answer struct {
	// Problem is why there is no answer; empty when there is one.
	Problem     string
	Status      int
	ContentType string
	// Error is the reason that the cloud gives for an answer without a file.
	Error string
	Bytes int
	// Width and Height are 0 for what is no picture that is decoded here.
	Width, Height int

	content []byte
	picture *image.RGBA
}

// Result is the comparison of one path.
type Result struct {
	// Path is what follows the addresses of the clouds.
	Path     string
	Old, New Answer
	// SSIM is the structural similarity of two pictures; below 0 when there are none of one size.
	SSIM float64
	// Differences say what differs; empty when the answers are alike.
	Differences []string
}

const (
	// maxBytes bounds an answer, maxPixels a picture that is decoded.
	maxBytes  = 256 << 20
	maxPixels = 64 << 20
)

// Paths compares the answers for paths, in their order; each is called with every result as soon as it is there.
func Paths(ctx context.Context, options Options, paths []string, each func(*Result)) {
	results := make([]chan *Result, len(paths))
	for i := range results {
		results[i] = make(chan *Result, 1)
	}
	slots := make(chan struct{}, max(options.Parallel, 1))
	var group sync.WaitGroup
	group.Go(func() {
		for i, path := range paths {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				results[i] <- options.path(ctx, path)
			})
		}
	})
	for _, result := range results {
		each(<-result)
	}
	group.Wait()
}

// path compares the answers for one path.
func (o *Options) path(ctx context.Context, path string) *Result {
	r := &Result{Path: path, SSIM: -1}
	r.Old, r.New = o.ask(ctx, o.Old+path), o.ask(ctx, o.New+path)
	r.Differences = r.differences(o.MinSSIM)
	r.Old.content, r.New.content = nil, nil
	return r
}

// Forget lets go of the pictures.
func (r *Result) Forget() { r.Old.picture, r.New.picture = nil, nil }

// ask gets one answer.
func (o *Options) ask(ctx context.Context, target string) Answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return Answer{Problem: err.Error()}
	}
	maps.Copy(request.Header, o.Header)
	response, err := o.Client.Do(request)
	if err != nil {
		return Answer{Problem: err.Error()}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxBytes+1))
	if err != nil {
		return Answer{Problem: "reading the answer: " + err.Error()}
	}
	if len(content) > maxBytes {
		return Answer{Problem: fmt.Sprintf("the answer is larger than %d bytes", maxBytes)}
	}
	answer := Answer{Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"), Error: response.Header.Get("X-Cld-Error"), Bytes: len(content), content: content}
	if media, _, err := mime.ParseMediaType(answer.ContentType); err == nil {
		answer.ContentType = media
	}
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(answer.ContentType, "image/") {
		return answer
	}
	settings, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || settings.Width*settings.Height > maxPixels {
		return answer
	}
	answer.Width, answer.Height = settings.Width, settings.Height
	if picture, _, err := image.Decode(bytes.NewReader(content)); err == nil {
		answer.picture = flat(picture)
	}
	return answer
}

// differences compares the answers.
func (r *Result) differences(minSSIM float64) []string {
	a, b := &r.Old, &r.New
	switch {
	case a.Problem != "" || b.Problem != "":
		var problems []string
		if a.Problem != "" {
			problems = append(problems, "the old cloud does not answer: "+a.Problem)
		}
		if b.Problem != "" {
			problems = append(problems, "the new cloud does not answer: "+b.Problem)
		}
		return problems
	case a.Status != b.Status:
		reasons := []string{fmt.Sprintf("status %d and %d", a.Status, b.Status)}
		for _, answer := range []*Answer{a, b} {
			if answer.Error != "" {
				reasons = append(reasons, answer.Error)
			}
		}
		return []string{strings.Join(reasons, ": ")}
	case a.Status != http.StatusOK:
		// How a refusal is worded is nobody's picture.
		return nil
	}
	var found []string
	if a.ContentType != b.ContentType {
		found = append(found, fmt.Sprintf("content type %s and %s", a.ContentType, b.ContentType))
	}
	if bytes.Equal(a.content, b.content) {
		if a.picture != nil {
			r.SSIM = 1
		}
		return found
	}
	switch {
	case a.Width != b.Width || a.Height != b.Height:
		found = append(found, fmt.Sprintf("size %s and %s", a.size(), b.size()))
	case a.picture == nil || b.picture == nil:
		if !strings.HasPrefix(a.ContentType, "image/") {
			found = append(found, "content")
		} else {
			found = append(found, "content, and the pictures cannot be compared: "+a.ContentType+" is not decoded here")
		}
	default:
		similarity, err := SSIM(lumaOf(a.picture), lumaOf(b.picture))
		if err != nil {
			found = append(found, "content, and "+err.Error())
			break
		}
		if r.SSIM = similarity; similarity < minSSIM {
			found = append(found, fmt.Sprintf("similarity %.3f", similarity))
		}
	}
	return found
}

func (a *Answer) size() string {
	if a.Width == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%dx%d", a.Width, a.Height)
}
