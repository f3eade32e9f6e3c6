// Command darkroom is the tool for people who work with a product environment.
//
//	darkroom explain [--json] [--server=URL] [--header=NAME:VALUE]... URL   says how a delivery URL is understood
//
// It signs in with the access key in CLOUDINARY_URL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: darkroom explain [--json] [--server=URL] [--header=NAME:VALUE]... URL

CLOUDINARY_URL holds the access key: cloudinary://api_key:api_secret@cloud_name?upload_prefix=...`

// command is a subcommand: it is given its arguments and the environment.
type command func(ctx context.Context, arguments []string, getenv func(string) string, out io.Writer) error

var commands = map[string]command{"explain": explain}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		fmt.Println(usage)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "darkroom:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, getenv func(string) string, out io.Writer) error {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "-h" || arguments[0] == "--help" {
		return flag.ErrHelp
	}
	command, ok := commands[arguments[0]]
	if !ok {
		return fmt.Errorf("unknown command %q\n%s", arguments[0], usage)
	}
	return command(ctx, arguments[1:], getenv, out)
}
