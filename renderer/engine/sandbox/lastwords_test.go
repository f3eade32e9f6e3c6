package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestLastWords(t *testing.T) {
	var few lastWords
	fmt.Fprint(&few, "a ", "b")
	if got := few.String(); got != "a b" {
		t.Errorf("got %q", got)
	}
	var exact lastWords
	text := strings.Repeat("h", wordsSize) + strings.Repeat("t", wordsSize)
	fmt.Fprint(&exact, text)
	if exact.String() != text {
		t.Error("what just fits was changed")
	}
	var many lastWords
	fmt.Fprint(&many, "first")
	for range 100 {
		fmt.Fprint(&many, strings.Repeat("x", 1000))
	}
	fmt.Fprint(&many, "last")
	got := many.String()
	if !strings.HasPrefix(got, "first") || !strings.HasSuffix(got, "last") || len(got) > 2*wordsSize+10 {
		t.Errorf("got %d bytes: %.10q … %.10q", len(got), got, got[len(got)-10:])
	}
}
