package main

import (
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
)

// tokenKeysAge is for how long the keys of auth tokens are taken as they were read.
const tokenKeysAge = 2 * time.Second

// newTokenKeys reads the keys of auth tokens out of file, again when they may have changed: the kubelet replaces the files
// of a mounted Secret. It is nil without a file. Keys that cannot be read are no keys.
func newTokenKeys(file string, logger *slog.Logger) func() [][]byte {
	if file == "" {
		return nil
	}
	var mu sync.Mutex
	var keys [][]byte
	var readAt time.Time
	return func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(readAt) < tokenKeysAge {
			return keys
		}
		readAt, keys = time.Now(), nil
		content, err := os.ReadFile(file)
		if err == nil {
			keys, err = sign.ParseTokenKeys(string(content))
		}
		if err != nil {
			logger.Error("The keys of auth tokens cannot be read, no token is valid", "file", file, "error", err)
		}
		return keys
	}
}
