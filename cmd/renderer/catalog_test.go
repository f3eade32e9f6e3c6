package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFileCatalogsHaveADate(t *testing.T) {
	written := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for content, want := range map[string]time.Time{
		`{"environment":{"cloudName":"demo"}}`:                                    written,
		`{"environment":{"cloudName":"demo","createdAt":"2025-01-02T03:04:05Z"}}`: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
	} {
		file := filepath.Join(t.TempDir(), "catalog.json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, written, written); err != nil {
			t.Fatal(err)
		}
		opened, err := openFile(file, "demo", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := opened.Current().Environment.CreatedAt; !got.Equal(want) {
			t.Errorf("%s was created at %s, want %s", content, got, want)
		}
	}
}
