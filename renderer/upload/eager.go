package upload

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// eagerRequest is one transformation that is made at upload time.
type eagerRequest struct {
	// transformation is without the extension.
	transformation string
	// format is the extension asked for, or empty for that of the original.
	format string
	// bare says that the URL shall have no extension.
	bare bool
}

// text is the request as the parameter writes it.
func (r *eagerRequest) text() string {
	switch {
	case r.bare:
		return r.transformation + "/"
	case r.format != "":
		return r.transformation + "/" + r.format
	}
	return r.transformation
}

// maxEager bounds the eager transformations of one upload.
const maxEager = 100

var extension = regexp.MustCompile(`^[a-zA-Z0-9]{1,5}$`)

// parseEager reads t1|t2, each of which may end in /ext, or in / for no extension.
func parseEager(rows []string, named transform.Named) ([]eagerRequest, error) {
	var requests []eagerRequest
	for _, row := range rows {
		for text := range strings.SplitSeq(row, "|") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			request := eagerRequest{transformation: text}
			if rest, ok := strings.CutSuffix(text, "/"); ok {
				request.transformation, request.bare = rest, true
			} else if slash := strings.LastIndexByte(text, '/'); slash >= 0 && extension.MatchString(text[slash+1:]) {
				request.transformation, request.format = text[:slash], strings.ToLower(text[slash+1:])
			}
			if _, err := transform.Parse(request.transformation, named); err != nil {
				return nil, err
			}
			requests = append(requests, request)
		}
	}
	if len(requests) > maxEager {
		return nil, problem.BadRequest("Too many eager transformations. Got %d. Maximum is %d.", len(requests), maxEager)
	}
	return requests, nil
}

// parseEagerJob reads the transformations of a job, of which there may be as many as there are pages.
func parseEagerJob(job *eagerJob, named transform.Named) (requests []eagerRequest, err error) {
	for row := range slices.Chunk(job.Eager, maxEager) {
		some, err := parseEager(row, named)
		if err != nil {
			return nil, err
		}
		requests = append(requests, some...)
	}
	return requests, nil
}

// makeEager makes the files in order. One that fails does not undo the upload: its entry says why. passing is the last failure
// of those that may pass.
func (h *Handler) makeEager(ctx context.Context, asset *library.Asset, requests []eagerRequest, links wire.Links) (entries []wire.Object, passing error) {
	for _, request := range requests {
		file, err := h.deriver.Eager(ctx, asset, request.transformation, request.format)
		if err != nil {
			found := problem.From(err)
			if found.Transient {
				passing = err
			}
			if found.Status >= 500 {
				h.logger.WarnContext(ctx, "an eager transformation failed", "publicID", asset.PublicID, "transformation", request.transformation, "error", err)
			}
			entries = append(entries, wire.Object{"transformation": request.transformation, "status": "failed", "reason": found.Message})
			continue
		}
		format := file.Format
		if request.bare {
			format = ""
		}
		url, secureURL := links.Derived(asset, request.transformation, format)
		entries = append(entries, wire.Object{
			"transformation": request.transformation,
			"width":          file.Width,
			"height":         file.Height,
			"bytes":          file.Bytes,
			"format":         file.Format,
			"url":            url,
			"secure_url":     secureURL,
		})
	}
	return entries, passing
}
