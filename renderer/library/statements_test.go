package library_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// statements are the distinct statements that the tests of the package have made the library send, with an example of each. After the
// tests they are all explained on a large library, so that no statement reads a large table from end to end without a reason that is
// written down here.
var statements recorded

type recorded struct {
	mu sync.Mutex
	// examples are by driver and shape.
	examples map[string]map[string]string
}

// note keeps a statement if it is the first of its shape.
func (r *recorded) note(driver, statement string) {
	if words := strings.Fields(statement); !slices.Contains([]string{"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}, words[0]) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.examples == nil {
		r.examples = map[string]map[string]string{config.DatabaseSQLite: {}, config.DatabasePostgres: {}}
	}
	if shape := shapeOf(statement); r.examples[driver][shape] == "" {
		r.examples[driver][shape] = statement
	}
}

var (
	literal   = regexp.MustCompile(`E?'(?:[^']|'')*'|\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b|\bTRUE\b|\bFALSE\b`)
	literals  = regexp.MustCompile(`\?(?:, ?\?)+`)
	tuples    = regexp.MustCompile(`\(\?\)(?:, ?\(\?\))+`)
	rowsOfAll = regexp.MustCompile(`VALUES \(.*?\)(?:, \(.*?\))*( ON CONFLICT| RETURNING|$)`)
)

// shapeOf is a statement without its values.
func shapeOf(statement string) string {
	shape := literal.ReplaceAllString(strings.Join(strings.Fields(statement), " "), "?")
	shape = literals.ReplaceAllString(shape, "?")
	shape = tuples.ReplaceAllString(shape, "(?)")
	return rowsOfAll.ReplaceAllString(shape, "VALUES (?)$1")
}

// readsAll are statements that may read a large table from end to end. The keys are expressions over their shapes, the values say why.
var readsAll = map[string]string{
	`^SELECT (?i:COUNT)\(\*\) FROM \S+( AS \S+)?( WHERE \?| WHERE NOT sample)?$`:        "a count of everything; those of assets are asked for seldom",
	`^SELECT \(SELECT COUNT\(\*\) FROM assets WHERE NOT sample`:                         "counts of everything, which say of themselves to be asked for seldom",
	`^SELECT x AS value, COUNT\(\*\) AS count FROM`:                                     "counts what a search has found, which may be most of the library, by a value",
	`^SELECT COALESCE\(SUM\(CASE`:                                                       "counts what a search has found, which may be most of the library, by ranges",
	`^SELECT d\.asset_id .* AS k1.* ORDER BY .* LIMIT \?$`:                              "a search of everything by several keys, for which there cannot be an index each",
	`^SELECT d\.asset_id AS asset_id, (CASE|COALESCE|RTRIM).* ORDER BY k0 .* LIMIT \?$`: "a search of much by what is computed of each match",
	`^DELETE FROM "asset_versions" AS "v" WHERE \(source_key <> \?\)$`:                  "the index that is read has what is deleted and nothing else",
	`FROM "imports" AS "i" ORDER BY "name", "id"$`:                                      "all imports are wanted, which are as many as there are resources of that kind",
	`FROM pragma_page_count\(\), pragma_page_size\(\)$`:                                 "functions",
	`FROM search_index$`: "a table of one row",
}

// unindexedReferences are the foreign keys that no index begins with: no plan of a deletion shows that it looks for what refers to the row.
const unindexedReferences = `SELECT conrelid::regclass || '.' || conname FROM pg_constraint
	WHERE contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])`

// explainAll explains what was recorded, and tells whether all of it is as it should be.
func explainAll() bool {
	ok := true
	complain := func(format string, values ...any) {
		ok = false
		fmt.Fprintf(os.Stderr, "--- FAIL: every statement on an index: "+format+"\n", values...)
	}
	for driver, examples := range statements.examples {
		if len(examples) == 0 {
			continue
		}
		err := databases.Large(driver, func(dsn string) error {
			l, err := library.Open(context.Background(), driver, dsn)
			if err != nil {
				return err
			}
			defer func() { _ = l.Close() }()
			if err := librarytest.Fill(context.Background(), driver, dsn, 6_000); err != nil {
				return err
			}
			if err := librarytest.FillRest(context.Background(), driver, dsn, 3_000); err != nil {
				return err
			}
			for _, shape := range slices.Sorted(maps.Keys(examples)) {
				plan, err := l.ExplainStatement(context.Background(), examples[shape])
				if err != nil {
					complain("%s: %s: %v", driver, shape, err)
					continue
				}
				line := scanned(driver, examples[shape], plan)
				if line == "" {
					continue
				}
				if reason := reasonFor(shape); reason == "" {
					complain("%s: %s\n\t%s\n\t%s", driver, line, shape, strings.ReplaceAll(plan, "\n", "\n\t"))
				}
			}
			if driver == config.DatabasePostgres {
				bare, err := l.Strings(context.Background(), unindexedReferences)
				for _, reference := range bare {
					complain("deleting what %s refers to reads all of its table", reference)
				}
				return err
			}
			return nil
		})
		if err != nil {
			complain("%s: %v", driver, err)
		}
	}
	return ok
}

// reasonFor is why a statement may read all of a table, empty for no reason.
func reasonFor(shape string) string {
	for pattern, reason := range readsAll {
		if regexp.MustCompile(pattern).MatchString(shape) {
			return reason
		}
	}
	return ""
}

// aliases finds the tables of a statement and what they are called there.
var aliases = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|UPDATE|INTO) "?([a-z_]+)"?(?: AS)?(?: "?([a-z_0-9]+)"?)?`)

// expressions finds the names of common table expressions.
var expressions = regexp.MustCompile(`(?i)\b([a-z_]+) AS (?:NOT )?(?:MATERIALIZED )?\( ?(?:SELECT|UPDATE|DELETE|INSERT)`)

// scanned is the line of a plan that reads a table from end to end, empty for none. A statement with a limit may read along an
// index that gives its order.
func scanned(driver, statement, plan string) string {
	lines := strings.Split(plan, "\n")
	if driver == config.DatabaseSQLite {
		tables := map[string]bool{} // Names of common table expressions are none.
		for _, found := range aliases.FindAllStringSubmatch(statement, -1) {
			tables[found[1]], tables[found[2]] = true, true
		}
		for _, found := range expressions.FindAllStringSubmatch(shapeOf(statement), -1) {
			delete(tables, found[1])
		}
		for _, line := range lines {
			name, scan := strings.CutPrefix(strings.TrimSpace(line), "SCAN ")
			name, how, _ := strings.Cut(name, " ")
			if scan && tables[name] && (!strings.Contains(how, "USING") || !strings.Contains(statement, "LIMIT")) {
				return line
			}
		}
		return ""
	}
	limited := strings.Contains(lines[0], "Limit")
	for i, line := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		switch {
		case strings.Contains(line, "Seq Scan on "):
			return line
		case strings.Contains(line, "Scan using ") && !strings.Contains(next, "Index Cond") && (!limited || strings.Contains(next, "Filter")):
			return line
		}
	}
	return ""
}
