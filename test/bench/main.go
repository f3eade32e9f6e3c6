// Command bench measures Darkroom against a peer or a bare tool in the same run and prints ratios; it fails when one
// misses its bar. Machines differ, and so do two minutes of one machine: only ratios of interleaved runs count.
//
//	go run ./test/bench hot     cached derived pictures of 30 and 200 kB: requests per second against nginx serving the files
//	go run ./test/bench hot-postgres  the same with PostgreSQL, which is asked before each answer whether the picture has changed
//	go run ./test/bench search  listings, searches and lookups in large libraries: p95 against a SELECT by primary key
//	go run ./test/bench search-sqlite, search-postgres  the same for one of them
//	go run ./test/bench upload  a JPEG of 5 MB: seconds against writing, syncing and renaming the same file on the same storage
//	go run ./test/bench upload2g  2 GiB in chunks to S3: the most memory that the renderer needs
//	go run ./test/bench s3      a file of 256 MB to S3: throughput against the AWS SDK's own upload
//	go run ./test/bench render  first renderings of camera photos: CPU time, bytes and likeness against imagor
//	go run ./test/bench widths  eight widths of each photo: CPU time against imagor
//	go run ./test/bench burst   one cold URL for 100 clients at once, at one replica and at two: renderings
//	go run ./test/bench memory  memory after 1,000 and 5,000 renderings against imagor
//	go run ./test/bench ready   apply to Ready: seconds against a bare Deployment of the same images (needs $KUBECONFIG)
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	benchmarks := map[string]func(context.Context) error{
		"hot": hot, "hot-postgres": hotPostgres, "search": searching, "search-sqlite": searchingSQLite, "search-postgres": searchingPostgres, "upload": upload, "render": render, "widths": widths, "burst": burst, "memory": memory, "ready": ready,
		"upload2g": large, "s3": throughput,
	}
	if len(os.Args) < 2 || benchmarks[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: bench", strings.Join(slices.Sorted(maps.Keys(benchmarks)), "|"))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := benchmarks[os.Args[1]](ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// median of an odd number of measurements.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
