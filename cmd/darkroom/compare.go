package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/migration/compare"
)

const compareTimeout = 2 * time.Minute

// errDiffer ends the command with an exit code of its own.
var errDiffer = errors.New("answers differ")

// compareClouds asks two clouds for the same files.
func compareClouds(ctx context.Context, arguments []string, _ func(string) string, out io.Writer) error {
	options := compare.Options{Client: &http.Client{Timeout: compareTimeout}, Header: http.Header{}}
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&options.Old, "old", "", "")
	flags.StringVar(&options.New, "new", "", "")
	flags.Float64Var(&options.MinSSIM, "min-ssim", 0.95, "")
	flags.IntVar(&options.Parallel, "parallel", 4, "")
	list := flags.String("list", "", "")
	page := flags.String("html", "", "")
	all := flags.Bool("all", false, "")
	flags.Var(headers(options.Header), "header", "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	for name, address := range map[string]*string{"old": &options.Old, "new": &options.New} {
		*address = strings.TrimRight(*address, "/")
		if parsed, err := url.Parse(*address); err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
			return fmt.Errorf("--%s %q is not https://host/cloud_name", name, *address)
		}
	}
	paths, err := comparePaths(&options, flags.Args(), *list)
	if err != nil {
		return err
	}
	var results []*compare.Result
	differ := 0
	compare.Paths(ctx, options, paths, func(r *compare.Result) {
		if len(r.Differences) > 0 {
			differ++
		}
		if *page == "" {
			// A thousand pairs of pictures need not wait in memory for a page that nobody asked for.
			r.Forget()
		}
		results = append(results, r)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := compare.Table(out, results, *all || differ == 0); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d compared, %d differ\n", len(results), differ)
	if *page != "" {
		if err := writePage(*page, &options, results); err != nil {
			return err
		}
	}
	if differ > 0 {
		return errDiffer
	}
	return nil
}

// comparePaths are the paths of arguments and of a list; "-" is the standard input.
func comparePaths(options *compare.Options, arguments []string, list string) ([]string, error) {
	var paths []string
	for _, argument := range arguments {
		path, ok := options.Path(argument)
		if !ok {
			return nil, fmt.Errorf("%s is no URL of %s", argument, options.Old)
		}
		paths = append(paths, path)
	}
	if list == "" {
		if len(paths) == 0 {
			return nil, fmt.Errorf("compare takes URLs, or a --list of them\n%s", usage)
		}
		return paths, nil
	}
	file := os.Stdin
	if list != "-" {
		var err error
		if file, err = os.Open(list); err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // It was only read.
	}
	more, err := options.Read(file)
	return append(paths, more...), err
}

func writePage(name string, options *compare.Options, results []*compare.Result) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(compare.Page(file, options, results), file.Close())
}
