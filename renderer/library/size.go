package library

import (
	"context"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Size is what the tables and indexes of the library take on the disk, in bytes, without the write-ahead log.
func (l *Library) Size(ctx context.Context) (bytes int64, err error) {
	query := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if l.driver == config.DatabasePostgres {
		query = "SELECT pg_database_size(current_database())"
	}
	if err := l.reader.NewRaw(query).Scan(ctx, &bytes); err != nil {
		return 0, failed("measuring the library", err)
	}
	return bytes, nil
}
