package vips

import (
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/script"
)

// Script runs a program of an upload. See engine.Engine.
func (w *Worker) Script(request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	return script.Run(request)
}
