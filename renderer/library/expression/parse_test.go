package expression

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// show writes a tree in one line: words in capitals, every clause in parentheses.
func show(node Node) string {
	list := func(nodes []Node) string {
		var parts []string
		for _, node := range nodes {
			parts = append(parts, show(node))
		}
		return strings.Join(parts, " ")
	}
	term := func(t Term) string {
		text := t.Text
		if t.Quoted {
			text = "'" + text + "'"
		}
		if t.Prefix {
			text += "*"
		}
		return text
	}
	switch node := node.(type) {
	case All:
		return "(ALL)"
	case And:
		return "(AND " + list(node.Nodes) + ")"
	case Or:
		return "(OR " + list(node.Nodes) + ")"
	case Not:
		return "(NOT " + show(node.Node) + ")"
	case Comparison:
		return fmt.Sprintf("(%s%s%s)", node.Field, node.Operator, term(node.Term))
	case Range:
		brackets := map[bool]string{true: "[]", false: "{}"}
		return fmt.Sprintf("(%s%c%s TO %s%c)", node.Field, brackets[node.Low.Inclusive][0], term(node.Low.Term), term(node.High.Term), brackets[node.High.Inclusive][1])
	}
	return "?"
}

func TestAnExpressionOfTheGreatestLength(t *testing.T) {
	if _, err := Parse(strings.Repeat("é", MaxLength)); err != nil {
		t.Error(err)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "(ALL)",
		"  \t":                          "(ALL)",
		"*":                             "(ALL)",
		"kitten":                        "(kitten)",
		"and or not":                    "(OR (and) (or) (not))",
		"ANDROID":                       "(ANDROID)",
		"a AND b OR c && d":             "(OR (AND (a) (b)) (AND (c) (d)))",
		"a OR b AND NOT c":              "(OR (a) (AND (b) (NOT (c))))",
		"(a||b)&&c":                     "(AND (OR (a) (b)) (c))",
		"!a AND -b AND NOT NOT c":       "(AND (NOT (a)) (NOT (b)) (c))",
		"a OR -b":                       "(OR (a) (NOT (b)))",
		"a b":                           "(OR (a) (b))",
		"a -b":                          "(AND (NOT (b)) (a))",
		"-b a c":                        "(AND (NOT (b)) (OR (a) (c)))",
		"+a b":                          "(a)",
		"+a +b -c":                      "(AND (a) (b) (NOT (c)))",
		"+a":                            "(a)",
		"-a -b":                         "(AND (NOT (a)) (NOT (b)))",
		"tags=kitten":                   "(tags=kitten)",
		"tags : kitten":                 "(tags:kitten)",
		"bytes>1m":                      "(bytes>1m)",
		"bytes:>=1m AND x:<2":           "(AND (bytes>=1m) (x<2))",
		`tags="dogs and cats"`:          "(tags='dogs and cats')",
		`tags='dogs and cats'`:          "(tags='dogs and cats')",
		`it's`:                          "(it's)",
		`a="x\"y\*z\\w\n"`:              `(a='x"y*z\w\n')`,
		`a="x y*"`:                      "(a='x y'*)",
		"tags:ca*":                      "(tags:ca*)",
		"tags:*":                        "(tags:*)",
		"folder:summer/2026/*":          "(folder:summer/2026/*)",
		"format=(jpg OR png)":           "(OR (format=jpg) (format=png))",
		"tags:(a AND (b OR c) AND -d*)": "(AND (tags:a) (OR (tags:b) (tags:c)) (NOT (tags:d*)))",
		"width:{200 TO 1024}":           "(width{200 TO 1024})",
		"width:[200 TO 1024}":           "(width[200 TO 1024})",
		`d:{* TO "2026-01-01"]`:         "(d{* TO '2026-01-01'])",
		`product\:blue OR "shirt:blue"`: "(OR (product:blue) ('shirt:blue'))",
		`context.my\ key:a\ b`:          "(context.my key:a b)",
		"uploaded_at:[4w TO 1w]":        "(uploaded_at[4w TO 1w])",
		"a_b-c.d+e@f/g":                 "(a_b-c.d+e@f/g)",
		"moderation_status:a AND -x:b":  "(AND (moderation_status:a) (NOT (x:b)))",
		"(a)(b)":                        "(OR (a) (b))",
		"NOT(a OR b)":                   "(NOT (OR (a) (b)))",
		"föö=bär":                       "(föö=bär)",
	} {
		node, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := show(node); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, position := range map[string]int{
		"a AND":                          6,
		"AND a":                          1,
		"a OR OR b":                      6,
		"a &&":                           5,
		"(a OR b":                        1,
		"a)":                             2,
		"()":                             2,
		"tags:":                          6,
		"tags:AND":                       0, // A value may be any word.
		":a":                             1,
		"a:b:c":                          4,
		"tags=*cat":                      6,
		"tags:c*t":                       7,
		"*cat":                           1,
		`"a`:                             1,
		`ä="b`:                           3,
		`a="x*y"`:                        5,
		`a="x y"*`:                       8,
		`"x"*`:                           4,
		`a\`:                             2,
		"w:[1 TO 2":                      10,
		"w:[1 2]":                        6,
		"w:[1 TO 2)":                     10,
		"w:[a* TO 2]":                    4,
		"w>[1 TO 2]":                     3,
		"w>a*":                           3,
		"w>(1 OR 2*)":                    9,
		"a^2":                            2,
		"a~":                             2,
		"a & b":                          3,
		"te?t":                           3,
		"tags:(a OR b:c)":                13,
		"-":                              2,
		strings.Repeat("(", 100):         65,
		strings.Repeat("a ", 300):        513,
		strings.Repeat("a", MaxLength+1): MaxLength + 1,
	} {
		_, err := Parse(text)
		if position == 0 {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		failure, ok := errors.AsType[*Error](err)
		if !ok || failure.Position != position || failure.Message == "" {
			t.Errorf("%.40s: %+v, want an error at %d", text, err, position)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a AND (b OR -c)", `tags="x\"y" && w:[1 TO *}`, "a:(b c*) +d", `'x' "`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		node, err := Parse(text)
		if err == nil {
			if node == nil {
				t.Errorf("%q: neither a tree nor an error", text)
			}
			return
		}
		failure, ok := errors.AsType[*Error](err)
		if !ok || failure.Position < 1 || failure.Position > len([]rune(text))+1 {
			t.Errorf("%q: error %+v", text, err)
		}
	})
}
