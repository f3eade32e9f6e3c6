package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxBucketName is what S3 allows.
const maxBucketName = 63

// bucketName is the name of the bucket that environment asks for, else of the one that its status names; empty until one
// is made whose name derives from the environment's.
func bucketName(environment *v1alpha1.ProductEnvironment) string {
	if name := environment.Spec.Storage.S3.Bucket; name != "" {
		return name
	}
	return orEmpty(environment.Status.Bucket).Name
}

// DerivedBucketName is the name of the bucket that is made for an environment whose spec names none. It says whose it
// is, and the hash makes it nobody else's: all buckets of a store share one space of names, also those of other
// clusters. An environment that is made anew gets the same name, and so its former bucket.
func DerivedBucketName(environment *v1alpha1.ProductEnvironment, cluster string) string {
	sum := sha256.Sum256([]byte(cluster + "/" + environment.Namespace + "/" + environment.Name))
	hash := "-" + hex.EncodeToString(sum[:6])
	readable := strings.ReplaceAll("darkroom-"+environment.Namespace+"-"+environment.Name, ".", "-")
	if rest := maxBucketName - len(hash); len(readable) > rest {
		readable = strings.TrimRight(readable[:rest], "-")
	}
	return readable + hash
}

// BucketMoves names the fields of the spec that lead elsewhere than to the bytes, which are where the status says. They
// stay there: what was stored could not be found any more.
func BucketMoves(environment *v1alpha1.ProductEnvironment) field.ErrorList {
	recorded, spec := environment.Status.Bucket, orEmpty(environment.Spec.Storage).S3
	if recorded == nil || spec == nil {
		return nil
	}
	path := field.NewPath("spec", "storage", "s3")
	var errs field.ErrorList
	if spec.Bucket != "" && spec.Bucket != recorded.Name {
		errs = append(errs, field.Forbidden(path.Child("bucket"), fmt.Sprintf("the bytes are in bucket %s and stay there", recorded.Name)))
	}
	if has := strings.TrimRight(recorded.Endpoint, "/"); strings.TrimRight(spec.Endpoint, "/") != has {
		if has == "" {
			has = "AWS"
		}
		errs = append(errs, field.Forbidden(path.Child("endpoint"), fmt.Sprintf("the bytes are in bucket %s at %s and stay there", recorded.Name, has)))
	}
	if spec.Prefix != recorded.Prefix {
		errs = append(errs, field.Forbidden(path.Child("prefix"), fmt.Sprintf("the bytes are in bucket %s under the prefix %q and stay there", recorded.Name, recorded.Prefix)))
	}
	return errs
}
