package library

import (
	"encoding/json"
	"strings"
)

// decodeMetadata reads metadata as it is stored. Integers stay exact, which a float64 could not hold.
func decodeMetadata(text string) (map[string]any, error) {
	if values, ok := flatValues(text); ok {
		return values, nil
	}
	return slowMetadata(text)
}

// slowMetadata is decodeMetadata for any JSON.
func slowMetadata(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	for id, value := range values {
		exact, err := withNumbers(value)
		if err != nil {
			return nil, err
		}
		values[id] = exact
	}
	return values, nil
}

// withNumbers turns the numbers in value into int64, or float64 where they are no integers.
func withNumbers(value any) (any, error) {
	switch value := value.(type) {
	case json.Number:
		if integer, err := value.Int64(); err == nil {
			return integer, nil
		}
		return value.Float64()
	case []any:
		for i, element := range value {
			exact, err := withNumbers(element)
			if err != nil {
				return nil, err
			}
			value[i] = exact
		}
	case map[string]any:
		for key, element := range value {
			exact, err := withNumbers(element)
			if err != nil {
				return nil, err
			}
			value[key] = exact
		}
	}
	return value, nil
}
