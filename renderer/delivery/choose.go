package delivery

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Filters runs the filters of lists, in the sandbox. What is wrong with one is a *problem.Problem 400.
type Filters interface {
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

// choose gives the route to what the filter of fn_select gives first: an asset of the list, whatever else it says of it.
func (h *Handler) choose(ctx context.Context, from *route, tag string, list []listed) (*route, error) {
	results, err := h.filter(ctx, from.choice, list)
	if err != nil {
		return nil, err
	}
	var wanted listed
	if len(results) == 0 || string(results[0]) == "null" {
		return nil, problem.NotFound("Resource not found - %s: fn_select chooses none", tag)
	}
	if json.Unmarshal(results[0], &wanted) != nil || wanted.PublicID == "" {
		return nil, problem.BadRequest("Invalid custom function - %s: its result is no asset of the list", from.choice)
	}
	at := slices.IndexFunc(list, func(l listed) bool { return l.PublicID == wanted.PublicID })
	if at < 0 {
		return nil, problem.BadRequest("Invalid custom function - %s: %s is not in the list", from.choice, wanted.PublicID)
	}
	address := &transform.Address{
		AssetType: from.address.AssetType, Type: list[at].Type, PublicID: wanted.PublicID, Transformation: from.address.Transformation,
	}
	chosen := &route{snapshot: from.snapshot, address: address, plan: from.plan, signed: from.signed, chosen: true}
	return chosen, chosen.settle()
}

// refine gives the resources of a list that the filter of fn_refine leaves, as it writes them: those of the one array that it
// gives, or what it gives one by one.
func (h *Handler) refine(ctx context.Context, route *route, resources []listed) ([]json.RawMessage, error) {
	results, err := h.filter(ctx, route.choice, resources)
	if err != nil {
		return nil, err
	}
	left := []json.RawMessage{}
	if len(results) == 1 && json.Unmarshal(results[0], &left) == nil && left != nil {
		return left, nil
	}
	return results, nil
}

// filter runs a filter over a list and gives its results.
func (h *Handler) filter(ctx context.Context, choice *transform.Function, resources []listed) ([]json.RawMessage, error) {
	input, err := json.Marshal(resources)
	if err != nil {
		return nil, problem.Failed(err)
	}
	request := &engine.ScriptRequest{Language: engine.LanguageJQ, Source: choice.Source, Variables: map[string]json.RawMessage{"input": input}}
	answer, err := h.filters.Script(ctx, request)
	if err != nil {
		if found := problem.From(err); found.Status == http.StatusBadRequest {
			return nil, problem.BadRequest("Invalid custom function - %s: %s", choice, found.Message)
		}
		return nil, err
	}
	var results []json.RawMessage
	if err := json.Unmarshal(answer.Value, &results); err != nil {
		return nil, problem.Failed(err)
	}
	return results, nil
}
