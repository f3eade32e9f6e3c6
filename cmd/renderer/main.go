// Command renderer serves one product environment: the Upload and Admin APIs and delivery.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// options are the command line.
type options struct {
	config  string
	catalog string
	engine  string
}

func main() {
	var o options
	flag.StringVar(&o.config, "config", "/etc/darkroom/config.json", "the `file` that says where the database, the bucket and the engine are")
	flag.StringVar(&o.catalog, "catalog", "", "outside Kubernetes: a `file` with a catalog snapshot, in place of the custom resources")
	flag.StringVar(&o.engine, "engine", "", "outside Kubernetes: the engine `binary` to start, in place of the container beside this one")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "renderer takes no arguments, got %q\n", flag.Arg(0))
		os.Exit(2)
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(o, logger); err != nil {
		logger.Error("The renderer ended", "error", err)
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT, and ends in good order. A second signal ends it at once.
func run(o options, logger *slog.Logger) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	c, err := config.Load(o.config)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	r, err := compose(ctx, c, o, logger)
	if err != nil {
		return err
	}
	defer r.close()
	return r.serve(ctx)
}
