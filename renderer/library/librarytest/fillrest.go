package librarytest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// FillRest puts n rows into each table that is empty, whatever it is for: each column of text is v and the number of the row, each
// number that number. The rows mean nothing and refer to nothing; there are as many as planning needs to prefer an index.
func FillRest(ctx context.Context, driver, dsn string, n int) error {
	db, connection, err := connect(ctx, driver, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	defer func() { _ = connection.Close() }()
	columns, err := columnsByTable(ctx, driver, connection)
	if err != nil {
		return err
	}
	begin := map[string]string{config.DatabasePostgres: "SET session_replication_role = replica", config.DatabaseSQLite: "PRAGMA foreign_keys = OFF"}
	if _, err := connection.ExecContext(ctx, begin[driver]); err != nil {
		return err
	}
	for table, columns := range columns {
		var rows int
		if err := connection.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+table+" LIMIT 1) AS one").Scan(&rows); err != nil {
			return err
		}
		if rows > 0 {
			continue
		}
		statement := dialect(driver, n).Replace("INSERT INTO " + table + " SELECT " + strings.Join(columns, ", ") + " FROM {{series}}")
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err = connection.ExecContext(ctx, map[string]string{config.DatabasePostgres: "VACUUM ANALYZE", config.DatabaseSQLite: "ANALYZE"}[driver])
	return err
}

// columnsByTable are the values of row i for the columns of each table, in their order.
func columnsByTable(ctx context.Context, driver string, connection *sql.Conn) (map[string][]string, error) {
	query := `SELECT table_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	if driver == config.DatabaseSQLite {
		query = `SELECT m.name, c.type FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	}
	rows, err := connection.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns := map[string][]string{}
	for rows.Next() {
		var table, kind string
		if err := rows.Scan(&table, &kind); err != nil {
			return nil, err
		}
		value := "'v' || i"
		switch kind = strings.ToLower(kind); {
		case strings.HasPrefix(kind, "bool"):
			value = "i % 2 = 0"
		case strings.HasPrefix(kind, "json"):
			value = jsonOf(driver, "'{}'")
		case strings.Contains(kind, "int"), strings.Contains(kind, "double"), strings.Contains(kind, "real"):
			value = "i"
		case kind == "bytea":
			value = "'v'"
		}
		columns[table] = append(columns[table], value)
	}
	return columns, rows.Err()
}
