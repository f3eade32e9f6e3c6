package wire

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
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
	edges := [][4]int{{0, 0, 1, 1}, {maxCoordinate, maxCoordinate, maxCoordinate, maxCoordinate}}
	for _, row := range []string{"0,0,1,1|1048576,1048576,1048576,1048576", "[[0,0,1,1],[1048576,1048576,1048576,1048576]]"} {
		if got, err := ParseCoordinates("c", []string{row}); err != nil || !reflect.DeepEqual(got, edges) {
			t.Errorf("%s: %v, %v", row, got, err)
		}
	}
	for _, row := range []string{"1,2,3", "1,2,0,4", "a,b,c,d", "[[1,2,3]]", "[[1,2,3,4]", "-1,2,3,4", "1,2,3,9999999", "-0.5,2,3,4", "1,-2,3,4", "nan,2,3,4", "1,2,inf,4",
		"[[-1,2,3,4]]", "[[1,-1,3,4]]", "[[1,2,0,4]]", "[[1,2,3,0]]", "[[1,2,3,4.5]]", "[[1,2,3,1048577]]", "[[1,1048577,3,4]]", "1,2,3,1048577",
	} {
		if got, err := ParseCoordinates("c", []string{row}); problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("%s: %v, %v, want a 400", row, got, err)
		}
	}
}

func TestTooManyTags(t *testing.T) {
	rows := make([]string, 0, maxTags+1)
	for i := range maxTags + 1 {
		rows = append(rows, strconv.Itoa(i))
	}
	// One that is given twice counts once.
	if tags, err := ParseTags(append(rows[:maxTags:maxTags], "0")); err != nil || len(tags) != maxTags {
		t.Errorf("%d tags, %v", len(tags), err)
	}
	_, err := ParseTags(rows)
	if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || p.Message != "Too many tags. Got 1001. Maximum is 1000." {
		t.Errorf("one too many: %v", err)
	}
	if tags, err := ParseTags([]string{strings.Repeat("é", maxTagLength)}); err != nil || len(tags) != 1 {
		t.Errorf("a long one: %v, %v", tags, err)
	}
	if _, err := ParseTags([]string{strings.Repeat("é", maxTagLength+1)}); problem.From(err).Status != http.StatusBadRequest {
		t.Errorf("one that is too long: %v", err)
	}
}
