// Command darkroom is the tool for people who work with a product environment.
//
//	darkroom explain [--json] [--server=URL] [--header=NAME:VALUE]... URL   says how a delivery URL is understood
//	darkroom import --from=account|s3://BUCKET|URL|FILE [--state=FILE]     brings what another place has into the environment
//	darkroom compare --old=URL --new=URL [--list=FILE] [URL]...             asks two clouds for the same files
//
// Explain and import sign in with the access key in CLOUDINARY_URL; the account to import from is in CLOUDINARY_FROM_URL. Compare ends with 1 when answers differ, and with 2 when they could not
// be compared.
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
       darkroom import --from=account|s3://BUCKET[/PREFIX]|URL|FILE [--state=FILE] [--parallel=4] [--replace] [--details]
                       [--endpoint=URL] [--region=REGION] [--folder=FOLDER]
       darkroom compare --old=https://host/cloud --new=https://host/cloud [--list=FILE|-] [--html=FILE] [--all]
                        [--min-ssim=0.95] [--parallel=4] [--header=NAME:VALUE]... [URL]...

CLOUDINARY_URL holds the access key: cloudinary://api_key:api_secret@cloud_name?upload_prefix=...
CLOUDINARY_FROM_URL holds that of the account to import from`

// command is a subcommand: it is given its arguments and the environment.
type command func(ctx context.Context, arguments []string, getenv func(string) string, out io.Writer) error

var commands = map[string]command{"explain": explain, "compare": compareClouds, "import": importAssets}

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
		os.Exit(exitCode(os.Args[1:], err))
	}
}

// exitCode keeps apart that answers differ and that they could not be compared.
func exitCode(arguments []string, err error) int {
	if len(arguments) > 0 && arguments[0] == "compare" && !errors.Is(err, errDiffer) {
		return 2
	}
	return 1
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
