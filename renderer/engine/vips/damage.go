package vips

import (
	"errors"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// invalid is the problem of a file that cannot be decoded.
func invalid(cause error) error { return problem.BadRequest("Invalid image file").Because(bare(cause)) }

// public makes an error that may be shown. Evaluation is lazy, so that damaged pixels surface in whatever step reads
// them: then it is the decoder that complains.
func (w *Worker) public(err error) error {
	if _, ok := errors.AsType[*problem.Problem](err); ok {
		return err
	}
	text := bare(err).Error()
	for _, f := range w.formats {
		if f.complains != "" && strings.Contains(text, f.complains) {
			return invalid(err)
		}
	}
	return problem.Failed(bare(err))
}

// bare is an error of govips without the stack that it writes into the message.
func bare(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\nStack:")
	return errors.New(strings.Join(strings.Fields(text), " "))
}
