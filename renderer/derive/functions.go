package derive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// maxFunctions bounds the remote functions of a plan.
const maxFunctions = 4

// callFunctions calls the remote functions of a plan: those that come before everything get the original, each other one
// what the components in front of it make. It gives the picture that came back and what is left of the plan; the files of
// pictures that came back are closed by done.
func (d *Deriver) callFunctions(ctx context.Context, request *Request, source engine.Source, layers *Layers) (left engine.Source, plan *transform.Plan, done func(), err error) {
	var opened []*os.File
	done = func() {
		for _, file := range opened {
			_ = file.Close() // memory of our own
		}
	}
	if d.remote == nil {
		return source, nil, done, problem.BadRequest("Remote functions are not available")
	}
	rest := *request.Plan
	rest.Components = slices.Clone(rest.Components)
	for calls := 0; rest.CallsRemote(); calls++ {
		if calls == maxFunctions {
			return source, nil, done, problem.BadRequest("Too many remote functions: the limit is %d", maxFunctions)
		}
		at := nextFunction(rest.Components)
		function := *rest.Components[at].Function
		rest.Components[at].Function = nil
		end := at + 1 // of what comes before the picture that the function makes
		if !strings.Contains(rest.Components[at].Text, ",") {
			rest.Components = slices.Delete(rest.Components, at, end) // nothing was written beside it
			end = at
		}
		input := source
		if !function.Before {
			in, err := d.renderUpTo(ctx, request, source, layers, rest.Components[:end])
			if err != nil {
				return source, nil, done, err
			}
			opened = append(opened, in.File)
			input = in
			rest.Components = append(assignments(rest.Components[:end]), rest.Components[end:]...)
		}
		file, err := d.remote.Call(ctx, function.Source, input.File, input.Format, told(request))
		if err != nil {
			return source, nil, done, err
		}
		opened = append(opened, file)
		source.File, source.Format, source.Width, source.Height = file, "", 0, 0
		// Coordinates are those of the original.
		source.Faces, source.Custom, source.Regions = nil, nil, nil
	}
	return source, &rest, done, nil
}

// nextFunction is the component whose function is called next.
func nextFunction(components []transform.Component) int {
	first := -1
	for i := range components {
		switch f := components[i].Function; {
		case f == nil || f.Kind != transform.FunctionRemote:
		case f.Before:
			return i
		case first < 0:
			first = i
		}
	}
	return first
}

// renderUpTo renders what a function gets.
func (d *Deriver) renderUpTo(ctx context.Context, request *Request, source engine.Source, layers *Layers, components []transform.Component) (engine.Source, error) {
	output, err := d.engine.Render(ctx, &engine.RenderRequest{
		Plan:   transform.Plan{Components: components, Output: transform.Output{DPR: request.Plan.Output.DPR}},
		Source: source, Layers: layers.Sources, Styles: layers.Styles, Format: "png", Limits: request.Limits, StrictFonts: request.StrictFonts,
	})
	if err != nil {
		return engine.Source{}, problem.From(err)
	}
	return engine.Source{File: output.Output, Format: output.Format}, nil
}

// assignments are the variables that components set, for what follows them.
func assignments(components []transform.Component) []transform.Component {
	var kept []transform.Component
	for i := range components {
		if c := &components[i]; len(c.Set) > 0 {
			kept = append(kept, transform.Component{Text: c.Text, Set: c.Set})
		}
	}
	return kept
}

// told is what a function is told of the asset.
func told(request *Request) []byte {
	text, err := json.Marshal(struct {
		Tags    []string          `json:"tags,omitempty"`
		Context map[string]string `json:"context,omitempty"`
	}{request.Asset.Tags, request.Asset.Context})
	if err != nil {
		panic(fmt.Sprintf("strings cannot be written as JSON: %v", err))
	}
	return text
}
