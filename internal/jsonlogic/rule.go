// Package jsonlogic evaluates JSONLogic (jsonlogic.com): rules that are JSON, such as {"==":[{"var":"type"},"image"]}, over
// data that is JSON. Values behave as in JavaScript, which its rules are written for. Pure.
package jsonlogic

import (
	"encoding/json"
	"errors"
	"fmt"
)

const (
	// maxDepth bounds how deep a rule may be nested.
	maxDepth = 64
	// maxSteps bounds one evaluation: a rule can go through lists inside of lists.
	maxSteps = 100_000
)

// ErrTooLong says that a rule takes more steps over the data than any sensible one.
var ErrTooLong = errors.New("the rule takes too many steps over this data")

// Rule is a rule that was parsed. It is immutable.
type Rule struct{ root node }

// node is a literal, a list of nodes, or an operation.
type node struct {
	literal   any
	list      []node
	isList    bool
	operation *operation
	arguments []node
}

// Parse reads a rule. Any JSON is one; an object with one key is an operation, which must be known.
func Parse(raw []byte) (*Rule, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, errors.New("it is not JSON")
	}
	root, err := parse(value, 0)
	if err != nil {
		return nil, err
	}
	return &Rule{root: root}, nil
}

func parse(value any, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	switch value := value.(type) {
	case []any:
		list, err := parseList(value, depth)
		return node{list: list, isList: true}, err
	case map[string]any:
		if len(value) != 1 {
			return node{literal: value}, nil
		}
		for name, arguments := range value {
			known, ok := operations[name]
			if !ok {
				return node{}, fmt.Errorf("there is no operation %q", name)
			}
			list, several := arguments.([]any)
			if !several {
				list = []any{arguments}
			}
			parsed, err := parseList(list, depth)
			return node{operation: &known, arguments: parsed}, err
		}
	}
	return node{literal: value}, nil
}

func parseList(values []any, depth int) ([]node, error) {
	list := make([]node, len(values))
	for i, value := range values {
		var err error
		if list[i], err = parse(value, depth+1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Accepts says whether the rule holds for data: JSON as json.Unmarshal reads it into an any. The error is ErrTooLong.
func (r *Rule) Accepts(data any) (bool, error) {
	value, err := r.Evaluate(data)
	return truthy(value), err
}

// Evaluate is what the rule makes of data. The error is ErrTooLong.
func (r *Rule) Evaluate(data any) (any, error) {
	e := &evaluation{left: maxSteps}
	value := e.value(&r.root, data)
	if e.left < 0 {
		return nil, ErrTooLong
	}
	return value, nil
}

// evaluation counts the steps of one evaluation; once there are too many, it finds nothing but null.
type evaluation struct{ left int }

func (e *evaluation) value(n *node, data any) any {
	if e.left--; e.left < 0 {
		return nil
	}
	switch {
	case n.operation != nil && n.operation.lazy != nil:
		return n.operation.lazy(e, n.arguments, data)
	case n.operation != nil:
		return n.operation.eager(e.values(n.arguments, data), data)
	case n.isList:
		return e.values(n.list, data)
	}
	return n.literal
}

func (e *evaluation) values(nodes []node, data any) []any {
	values := make([]any, len(nodes))
	for i := range nodes {
		values[i] = e.value(&nodes[i], data)
	}
	return values
}
