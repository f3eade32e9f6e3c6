package wire

import (
	"reflect"
	"strings"
	"testing"
)

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
	} {
		if _, err := ParseRegions(text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}
