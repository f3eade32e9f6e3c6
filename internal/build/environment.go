package build

import (
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Environment is what the builders of this package build from.
type Environment struct {
	// Object is the ProductEnvironment; only its metadata and spec are read.
	Object *v1alpha1.ProductEnvironment
	// Effective are the values in effect.
	Effective *rules.Environment
	// RendererImage and EngineImage are the images in effect.
	RendererImage, EngineImage string
	// ImportSecrets are the names of the Secrets that imports into the environment need, sorted.
	ImportSecrets []string
}

// owner is the controller reference to the environment.
func (e *Environment) owner() *metav1ac.OwnerReferenceApplyConfiguration {
	return owner("ProductEnvironment", e.Object.Name, string(e.Object.UID))
}

// name and namespace of the environment.
func (e *Environment) name() string      { return e.Object.Name }
func (e *Environment) namespace() string { return e.Object.Namespace }

// tokenSecret is the entry of a Secret with the keys of auth tokens, nil for none.
func (e *Environment) tokenSecret() *v1alpha1.SecretKeyReference {
	if e.Object.Spec.Delivery == nil || e.Object.Spec.Delivery.AuthTokenSecretRef == nil {
		return nil
	}
	secret := *e.Object.Spec.Delivery.AuthTokenSecretRef
	if secret.Key == "" {
		secret.Key = "key"
	}
	return &secret
}

// usesPostgres says that the library is not embedded.
func (e *Environment) usesPostgres() bool { return e.Effective.Database == rules.DatabasePostgres }

// usesS3 says that the bytes are not on the volume.
func (e *Environment) usesS3() bool { return e.Effective.Storage == rules.StorageS3 }

// usesVolume says that something lives on the volume.
func (e *Environment) usesVolume() bool { return !e.usesPostgres() || !e.usesS3() }

// backsUpToVolume says that backups live on a volume of their own, backsUpToS3 that they live in a bucket.
func (e *Environment) backsUpToVolume() bool { return e.Effective.Backup == rules.StorageVolume }
func (e *Environment) backsUpToS3() bool     { return e.Effective.Backup == rules.StorageS3 }

// CanScale says that replicas can share all that the environment stores.
func (e *Environment) CanScale() bool { return !e.usesVolume() && !e.backsUpToVolume() }

// backupSecret is the name of the Secret with the credentials of the backup's bucket, if there is one.
func (e *Environment) backupSecret() string {
	if !e.backsUpToS3() || e.Object.Spec.Backup.S3.CredentialsSecretRef == nil {
		return ""
	}
	return e.Object.Spec.Backup.S3.CredentialsSecretRef.Name
}

// bucketSecret is the name of the Secret with the credentials of the bucket, if there is one.
func (e *Environment) bucketSecret() string {
	if !e.usesS3() || e.Object.Spec.Storage.S3.CredentialsSecretRef == nil {
		return ""
	}
	return e.Object.Spec.Storage.S3.CredentialsSecretRef.Name
}
