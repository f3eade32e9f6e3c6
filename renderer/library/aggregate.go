package library

import (
	"context"
	"fmt"
)

// Aggregates over values. The others are over Ranges.
const (
	AggregateFormat       = "format"
	AggregateResourceType = "resource_type"
	AggregateType         = "type"
	AggregateBytes        = "bytes"
	AggregateImagePixels  = "image_pixels"
	AggregateVideoPixels  = "video_pixels"
	AggregateDuration     = "duration"
)

// Aggregate counts what a search has found by the value of a field, or by ranges of it.
type Aggregate struct {
	// Field is one of the constants above.
	Field string
	// Ranges are for bytes, pixels and seconds.
	Ranges []CountRange
}

// CountRange is a range that is counted: From is in it, To is not; nil is no bound.
type CountRange struct {
	Key      string
	From, To *float64
}

// Count is how many assets have a value, or are in the range of that key.
type Count struct {
	Value string
	Count int64
}

// aggregate counts the matches of a search by a value, the most frequent first, or by ranges, in their order.
func (s *search) aggregate(ctx context.Context, by Aggregate) ([]Count, error) {
	if s.nothing() {
		counts := make([]Count, len(by.Ranges))
		for i, r := range by.Ranges {
			counts[i].Value = r.Key
		}
		return counts, nil
	}
	if len(by.Ranges) > 0 {
		return s.aggregateRanges(ctx, by)
	}
	switch by.Field {
	case AggregateFormat, AggregateResourceType, AggregateType:
	default:
		return nil, fmt.Errorf("%q cannot be counted without ranges", by.Field)
	}
	st := s.statement()
	st.add("SELECT x AS value, COUNT(*) AS count FROM (")
	s.withColumns(st, by.Field+" AS x")
	st.add(") AS c GROUP BY x ORDER BY count DESC, x")
	var counts []Count
	if err := s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &counts); err != nil {
		return nil, err
	}
	return counts, nil
}

func (s *search) aggregateRanges(ctx context.Context, by Aggregate) ([]Count, error) {
	value, only := "bytes", ""
	write := s.withColumns
	switch by.Field {
	case AggregateBytes:
	case AggregateImagePixels:
		value, only = "width * height", Image
	case AggregateVideoPixels:
		value, only = "width * height", Video
	case AggregateDuration:
		value, only, write = "duration", Video, s.withRows
	default:
		return nil, fmt.Errorf("%q cannot be counted by ranges", by.Field)
	}
	st := s.statement()
	st.add("SELECT ")
	counts := make([]Count, len(by.Ranges))
	targets := make([]any, len(by.Ranges))
	for i, r := range by.Ranges {
		if i > 0 {
			st.add(", ")
		}
		st.add("COALESCE(SUM(CASE WHEN TRUE")
		if r.From != nil {
			st.add(" AND x >= ?", *r.From)
		}
		if r.To != nil {
			st.add(" AND x < ?", *r.To)
		}
		if only != "" {
			st.add(" AND t = ?", only)
		}
		if by.Field == AggregateDuration {
			st.add(" AND x > 0") // Else it is not known.
		}
		st.add(" THEN 1 ELSE 0 END), 0)")
		counts[i].Value, targets[i] = r.Key, &counts[i].Count
	}
	st.add(" FROM (")
	write(st, value+" AS x, resource_type AS t")
	st.add(") AS c")
	return counts, s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, targets...)
}

// withColumns writes a query of columns that asset_terms has, too, one row for each match.
func (s *search) withColumns(st *statement, columns string) {
	if len(s.arms) == 1 && !s.arms[0].repeats() && s.arms[0].from.has("format") {
		st.add("SELECT " + columns + " FROM ")
		s.arms[0].write(st, nil)
		return
	}
	s.withRows(st, columns)
}

// withRows writes a query of columns of the assets, one row for each match.
func (s *search) withRows(st *statement, columns string) {
	st.add("SELECT " + columns + " FROM assets WHERE asset_id IN (")
	s.union(st, "")
	st.add(")")
}
