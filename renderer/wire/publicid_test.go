package wire

import (
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestCheckID(t *testing.T) {
	long := strings.Repeat("é", maxIDLength)
	for id, reason := range map[string]string{
		"a":            "",
		"a/b c/ü.jpg":  "",
		"a/v1":         "", // It is the name that looks like a version, not a folder.
		"av1/v1a/b":    "",
		"a/.../b":      "",
		".a/b..":       "",
		long:           "",
		long + "é":     "it is longer than 255 characters",
		"":             "it is empty",
		"a\xff":        "it is not UTF-8",
		"a\x00b":       "control characters are not allowed",
		"a\u0085b":     "control characters are not allowed",
		"..":           "the folder .. is not allowed",
		"a/./b":        "the folder . is not allowed",
		"a/..":         "the folder .. is not allowed",
		"v1/a":         "a folder must not be named like a version (v1)",
		"a/v20/b":      "a folder must not be named like a version (v20)",
		"folder?/name": "the character ? is not allowed",
	} {
		checkRefusal(t, CheckID("public_id", id), "public_id", id, reason)
	}
	for _, character := range ForbiddenInID {
		id := "a" + string(character) + "b"
		checkRefusal(t, CheckID("public_id", id), "public_id", id, "the character "+string(character)+" is not allowed")
	}
	if err := CheckFolder("folder", "a/b"); err != nil {
		t.Error(err)
	}
	checkRefusal(t, CheckFolder("folder", "a/v1"), "folder", "a/v1/x", "a folder must not be named like a version (v1)")
}

// checkRefusal checks that err is a 400 that names the culprit; no reason means no error.
func checkRefusal(t *testing.T, err error, parameter, id, reason string) {
	t.Helper()
	if reason == "" {
		if err != nil {
			t.Errorf("%q: %v", id, err)
		}
		return
	}
	want := parameter + " (" + Printable(id) + ") is invalid: " + reason
	if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || p.Message != want {
		t.Errorf("%q: %v, want %s", id, err, want)
	}
}

func TestCleanID(t *testing.T) {
	for given, want := range map[string]string{
		" /a//b///c/ \t": "a/b/c", "a": "a", "//": "", "a b": "a b",
	} {
		if got := CleanID(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for given, want := range map[string]string{
		"a\x00\n\x7f\xffé":       "a????é",
		strings.Repeat("é", 100): strings.Repeat("é", 100),
		strings.Repeat("é", 101): strings.Repeat("é", 100) + "…",
	} {
		if got := Printable(given); got != want {
			t.Errorf("%q is shown as %q, want %q", given, got, want)
		}
	}
}
