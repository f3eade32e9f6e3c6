// Command sdk runs the Go SDK's own test suite, unmodified, as it lies in the module cache, against a standalone renderer
// on SQLite and a volume, and against one on PostgreSQL and S3. It prints how many tests passed and failed, and fails when one fails that README.md beside this file does not name.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/standalone"
	"github.com/darkroom-media/darkroom/test/stores"
)

// module is the SDK.
const module = "github.com/cloudinary/cloudinary-go/v2"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("finding %s: %w", module, err)
	}
	source := strings.TrimSpace(string(output))
	readme, err := os.ReadFile(filepath.Join(here(), "README.md"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sdk")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files := filepath.Join(source, "internal", "cldtest", "testdata")
	hosts, err := serveHosts(map[string]string{
		"cloudinary-res.cloudinary.com/image/upload/cloudinary_logo.png": filepath.Join(files, "cloudinary_logo.png"),
		"res.cloudinary.com/demo/video/upload/dog.mp4":                   filepath.Join(files, "movie.mp4"),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hosts.Close()) }()
	binaries, err := standalone.Build(ctx, dir)
	if err != nil {
		return err
	}
	servers, err := stores.Launch(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.Close()) }()
	var failed error
	for _, on := range []struct {
		stores    string
		configure func(*config.Config)
	}{{"SQLite and a volume", nil}, {"PostgreSQL and S3", servers.Configure}} {
		own, err := os.MkdirTemp(dir, "renderer")
		if err != nil {
			return err
		}
		renderer, err := binaries.Start(ctx, own, on.configure, func(snapshot *catalog.Snapshot) {
			environment := &snapshot.Environment
			environment.DynamicFolders = false // The suite is for fixed folders, unless it is told otherwise.
			environment.FetchHostAliases = hosts.aliases
			environment.FetchAllowedCIDRs = []string{hostsAddress + "/32"}
			environment.FetchCABundle = hosts.authority
		})
		if err != nil {
			return err
		}
		results, err := test(ctx, source, renderer.URL)
		renderer.Stop()
		if err != nil {
			return err
		}
		failed = errors.Join(failed, report(on.stores, results, string(readme)))
	}
	return failed
}

// test runs the suite.
func test(ctx context.Context, source, url string) ([]result, error) {
	command := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-p=1", "./api/...", "./asset/...")
	command.Dir = source
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod -modcacherw=false", "GOWORK=off",
		"CLOUDINARY_URL=cloudinary://"+standalone.APIKey+":"+standalone.APISecret+"@"+standalone.CloudName+"?upload_prefix="+url)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	results, err := collect(bufio.NewScanner(output))
	if ended := command.Wait(); err == nil && len(results) == 0 {
		err = fmt.Errorf("the suite did not run: %w", ended)
	}
	return results, err
}

// result is what came of one test.
type result struct {
	name, outcome string
	output        strings.Builder
}

// collect reads the events of go test -json. Parts of a test are counted with it.
func collect(lines *bufio.Scanner) ([]result, error) {
	lines.Buffer(nil, 16<<20)
	byName := map[string]*result{}
	for lines.Scan() {
		var event struct{ Action, Package, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // What is no event is a message of the go command.
		}
		test, _, isPart := strings.Cut(event.Test, "/")
		if test == "" {
			if event.Action == "output" && strings.Contains(event.Output, "[build failed]") {
				return nil, errors.New(event.Output)
			}
			continue
		}
		name := strings.TrimPrefix(event.Package, module+"/") + "." + test
		if byName[name] == nil {
			byName[name] = &result{name: name, outcome: "fail"} // A test without an end was ended by a panic.
		}
		switch {
		case event.Action == "output":
			byName[name].output.WriteString(event.Output)
		case !isPart && slices.Contains([]string{"pass", "fail", "skip"}, event.Action):
			byName[name].outcome = event.Action
		}
	}
	var results []result
	for _, r := range byName {
		results = append(results, *r)
	}
	slices.SortFunc(results, func(a, b result) int { return strings.Compare(a.name, b.name) })
	return results, lines.Err()
}

// report prints the outcome on stores.
func report(stores string, results []result, readme string) error {
	counts := map[string]int{}
	var unnamed []string
	for _, r := range results {
		counts[r.outcome]++
		if r.outcome != "fail" {
			continue
		}
		fmt.Printf("FAILED %s\n%s\n", r.name, r.output.String())
		if !strings.Contains(readme, "`"+r.name+"`") {
			unnamed = append(unnamed, r.name)
		}
	}
	for _, r := range results {
		if r.outcome == "pass" && strings.Contains(readme, "`"+r.name+"`") {
			unnamed = append(unnamed, r.name+" (which passes)")
		}
	}
	fmt.Printf("%s: %d passed, %d failed, %d skipped by the suite itself\n", stores, counts["pass"], counts["fail"], counts["skip"])
	if len(unnamed) > 0 {
		return fmt.Errorf("%s: test/sdk/README.md does not say how it is with: %s", stores, strings.Join(unnamed, ", "))
	}
	return nil
}

// here is the folder of this file.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}
