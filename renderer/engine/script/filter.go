package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/itchyny/gojq"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// filter runs a filter in jq over the variable "input" and gives the list of its results. It knows no modules, no environment and no
// other input. What is wrong with the filter is a 400 whose message says so.
func filter(request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	query, err := gojq.Parse(request.Source)
	if err != nil {
		return nil, problem.BadRequest("%s", oneLine(err.Error()))
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, problem.BadRequest("%s", oneLine(err.Error()))
	}
	var input any
	if err := json.Unmarshal(request.Variables["input"], &input); err != nil {
		return nil, problem.Failed(fmt.Errorf("read the input of a filter: %w", err))
	}
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	defer limit(stop)()
	results := []json.RawMessage{}
	size := 0
	for iter := code.RunWithContext(ctx, input); ; {
		value, more := iter.Next()
		if !more {
			break
		}
		if err, failed := value.(error); failed {
			return nil, refusedFilter(ctx, err)
		}
		text, err := gojq.Marshal(value)
		if err != nil {
			return nil, problem.Failed(fmt.Errorf("write a result of a filter: %w", err))
		}
		if size += len(text) + 1; size > maxResult {
			return nil, tooLarge()
		}
		results = append(results, text)
	}
	text, err := json.Marshal(results)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("write the results of a filter: %w", err))
	}
	return &engine.ScriptResult{Value: text}, nil
}

// refusedFilter says what stopped a filter.
func refusedFilter(ctx context.Context, err error) error {
	if reason := context.Cause(ctx); reason != nil {
		return stopped(reason)
	}
	if halt, ok := errors.AsType[*gojq.HaltError](err); ok {
		return problem.BadRequest("the filter has halted: %s", oneLine(halt.Error()))
	}
	return problem.BadRequest("%s", oneLine(err.Error()))
}
