package library

import (
	"context"
	"strings"
)

// Tags lists the tags that assets of a resource type have and that begin with prefix, sorted, at most max of them (as
// ListOptions.MaxResults). The second result is the cursor of the next page, empty on the last one. A cursor that is
// damaged, or of another list, is a *problem.Problem with status 400.
func (l *Library) Tags(ctx context.Context, resourceType, prefix string, max int, cursorText string) ([]string, string, error) {
	query := fingerprint("tags", []string{resourceType, prefix})
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, "", err
	}
	after := position.name()
	if !storable(resourceType) || !storable(prefix) {
		return nil, "", nil
	}
	limit := pageSize(max)
	st := &statement{driver: l.driver}
	// From each tag to the next one along the index: what many assets have is read once.
	next := func(condition string, args ...any) {
		st.add("SELECT MIN(tag) FROM asset_tags WHERE resource_type = ? AND "+condition, append([]any{resourceType}, args...)...)
		if end, ok := afterPrefix(prefix); ok {
			st.add(" AND tag < ?", end)
		}
	}
	st.add("WITH RECURSIVE t(tag, n) AS (SELECT (")
	if after != "" {
		next("tag >= ? AND tag > ?", prefix, after)
	} else {
		next("tag >= ?", prefix)
	}
	st.add("), 1 UNION ALL SELECT (")
	next("tag > t.tag")
	st.add("), t.n + 1 FROM t WHERE t.tag IS NOT NULL AND t.n <= ?) SELECT tag FROM t WHERE tag IS NOT NULL ORDER BY tag", limit)
	var tags []string
	if err := l.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &tags); err != nil {
		return nil, "", failed("listing tags", err)
	}
	if len(tags) <= limit {
		return tags, "", nil
	}
	tags = tags[:limit]
	return tags, cursor{Query: query, ID: tags[limit-1]}.String(), nil
}

// DynamicValues lists the values that assets have of a metadata field, sorted, at most max of them. Values that are too long
// for the index as they are, more than maxExact bytes, are left out.
func (l *Library) DynamicValues(ctx context.Context, fieldID string, max int) ([]string, error) {
	first := exactOf(fieldMetadata+fieldID, "")
	end, ok := afterPrefix(first)
	if !storable(fieldID) || !ok {
		return nil, nil
	}
	st := &statement{driver: l.driver}
	// From each value to the next one along the index: what many assets have is read once.
	const next = "SELECT MIN(term) FROM asset_terms WHERE term < ? AND term > "
	st.add("WITH RECURSIVE t(term, n) AS (SELECT ("+next+"?), 1", end, first)
	st.add(" UNION ALL SELECT ("+next+"t.term), t.n + 1 FROM t WHERE t.term IS NOT NULL AND t.n < ?) SELECT term FROM t WHERE term IS NOT NULL ORDER BY term", end, max)
	var terms []string
	if err := l.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &terms); err != nil {
		return nil, failed("listing the values of "+fieldID, err)
	}
	var values []string
	for _, term := range terms {
		if value := strings.TrimPrefix(term, first); !strings.Contains(value, longMark) {
			values = append(values, value)
		}
	}
	return values, nil
}
