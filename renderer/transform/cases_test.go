package transform

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// storedForTests are the named transformations that the case files use.
func storedForTests(name string) (string, bool) {
	stored := map[string]string{
		"thumb":           "c_fill,g_face,h_100,w_100/r_max",
		"media lib":       "e_sepia",
		"v1.2":            "e_negate",
		"auto":            "c_limit,w_auto:100:400/dpr_auto,f_auto,q_auto",
		"as_png":          "c_pad,h_300,w_300/png",
		"no_extension":    "c_pad,h_300,w_300/",
		"nested":          "t_thumb/e_grayscale",
		"loop":            "t_loop",
		"d1":              "t_d2",
		"d2":              "t_d3",
		"d3":              "t_d4",
		"d4":              "t_d5",
		"d5":              "e_blur",
		"broken":          "w_abc",
		"empty":           "",
		"many1":           "t_many2.many2.many2.many2.many2",
		"many2":           "t_many3.many3.many3.many3.many3",
		"many3":           "t_empty.empty.empty.empty.empty",
		"logo":            "l_logo/c_scale,w_50/fl_layer_apply,g_south_east",
		"open_layer":      "l_logo",
		"wide":            strings.Repeat("e_blur/", 60),
		"with_parameters": "c_scale,w_$width",
	}
	transformation, ok := stored[name]
	return transformation, ok
}

// parseCase is an entry of a case file: an input and, on the next lines, "= " and its canonical form or "! " and the
// error's message. Blank lines and lines beginning with "# " separate.
type parseCase struct {
	input, canonical, message string
}

func readCases(t testing.TB, path string) []parseCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []parseCase
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case line == "=" || strings.HasPrefix(line, "= "):
			cases[len(cases)-1].canonical = strings.TrimPrefix(strings.TrimPrefix(line, "="), " ")
		case strings.HasPrefix(line, "! "):
			cases[len(cases)-1].message = line[2:]
		default:
			cases = append(cases, parseCase{input: line})
		}
	}
	return cases
}

func caseFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/parse/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	return files
}

// TestParseCases reads testdata/parse: one file per feature.
func TestParseCases(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range readCases(t, file) {
				t.Run(c.input, func(t *testing.T) {
					plan, err := Parse(c.input, storedForTests)
					if c.message != "" {
						wantProblem(t, err, c.message)
						return
					}
					if err != nil {
						t.Fatalf("Parse: %v", err)
					}
					if got := plan.String(); got != c.canonical {
						t.Errorf("canonical form\n got %s\nwant %s", got, c.canonical)
					}
					checkPlan(t, plan)
				})
			}
		})
	}
}

// wantProblem checks that an error is a permanent 400 with exactly this message.
func wantProblem(t *testing.T, err error, message string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got error %v, want the problem %q", err, message)
	}
	if p.Status != http.StatusBadRequest || p.Transient {
		t.Errorf("got status %d, transient %t; want a permanent 400", p.Status, p.Transient)
	}
	if p.Message != message {
		t.Errorf("message\n got %s\nwant %s", p.Message, message)
	}
}

// checkPlan checks what holds for every plan: it comes back from its canonical form and from JSON, and the order of
// pieces does not matter.
func checkPlan(t testing.TB, plan *Plan) {
	t.Helper()
	canonical := plan.String()
	again, err := Parse(canonical, nil)
	if err != nil {
		t.Fatalf("canonical form %s: %v", canonical, err)
	}
	if !reflect.DeepEqual(again, plan) {
		t.Errorf("the canonical form %s means something else\n got %s\nwant %s", canonical, toJSON(t, again), toJSON(t, plan))
	}
	var decoded Plan
	if err := json.Unmarshal([]byte(toJSON(t, plan)), &decoded); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&decoded, plan) {
		t.Errorf("JSON changes the plan\n got %s\nwant %s", toJSON(t, &decoded), toJSON(t, plan))
	}
	var reversed []string
	for component := range strings.SplitSeq(canonical, "/") {
		pieces := strings.Split(component, ",")
		slices.Reverse(pieces)
		reversed = append(reversed, strings.Join(pieces, ","))
	}
	backwards, err := Parse(strings.Join(reversed, "/"), nil)
	if err != nil {
		t.Fatalf("pieces reversed: %v", err)
	}
	if !reflect.DeepEqual(backwards, plan) {
		t.Errorf("the order of pieces matters in %s", canonical)
	}
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
