package library

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// SortKey is a field that a search is sorted by.
type SortKey struct {
	Field     string
	Ascending bool
}

// sortKey is an expression that a search is sorted by. It is never NULL.
type sortKey struct {
	// name is the key's name in the statement.
	name string
	// column is that of assets which the key is, or join the value; missing makes a key of whether it is there.
	column     string
	join       int
	text       bool
	missing    bool
	descending bool
}

// valueJoin joins a value of asset_values.
type valueJoin struct {
	alias, field string
	// row joins the asset's row instead.
	row bool
}

func (j valueJoin) write(s *statement) {
	if j.row {
		s.add(" JOIN assets AS r ON r.asset_id = d.asset_id")
		return
	}
	s.add(" LEFT JOIN asset_values AS "+j.alias+" ON "+j.alias+".asset_id = d.asset_id AND "+j.alias+".field = ?", j.field)
}

// sortColumns are the fields whose columns are sorted by.
var sortColumns = map[string]string{
	"asset_id": "asset_id", "public_id": "public_id", "display_name": "display_name", "format": "format", "etag": "etag",
	"resource_type": "resource_type", "type": "type", "bytes": "bytes", "width": "width", "height": "height", "pixels": "pixels",
	"aspect_ratio": "aspect_ratio", "pages": "pages", "duration": "duration", "face_count": "face_count", "version": "version", "created_at": "created_at",
	"uploaded_at": "uploaded_at", "updated_at": "updated_at", "access_mode": "access_mode",
}

// measured are the columns that are 0 for assets without such a measure.
var measured = []string{"width", "height", "pixels", "aspect_ratio", "pages", "face_count", "duration"}

// sortKeys are what a search is ordered by: the fields, those without a value last, and then the asset ID.
func sortKeys(wanted []SortKey, dynamic bool) (keys []sortKey, joins []valueJoin, err error) {
	if len(wanted) == 0 {
		wanted = []SortKey{{Field: "created_at"}}
	}
	add := func(key sortKey) {
		key.name = fmt.Sprintf("k%d", len(keys))
		keys = append(keys, key)
	}
	for _, w := range wanted {
		if len(keys) > 16 {
			return nil, nil, problem.BadRequest("Invalid value for parameter sort_by: too many fields")
		}
		switch column, ok := sortColumns[w.Field]; {
		case ok:
			if w.Ascending && slices.Contains(measured, column) {
				add(sortKey{column: column, missing: true})
			}
			add(sortKey{column: column, descending: !w.Ascending})
		case w.Field == "score":
			// All matches are equally good.
		case w.Field == fieldFolder || w.Field == fieldAssetFolder:
			column := "public_id"
			if dynamic {
				column = "asset_folder"
			}
			add(sortKey{column: column, descending: !w.Ascending})
		case w.Field == "filename" || isFoundNumber(w.Field) || strings.HasPrefix(w.Field, fieldImageMetadata) || strings.HasPrefix(w.Field, fieldMetadata) || strings.HasPrefix(w.Field, fieldChanged):
			if !storable(w.Field) {
				return nil, nil, cannotSort(w.Field)
			}
			joins = append(joins, valueJoin{alias: fmt.Sprintf("s%d", len(joins)+1), field: w.Field})
			add(sortKey{join: len(joins), missing: true})
			add(sortKey{join: len(joins), descending: !w.Ascending})
			add(sortKey{join: len(joins), text: true, descending: !w.Ascending})
		default:
			return nil, nil, cannotSort(w.Field)
		}
	}
	if len(keys) == 0 {
		add(sortKey{column: "created_at", descending: true})
	}
	return keys, joins, nil
}

func cannotSort(field string) error {
	return problem.BadRequest("Invalid value for parameter sort_by: assets cannot be sorted by %q", field)
}

// in is the key in a query that reads a source.
func (k sortKey) in(from source) string {
	switch {
	case k.join > 0 && k.missing:
		return fmt.Sprintf("CASE WHEN s%d.asset_id IS NULL THEN 1 ELSE 0 END", k.join)
	case k.join > 0 && k.text:
		return fmt.Sprintf("COALESCE(s%d.text, '')", k.join)
	case k.join > 0:
		return fmt.Sprintf("COALESCE(s%d.number, 0)", k.join)
	}
	column := "d." + k.column
	if !from.has(k.column) {
		column = "r." + k.column
	}
	if k.missing {
		return "CASE WHEN " + column + " = 0 THEN 1 ELSE 0 END"
	}
	return column
}

// neededJoins are the joins that give an arm its keys.
func neededJoins(from source, keys []sortKey, joins []valueJoin) []valueJoin {
	for _, key := range keys {
		if key.join == 0 && !from.has(key.column) {
			return append([]valueJoin{{row: true}}, joins...)
		}
	}
	return joins
}

// tieDescending is the direction of the asset ID: that of the key before, so that one index gives both.
func tieDescending(keys []sortKey) bool { return keys[len(keys)-1].descending }

// after selects what comes after a position.
func after(s *statement, keys []sortKey, from source, position *searchCursor) {
	expressions := make([]string, 0, len(keys)+1)
	descending := make([]bool, 0, len(keys)+1)
	for _, key := range keys {
		expressions, descending = append(expressions, key.in(from)), append(descending, key.descending)
	}
	expressions, descending = append(expressions, "d.asset_id"), append(descending, tieDescending(keys))
	values := append(slices.Clone(position.Values), position.ID)
	comparison := map[bool]string{true: " < ", false: " > "}
	if !slices.Contains(descending, !descending[0]) {
		s.add("("+strings.Join(expressions, ", ")+")"+comparison[descending[0]]+"(?"+strings.Repeat(", ?", len(values)-1)+")", values...)
		return
	}
	s.add("(")
	for i := range expressions {
		if i > 0 {
			s.add(" OR ")
		}
		s.add("(")
		for j := range i {
			s.add(expressions[j]+" = ? AND ", values[j])
		}
		s.add(expressions[i]+comparison[descending[i]]+"?)", values[i])
	}
	s.add(")")
}

func order(s *statement, keys []sortKey, from source, limit int) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.in(from)
	}
	orderBy(s, keys, names, "d.asset_id", limit)
}

func orderByName(s *statement, keys []sortKey, limit int) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
	}
	orderBy(s, keys, names, "asset_id", limit)
}

func orderBy(s *statement, keys []sortKey, names []string, id string, limit int) {
	direction := map[bool]string{true: " DESC", false: " ASC"}
	s.add(" ORDER BY ")
	for i, key := range keys {
		s.add(names[i] + direction[key.descending] + ", ")
	}
	s.add(id+direction[tieDescending(keys)]+" LIMIT ?", limit)
}

// searchCursor is where a page of a search has ended.
type searchCursor struct {
	// Query is the fingerprint of the search.
	Query string `json:"q"`
	// Values are the sort keys of the last match, and ID its asset ID.
	Values []any  `json:"v"`
	ID     string `json:"i"`
}

// String is the opaque form.
func (c searchCursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // Strings and numbers can always be marshalled.
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseSearchCursor reads the opaque form. Nil is the beginning.
func parseSearchCursor(opaque, query string, keys int) (*searchCursor, error) {
	if opaque == "" {
		return nil, nil
	}
	c := &searchCursor{}
	b, err := base64.RawURLEncoding.DecodeString(opaque)
	if err == nil {
		decoder := json.NewDecoder(strings.NewReader(string(b)))
		decoder.UseNumber()
		err = decoder.Decode(c)
	}
	if err != nil || !storable(c.ID) {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	if c.Query != query {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it belongs to another query")
	}
	for i, value := range c.Values {
		switch value := value.(type) {
		case json.Number:
			if integer, err := value.Int64(); err == nil {
				c.Values[i] = integer
			} else if c.Values[i], err = value.Float64(); err != nil {
				return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
			}
		case string:
			if !storable(value) {
				return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
			}
		default:
			return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
		}
	}
	if len(c.Values) != keys {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	return c, nil
}
