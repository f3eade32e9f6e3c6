package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/test/postgres"
)

const (
	searchBar     = 20 // times a SELECT by primary key, p95
	searchRounds  = 200
	postgresRows  = 1_000_000
	sqliteRows    = 100_000
	searchedPage  = 50
	primaryLookup = "a SELECT by primary key"
)

// searching fills a library of each kind, unless DARKROOM_SEARCH_SQLITE or DARKROOM_SEARCH_POSTGRES names one, which is filled when it
// is empty and kept, and compares the p95 of listings, searches and lookups with that of a SELECT by
// primary key on the same connections, in turn. The searches find up to 10,000 assets and count all of them.
func searching(ctx context.Context) error {
	fmt.Printf("| database | assets | query | matches | p95 | by primary key, p95 | ratio | bar |\n|---|---|---|---|---|---|---|---|\n")
	return errors.Join(searchingSQLite(ctx), searchingPostgres(ctx))
}

// searchingSQLite is the part of searching that needs no server.
func searchingSQLite(ctx context.Context) error {
	if kept := os.Getenv("DARKROOM_SEARCH_SQLITE"); kept != "" {
		return searchLibrary(ctx, config.DatabaseSQLite, kept, sqliteRows)
	}
	dir, err := os.MkdirTemp("", "darkroom-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return searchLibrary(ctx, config.DatabaseSQLite, filepath.Join(dir, "library.db"), sqliteRows)
}

// searchingPostgres is the part of searching that is about PostgreSQL.
func searchingPostgres(ctx context.Context) error {
	if kept := os.Getenv("DARKROOM_SEARCH_POSTGRES"); kept != "" {
		return searchLibrary(ctx, config.DatabasePostgres, kept, postgresRows)
	}
	server, err := postgres.Launch("", "shared_buffers=1GB", "work_mem=16MB", "max_wal_size=8GB", "autovacuum=off")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	return searchLibrary(ctx, config.DatabasePostgres, server.Socket(postgres.Superuser), postgresRows)
}

// asked is one kind of query, and how many assets it finds.
type asked struct {
	name string
	ask  func(ctx context.Context, l *library.Library) (matches int64, err error)
}

func searchFor(expression string, sort ...library.SortKey) asked {
	name := "search `" + expression + "`"
	if len(sort) > 0 {
		name += ", by " + sort[0].Field
	}
	return asked{name, func(ctx context.Context, l *library.Library) (int64, error) {
		found, err := l.Search(ctx, library.SearchOptions{Expression: expression, Sort: sort, MaxResults: searchedPage})
		if err != nil {
			return 0, err
		}
		return found.Total, nil
	}}
}

func listing(name string, options library.ListOptions) asked {
	options.MaxResults = searchedPage
	return asked{"list " + name, func(ctx context.Context, l *library.Library) (int64, error) {
		page, err := l.List(ctx, options)
		if err != nil {
			return 0, err
		}
		return int64(len(page.Assets)), nil
	}}
}

// questions are asked of n assets as librarytest.Fill makes them.
func questions(n int) []asked {
	some := n / 3
	return []asked{
		listing("all", library.ListOptions{}),
		listing("a type", library.ListOptions{ResourceType: library.Image, Type: "upload"}),
		listing("a tag of 10,000", library.ListOptions{ResourceType: library.Image, Tag: "sx1"}),
		listing("a prefix of 10,000", library.ListOptions{ResourceType: library.Image, Type: "upload", Prefix: "catalog/d7/"}),
		listing("a folder", library.ListOptions{Folder: new("catalog/d7")}),
		searchFor(fmt.Sprintf("public_id:catalog/d%d/item_%d", some%100, some)),
		searchFor(fmt.Sprintf("public_id=catalog/d%d/item_%d", some%100, some)),
		searchFor(fmt.Sprintf("tags=t100x%d AND resource_type:image", some/100)),
		searchFor(fmt.Sprintf("tags=t1000x%d AND bytes>1k AND created_at<1d", some/1000)),
		searchFor("tags=t10000x3"),
		searchFor("tags=sx1"),
		searchFor("resource_type:image AND tags=sx1 AND bytes>0"),
		searchFor("tags=sx1", library.SortKey{Field: "public_id"}),
		searchFor(fmt.Sprintf("tags=t10000x3 AND tags=t1000x%d", 31)),
		searchFor("tags=sx1 AND -format=png"),
		searchFor(fmt.Sprintf("tags=t1000x%d OR tags=t1000x%d", some/1000, some/1000+2)),
		searchFor(fmt.Sprintf("photo AND public_id:item_%d", some)),
		searchFor(fmt.Sprintf("tags:t1000x%d*", some/10_000)),
		searchFor(fmt.Sprintf("bytes:[%d TO %d]", some, some+5000)),
		searchFor("metadata.stock=2000007 AND width>100"),
		searchFor("folder=catalog/d7 AND format=jpg"),
	}
}

func searchLibrary(ctx context.Context, driver, dsn string, n int) error {
	l, err := library.Open(ctx, driver, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if page, err := l.List(ctx, library.ListOptions{MaxResults: 1}); err != nil {
		return err
	} else if len(page.Assets) == 0 {
		start := time.Now()
		if err := librarytest.Fill(ctx, driver, dsn, n); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: filled in %s\n", driver, time.Since(start).Round(time.Second))
	}
	size, err := l.Size(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d assets, %.1f GB\n", driver, n, float64(size)/1e9)
	page, err := l.List(ctx, library.ListOptions{PublicIDs: []string{fmt.Sprintf("catalog/d%d/item_%d", n/2%100, n/2)}})
	if err != nil || len(page.Assets) == 0 {
		return fmt.Errorf("the asset to look up is not there: %w", err)
	}
	lookup := func() error {
		_, err := l.AssetByID(ctx, page.Assets[0].AssetID)
		return err
	}
	var missed error
	for _, question := range questions(n) {
		var matches int64
		ask := func() (err error) {
			matches, err = question.ask(ctx, l)
			return err
		}
		ours, theirs, err := inTurn(ask, lookup)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", driver, question.name, err)
		}
		ratio := float64(ours) / float64(theirs)
		fmt.Printf("| %s | %d | %s | %d | %s | %s | %.1f | ≤ %d |\n", driver, n, question.name, matches,
			ours.Round(time.Microsecond), theirs.Round(time.Microsecond), ratio, searchBar)
		if ratio > searchBar && matches <= 10_000 {
			missed = errors.Join(missed, fmt.Errorf("%s: %s takes %.1f times %s, above %d", driver, question.name, ratio, primaryLookup, searchBar))
		}
	}
	return missed
}

// inTurn runs two functions in turn and gives the p95 of each.
func inTurn(a, b func() error) (p95a, p95b time.Duration, err error) {
	var as, bs []time.Duration
	for round := range searchRounds + 10 {
		for _, run := range []struct {
			f     func() error
			times *[]time.Duration
		}{{a, &as}, {b, &bs}} {
			start := time.Now()
			if err := run.f(); err != nil {
				return 0, 0, err
			}
			if round >= 10 { // After some to warm up.
				*run.times = append(*run.times, time.Since(start))
			}
		}
	}
	p95 := func(times []time.Duration) time.Duration {
		slices.Sort(times)
		return times[len(times)*95/100]
	}
	return p95(as), p95(bs), nil
}
