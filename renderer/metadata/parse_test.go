package metadata

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestParse(t *testing.T) {
	for title, test := range map[string]struct {
		rows []string
		want Given
	}{
		"nothing":            {nil, Given{}},
		"empty":              {[]string{" "}, Given{}},
		"text and integer":   {[]string{"note=hello world|size=42"}, Given{"note": Text("hello world"), "size": Text("42")}},
		"escapes":            {[]string{`note=a\|b\=c`}, Given{"note": Text("a|b=c")}},
		"unescaped equals":   {[]string{"note=a=b"}, Given{"note": Text("a=b")}},
		"escaped ID":         {[]string{`a\=b=c`}, Given{"a=b": Text("c")}},
		"spaces":             {[]string{" note =x"}, Given{"note": Text("x")}},
		"empty parts":        {[]string{"|a=1||b=2|"}, Given{"a": Text("1"), "b": Text("2")}},
		"list":               {[]string{`c=["red","blue"]|size=1`}, Given{"c": Text(`["red","blue"]`), "size": Text("1")}},
		"list as the SDK":    {[]string{`c=["a\|b","c\=d"]|x=1`}, Given{"c": Text(`["a|b","c=d"]`), "x": Text("1")}},
		"list, unescaped":    {[]string{`c=["a|b","c=d"]|x=1`}, Given{"c": Text(`["a|b","c=d"]`), "x": Text("1")}},
		"list, not closed":   {[]string{`c=["a|x=1`}, Given{"c": Text(`["a`), "x": Text("1")}},
		"cleared":            {[]string{"a=|b="}, Given{"a": Text(""), "b": Text("")}},
		"later wins":         {[]string{"a=1|a=2", "b=1", "b=3"}, Given{"a": Text("2"), "b": Text("3")}},
		"JSON":               {[]string{`{"a":"x|y","n":7,"l":["p","q",3],"z":null,"b":true}`}, Given{"a": Text("x|y"), "n": Text("7"), "l": List("p", "q", "3"), "z": Text(""), "b": Text("true")}},
		"JSON and a row":     {[]string{`{"a":"x"}`, "a=y"}, Given{"a": Text("y")}},
		"backslash at end":   {[]string{`a=b\`}, Given{"a": Text(`b\`)}},
		"nothing but braces": {[]string{"{a=1"}, Given{"{a": Text("1")}},
	} {
		t.Run(title, func(t *testing.T) {
			got, err := Parse(test.rows)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("Parse = %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for row, message := range map[string]string{
		// The npm SDK writes booleans without their key.
		"a=1|true": `Invalid metadata: "true" is not id=value`,
		"null":     `Invalid metadata: "null" is not id=value`,
		"=1":       `Invalid metadata: "=1" is not id=value`,
		"x\ny":     `Invalid metadata: "x?y" is not id=value`,
	} {
		_, err := Parse([]string{row})
		if got := problem.From(err); err == nil || got.Status != http.StatusBadRequest || got.Message != message {
			t.Errorf("Parse(%q): %v, want %q", row, err, message)
		}
	}
}

func TestLists(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       nil,
		"[]":                     {},
		"red":                    {"red"},
		`["a","b"]`:              {"a", "b"},
		`[ "a" , "b" ]`:          {"a", "b"},
		`["say "hi", you","b"]`:  {`say "hi", you`, "b"},
		`["say "hi" , "x" ,"b"]`: {`say "hi`, "x", "b"},
		"[a, b,]":                {"a", "b"},
		"[1,2]":                  {"1", "2"},
		"[open":                  {"[open"},
		"closed]":                {"closed]"},
		`["]`:                    {`"`},
		`["a",b]`:                {`"a"`, "b"},
		`[a,"b"]`:                {"a", `"b"`},
	} {
		if got := Text(text).list; !reflect.DeepEqual(got, want) {
			t.Errorf("list of %s: %q, want %q", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`a=1|b=["x","y"]`, `a\=b=c\|d`, `{"a":[1,null]}`, `a=["`, `a=["x"]y|b`, `a=["]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, row string) {
		given, err := Parse([]string{row})
		if (given == nil) == (err == nil) {
			t.Errorf("values %v with error %v", given, err)
		}
	})
}
