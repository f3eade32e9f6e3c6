package wire

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestParseTags(t *testing.T) {
	got, err := ParseTags([]string{"b, a,,b", "ü"})
	if err != nil || !slices.Equal(got, []string{"a", "b", "ü"}) {
		t.Errorf("tags %q, %v", got, err)
	}
	if _, err := ParseTags([]string{strings.Repeat("ü", 255)}); err != nil {
		t.Error(err)
	}
	if _, err := ParseTags([]string{strings.Repeat("ü", 256)}); problem.From(err).Status != http.StatusBadRequest {
		t.Errorf("error %v, want a 400", err)
	}
}

func TestParsePairs(t *testing.T) {
	for row, want := range map[string]map[string]string{
		"":                       nil,
		`a=x\|y|b=c\=d|`:         {"a": "x|y", "b": "c=d"},
		"a=1|a=2":                {"a": "2"},
		`{"a":"x|y","b":2}`:      {"a": "x|y", "b": "2"},
		`{"a":null,"b":"c=d\\"}`: {"b": `c=d\`},
	} {
		if got, err := ParsePairs("context", []string{row}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, want %v", row, got, err, want)
		}
	}
	if _, err := ParsePairs("context", []string{"a"}); err == nil || err.Error() == "" || problem.From(err).Message != `Invalid context: "a" is not key=value` {
		t.Errorf("error %v", err)
	}
}

func TestParseCoordinates(t *testing.T) {
	want := [][4]int{{1, 2, 3, 4}, {5, 6, 7, 8}}
	for _, rows := range [][]string{{"1,2,3,4|5,6,7,8"}, {"[1,2,3,4]", "[5, 6, 7, 8]"}, {"[[1,2,3,4],[5,6,7,8]]"}, {"1.4,2,3,4", "5,6,7,8"}} {
		if got, err := ParseCoordinates("c", rows); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", rows, got, err)
		}
	}
	for _, row := range []string{"1,2,3", "1,2,0,4", "a,b,c,d", "[[1,2,3]]", "[[1,2,3,4]", "-1,2,3,4", "1,2,3,9999999"} {
		if got, err := ParseCoordinates("c", []string{row}); problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("%s: %v, %v, want a 400", row, got, err)
		}
	}
}
