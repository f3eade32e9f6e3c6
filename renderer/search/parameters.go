package search

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// page reads the size of a page.
func page(params wire.Params) (int, error) {
	return params.Int("max_results", library.DefaultSearchResults, 1, library.MaxMaxResults)
}

// sortKeys reads sort_by: objects of one field and its direction each, field:direction,
// field,direction (an object in the query of a generated SDK), or fields alone.
func sortKeys(params wire.Params) ([]library.SortKey, error) {
	var keys []library.SortKey
	for _, row := range elements(params.Rows("sort_by")) {
		object := map[string]string{}
		if !strings.HasPrefix(row, "{") {
			field, direction := row, "desc"
			if colon := strings.LastIndexAny(row, ":,"); colon > 0 {
				field, direction = row[:colon], row[colon+1:]
			}
			object[field] = direction
		} else if json.Unmarshal([]byte(row), &object) != nil {
			return nil, problem.BadRequest("Invalid value for parameter sort_by: %s is no field with its direction", wire.Printable(row))
		}
		if len(object) > 1 {
			return nil, problem.BadRequest("Invalid value for parameter sort_by: %s has more than one field", wire.Printable(row))
		}
		for field, direction := range object {
			switch strings.ToLower(direction) {
			case "asc", "desc":
			default:
				return nil, problem.BadRequest("Invalid value for parameter sort_by: the direction of %s is neither asc nor desc", wire.Printable(field))
			}
			keys = append(keys, library.SortKey{Field: field, Ascending: strings.EqualFold(direction, "asc")})
		}
	}
	return keys, nil
}

// elements takes lists of JSON among rows apart.
func elements(rows []string) []string {
	var all []string
	for _, row := range rows {
		row = strings.TrimSpace(row)
		var list []json.RawMessage
		if strings.HasPrefix(row, "[") && json.Unmarshal([]byte(row), &list) == nil {
			for _, raw := range list {
				if text, ok := wire.Scalar(raw); ok {
					all = append(all, text)
				}
			}
			continue
		}
		all = append(all, row)
	}
	return all
}

// defaultRanges are what is counted by when a request gives no ranges of its own.
var defaultRanges = map[string][]float64{
	library.AggregateBytes:       {0, 100 << 10, 1 << 20, 10 << 20},
	library.AggregateImagePixels: {0, 250_000, 1_000_000, 4_000_000},
	library.AggregateVideoPixels: {0, 250_000, 1_000_000, 4_000_000},
	library.AggregateDuration:    {0, 10, 60, 600},
}

// aggregates reads aggregate: names, or objects of a type and its ranges. The second result are their names in the
// answer.
func aggregates(params wire.Params) (all []library.Aggregate, names []string, err error) {
	rows := elements(params.Rows("aggregate"))
	if len(rows) == 1 && !strings.HasPrefix(rows[0], "{") {
		rows = params.List("aggregate")
	}
	for _, row := range rows {
		var given struct {
			Type   string `json:"type"`
			Ranges []struct {
				Key  string   `json:"key"`
				From *float64 `json:"from"`
				To   *float64 `json:"to"`
			} `json:"ranges"`
		}
		if !strings.HasPrefix(row, "{") {
			given.Type = row
		} else if json.Unmarshal([]byte(row), &given) != nil {
			return nil, nil, problem.BadRequest("Invalid value for parameter aggregate: %s is no type with its ranges", wire.Printable(row))
		}
		aggregate := library.Aggregate{Field: given.Type}
		if given.Type == "pixels" { // What the Go SDK calls it.
			aggregate.Field = library.AggregateImagePixels
		}
		switch aggregate.Field {
		case library.AggregateFormat, library.AggregateResourceType, library.AggregateType:
			if len(given.Ranges) > 0 {
				return nil, nil, problem.BadRequest("Invalid value for parameter aggregate: %s takes no ranges", given.Type)
			}
		case library.AggregateBytes, library.AggregateImagePixels, library.AggregateVideoPixels, library.AggregateDuration:
			for _, r := range given.Ranges {
				aggregate.Ranges = append(aggregate.Ranges, named(library.CountRange{Key: r.Key, From: r.From, To: r.To}))
			}
			if len(given.Ranges) == 0 {
				aggregate.Ranges = between(defaultRanges[aggregate.Field])
			}
			if len(aggregate.Ranges) > 50 {
				return nil, nil, problem.BadRequest("Invalid value for parameter aggregate: more than 50 ranges")
			}
		default:
			return nil, nil, problem.BadRequest("Invalid value for parameter aggregate: %q cannot be counted by", wire.Printable(given.Type))
		}
		if !slices.Contains(names, given.Type) {
			all, names = append(all, aggregate), append(names, given.Type)
		}
	}
	return all, names, nil
}

// between makes ranges of their ends; the last one is open.
func between(ends []float64) []library.CountRange {
	var ranges []library.CountRange
	for i := range ends {
		r := library.CountRange{From: &ends[i]}
		if i+1 < len(ends) {
			r.To = &ends[i+1]
		}
		ranges = append(ranges, named(r))
	}
	return ranges
}

// named gives a range without a key the key from-to.
func named(r library.CountRange) library.CountRange {
	if r.Key == "" {
		end := func(value *float64) string {
			if value == nil {
				return "*"
			}
			return strconv.FormatFloat(*value, 'f', -1, 64)
		}
		r.Key = fmt.Sprintf("%s-%s", end(r.From), end(r.To))
	}
	return r
}
