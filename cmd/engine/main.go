// Command engine decodes and renders pictures for a renderer, on a unix socket, in sandboxed children.
//
//	engine --socket=PATH [--children=N] [--jobs-per-child=N] [--memory-per-child=BYTES]   supervises children
//	engine child                                               is such a child; started by the supervisor only
//	engine launch ORDER                                        becomes ffprobe or ffmpeg in a sandbox; started by the supervisor only
//	engine healthcheck --socket=PATH                           exits 0 when the engine is ready for jobs
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/sandbox"
	"github.com/darkroom-media/darkroom/renderer/engine/video"
	"github.com/darkroom-media/darkroom/renderer/engine/vips"
)

// childDescriptor is where a child finds its connection to the supervisor.
const childDescriptor = 3

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, log io.Writer) error {
	if len(arguments) > 0 {
		switch arguments[0] {
		case "child":
			return child(ctx)
		case "launch":
			sandbox.LaunchFailure(launch(arguments[1:]))
		case "healthcheck":
			return healthcheck(ctx, arguments[1:], log)
		}
	}
	return supervise(ctx, arguments, log)
}

func supervise(ctx context.Context, arguments []string, log io.Writer) error {
	flags := newFlags("engine", log)
	socket := socketFlag(flags)
	children := flags.Int("children", runtime.GOMAXPROCS(0), "how many pictures are worked on at once; by default as many as there are processors")
	jobs := flags.Int("jobs-per-child", 500, "after how many jobs a child is replaced")
	memory := flags.Int64("memory-per-child", 0, "how many bytes of memory one picture may take; by default three quarters of what the engine may have, 2 GiB where that is not limited")
	ffprobe := flags.String("ffprobe", "/usr/bin/ffprobe", "the program that tells what videos are")
	ffmpeg := flags.String("ffmpeg", "/usr/bin/ffmpeg", "the program that makes videos")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if *children < 1 || *jobs < 1 || *memory < 0 {
		return errors.New("--children and --jobs-per-child must be above 0, --memory-per-child not below")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if err := sandbox.ConfineSupervisor(); err != nil {
		return err
	}
	return sandbox.Supervise(ctx, sandbox.SupervisorOptions{
		Socket:         *socket,
		Children:       *children,
		JobsPerChild:   *jobs,
		MemoryPerChild: *memory,
		ChildCommand:   []string{program, "child"},
		Video:          &video.Tools{FFprobe: *ffprobe, FFmpeg: *ffmpeg},
		LaunchCommand:  []string{program, "launch"},
		Environment:    childEnvironment(),
		Logger:         slog.New(slog.NewJSONHandler(log, nil)),
	})
}

func child(ctx context.Context) error {
	worker, err := vips.New(vips.Options{})
	if err != nil {
		return err
	}
	return sandbox.ServeChild(ctx, worker, os.NewFile(childDescriptor, "supervisor"))
}

// launch returns only when this process could not become the program.
func launch(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("%d orders", len(arguments))
	}
	return sandbox.Become(arguments[0])
}

func healthcheck(ctx context.Context, arguments []string, log io.Writer) error {
	flags := newFlags("engine healthcheck", log)
	socket := socketFlag(flags)
	timeout := flags.Duration("timeout", 2*time.Second, "how long to wait for the answer")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	return engine.NewClient(engine.ClientOptions{Socket: *socket}).Ping(ctx)
}

func newFlags(name string, log io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(log)
	return flags
}

func socketFlag(flags *flag.FlagSet) *string {
	return flags.String("socket", "/run/darkroom/engine.sock", "the unix socket of the engine")
}

func parse(flags *flag.FlagSet, arguments []string) error {
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return nil
}

// childEnvironment is what children get of our environment: where libraries and fonts are, and how they are tuned.
func childEnvironment() []string {
	var kept []string
	for _, name := range []string{
		"PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH",
		"MALLOC_ARENA_MAX", "GOMAXPROCS", "GOMEMLIMIT", "GOGC",
	} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
