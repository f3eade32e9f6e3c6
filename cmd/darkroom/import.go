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
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/migration/push"
	"github.com/darkroom-media/darkroom/migration/source"
)

// importTimeout bounds a call: the environment may have to fetch a large file in it.
const importTimeout = 15 * time.Minute

// defaultServer is where environments are whose URL names no place.
const defaultServer = "https://api.cloudinary.com"

// importAssets brings what another place has into the environment of CLOUDINARY_URL.
func importAssets(ctx context.Context, arguments []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	from := flags.String("from", "", "")
	endpoint := flags.String("endpoint", "", "")
	region := flags.String("region", "us-east-1", "")
	folder := flags.String("folder", "", "")
	options := push.Options{}
	flags.StringVar(&options.State, "state", "darkroom-import.json", "")
	flags.IntVar(&options.Parallel, "parallel", 4, "")
	flags.BoolVar(&options.Replace, "replace", false, "")
	flags.BoolVar(&options.Details, "details", false, "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 || *from == "" {
		return fmt.Errorf("import takes --from and no arguments\n%s", usage)
	}
	client := &http.Client{Timeout: importTimeout}
	to, server, err := serverOf("CLOUDINARY_URL", getenv)
	if err != nil {
		return err
	}
	options.Target = &push.Target{Client: client, BaseURL: server, CloudName: to.cloud, APIKey: to.key, APISecret: to.secret}
	if options.Source, options.Name, err = openSource(*from, source.BucketOptions{Client: client, Endpoint: *endpoint, Region: *region, PathStyle: *endpoint != "", Folder: *folder}, getenv); err != nil {
		return err
	}
	options.Told = func(s *push.State) {
		if s.Waiting != "" {
			fmt.Fprintf(out, "waiting: %s\n", s.Waiting)
			return
		}
		fmt.Fprintf(out, "%d of %d done, %d of them there already, %d failed\n", s.Done, s.Total, s.Unchanged, len(s.Failures))
	}
	state, err := push.Run(ctx, options)
	if err != nil {
		return fmt.Errorf("%w\nthe same call goes on from where %s says", err, options.State)
	}
	var names []string
	for name := range state.Failures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(out, "%s: %s\n", name, state.Failures[name])
	}
	if len(names) > 0 {
		return fmt.Errorf("%d of the assets and settings failed; the same call tries them again", len(names))
	}
	return nil
}

// serverOf reads a URL as the SDKs do, with where its APIs are.
func serverOf(variable string, getenv func(string) string) (*account, string, error) {
	who, err := parseAccount(getenv(variable))
	if err != nil {
		return nil, "", errors.New(strings.ReplaceAll(err.Error(), "CLOUDINARY_URL", variable))
	}
	server := defaultServer
	if parsed, err := url.Parse(getenv(variable)); err == nil && parsed.Query().Get("upload_prefix") != "" {
		server = strings.TrimRight(parsed.Query().Get("upload_prefix"), "/")
	}
	return who, server, nil
}

// openSource opens an account, a bucket or a list.
func openSource(from string, bucket source.BucketOptions, getenv func(string) string) (source.Source, string, error) {
	scheme, rest, _ := strings.Cut(from, "://")
	switch {
	case from == "account":
		who, server, err := serverOf("CLOUDINARY_FROM_URL", getenv)
		if err != nil {
			return nil, "", err
		}
		return &source.Account{
			Client: bucket.Client, BaseURL: server, CloudName: who.cloud, APIKey: who.key, APISecret: who.secret,
			Types: []string{"upload", "private", "authenticated"}, Configuration: true, Now: time.Now,
		}, "account " + server + "/" + who.cloud, nil
	case scheme == "s3":
		bucket.Name, bucket.Prefix, _ = strings.Cut(rest, "/")
		bucket.AccessKeyID, bucket.SecretAccessKey, bucket.Session = getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")
		if bucket.Name == "" || bucket.AccessKeyID == "" || bucket.SecretAccessKey == "" {
			return nil, "", errors.New("a bucket needs --from=s3://name[/prefix], and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
		}
		return source.NewBucket(bucket), "bucket " + bucket.Endpoint + " " + from, nil
	case scheme == "http" || scheme == "https":
		return &source.List{Client: bucket.Client, URL: from}, "list " + from, nil
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return nil, "", err
	}
	return &source.List{Content: string(content)}, "list " + from, nil
}
