package vips

import (
	"fmt"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// job is one rendering. It owns everything that was opened for it.
type job struct {
	worker  *Worker
	request *engine.RenderRequest
	limits  engine.Limits
	// source is the base picture's file; opened holds those of layers too.
	source *source
	opened []*source
	images []closer
	// dpr multiplies absolute sizes.
	dpr float64
	// page is the page of the base that is rendered, from 0.
	page int
	// env answers for characteristics; variables hold what the chain assigned on top of it.
	env       *environment
	variables *transform.Variables
	// buffers are the pictures that variables hold, by name.
	buffers map[string]*picture
	// output is what the plan says about the file, with what components under conditions that held say on top.
	output transform.Output
	// format is the name of the format to write.
	format string
	// background is the last colour that a component of the base chain named.
	background *transform.Color
	trace      []engine.Step
}

func (w *Worker) newJob(request *engine.RenderRequest) (*job, error) {
	j := &job{
		worker: w, request: request, limits: withDefaults(request.Limits, w.limits),
		output: request.Plan.Output, format: request.Format,
	}
	var err error
	if j.source, err = j.open(&request.Source); err != nil {
		j.close()
		return nil, err
	}
	j.env = newEnvironment(j)
	j.variables = transform.NewVariables(j.env)
	if j.dpr, err = j.pixelRatio(j.output.DPR); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// open maps a source; it stays open until the job ends.
func (j *job) open(from *engine.Source) (*source, error) {
	if from.File == nil {
		return nil, problem.Failed(fmt.Errorf("the source has no file"))
	}
	s, err := openSource(j.worker.formats, from.File, j.limits.MaxInputPixels)
	if err != nil {
		return nil, err
	}
	j.opened = append(j.opened, s)
	return s, nil
}

// closer is something that holds memory of libvips.
type closer interface{ Close() }

// keep has an image closed when the job ends. Closing it earlier, too, does no harm.
func (j *job) keep(i closer) { j.images = append(j.images, i) }

// close frees images first, then the bytes that they read from.
func (j *job) close() {
	for _, i := range j.images {
		i.Close()
	}
	for _, s := range j.opened {
		s.close()
	}
	j.images, j.opened = nil, nil
}

// run renders and encodes.
func (j *job) run() (*encoded, error) {
	if _, err := j.target(); err != nil && j.format != formatSVG {
		return nil, err
	}
	var err error
	if j.page, err = firstPage(j.request.Plan.Components, j.source); err != nil {
		return nil, err
	}
	base, err := open(j.source, j.page)
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(base)
	base, err = j.chain(j.request.Plan.Components, base, &frame{source: &j.request.Source})
	if err != nil {
		return nil, err
	}
	if j.format == formatSVG {
		return base.encodeDrawing()
	}
	target, err := j.target()
	if err != nil {
		return nil, err
	}
	return j.encode(base, target)
}

// target is the format to write.
func (j *job) target() (*format, error) {
	if f := byName(j.worker.formats, j.format); f != nil && f.encode != nil {
		return f, nil
	}
	return nil, problem.BadRequest("Invalid extension in transformation - %s", j.format)
}

// say takes over what a component under a condition says about the file.
func (j *job) say(o *transform.Output) error {
	if o.Format != "" {
		j.format = o.Format
	}
	if q := o.Quality; q.Value != nil || q.Auto != "" {
		j.output.Quality = q
	}
	j.output.Flags = append(slices.Clip(j.output.Flags), o.Flags...)
	if o.DPR == nil {
		return nil
	}
	var err error
	j.dpr, err = j.pixelRatio(o.DPR)
	return err
}

// pixelRatio evaluates a dpr. It does nothing when no component is sized.
func (j *job) pixelRatio(asked *transform.Number) (float64, error) {
	if asked == nil || !anySized(j.request.Plan.Components) {
		return 1, nil
	}
	dpr, _, err := j.value(asked)
	if err != nil {
		return 0, err
	}
	if dpr <= 0 || dpr > 100 {
		return 0, problem.BadRequest("Invalid dpr - %g", dpr)
	}
	return dpr, nil
}

// anySized says that some component asks for a size.
func anySized(components []transform.Component) bool {
	for i := range components {
		c := &components[i]
		if r := c.Resize; r != nil && (r.Width != nil || r.Height != nil) {
			return true
		}
		if c.Branch != nil && (anySized(c.Branch.Then) || anySized(c.Branch.Else)) {
			return true
		}
	}
	return false
}
