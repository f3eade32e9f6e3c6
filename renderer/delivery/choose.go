package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Scripts runs what chooses from lists, in the sandbox. What is wrong with a program is a *problem.Problem 400.
type Scripts interface {
	Script(ctx context.Context, request *engine.ScriptRequest) (*engine.ScriptResult, error)
}

// readChoice takes fn_select or fn_refine off the plan. They are for lists by tag alone.
func (r *route) readChoice() error {
	choice, rest, err := r.plan.Choice()
	if err != nil || choice == nil {
		return err
	}
	if r.address.Type != typeList {
		return problem.BadRequest("fn_%s can be used with the delivery type list only", choice.Kind)
	}
	r.choice, r.plan = choice, rest
	return nil
}

// chosen is what a function says is to be delivered.
type chosen struct {
	PublicID string `json:"public_id"`
	// Transformation stands for that of the URL, where a program gives one.
	Transformation *string `json:"transformation"`
}

// choose gives the route to what fn_select gives first: a public asset, as a rule one of the list.
func (h *Handler) choose(ctx context.Context, from *route, tag string, list []listed) (*route, error) {
	results, err := h.run(ctx, from, list)
	if err != nil {
		return nil, err
	}
	var wanted chosen
	if len(results) == 0 || string(results[0]) == "null" {
		return nil, problem.NotFound("Resource not found - %s: fn_select chooses none", tag)
	}
	if json.Unmarshal(results[0], &wanted) != nil || wanted.PublicID == "" {
		return nil, problem.BadRequest("Invalid custom function - %s: its result is no asset", from.choice)
	}
	address := &transform.Address{AssetType: from.address.AssetType, Type: typeUpload, PublicID: wanted.PublicID, Transformation: from.address.Transformation}
	made := &route{snapshot: from.snapshot, address: address, plan: from.plan, signed: from.signed, chosen: true}
	if wanted.Transformation != nil {
		// The signature is over another one.
		address.Transformation, made.signed = *wanted.Transformation, false
		if err := made.read(); err != nil {
			return nil, err
		}
		return made, nil
	}
	return made, made.settle()
}

// refine gives the resources of a list that fn_refine leaves, as it writes them: those of the one array that it gives, or what it
// gives one by one.
func (h *Handler) refine(ctx context.Context, route *route, resources []listed) ([]json.RawMessage, error) {
	results, err := h.run(ctx, route, resources)
	if err != nil {
		return nil, err
	}
	left := []json.RawMessage{}
	if len(results) == 1 && json.Unmarshal(results[0], &left) == nil && left != nil {
		return left, nil
	}
	return results, nil
}

// run runs the function that chooses over a list and gives its results.
func (h *Handler) run(ctx context.Context, route *route, resources []listed) ([]json.RawMessage, error) {
	input, err := json.Marshal(resources)
	if err != nil {
		return nil, problem.Failed(err)
	}
	request := &engine.ScriptRequest{Language: transform.LanguageJQ, Source: route.choice.Source, Variables: map[string]json.RawMessage{"input": input}}
	if route.choice.Language == transform.LanguageJavaScript {
		if request, err = h.program(ctx, route, input); err != nil {
			return nil, err
		}
	}
	answer, err := h.scripts.Script(ctx, request)
	if err != nil {
		if found := problem.From(err); found.Status == http.StatusBadRequest {
			return nil, problem.BadRequest("Invalid custom function - %s: %s", route.choice, found.Message)
		}
		return nil, err
	}
	if request.Language == "" {
		return []json.RawMessage{answer.Value}, nil
	}
	var results []json.RawMessage
	if err := json.Unmarshal(answer.Value, &results); err != nil {
		return nil, problem.Failed(err)
	}
	return results, nil
}

const (
	// maxProgram bounds a program that chooses, in bytes.
	maxProgram = 64 << 10
	// programPrelude stands before a program, on its first line: how it gets at the list, as JSON, and at its call.
	programPrelude = "var getDocument = () => darkroomDocument, getContext = () => ({transformation: darkroomTransformation}); "
)

// program is the call of main() of a program in JavaScript, which is a raw asset; one of the type authenticated is run and not
// given away.
func (h *Handler) program(ctx context.Context, route *route, input []byte) (*engine.ScriptRequest, error) {
	id := route.choice.Source
	for _, deliveryType := range []string{typeUpload, typeAuthenticated} {
		found, err := h.look(ctx, name{key: library.Key{ResourceType: library.Raw, Type: deliveryType, PublicID: id}})
		if err != nil {
			return nil, err
		}
		if found == nil {
			continue
		}
		if found.asset.Bytes > maxProgram {
			return nil, problem.BadRequest("Invalid custom function - %s: it is longer than %d bytes", route.choice, maxProgram)
		}
		source, err := h.read(ctx, found.asset)
		if err != nil {
			return nil, err
		}
		variables := map[string]json.RawMessage{}
		for variable, text := range map[string]string{"darkroomDocument": string(input), "darkroomTransformation": route.address.Transformation} {
			if variables[variable], err = json.Marshal(text); err != nil {
				return nil, problem.Failed(err)
			}
		}
		return &engine.ScriptRequest{Source: programPrelude + source, Variables: variables, Returns: "main()"}, nil
	}
	return nil, problem.NotFound("Resource not found - %s", id)
}

// read gives the stored bytes of a small asset.
func (h *Handler) read(ctx context.Context, asset *library.Asset) (string, error) {
	file, err := h.originals.File(ctx, asset.ObjectKey)
	if err != nil {
		return "", problem.Unavailable("The bucket", fmt.Errorf("open %s: %w", asset.ObjectKey, err))
	}
	defer func() { _ = file.Close() }() // It was only read.
	content, err := io.ReadAll(io.LimitReader(file, asset.Bytes))
	if err != nil {
		return "", problem.Unavailable("The bucket", fmt.Errorf("read %s: %w", asset.ObjectKey, err))
	}
	return string(content), nil
}
