package rules

import (
	"regexp"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func validateStorage(spec *v1alpha1.StorageSpec, path *field.Path) field.ErrorList {
	if spec == nil {
		return nil
	}
	if (spec.Volume == nil) == (spec.S3 == nil) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of volume and s3 must be set")}
	}
	if spec.Volume != nil {
		return validateVolume(spec.Volume, path.Child("volume"))
	}
	path = path.Child("s3")
	errs := validateBucket(&spec.S3.BucketPlace, path)
	return append(errs, validateRange(path.Child("derivedExpirationDays"), spec.S3.DerivedExpirationDays, 1, 3650)...)
}

func validateVolume(spec *v1alpha1.VolumeStorage, path *field.Path) field.ErrorList {
	errs := validatePositive(spec.Size, path.Child("size"))
	if class := valueOr(spec.StorageClassName, ""); class != "" {
		errs = append(errs, validateObjectName(class, path.Child("storageClassName"))...)
	}
	return errs
}

func validateBucket(spec *v1alpha1.BucketPlace, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case spec.Bucket == "" && spec.CredentialsSecretRef == nil:
		errs = append(errs, field.Required(path.Child("bucket"), "where credentialsSecretRef is absent: buckets are made with the credentials of their environment"))
	case spec.Bucket != "" && !bucketPattern.MatchString(spec.Bucket):
		errs = append(errs, field.Invalid(path.Child("bucket"), spec.Bucket, "must be 3 to 63 lower case letters, digits, dots and hyphens, and begin and end with a letter or digit"))
	}
	errs = append(errs, validateHTTPURL(spec.Endpoint, path.Child("endpoint"))...)
	if strings.HasPrefix(spec.Prefix, "/") || strings.ContainsFunc(spec.Prefix, unicode.IsControl) {
		errs = append(errs, field.Invalid(path.Child("prefix"), spec.Prefix, "must neither begin with a slash nor hold control characters"))
	}
	if spec.CredentialsSecretRef != nil {
		errs = append(errs, validateObjectName(spec.CredentialsSecretRef.Name, path.Child("credentialsSecretRef", "name"))...)
	}
	return errs
}

func validateDatabase(spec *v1alpha1.DatabaseSpec, path *field.Path) field.ErrorList {
	if spec == nil {
		return nil
	}
	if (spec.Embedded == nil) == (spec.Postgres == nil) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of embedded and postgres must be set")}
	}
	if spec.Postgres == nil {
		return nil
	}
	path = path.Child("postgres", "secretRef")
	errs := validateObjectName(spec.Postgres.SecretRef.Name, path.Child("name"))
	if key := spec.Postgres.SecretRef.Key; key != "" {
		for _, message := range validation.IsConfigMapKey(key) {
			errs = append(errs, field.Invalid(path.Child("key"), key, message))
		}
	}
	return errs
}
