package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestTokenKeys(t *testing.T) {
	if newTokenKeys("", slog.New(slog.DiscardHandler)) != nil {
		t.Error("there are keys without a file")
	}
	file := filepath.Join(t.TempDir(), "key")
	keys := newTokenKeys(file, slog.New(slog.DiscardHandler))
	if got := keys(); len(got) != 0 {
		t.Errorf("a file that is missing gives %d keys", len(got))
	}
	if err := os.WriteFile(file, []byte("00ff\nab\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the keys are read", func() bool { return len(keys()) == 2 })
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "keys that cannot be read are none", func() bool { return len(keys()) == 0 })
}
