// Package config is the file that the operator writes for a renderer: what needs a restart to change. Everything
// else is live through the catalog. The operator writes it with Marshal, the renderer reads it with Load.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// Drivers of the library.
const (
	DatabaseSQLite   = "sqlite"
	DatabasePostgres = "postgres"
)

// Drivers of the bucket.
const (
	BucketVolume = "volume"
	BucketS3     = "s3"
)

// Config is the whole file.
type Config struct {
	// Namespace and Environment name the ProductEnvironment object that this renderer serves.
	Namespace   string `json:"namespace"`
	Environment string `json:"environment"`
	// KeysSecret is the Secret that holds all enabled access keys of the environment.
	KeysSecret string   `json:"keysSecret"`
	Listen     Listen   `json:"listen"`
	Database   Database `json:"database"`
	Bucket     Bucket   `json:"bucket"`
	// Backup is where every version of every upload is copied to; nil is nowhere.
	Backup *Bucket `json:"backup,omitempty"`
	Cache  Cache   `json:"cache"`
	Engine Engine  `json:"engine"`
	// TokenKeysFile is a file (of a mounted Secret) with the keys of auth tokens, hexadecimal, one a line. It is read
	// again when it changes. Empty is none.
	TokenKeysFile string `json:"tokenKeysFile,omitempty"`
}

// Listen holds the addresses that the renderer serves on.
type Listen struct {
	// Media serves delivery and the APIs, for example ":8080".
	Media string `json:"media"`
	// Internal serves /livez, /readyz and /metrics, for example ":8081".
	Internal string `json:"internal"`
	// ShutdownGrace bounds how long requests in flight may finish after SIGTERM.
	ShutdownGrace Duration `json:"shutdownGrace,omitempty"`
}

// Database says where the library lives.
type Database struct {
	// Driver is DatabaseSQLite or DatabasePostgres.
	Driver string `json:"driver"`
	// Path is the SQLite file.
	Path string `json:"path,omitempty"`
	// DSNFile is a file (of a mounted Secret) that holds the PostgreSQL connection string.
	DSNFile string `json:"dsnFile,omitempty"`
}

// Bucket says where the bytes live.
type Bucket struct {
	// Driver is BucketVolume or BucketS3.
	Driver string `json:"driver"`
	// Path is the directory of a volume.
	Path string `json:"path,omitempty"`
	// Name, Region, Endpoint and PathStyle describe an S3 bucket; CredentialsDir is a mounted Secret with the
	// files access_key_id and secret_access_key.
	Name           string `json:"name,omitempty"`
	Region         string `json:"region,omitempty"`
	Endpoint       string `json:"endpoint,omitempty"`
	PathStyle      bool   `json:"pathStyle,omitempty"`
	CredentialsDir string `json:"credentialsDir,omitempty"`
	// Prefix is put before every object key.
	Prefix string `json:"prefix,omitempty"`
}

// Cache is the local disk cache of derived files.
type Cache struct {
	// Path is a directory that may be emptied at any time.
	Path string `json:"path"`
	// MaxBytes bounds it.
	MaxBytes int64 `json:"maxBytes"`
}

// Engine says how to reach the decoder.
type Engine struct {
	// Socket is the unix socket of the engine container.
	Socket string `json:"socket"`
	// Slots is how many jobs run at once, Queue how many may wait; beyond that the answer is 429.
	Slots int `json:"slots"`
	Queue int `json:"queue"`
	// Deadline bounds one job.
	Deadline Duration `json:"deadline"`
}

// Duration is a time.Duration written as "10s".
type Duration time.Duration

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads "10s".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a duration is a string such as \"10s\": %w", err)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// Marshal writes the file. The output is deterministic.
func Marshal(c *Config) ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// Load reads and validates the file at path.
func Load(path string) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads and validates; unknown fields are errors, and all mistakes are reported at once.
func Parse(b []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	c := &Config{}
	if err := decoder.Decode(c); err != nil {
		return nil, err
	}
	return c, c.Validate()
}

// Validate joins everything that is wrong with c.
func (c *Config) Validate() error {
	var problems []error
	require := func(name, value string) {
		if value == "" {
			problems = append(problems, fmt.Errorf("%s is required", name))
		}
	}
	require("environment", c.Environment)
	require("listen.media", c.Listen.Media)
	require("listen.internal", c.Listen.Internal)
	switch c.Database.Driver {
	case DatabaseSQLite:
		require("database.path", c.Database.Path)
	case DatabasePostgres:
		require("database.dsnFile", c.Database.DSNFile)
	default:
		problems = append(problems, fmt.Errorf("database.driver %q is neither %s nor %s", c.Database.Driver, DatabaseSQLite, DatabasePostgres))
	}
	buckets := map[string]*Bucket{"bucket": &c.Bucket}
	if c.Backup != nil {
		buckets["backup"] = c.Backup
	}
	for _, name := range slices.Sorted(maps.Keys(buckets)) {
		switch bucket := buckets[name]; bucket.Driver {
		case BucketVolume:
			require(name+".path", bucket.Path)
		case BucketS3:
			require(name+".name", bucket.Name)
		default:
			problems = append(problems, fmt.Errorf("%s.driver %q is neither %s nor %s", name, bucket.Driver, BucketVolume, BucketS3))
		}
	}
	require("cache.path", c.Cache.Path)
	if c.Cache.MaxBytes <= 0 {
		problems = append(problems, errors.New("cache.maxBytes must be above 0"))
	}
	require("engine.socket", c.Engine.Socket)
	if c.Engine.Slots <= 0 {
		problems = append(problems, errors.New("engine.slots must be above 0"))
	}
	if c.Engine.Queue < 0 {
		problems = append(problems, errors.New("engine.queue must not be negative"))
	}
	if c.Engine.Deadline <= 0 {
		problems = append(problems, errors.New("engine.deadline must be above 0"))
	}
	return errors.Join(problems...)
}
