package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxBucketName is what S3 allows.
const maxBucketName = 63

// bucketName is the name of the bucket that environment asks for, else of the one that its status names, else of one
// of its own.
func bucketName(environment *v1alpha1.ProductEnvironment) string {
	if name := environment.Spec.Storage.S3.Bucket; name != "" {
		return name
	}
	if recorded := environment.Status.Bucket; recorded != nil {
		return recorded.Name
	}
	return DerivedBucketName(environment)
}

// DerivedBucketName is the name of the bucket that is made for an environment whose spec names none. It says whose it
// is, and the hash, which the UID is a part of, makes it nobody else's: all buckets of a store share one space of
// names.
func DerivedBucketName(environment *v1alpha1.ProductEnvironment) string {
	sum := sha256.Sum256([]byte(environment.Namespace + "/" + environment.Name + "/" + string(environment.UID)))
	hash := "-" + hex.EncodeToString(sum[:6])
	readable := "darkroom-" + environment.Namespace + "-" + environment.Name
	if rest := maxBucketName - len(hash); len(readable) > rest {
		readable = strings.TrimRight(readable[:rest], "-")
	}
	return readable + hash
}
