package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// engineRestart is the pause before an engine that ended is started again.
const engineRestart = time.Second

// runEngine keeps the engine binary running on socket until ctx ends, as the kubelet does in a cluster.
func runEngine(ctx context.Context, binary, socket string, logger *slog.Logger) error {
	for {
		local, err := engine.StartLocal(ctx, []string{binary}, socket, engine.LocalOptions{Log: os.Stderr})
		if err == nil {
			err = local.Wait()
		}
		if ctx.Err() != nil {
			return nil
		}
		logger.Error("The engine ended and is started again", "engine", binary, "error", err)
		select {
		case <-time.After(engineRestart):
		case <-ctx.Done():
			return nil
		}
	}
}
