package librarytest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // The driver "pgx".
	_ "modernc.org/sqlite"             // The driver "sqlite".

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Fill puts assets 1 to n into an empty library by bulk statements, with the index that the library itself would have
// written (TestFill compares them), and collects the statistics that planning needs. Asset i is the picture
// catalog/d<i mod 100>/item_<i>, i seconds after 2024 began, with
//
//	tags     t<k>x<i / k> for k in 10, 100, 1000, 10000: the k assets of a tag follow each other, as those of one shooting;
//	         and sx<i mod (n / 10000)>: 10,000 assets, all over the library
//	context  alt = "photo <i>"
//	metadata stock = 2,000,000 + i mod 1000
//	size     i bytes, of a width of i mod 5000 and a height of 100; format png for every 100th, else jpg
func Fill(ctx context.Context, driver, dsn string, n int) error {
	db, connection, err := connect(ctx, driver, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	defer func() { _ = connection.Close() }()
	for _, statement := range fillStatements(driver, n) {
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// connect opens a database past the library.
func connect(ctx context.Context, driver, dsn string) (*sql.DB, *sql.Conn, error) {
	name := map[string]string{config.DatabaseSQLite: "sqlite", config.DatabasePostgres: "pgx"}[driver]
	if driver == config.DatabaseSQLite {
		file := url.URL{Scheme: "file", Path: dsn}
		dsn = file.String()
	}
	db, err := sql.Open(name, dsn)
	if err != nil {
		return nil, nil, err
	}
	connection, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, connection, nil
}

// dialect replaces what the databases write differently.
func dialect(driver string, n int) *strings.Replacer {
	spread := max(n/10_000, 1)
	common := []string{
		// A spread of IDs, in no order.
		"{{hash}}", "(i * 2654435761 % 4294967296)",
		"{{at}}", "(1704067200000000 + i * 1000000)",
		"{{stock}}", "(2000000 + i % 1000)",
		"{{id}}", "('catalog/d' || (i % 100) || '/item_' || i)",
		"{{spread}}", fmt.Sprint(spread),
		"{{n}}", fmt.Sprint(n),
	}
	if driver == config.DatabasePostgres {
		return strings.NewReplacer(append(common, "{{series}}", fmt.Sprintf("generate_series(1::bigint, %d) AS s(i)", n),
			"{{asset}}", "(lpad(to_hex(i * 2654435761 % 4294967296), 8, '0') || lpad(to_hex(i), 24, '0'))", "{{c1}}", "chr(1)", "{{c2}}", "chr(2)", "{{real}}", "::float8")...)
	}
	return strings.NewReplacer(append(common,
		"{{series}}", fmt.Sprintf("(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) AS s", n),
		"{{asset}}", "(printf('%08x', i * 2654435761 % 4294967296) || printf('%024x', i))", "{{c1}}", "char(1)", "{{c2}}", "char(2)", "{{real}}", " * 1.0")...)
}

// fillTerms are the terms of an asset, with the bits of the fields that have the word.
var fillTerms = []struct {
	term   string
	fields int
}{
	{"'wcatalog'", 1 | 64}, {"'wd' || (i % 100)", 1 | 64}, {"'witem'", 1 | 2}, {"'w' || i", 1 | 2 | 16},
	{"'bcatalog d' || (i % 100)", 1 | 64}, {"'bd' || (i % 100) || ' item'", 1}, {"'bitem ' || i", 1 | 2},
	{"'=filename' || {{c1}} || 'item_' || i", 0},
	{"'w' || 't10x' || (i / 10)", 8}, {"'=tags' || {{c1}} || 't10x' || (i / 10)", 0},
	{"'w' || 't100x' || (i / 100)", 8}, {"'=tags' || {{c1}} || 't100x' || (i / 100)", 0},
	{"'w' || 't1000x' || (i / 1000)", 8}, {"'=tags' || {{c1}} || 't1000x' || (i / 1000)", 0},
	{"'w' || 't10000x' || (i / 10000)", 8}, {"'=tags' || {{c1}} || 't10000x' || (i / 10000)", 0},
	{"'w' || 'sx' || (i % {{spread}})", 8}, {"'=tags' || {{c1}} || 'sx' || (i % {{spread}})", 0},
	{"'?tags'", 0}, {"'w' || {{stock}}", 32},
	{"'wphoto'", 16}, {"'bphoto ' || i", 16}, {"'kcontext.alt' || {{c1}} || 'photo'", 0}, {"'kcontext.alt' || {{c1}} || i", 0},
	{"'=context.alt' || {{c1}} || 'photo ' || i", 0}, {"'?context.alt'", 0},
	{"'kmetadata.stock' || {{c1}} || {{stock}}", 0}, {"'=metadata.stock' || {{c1}} || {{stock}}", 0}, {"'?metadata.stock'", 0},
	{"'=folder' || {{c1}} || 'catalog/d' || (i % 100)", 0}, {"'/folder' || {{c1}} || 'catalog'", 0}, {"'?folder'", 0},
	{"'=asset_folder' || {{c1}}", 0},
	{"'=resource_type' || {{c1}} || 'image'", 0}, {"'=type' || {{c1}} || 'upload'", 0},
	{"'=format' || {{c1}} || CASE WHEN i % 100 = 0 THEN 'png' ELSE 'jpg' END", 0}, {"'?format'", 0},
	{"'=access_mode' || {{c1}} || 'public'", 0},
	{"'=transparent' || {{c1}} || 'false'", 0}, {"'=animated' || {{c1}} || 'false'", 0},
}

func fillStatements(driver string, n int) []string {
	var statements []string
	add := func(statement string) {
		statements = append(statements, dialect(driver, n).Replace(dialect(driver, n).Replace(statement)))
	}
	if driver == config.DatabasePostgres {
		// Rows first, then the indexes, is several times as fast; and what is written here refers to what is there.
		add("SET session_replication_role = replica")
		add("SET maintenance_work_mem = '512MB'")
		add(indexesSetAside)
		add(eachIndex("dropping"))
	} else {
		add("PRAGMA synchronous = OFF")
		add("PRAGMA cache_size = -200000")
		add("BEGIN")
	}
	add(`INSERT INTO assets (asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height, pages, etag, object_key,
		original_filename, display_name, asset_folder, access_mode, alpha, sample, tags, context, metadata, created_at, updated_at, uploaded_at,
		pixels, aspect_ratio, face_count)
		SELECT {{asset}}, 'image', 'upload', {{id}}, {{at}} / 1000000, {{asset}}, CASE WHEN i % 100 = 0 THEN 'png' ELSE 'jpg' END, i, i % 5000, 100, 1,
		CAST(i AS TEXT), 'originals/' || i, '', '', '', '', FALSE, FALSE,
		` + jsonOf(driver, `'["t10x' || (i / 10) || '","t100x' || (i / 100) || '","t1000x' || (i / 1000) || '","t10000x' || (i / 10000) || '","sx' || (i % {{spread}}) || '"]'`) + `,
		` + jsonOf(driver, `'{"alt":"photo ' || i || '"}'`) + `, ` + jsonOf(driver, `'{"stock":' || {{stock}} || '}'`) + `,
		{{at}}, {{at}}, {{at}}, (i % 5000) * 100, (i % 5000) / (100{{real}}), 0 FROM {{series}}`)
	const copied = "'image', 'upload', CASE WHEN i % 100 = 0 THEN 'png' ELSE 'jpg' END, i, i % 5000, 100, {{id}}"
	for _, t := range fillTerms {
		add(fmt.Sprintf("INSERT INTO asset_terms SELECT %s, {{at}}, {{asset}}, %d, %s FROM {{series}}", t.term, t.fields, copied))
	}
	for _, tag := range []string{"'t10x' || (i / 10)", "'t100x' || (i / 100)", "'t1000x' || (i / 1000)", "'t10000x' || (i / 10000)", "'sx' || (i % {{spread}})"} {
		add("INSERT INTO asset_tags (asset_id, tag, created_at, resource_type) SELECT {{asset}}, " + tag + ", {{at}}, 'image' FROM {{series}}")
	}
	add("INSERT INTO asset_values SELECT {{asset}}, 'metadata.stock', {{stock}}{{real}}, CAST({{stock}} AS TEXT), {{at}} FROM {{series}}")
	add("INSERT INTO asset_values SELECT {{asset}}, 'filename', NULL, 'item_' || i, {{at}} FROM {{series}}")
	add("INSERT INTO asset_texts SELECT {{asset}}, " + fillText + " FROM {{series}}")
	add("INSERT INTO folders VALUES (FALSE, 'catalog', '', 'catalog', 'f', 0)")
	add("INSERT INTO folders SELECT FALSE, 'catalog/d' || i, 'catalog', 'd' || i, 'f' || i, i FROM {{series}} WHERE i < 100")
	add("INSERT INTO folders SELECT FALSE, 'catalog/d0', 'catalog', 'd0', 'f0', 0 WHERE {{n}} >= 100")
	if driver == config.DatabasePostgres {
		add(eachIndex("making"))
		add("VACUUM ANALYZE")
	} else {
		add("COMMIT")
		add("ANALYZE")
	}
	return statements
}

// indexesSetAside notes how the indexes of the tables with most rows are dropped and made again. The key of assets stays: others refer to it.
const indexesSetAside = `CREATE TEMPORARY TABLE indexes AS
	SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS dropping,
		format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS making
	FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid IN ('asset_terms'::regclass, 'asset_tags'::regclass, 'asset_values'::regclass, 'asset_texts'::regclass)
	UNION ALL SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes
	WHERE tablename IN ('assets', 'asset_terms', 'asset_tags', 'asset_values', 'asset_texts') AND indexname NOT IN (SELECT conname FROM pg_constraint)`

// eachIndex does with each index that was set aside what a column of their notes says.
func eachIndex(column string) string {
	return "DO $$ DECLARE index record; BEGIN FOR index IN SELECT * FROM indexes LOOP EXECUTE index." + column + "; END LOOP; END $$"
}

// fillText is what asset_texts holds of an asset.
var fillText = func() string {
	var values []string
	for _, value := range [][]string{
		{"'1'", "'catalog'", "'d' || (i % 100)", "'item'", "i"}, {"'2'", "'item'", "i"},
		{"'8'", "'t10x' || (i / 10)"}, {"'8'", "'t100x' || (i / 100)"}, {"'8'", "'t1000x' || (i / 1000)"}, {"'8'", "'t10000x' || (i / 10000)"}, {"'8'", "'sx' || (i % {{spread}})"},
		{"'g'", "'photo'", "i"}, {"'context.alt'", "'photo'", "i"}, {"'w'", "{{stock}}"}, {"'metadata.stock'", "{{stock}}"},
		{"'1s'", "'catalog'", "'d' || (i % 100)"},
	} {
		var words []string
		for _, word := range value[1:] {
			words = append(words, "' ' || "+value[0]+" || {{c1}} || "+word)
		}
		values = append(values, strings.Join(words, " || ")+" || ' ' || {{c2}}")
	}
	return strings.Join(values, " || ")
}()

func jsonOf(driver, text string) string {
	if driver == config.DatabasePostgres {
		return "(" + text + ")::jsonb"
	}
	return text
}
