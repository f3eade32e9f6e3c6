package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"time"

	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// Ports of a renderer pod.
const (
	portMedia    = 8080
	portInternal = 8081
)

// InternalPort of a renderer pod serves /livez, /readyz and /metrics.
const InternalPort = portInternal

// Folders and files of a renderer pod.
const (
	configDir   = "/etc/darkroom"
	configFile  = "config.json"
	databaseDir = "/etc/darkroom-database"
	tokensDir   = "/etc/darkroom-tokens"
	bucketDir   = "/etc/darkroom-bucket"
	dataDir     = "/var/lib/darkroom"
	backupDir   = "/var/lib/darkroom-backup"
	// backupBucketDir is where the credentials of the backup's bucket are.
	backupBucketDir = "/etc/darkroom-backup-bucket"
	cacheDir        = "/var/cache/darkroom"
	socketDir       = "/run/darkroom"
	socketFile      = "/run/darkroom/engine.sock"
	tokenDir        = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// Entries of the Secret with the credentials of a bucket, and the files that the renderer reads them from.
const (
	BucketAccessKeyID     = "access_key_id"
	BucketSecretAccessKey = "secret_access_key"
)

// How a pod ends: for preStopSeconds it goes on serving while the endpoints forget it, then the renderer has
// shutdownGrace for the requests in flight, and the kubelet waits a little longer than both.
const (
	preStopSeconds = 2
	shutdownGrace  = 20 * time.Second
	// enginePreStopSeconds keeps the engine up while the renderer finishes.
	enginePreStopSeconds   = 5
	terminationGracePeriod = preStopSeconds + 20 + 5
)

// RendererConfig is the content of the configuration file of an environment's renderer.
func RendererConfig(e *Environment) *config.Config {
	c := &config.Config{
		Namespace:   e.namespace(),
		Environment: e.name(),
		KeysSecret:  KeysSecretName(e.name()),
		Listen: config.Listen{
			Media:         ":" + strconv.Itoa(portMedia),
			Internal:      ":" + strconv.Itoa(portInternal),
			ShutdownGrace: config.Duration(shutdownGrace),
		},
		Database: config.Database{Driver: config.DatabaseSQLite, Path: path.Join(dataDir, "library.db")},
		Bucket:   config.Bucket{Driver: config.BucketVolume, Path: path.Join(dataDir, "bucket")},
		Cache:    config.Cache{Path: cacheDir, MaxBytes: e.Effective.CacheSize.Value()},
		Engine: config.Engine{
			Socket:   socketFile,
			Slots:    int(e.Effective.EngineChildren),
			Queue:    int(e.Effective.EngineQueue),
			Deadline: config.Duration(e.Effective.EngineDeadline),
		},
	}
	if e.usesPostgres() {
		c.Database = config.Database{
			Driver:  config.DatabasePostgres,
			DSNFile: path.Join(databaseDir, DatabaseKey(e.Object.Spec.Database.Postgres)),
		}
	}
	if e.usesS3() {
		c.Bucket = s3Bucket(e)
	}
	switch {
	case e.backsUpToVolume():
		c.Backup = &config.Bucket{Driver: config.BucketVolume, Path: path.Join(backupDir, "bucket")}
	case e.backsUpToS3():
		c.Backup = backupBucket(e)
	}
	if secret := e.tokenSecret(); secret != nil {
		c.TokenKeysFile = path.Join(tokensDir, secret.Key)
	}
	return c
}

// DatabaseKey is the entry of the Secret that holds the connection string.
func DatabaseKey(postgres *v1alpha1.PostgresDatabase) string {
	if postgres.SecretRef.Key != "" {
		return postgres.SecretRef.Key
	}
	return "uri"
}

// s3Bucket describes the bucket to the renderer.
func s3Bucket(e *Environment) config.Bucket {
	s3 := e.Object.Spec.Storage.S3
	bucket := config.Bucket{
		Driver:    config.BucketS3,
		Name:      e.Effective.Bucket,
		Region:    s3.Region,
		Endpoint:  s3.Endpoint,
		PathStyle: e.Effective.S3PathStyle,
		Prefix:    s3.Prefix,
	}
	if e.bucketSecret() != "" {
		bucket.CredentialsDir = bucketDir
	}
	return bucket
}

// backupBucket describes the bucket of the backup to the renderer.
func backupBucket(e *Environment) *config.Bucket {
	s3 := e.Object.Spec.Backup.S3
	bucket := &config.Bucket{
		Driver:    config.BucketS3,
		Name:      e.Effective.BackupBucket,
		Region:    s3.Region,
		Endpoint:  s3.Endpoint,
		PathStyle: s3.PathStyle == nil && s3.Endpoint != "" || s3.PathStyle != nil && *s3.PathStyle,
		Prefix:    s3.Prefix,
	}
	if e.backupSecret() != "" {
		bucket.CredentialsDir = backupBucketDir
	}
	return bucket
}

// RendererConfigMap holds the configuration file.
func RendererConfigMap(e *Environment) (*corev1ac.ConfigMapApplyConfiguration, error) {
	content, err := config.Marshal(RendererConfig(e))
	if err != nil {
		return nil, fmt.Errorf("writing the renderer's configuration: %w", err)
	}
	return corev1ac.ConfigMap(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithData(map[string]string{configFile: string(content)}), nil
}

// configHash changes whenever the configuration file does.
func configHash(c *corev1ac.ConfigMapApplyConfiguration) string {
	sum := sha256.Sum256([]byte(c.Data[configFile]))
	return hex.EncodeToString(sum[:8])
}
