package vips

import (
	"fmt"
	"math"
	"os"
	"syscall"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Assemble makes one file of several pictures. See engine.Engine.
func (w *Worker) Assemble(request *engine.AssembleRequest, output *os.File) (*engine.RenderResult, error) {
	clearErrors()
	target := byName(w.formats, request.Format)
	if target == nil || target.sequence == nil && target.document == nil {
		return nil, problem.BadRequest("Invalid format - %s: it holds one picture only", request.Format)
	}
	if len(request.Files) == 0 {
		return nil, problem.Failed(fmt.Errorf("an assembly of no pictures"))
	}
	j := &job{worker: w, request: &engine.RenderRequest{Format: request.Format}, limits: withDefaults(request.Limits, w.limits), format: request.Format}
	defer j.close()
	encoded, err := j.assemble(request, target)
	if err != nil {
		return nil, w.public(err)
	}
	if _, err := output.WriteAt(encoded.bytes, 0); err != nil {
		return nil, problem.Failed(fmt.Errorf("write the output: %w", err))
	}
	return &engine.RenderResult{
		Bytes: int64(len(encoded.bytes)), Format: encoded.format, Width: encoded.size.w, Height: encoded.size.h, Pages: encoded.pages,
		Input: j.opened[0].describe(),
	}, nil
}

func (j *job) assemble(request *engine.AssembleRequest, target *format) (*encoded, error) {
	canvas, err := j.openAll(request)
	if err != nil {
		return nil, err
	}
	j.source = j.opened[0]
	if target.sequence == nil {
		return j.assembleDocument(target, canvas)
	}
	return j.assembleSequence(request, target, canvas)
}

// openAll opens all pictures, and finds the canvas that holds each of them, with all frames together within the limit.
func (j *job) openAll(request *engine.AssembleRequest) (canvas size, err error) {
	for i := range request.Files {
		s, err := j.open(&engine.Source{File: request.Files[i]}, wishes{})
		if err != nil {
			return canvas, err
		}
		o := s.oriented()
		canvas = size{max(canvas.w, o.w), max(canvas.h, o.h)}
	}
	longest := byName(j.worker.formats, request.Format).maxSide
	scale := min(1, float64(longest)/float64(max(canvas.w, canvas.h)))
	if all := float64(canvas.pixels()) * float64(len(request.Files)) * scale * scale; all > float64(j.limits.MaxInputPixels) {
		scale *= math.Sqrt(float64(j.limits.MaxInputPixels) / all)
	}
	if scale < 1 {
		canvas = size{max(1, int(float64(canvas.w)*scale)), max(1, int(float64(canvas.h)*scale))}
	}
	return canvas, nil
}

// fitted is the picture of a source, scaled down into the canvas where it is larger.
func (j *job) fitted(s *source, canvas size) (*picture, error) {
	p, err := open(s, 0)
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(p)
	full := p.size()
	if scale := fitting(full, canvas); scale < 1 {
		if err := p.scale(full.scaled(scale)); err != nil {
			return nil, err
		}
	}
	return p, p.settle()
}

// assembleSequence shows the pictures one after the other, each in the middle of the canvas.
func (j *job) assembleSequence(request *engine.AssembleRequest, target *format, canvas size) (*encoded, error) {
	const bands = 4
	length := int(canvas.pixels()) * bands
	roll, err := syscall.Mmap(-1, 0, length*len(j.opened), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("take memory for %d frames: %w", len(j.opened), err))
	}
	j.rolls = append(j.rolls, roll)
	t := &timeline{}
	delay := request.Delay
	if delay <= 0 {
		delay = usualDelay
	}
	for i, s := range j.opened {
		mark := len(j.images)
		p, err := j.fitted(s, canvas)
		if err != nil {
			return nil, err
		}
		if err := p.addAlpha(); err != nil {
			return nil, err
		}
		at := p.size()
		if err := p.extend((canvas.w-at.w)/2, (canvas.h-at.h)/2, canvas, transform.Color{}); err != nil {
			return nil, err
		}
		pixels, err := p.pixels()
		if err != nil {
			return nil, err
		}
		copy(roll[i*length:(i+1)*length], pixels)
		t.shots = append(t.shots, shot{i, delay, 1})
		for _, done := range j.images[mark:] {
			done.Close()
		}
		j.images = j.images[:mark]
	}
	image, err := fromMemory(roll, size{canvas.w, canvas.h * len(j.opened)}, bands)
	if err != nil {
		return nil, err
	}
	j.keep(image)
	setInt(image, fieldPageHeight, canvas.h)
	setInt(image, fieldPages, len(j.opened))
	setInts(image, fieldDelay, t.delays())
	setInt(image, fieldLoop, 0)
	wanted, err := j.encoding(target, image)
	if err != nil {
		return nil, err
	}
	wanted.timeline, wanted.frame = t, canvas
	bytes, err := target.sequence(image, wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", target.name, err)
	}
	return &encoded{bytes: bytes, format: target.name, size: canvas, pages: len(j.opened)}, nil
}

// assembleDocument gives each picture a page of its own size.
func (j *job) assembleDocument(target *format, canvas size) (*encoded, error) {
	b := &binding{job: j, target: target}
	for _, s := range j.opened {
		p, err := j.fitted(s, canvas)
		if err != nil {
			return nil, err
		}
		if err := b.add(p); err != nil {
			return nil, err
		}
	}
	return b.bound()
}
