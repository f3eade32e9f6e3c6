package library

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// SortKey is a field that a search is sorted by.
type SortKey struct {
	Field     string
	Ascending bool
}

// sortKey is something that a search is sorted by. It is never NULL.
type sortKey struct {
	// name is the key's name in the statement.
	name string
	// expression is SQL in which columns of assets stand in braces, and args are the values of its placeholders.
	expression string
	args       []any
	// leaves, where there is no expression, are what a match is the better for the more of them hold.
	leaves     []predicate
	descending bool
	// text says that it is a text; others are numbers.
	text bool
}

// valueJoin joins a value of asset_values.
type valueJoin struct {
	alias, field string
	// row joins the asset's row instead.
	row bool
}

func (j valueJoin) write(s *statement) {
	if j.row {
		join := " JOIN"
		if s.driver == config.DatabaseSQLite {
			join = " CROSS JOIN" // Which is no other join, but is made in the order in which it is written.
		}
		s.add(join + " assets AS r ON r.asset_id = d.asset_id")
		return
	}
	s.add(" LEFT JOIN asset_values AS "+j.alias+" ON "+j.alias+".asset_id = d.asset_id AND "+j.alias+".field = ?", j.field)
}

// sortColumns are the fields that are sorted by a column or by what is computed of some. Those that are sorted along an index have
// nothing but their column.
var sortColumns = map[string]string{
	"asset_id": "{asset_id}", "public_id": "{public_id}", "display_name": "{display_name}", "format": "{format}", "etag": "{etag}",
	"resource_type": "{resource_type}", "type": "{type}", "bytes": "{bytes}", "width": "{width}", "height": "{height}", "pixels": "{pixels}",
	"aspect_ratio": "{aspect_ratio}", "pages": "{pages}", "duration": "{duration}", "face_count": "{face_count}", "version": "{version}", "backup_bytes": "{backup_bytes}",
	"created_at": "{created_at}", "uploaded_at": "{uploaded_at}", "updated_at": "{updated_at}", fieldChanged + partAny: "{updated_at}",
	fieldCreatedBy: "{created_by}", fieldUploadedBy: "{uploaded_by}", fieldAssetFolder: "{asset_folder}",
	// The characters of a public ID but for slashes, taken from its end, leave the folder.
	fieldFolder:   "RTRIM(RTRIM({public_id}, REPLACE({public_id}, '/', '')), '/')",
	"access_mode": "CASE WHEN {access_mode} = '' THEN 'public' ELSE {access_mode} END",
	"transparent": "CASE WHEN {alpha} THEN 1 ELSE 0 END",
	"animated":    "CASE WHEN {resource_type} = 'image' AND {pages} > 1 AND {format} <> 'pdf' THEN 1 ELSE 0 END",
}

// sortTexts are the fields of sortColumns that are texts.
var sortTexts = []string{
	"asset_id", "public_id", "display_name", "format", "etag", "resource_type", "type", "access_mode", fieldCreatedBy, fieldUploadedBy, fieldFolder, fieldAssetFolder,
}

// missingValues are what a column holds where an asset has no such thing.
var missingValues = map[string]string{
	"width": "0", "height": "0", "pixels": "0", "aspect_ratio": "0", "pages": "0", "face_count": "0", "duration": "0", "backup_bytes": "0",
	"format": "''", "display_name": "''", "etag": "''", fieldCreatedBy: "''", fieldUploadedBy: "''",
}

// maxSortKeys bounds the fields that a search is sorted by.
const maxSortKeys = 16

// sorting is what a search is ordered by.
type sorting struct {
	keys  []sortKey
	joins []valueJoin
}

func (o *sorting) add(key sortKey) {
	key.name = fmt.Sprintf("k%d", len(o.keys))
	o.keys = append(o.keys, key)
}

// sortKeys are what a search is ordered by: the fields, those without a value last, and then the asset ID. matched is what it looks
// for.
func sortKeys(wanted []SortKey, dynamic bool, matched predicate) (keys []sortKey, joins []valueJoin, err error) {
	if len(wanted) > maxSortKeys {
		return nil, nil, problem.BadRequest("Invalid value for parameter sort_by: it has more than %d fields", maxSortKeys)
	}
	o := &sorting{}
	newest := len(wanted) == 0
	for _, w := range wanted {
		field := (&compiler{dynamic: dynamic}).field(w.Field)
		column, isColumn := sortColumns[field]
		newest = false
		switch {
		case isColumn:
			if none := missingValues[field]; none != "" && w.Ascending {
				o.add(sortKey{expression: "CASE WHEN " + column + " = " + none + " THEN 1 ELSE 0 END"})
			}
			o.add(sortKey{expression: column, descending: !w.Ascending, text: slices.Contains(sortTexts, field)})
		case field == "status": // All that is found is active.
			newest = true
		case field == "score":
			newest = true // Of those that are equally good.
			if leaves := scored(matched, nil); len(leaves) > 0 {
				o.add(sortKey{leaves: leaves, descending: !w.Ascending})
			}
		case !storable(field):
			return nil, nil, cannotSort(w.Field)
		case isKept(field):
			o.byValue(field, !w.Ascending)
		case isTerm(field):
			o.byTerm(field, !w.Ascending)
		default:
			return nil, nil, cannotSort(w.Field)
		}
	}
	if newest {
		o.add(sortKey{expression: "{created_at}", descending: true})
	}
	return o.keys, o.joins, nil
}

func cannotSort(field string) error {
	return problem.BadRequest("Invalid value for parameter sort_by: assets cannot be sorted by %q", field)
}

// isKept tells whether asset_values has the values of a field.
func isKept(field string) bool {
	for _, prefix := range []string{fieldImageMetadata, fieldVideoMetadata, fieldMetadata, fieldChanged} {
		if strings.HasPrefix(field, prefix) {
			return true
		}
	}
	return field == "filename" || isNumber(field)
}

// isTerm tells whether the values of a field are only among the terms.
func isTerm(field string) bool {
	_, keyword := keywordFields[field]
	return keyword || isFoundKeyword(field) || field == fieldTags || strings.HasPrefix(field, fieldContext)
}

// byValue sorts by a field of asset_values.
func (o *sorting) byValue(field string, descending bool) {
	alias := fmt.Sprintf("s%d", len(o.joins)+1)
	o.joins = append(o.joins, valueJoin{alias: alias, field: field})
	if field == fieldDerivedCount { // Of which nothing was made has a count, too.
		o.add(sortKey{expression: "COALESCE(" + alias + ".number, 0)", descending: descending})
		return
	}
	o.add(sortKey{expression: "CASE WHEN " + alias + ".asset_id IS NULL THEN 1 ELSE 0 END"})
	o.add(sortKey{expression: "COALESCE(" + alias + ".number, 0)", descending: descending})
	o.add(sortKey{expression: "COALESCE(" + alias + ".text, '')", descending: descending, text: true})
}

// byTerm sorts by the whole value of a field as the terms have it; of several, by that which comes first. What has none is written so
// that it comes last: terms of values begin with an equals sign, which is before a greater-than sign.
func (o *sorting) byTerm(field string, descending bool) {
	first, none := "MIN", "'>'"
	if descending {
		first, none = "MAX", "''"
	}
	low := exactTerm + exact(field) + termEnd
	high, _ := afterPrefix(low)
	// The empty text keeps PostgreSQL from reading along all terms of the field for the least one.
	o.add(sortKey{
		expression: "COALESCE((SELECT " + first + "(k.term || '') FROM asset_terms AS k WHERE k.asset_id = {asset_id} AND k.term >= ? AND k.term < ?), " + none + ")",
		args:       []any{low, high}, descending: descending, text: true,
	})
}

// maxScored bounds what a score is made of.
const maxScored = 32

// scored are the leaves of p that a match is the better for.
func scored(p predicate, leaves []predicate) []predicate {
	switch p := p.(type) {
	case both:
		for _, q := range p {
			leaves = scored(q, leaves)
		}
	case either:
		for _, q := range p {
			leaves = scored(q, leaves)
		}
	case *termScan, *columnRange, *valueRange, *derivedBy, *cellRange, *within:
		if len(leaves) < maxScored {
			return append(leaves, p)
		}
	}
	return leaves
}

// weights are what a word counts in a field: in a name more than in a sentence about the picture.
var weights = []struct{ field, weight int64 }{
	{inFilename, 4}, {inDisplayName, 4}, {inTags, 3}, {inPublicID, 2}, {inFolder, 1}, {inAssetFolder, 1}, {inContext, 1}, {inMetadata, 1},
}

// score writes how much a leaf counts for rows of a source: a word by the fields that have it, anything else one.
func (s *statement) score(from source, leaf predicate) {
	scan, ok := leaf.(*termScan)
	if !ok || scan.fields == 0 || scan.prefix {
		s.add("CASE WHEN ")
		s.condition(from, leaf)
		s.add(" THEN 1 ELSE 0 END")
		return
	}
	s.add("COALESCE((SELECT 0")
	for _, w := range weights {
		if scan.fields&w.field != 0 {
			s.add(" + CASE WHEN e.fields & ? <> 0 THEN ? ELSE 0 END", w.field, w.weight)
		}
	}
	s.add(" FROM asset_terms AS e WHERE e.term = ? AND e.created_at = d.created_at AND e.asset_id = d.asset_id), 0)", scan.term)
}

// column is the column that is all of the key, empty for a key that is computed.
func (k sortKey) column() string {
	name, opened := strings.CutPrefix(k.expression, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed || strings.ContainsAny(name, "{}") {
		return ""
	}
	return name
}

// columns are the columns of assets in the key.
var columns = regexp.MustCompile(`\{[a-z_]+\}`)

// write writes the key in a query that reads a source.
func (k sortKey) write(s *statement, from source) {
	for i, leaf := range k.leaves {
		if i > 0 {
			s.add(" + ")
		}
		s.score(from, leaf)
	}
	s.add(columns.ReplaceAllStringFunc(k.expression, func(column string) string {
		if column = strings.Trim(column, "{}"); from.has(column) {
			return "d." + column
		}
		return "r." + column
	}), k.args...)
}

// neededJoins are the joins that give an arm its keys.
func neededJoins(from source, keys []sortKey, joins []valueJoin) []valueJoin {
	for _, key := range keys {
		for _, column := range columns.FindAllString(key.expression, -1) {
			if !from.has(strings.Trim(column, "{}")) {
				return append([]valueJoin{{row: true}}, joins...)
			}
		}
	}
	return joins
}

// tieDescending is the direction of the asset ID: that of the key before, so that one index gives both.
func tieDescending(keys []sortKey) bool { return keys[len(keys)-1].descending }

// after selects what comes after a position.
func after(s *statement, keys []sortKey, from source, position *searchCursor) {
	write := func(i int) {
		if i == len(keys) {
			s.add("d.asset_id")
			return
		}
		keys[i].write(s, from)
	}
	descending := func(i int) bool { return keys[min(i, len(keys)-1)].descending }
	values := append(slices.Clone(position.Values), position.ID)
	comparison := map[bool]string{true: " < ", false: " > "}
	if !slices.ContainsFunc(keys, func(k sortKey) bool { return k.descending != keys[0].descending }) {
		for i := range values {
			s.add([]string{"(", ", "}[min(i, 1)])
			write(i)
		}
		s.add(")"+comparison[descending(0)]+"(?"+strings.Repeat(", ?", len(values)-1)+")", values...)
		return
	}
	s.add("(")
	for i := range values {
		s.add([]string{"(", " OR ("}[min(i, 1)])
		for j := range i {
			write(j)
			s.add(" = ? AND ", values[j])
		}
		write(i)
		s.add(comparison[descending(i)]+"?)", values[i])
	}
	s.add(")")
}

// order orders an arm by the keys. What is computed is named, so that it is computed once. sign is put before a public ID of the arm's
// source.
func order(s *statement, keys []sortKey, from source, sign string, limit int) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
		if column := key.column(); column != "" && from.has(column) {
			names[i] = "d." + column
			if column == "public_id" {
				names[i] = sign + "d." + column
			}
		} else if column != "" {
			names[i] = "r." + column
		}
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

// fits says whether the values of a cursor can be compared with the keys.
func (c *searchCursor) fits(keys []sortKey) bool {
	for i, value := range c.Values {
		if _, isText := value.(string); isText != keys[i].text {
			return false
		}
	}
	return true
}
