package library

import (
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library/expression"
)

// orderedField is a column that is compared by order.
type orderedField struct {
	column string
	parse  parseValue
	// integer says that the column holds integers.
	integer bool
}

var orderedFields = map[string]orderedField{
	"bytes":        {"bytes", parseSize, true},
	"backup_bytes": {"backup_bytes", parseSize, true},
	"width":        {"width", parseNumber, true},
	"height":       {"height", parseNumber, true},
	"pixels":       {"pixels", parseNumber, true},
	"aspect_ratio": {"aspect_ratio", parseRatio, false},
	"pages":        {"pages", parseNumber, true},
	"duration":     {"duration", parseSeconds, false},
	"face_count":   {"face_count", parseNumber, true},
	"version":      {"version", parseNumber, true},
	"created_at":   {"created_at", parseMicros, true},
	"uploaded_at":  {"uploaded_at", parseMicros, true},
	"updated_at":   {"updated_at", parseMicros, true},
}

// wordFields are looked into word by word.
var wordFields = map[string]int64{
	"public_id": inPublicID, "filename": inFilename, "display_name": inDisplayName, fieldTags: inTags,
	fieldFolder: inFolder, fieldAssetFolder: inAssetFolder,
}

// keywordFields have one word as their value, in lower case. The columns are those that asset_terms has, too.
var keywordFields = map[string]string{
	"resource_type": "resource_type", "type": "type", "format": "format", "access_mode": "", "access_control": "",
	"transparent": "", "animated": "", "moderation_kind": "", "moderation_status": "", fieldCreatedBy: "", fieldUploadedBy: "",
}

// statusActive is the status of all assets that are found: those that are only in the backup are not.
const statusActive = "active"

// compiler turns the tree of an expression into a predicate. A field that nobody has, or a value that its field cannot
// have, matches nothing.
type compiler struct {
	now time.Time
	// dynamic is the folder mode.
	dynamic bool
}

func (c *compiler) compile(node expression.Node) predicate {
	switch node := node.(type) {
	case expression.And:
		list := make(both, len(node.Nodes))
		for i, n := range node.Nodes {
			list[i] = c.compile(n)
		}
		return list
	case expression.Or:
		list := make(either, len(node.Nodes))
		for i, n := range node.Nodes {
			list[i] = c.compile(n)
		}
		return list
	case expression.Not:
		return negated{c.compile(node.Node)}
	case expression.Comparison:
		if !storable(node.Field) || !storable(node.Term.Text) {
			return constant(false)
		}
		return c.comparison(node.Field, node.Operator, node.Term)
	case expression.Range:
		if !storable(node.Field) || !storable(node.Low.Term.Text) || !storable(node.High.Term.Text) {
			return constant(false)
		}
		return c.between(node)
	}
	return constant(true)
}

// field is how the index calls a field.
func (c *compiler) field(name string) string {
	switch {
	case name == fieldFolder && c.dynamic:
		return fieldAssetFolder
	case name == fieldAssetFolder && !c.dynamic:
		return fieldFolder
	case name == fieldChanged+partAny:
		return partAny
	}
	return name
}

func (c *compiler) comparison(name string, operator expression.Operator, term expression.Term) predicate {
	field := c.field(name)
	if name == "" {
		return words("", inDefault, term)
	}
	if _, ordered := orderedFields[field]; ordered && !term.Prefix {
		return c.compare(field, operator, term)
	}
	if isNumber(field) && !term.Prefix {
		return c.compare(field, operator, term)
	}
	if (strings.HasPrefix(field, fieldMetadata) || strings.HasPrefix(field, fieldImageMetadata) || strings.HasPrefix(field, fieldVideoMetadata) || strings.HasPrefix(field, fieldChanged)) && operator != expression.Has && operator != expression.Equals {
		return c.compare(field, operator, term)
	}
	if operator != expression.Has && operator != expression.Equals {
		return constant(false)
	}
	if term.Prefix && term.Text == "" {
		return presence(field)
	}
	return c.matches(field, operator, term)
}

// matches compiles : and =.
func (c *compiler) matches(field string, operator expression.Operator, term expression.Term) predicate {
	if _, keyword := keywordFields[field]; keyword || isFoundKeyword(field) {
		return keywordIs(field, term)
	}
	switch {
	case field == "asset_id":
		return columnIs(field, term)
	case field == "etag":
		term.Text = strings.ToLower(term.Text)
		return columnIs(field, term)
	case field == "public_id" && (operator == expression.Equals || term.Prefix && strings.HasSuffix(term.Text, "/")):
		return columnIs(field, term)
	case (field == fieldFolder || field == fieldAssetFolder) && term.Prefix && strings.HasSuffix(term.Text, "/"):
		above := strings.Trim(term.Text, "/")
		if above == "" {
			return presence(field) // All folders are below the root.
		}
		return &termScan{term: belowOf(field, above)}
	case (field == fieldFolder || field == fieldAssetFolder) && strings.Trim(term.Text, "/") != term.Text:
		term.Text = strings.TrimLeft(term.Text, "/")
		if !term.Prefix {
			term.Text = strings.TrimRight(term.Text, "/")
		}
		if term.Text == "" {
			operator = expression.Equals // The root has no words.
		}
		return c.matches(field, operator, term)
	case field == fieldTransformations || field == fieldDerivedName:
		return &derivedBy{transformation: term.Text, prefix: term.Prefix}
	case field == fieldLocation:
		if area, ok := parseArea(term.Text); ok && !term.Prefix {
			return withinArea(area)
		}
		return constant(false)
	case field == "status":
		value := strings.ToLower(term.Text)
		return constant(value == statusActive || term.Prefix && strings.HasPrefix(statusActive, value))
	case field == "context" || field == "metadata":
		return presence(field + "." + term.Text)
	}
	bit, isWords := wordFields[field]
	key := ""
	switch {
	case strings.HasPrefix(field, fieldContext):
		key, bit, isWords = field, inContext, true
	case strings.HasPrefix(field, fieldMetadata):
		key, bit, isWords = field, inMetadata, true
	case strings.HasPrefix(field, fieldImageMetadata) || strings.HasPrefix(field, fieldVideoMetadata):
		key, isWords = field, true
	case strings.HasPrefix(field, fieldChanged):
		return c.compare(field, operator, term)
	}
	if !isWords {
		return constant(false)
	}
	if operator == expression.Has {
		return words(key, bit, term)
	}
	if term.Prefix {
		return &termScan{term: exactTerm + exact(field) + termEnd + cut(term.Text, maxExact-40), prefix: true}
	}
	return &termScan{term: exactOf(field, term.Text)}
}

// presence holds for assets whose field has a value.
func presence(field string) predicate {
	if ordered, ok := orderedFields[field]; ok {
		return &columnRange{column: ordered.column, low: &limit{value: 0}}
	}
	switch {
	case slices.Contains([]string{"asset_id", "public_id", "status", "filename", "resource_type", "type", "access_mode", "transparent", "animated"}, field):
		return constant(true)
	case field == "etag":
		return &columnRange{column: field, low: &limit{value: ""}}
	case field == "context" || field == "metadata":
		return &termScan{term: presenceTerm + field + ".", prefix: true}
	case field == fieldCreatedBy || field == fieldUploadedBy:
		return &termScan{term: exactTerm + field + termEnd, prefix: true}
	case field == fieldLocation:
		return anywhere()
	case field == fieldTransformations || field == fieldDerivedName || field == fieldDerivedCount:
		return &valueRange{field: fieldDerivedCount, low: &limit{value: 1, inclusive: true}}
	case strings.HasPrefix(field, fieldChanged), isFoundNumber(field):
		return &valueRange{field: field, low: &limit{value: 0, inclusive: true}}
	}
	return &termScan{term: presenceOf(field)}
}

func keywordIs(field string, term expression.Term) predicate {
	value := strings.ToLower(term.Text)
	if term.Prefix {
		return &termScan{term: exactTerm + field + termEnd + value, prefix: true}
	}
	return &termScan{term: exactOf(field, value), column: keywordFields[field], value: value}
}

func columnIs(column string, term expression.Term) predicate {
	low := &limit{value: term.Text, inclusive: true}
	if !term.Prefix {
		return &columnRange{column: column, low: low, high: low}
	}
	if end, ok := afterPrefix(term.Text); ok {
		return &columnRange{column: column, low: low, high: &limit{value: end}}
	}
	return &columnRange{column: column, low: low}
}

// words holds for assets that have the words of a term one after the other in one of the fields, or in that key.
func words(key string, fields int64, term expression.Term) predicate {
	found := tokens(term.Text)
	if len(found) == 0 {
		return constant(false)
	}
	last := len(found) - 1
	// A word that was ended by something else than the wildcard is whole: a-* is the word a.
	prefix := term.Prefix && strings.HasSuffix(strings.ToLower(term.Text), found[last])
	var all both
	for i, word := range found {
		switch {
		case key != "":
			all = append(all, &termScan{term: keyWordOf(key, word), prefix: prefix && i == last})
		case i > 0:
			all = append(all, &termScan{term: pairOf(found[i-1], word), prefix: prefix && i == last, fields: fields})
		case last == 0:
			all = append(all, &termScan{term: wordOf(word), prefix: prefix, fields: fields})
		}
	}
	if last > 1 || last > 0 && key != "" {
		in := &phraseIn{}
		if key != "" {
			in.texts = []string{phrase(phraseCode(key, 0), found, prefix)}
		} else {
			for bit := int64(1); bit <= fields; bit <<= 1 {
				if fields&bit != 0 {
					in.texts = append(in.texts, phrase(phraseCode("", bit), found, prefix))
				}
			}
		}
		all = append(all, in)
	}
	return all
}

// compare compiles a comparison by order. Equality with a day means that day.
func (c *compiler) compare(field string, operator expression.Operator, term expression.Term) predicate {
	value, ok := c.parse(field, term.Text)
	if !ok {
		return constant(false)
	}
	var low, high *limit
	isSpan := value.low != value.high
	switch operator {
	case expression.Greater:
		low = &limit{value: value.high, inclusive: isSpan}
	case expression.GreaterOrEqual:
		low = &limit{value: value.low, inclusive: true}
	case expression.Less:
		high = &limit{value: value.low}
	case expression.LessOrEqual:
		high = &limit{value: value.high, inclusive: !isSpan}
	default:
		low, high = &limit{value: value.low, inclusive: true}, &limit{value: value.high, inclusive: !isSpan}
	}
	return c.ordered(field, low, high)
}

// between compiles a range.
func (c *compiler) between(node expression.Range) predicate {
	field := c.field(node.Field)
	if field == "public_id" || field == "asset_id" {
		r := &columnRange{column: field}
		if !node.Low.Open {
			r.low = &limit{value: node.Low.Term.Text, inclusive: node.Low.Inclusive}
		}
		if !node.High.Open {
			r.high = &limit{value: node.High.Term.Text, inclusive: node.High.Inclusive}
		}
		if r.low == nil && r.high == nil {
			return constant(true)
		}
		return r
	}
	if field == fieldLocation {
		south, ok := parsePlace(node.Low.Term.Text)
		north, okay := parsePlace(node.High.Term.Text)
		if !ok || !okay || node.Low.Open || node.High.Open {
			return constant(false)
		}
		return withinArea(boxOf(south, north))
	}
	var low, high *limit
	if !node.Low.Open {
		value, ok := c.parse(field, node.Low.Term.Text)
		if !ok {
			return constant(false)
		}
		low = &limit{value: value.low, inclusive: true}
		if !node.Low.Inclusive {
			low = &limit{value: value.high, inclusive: value.low != value.high}
		}
	}
	if !node.High.Open {
		value, ok := c.parse(field, node.High.Term.Text)
		if !ok {
			return constant(false)
		}
		high = &limit{value: value.low}
		if node.High.Inclusive {
			high = &limit{value: value.high, inclusive: value.low == value.high}
		}
	}
	if low == nil && high == nil {
		return presence(field)
	}
	return c.ordered(field, low, high)
}

func (c *compiler) parse(field, text string) (span, bool) {
	switch ordered, ok := orderedFields[field]; {
	case ok:
		return ordered.parse(text, c.now)
	case strings.HasPrefix(field, fieldMetadata):
		return parseMetadata(text, c.now)
	case strings.HasPrefix(field, fieldChanged), field == fieldTakenAt:
		return parseMicros(text, c.now)
	case isNumber(field), strings.HasPrefix(field, fieldImageMetadata), strings.HasPrefix(field, fieldVideoMetadata):
		return parseNumber(text, c.now)
	}
	return span{}, false
}

func (c *compiler) ordered(field string, low, high *limit) predicate {
	if ordered, ok := orderedFields[field]; ok {
		if field == "duration" && low == nil {
			low = &limit{value: 0.0} // What does not last has no duration.
		}
		if ordered.integer {
			low, high = whole(low, true), whole(high, false)
		}
		return &columnRange{column: ordered.column, low: low, high: high}
	}
	if field == fieldDerivedCount && low.admits(0, true) && high.admits(0, false) {
		// Of which nothing was made has no count.
		if high == nil {
			return constant(true)
		}
		return negated{&valueRange{field: field, low: &limit{value: high.value, inclusive: !high.inclusive}}}
	}
	return &valueRange{field: field, low: low, high: high}
}

// admits tells whether a bound, below or above, lets a number through. Nil lets any.
func (l *limit) admits(number float64, below bool) bool {
	if l == nil {
		return true
	}
	bound := l.value.(float64)
	return l.inclusive && number == bound || below && number > bound || !below && number < bound
}

// isNumber tells whether a field is a number of asset_values.
func isNumber(field string) bool { return isFoundNumber(field) || field == fieldDerivedCount }

// whole brings a bound of a column of integers to an integer, so that the index is compared in its own type.
func whole(l *limit, up bool) *limit {
	if l == nil {
		return nil
	}
	value := min(max(l.value.(float64), -1<<62), 1<<62)
	floor := int64(value)
	if float64(floor) > value {
		floor--
	}
	switch {
	case float64(floor) == value:
		return &limit{value: floor, inclusive: l.inclusive}
	case up:
		return &limit{value: floor + 1, inclusive: true}
	}
	return &limit{value: floor, inclusive: true}
}
