package vips

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

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
	// wishes are those of the base chain.
	wishes wishes
	images []closer
	// dpr multiplies absolute sizes.
	dpr float64
	// pages are those of the base that were asked for, from 0, nil when none was; page is the one that is rendered.
	pages []int
	page  int
	// moving says that an animation is made of the frames; timings are the effects on its timeline, and timed says that
	// they are known. rolls are memory to give back.
	moving, timed bool
	timings       []timing
	rolls         [][]byte
	// clock is the time on the timeline of the frame that is rendered, in milliseconds; layersMove says that a layer was
	// shown that looks different at another time.
	clock      int
	layersMove bool
	// panned is how far the camera of e_zoompan has come, 0..1.
	panned float64
	// env answers for characteristics; variables hold what the chain assigned on top of it.
	env       *environment
	variables *transform.Variables
	// buffers are the pictures that variables hold, by name.
	buffers map[string]*picture
	// output is what the plan says about the file, with what components under conditions that held say on top.
	output transform.Output
	// format is the name of the format to write.
	format string
	// colors is the last cs_ of the base chain.
	colors string
	// resources are image resources that are written into the file, nil for none.
	resources []byte
	// background is the last colour that a component of the base chain named.
	background *transform.Color
	trace      []engine.Step
}

func (w *Worker) newJob(request *engine.RenderRequest) (*job, error) {
	j := &job{
		worker: w, request: request, limits: withDefaults(request.Limits, w.limits),
		output: request.Plan.Output, format: request.Format,
	}
	if err := j.openBase(); err != nil {
		j.close()
		return nil, err
	}
	j.env = newEnvironment(j)
	j.begin()
	var err error
	if j.dpr, err = j.foreseenRatio(); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// foreseenRatio evaluates the dpr of the chain, which acts from its beginning on, also when it is a variable that is set on
// the way: what is assigned then is assigned for a moment, with the picture as it is at the beginning.
func (j *job) foreseenRatio() (float64, error) {
	if asked := j.output.DPR; asked != nil && len(asked.Expr) > 0 {
		j.foresee(j.request.Plan.Components)
		defer func() { j.variables = transform.NewVariables(j.env) }()
	}
	return j.pixelRatio(j.output.DPR)
}

// foresee assigns what components assign. What cannot be told yet stays undefined: the chain itself will say why.
func (j *job) foresee(components []transform.Component) {
	for i := range components {
		c := &components[i]
		if c.Branch != nil {
			if holds, err := c.Branch.If.Holds(j.variables); err == nil && holds {
				j.foresee(c.Branch.Then)
			} else if err == nil {
				j.foresee(c.Branch.Else)
			}
			continue
		}
		if c.If != nil {
			if holds, err := c.If.Holds(j.variables); err != nil || !holds {
				continue
			}
		}
		for _, assignment := range c.Set {
			_ = j.variables.Assign(assignment)
		}
	}
}

// openBase opens the base picture and turns to the page that is asked for.
func (j *job) openBase() error {
	var err error
	if j.wishes, err = wishesOf(j.request.Plan.Components, &j.request.Source); err != nil {
		return err
	}
	if j.source, j.pages, err = j.openAt(&j.request.Source, &j.wishes); err != nil {
		return err
	}
	j.page = j.source.page
	return nil
}

// begin forgets what a chain has left behind.
func (j *job) begin() {
	j.timed = len(j.timings) > 0
	j.variables = transform.NewVariables(j.env)
	j.output, j.format, j.background, j.colors = j.request.Plan.Output, j.request.Format, nil, ""
}

// openAt opens a source and turns to the pages that its chain asks for, which it returns; or it opens the file that is
// embedded in it.
func (j *job) openAt(from *engine.Source, w *wishes) (*source, []int, error) {
	s, err := j.open(from, *w)
	if err != nil {
		return nil, nil, err
	}
	if object, ok := strings.CutPrefix(w.page, embeddedPage); ok {
		s, err = j.openEmbedded(s, object, *w)
		return s, nil, err
	}
	pages, err := s.turn(w.page)
	return s, pages, err
}

// open maps a source that a chain works on; it stays open until the job ends.
func (j *job) open(from *engine.Source, w wishes) (*source, error) {
	if from.File == nil {
		return nil, problem.Failed(fmt.Errorf("the source has no file"))
	}
	s, err := openSource(j.worker.formats, from.File, j.limits.MaxInputPixels, w)
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
	for _, r := range j.rolls {
		_ = syscall.Munmap(r) // made by us, unmapped once
	}
	j.images, j.opened, j.rolls = nil, nil, nil
}

// run renders and encodes.
func (j *job) run() (*encoded, error) {
	if done, err := j.replaceImages(); done != nil || err != nil {
		return done, err
	}
	if j.format == formatSVG {
		return j.drawing()
	}
	target, err := j.target()
	if err != nil {
		return nil, err
	}
	switch {
	case j.travels(target):
		return j.travel(target)
	case j.moves(target, j.pages):
		return j.animate(target, j.pages)
	case j.binds(target, j.pages):
		return j.bind(target, j.pages)
	}
	p, err := j.still()
	if err != nil {
		return nil, err
	}
	if j.format == formatSVG { // a condition said so
		return p.encodeDrawing()
	}
	if target, err = j.target(); err != nil {
		return nil, err
	}
	return j.encode(p, target)
}

// still applies the chain to the page that the source is turned to.
func (j *job) still() (*picture, error) {
	base, err := open(j.source, j.source.page)
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(base)
	return j.chain(j.request.Plan.Components, base, &frame{source: &j.request.Source, from: j.source})
}

// target is the format to write.
func (j *job) target() (*format, error) {
	f := byName(j.worker.formats, j.format)
	if f != nil && f.encode != nil {
		return f, nil
	}
	return nil, problem.BadRequest("Invalid extension in transformation - %s", j.format)
}

// sayOutput takes over what a component under a condition says about the file. It changes no pixel and leaves no line.
func sayOutput(s *stage) (bool, error) {
	if s.component.Output == nil {
		return false, nil
	}
	return false, s.job.say(s.component.Output)
}

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
