package vips

import (
	"fmt"
	"log/slog"
	"os"
	"sync"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/typeset"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Options of a Worker. The zero value works.
type Options struct {
	// Limits replace the package's defaults for requests that leave theirs at zero.
	Limits engine.Limits
	// Logger receives the warnings of libvips; nil drops them.
	Logger *slog.Logger
}

// Worker implements engine.Worker. It is safe for concurrent use, although a child gives it one job at a time.
type Worker struct {
	formats []format
	limits  engine.Limits
	faces   *faceFinder
	setter  *typeset.Setter
}

var _ engine.Worker = (*Worker)(nil)

// start runs once per process: libvips cannot be started twice.
var start = sync.OnceValue(startLibvips)

// New starts libvips, closes the loaders that are not wanted, and loads one small picture of each type, so that
// everything that is opened lazily (plug-ins, tables, profiles) is there before a sandbox closes the file system.
func New(options Options) (*Worker, error) {
	if err := start(); err != nil {
		return nil, err
	}
	if options.Logger != nil {
		govips.LoggingSettings(func(domain string, _ govips.LogLevel, message string) {
			options.Logger.Warn(message, "library", domain)
		}, govips.LogLevelWarning)
	}
	faces, err := newFaceFinder()
	if err != nil {
		return nil, err
	}
	setter, err := typeset.New()
	if err != nil {
		return nil, err
	}
	w := &Worker{
		formats: formats(),
		limits: withDefaults(options.Limits, engine.Limits{
			MaxInputPixels: DefaultMaxInputPixels, MaxOutputPixels: DefaultMaxOutputPixels,
		}),
		faces: faces, setter: setter,
	}
	blockLoaders(w.formats)
	if err := w.warmUp(); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	return w, nil
}

// startLibvips starts the library with one thread per picture and no caches: a job is never repeated, and children
// are many.
func startLibvips() error {
	govips.LoggingSettings(func(string, govips.LogLevel, string) {}, govips.LogLevelError)
	err := govips.Startup(&govips.Config{ConcurrencyLevel: 1, MaxCacheFiles: 0, MaxCacheMem: 0, MaxCacheSize: 0})
	if err != nil {
		return fmt.Errorf("start libvips: %w", err)
	}
	return nil
}

// Probe tells what a file is. See engine.Engine.
func (w *Worker) Probe(request engine.ProbeRequest) (*engine.ProbeResult, error) {
	clearErrors()
	limits := withDefaults(request.Limits, w.limits)
	s, err := openSource(w.formats, request.File, limits.MaxInputPixels, wishes{})
	if err != nil {
		return nil, err
	}
	defer s.close()
	if request.Verify {
		if err := s.checkWhole(); err != nil {
			return nil, err
		}
	}
	result := s.describe()
	return &result, nil
}

// Render applies a plan and writes the encoded picture. See engine.Engine.
func (w *Worker) Render(request *engine.RenderRequest, output, mezzanine *os.File) (*engine.RenderResult, error) {
	clearErrors()
	j, err := w.newJob(request)
	if err != nil {
		return nil, err
	}
	defer j.close()
	j.openMezzanine(mezzanine)
	encoded, err := j.run()
	if err != nil {
		return nil, w.public(err)
	}
	if _, err := output.WriteAt(encoded.bytes, 0); err != nil {
		return nil, problem.Failed(fmt.Errorf("write the output: %w", err))
	}
	result := &engine.RenderResult{
		Bytes: int64(len(encoded.bytes)), Format: encoded.format,
		Width: encoded.size.w, Height: encoded.size.h, Pages: max(1, encoded.pages),
		Input: j.source.describe(), Trace: j.trace,
	}
	j.source.mezzanine.tell(result)
	return result, nil
}
