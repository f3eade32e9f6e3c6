package transform

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/worked-examples.txt")

// TestWorkedExamples reads every URL of the contract's worked examples, sections A to F: the address, the canonical
// form and the plan, or the error.
func TestWorkedExamples(t *testing.T) {
	const file = "testdata/worked-examples.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for entry := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
		head, _, _ := strings.Cut(entry, "\n")
		row, path, ok := strings.Cut(head, " ")
		if !ok {
			t.Fatalf("malformed entry %q", entry)
		}
		got := head + "\n" + explain(t, path)
		out.WriteString(got + "\n")
		if !*update {
			t.Run(row, func(t *testing.T) {
				if want := entry + "\n"; got != want {
					t.Errorf("\n got %s\nwant %s", got, want)
				}
			})
		}
	}
	if *update {
		if err := os.WriteFile(file, bytes.TrimSuffix(out.Bytes(), []byte("\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// explain is what a path, after the cloud name, is understood as: one fact per line.
func explain(t *testing.T, path string) string {
	t.Helper()
	address, err := ParsePath(path)
	if err != nil {
		return "! " + err.Error() + "\n"
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	b.WriteString("address")
	for field, value := range reflect.ValueOf(*address).Fields() {
		if !value.IsZero() {
			b.WriteString(" " + field.Name + "=" + value.String())
		}
	}
	b.WriteString("\n")
	plan, err := Parse(address.Transformation, nil)
	if err != nil {
		b.WriteString("! " + err.Error() + "\n")
		return b.String()
	}
	b.WriteString("= " + plan.String() + "\nplan ")
	if err := encoder.Encode(plan); err != nil {
		t.Fatal(err)
	}
	checkPlan(t, plan)
	return b.String()
}
