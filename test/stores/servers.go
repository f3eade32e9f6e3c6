package stores

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// BucketName is the bucket of Servers.
const BucketName = "media"

// Servers are a PostgreSQL and an S3 server for renderers that run as processes.
type Servers struct {
	Postgres *postgres.Server
	S3       *s3server.Server

	dsn    string
	bucket config.Bucket
}

// Launch starts both, with an empty database and an empty bucket. The bucket and what renderers read of the servers lie below
// folder. The error is postgres.ErrUnavailable or s3server.ErrUnavailable where there is no server to run.
func Launch(ctx context.Context, folder string) (_ *Servers, err error) {
	s := &Servers{dsn: filepath.Join(folder, "uri")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.S3, err = s3server.Launch(ctx, "127.0.0.1", folder); err != nil {
		return nil, err
	}
	if s.Postgres, err = postgres.Launch(""); err != nil {
		return nil, err
	}
	if s.bucket, err = newBucket(ctx, s.S3, BucketName, folder); err != nil {
		return nil, err
	}
	return s, os.WriteFile(s.dsn, []byte(s.Postgres.Socket(postgres.Superuser)), 0o600)
}

// Configure has a renderer use them.
func (s *Servers) Configure(c *config.Config) {
	c.Database = config.Database{Driver: config.DatabasePostgres, DSNFile: s.dsn}
	c.Bucket = s.bucket
}

// Close stops both.
func (s *Servers) Close() error {
	if s.S3 != nil {
		s.S3.Stop()
	}
	if s.Postgres != nil {
		return s.Postgres.Close()
	}
	return nil
}
