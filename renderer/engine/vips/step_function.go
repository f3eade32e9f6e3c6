package vips

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"time"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/wasm"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Bounds of a custom function.
const (
	// functionFuel is how many instructions it may run, besides those for each pixel.
	functionFuel, functionFuelPerPixel = 200_000_000, 1000
	// functionTime is for what takes long in few instructions.
	functionTime = 20 * time.Second
	// functionMemory is what it may take besides a few times the picture.
	functionMemory, functionPictures = 64 << 20, 4
	// maxProgram bounds the files of functions and profiles.
	maxProgram = 16 << 20
)

// callFunction runs a custom function on the picture. Remote ones were called before the plan came here.
func callFunction(s *stage) (bool, error) {
	f := s.component.Function
	if f == nil {
		return false, nil
	}
	if f.Kind != transform.FunctionWASM {
		return false, problem.BadRequest("fn_%s cannot be used in incoming transformations", f.Kind)
	}
	module, err := s.job.program(f.Source)
	if err != nil {
		return false, err
	}
	defer module.close()
	metadata, err := s.job.functionMetadata()
	if err != nil {
		return false, err
	}
	p := s.picture
	if err := p.settle(); err != nil {
		return false, err
	}
	opaque := !p.alpha()
	if err := p.addAlpha(); err != nil {
		return false, err
	}
	pixels, err := p.pixels()
	if err != nil {
		return false, fmt.Errorf("read pixels: %w", err)
	}
	of := p.size()
	ctx, cancel := context.WithTimeout(context.Background(), functionTime)
	defer cancel()
	made, err := wasm.Run(ctx, module.bytes, wasm.Picture{Width: of.w, Height: of.h, Pixels: pixels}, metadata, wasm.Limits{
		Fuel:   functionFuel + functionFuelPerPixel*of.pixels(),
		Memory: functionMemory + functionPictures*4*of.pixels(),
		Pixels: s.job.limits.MaxOutputPixels,
	})
	if err != nil {
		return false, problem.BadRequest("Custom function %s failed - %s", f.Source, err)
	}
	image, err := govips.NewImageFromMemory(made.Pixels, made.Width, made.Height, 4, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return false, fmt.Errorf("take over the pixels of a function: %w", err)
	}
	p.replace(image)
	p.track.lost = p.track.lost || p.size() != of
	if opaque && isOpaque(made.Pixels) {
		return true, p.image.ExtractBand(0, 3)
	}
	p.inMemory = true
	return true, nil
}

// isOpaque says that all RGBA pixels are.
func isOpaque(pixels []byte) bool {
	for i := 3; i < len(pixels); i += 4 {
		if pixels[i] != 255 {
			return false
		}
	}
	return true
}

// functionMetadata is what a function is told: tags, context, and the variables of the chain.
func (j *job) functionMetadata() ([]byte, error) {
	source := &j.request.Source
	variables := map[string]any{}
	for name, value := range j.variables.All() {
		if list, ok := value.([]string); ok {
			value = strings.Join(list, ":")
		}
		variables[name] = value
	}
	told := struct {
		Tags      []string          `json:"tags,omitempty"`
		Context   map[string]string `json:"context,omitempty"`
		Variables map[string]any    `json:"variables,omitempty"`
	}{source.Tags, source.Context, variables}
	text, err := json.Marshal(told)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("describe the picture to a function: %w", err))
	}
	return text, nil
}

// program is a mapped file that came with the request.
type program struct{ bytes []byte }

func (p *program) close() { _ = syscall.Munmap(p.bytes) } // made by us, unmapped once

// program maps a module or a profile by its public ID.
func (j *job) program(id string) (*program, error) {
	asset, ok := j.request.Layers[engine.FileKey(id)]
	if !ok {
		return nil, problem.NotFound("Resource not found - %s", id)
	}
	info, err := asset.File.Stat()
	if err != nil {
		return nil, problem.Failed(err)
	}
	if info.Size() > maxProgram || info.Size() == 0 {
		return nil, problem.BadRequest("Invalid file - %s has %d bytes", id, info.Size())
	}
	data, err := mapFile(asset.File)
	if err != nil {
		return nil, err
	}
	return &program{data}, nil
}
