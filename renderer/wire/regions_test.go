package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// many are regions.
func many(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"r%d":[[1,2],[3,4]]`, i))
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestRegionsUpToTheirBounds(t *testing.T) {
	if got, err := ParseRegions(many(maxRegions)); err != nil || len(got) != maxRegions {
		t.Errorf("%d regions, %v", len(got), err)
	}
	corners := strings.Repeat("[0,1048576],", maxCorners-1) + "[1048576,0]"
	if got, err := ParseRegions(`{"a":[` + corners + `]}`); err != nil || len(got["a"]) != maxCorners {
		t.Errorf("%d corners, %v", len(got["a"]), err)
	}
}

func TestParseRegions(t *testing.T) {
	got, err := ParseRegions(`{"shoes":[[10,20],[110.7,220]],"hat":[[0,0],[9,0],[5,9]]}`)
	want := map[string][][2]int{"shoes": {{10, 20}, {110, 220}}, "hat": {{0, 0}, {9, 0}, {5, 9}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := ParseRegions(""); got != nil || err != nil {
		t.Errorf("%v %v", got, err)
	}
	for text, say := range map[string]string{
		`{"a":5}`:              "list",
		`nonsense`:             "nonsense",
		`{"a":[[1,2]]}`:        `"a" needs`,
		`{"":[[1,2],[3,4]]}`:   "a name",
		`{"a":[[1,2],[3]]}`:    "not [x,y]",
		`{"a":[[1,2],[-3,4]]}`: "not [x,y]",
		`{"a":[` + strings.Repeat("[1,2],", 100) + `[1,2]]}`: "corners",
		`{"a":[[1,2],[3,1048577]]}`:                          "not [x,y]",
		`{"a":[[1,2],[1048577,3]]}`:                          "not [x,y]",
		many(maxRegions + 1):                                 "are allowed",
	} {
		if _, err := ParseRegions(text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}
