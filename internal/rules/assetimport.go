package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Bounds and defaults of an import.
const (
	// DefaultImportParallel is how many assets are imported at once when the spec does not say.
	DefaultImportParallel = 4
	maxImportParallel     = 32
)

// ValidateAssetImport says what is wrong with an import.
func ValidateAssetImport(object *v1alpha1.AssetImport) field.ErrorList {
	spec, path := &object.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateImportSource(&spec.Source, path.Child("source"))...)
	errs = append(errs, validateOneOf(path.Child("existing"), spec.Existing, v1alpha1.ExistingKeep, v1alpha1.ExistingReplace)...)
	return append(errs, validateRange(path.Child("parallel"), spec.Parallel, 1, maxImportParallel)...)
}

func validateImportSource(source *v1alpha1.ImportSource, path *field.Path) field.ErrorList {
	given := 0
	for _, is := range []bool{source.Account != nil, source.Bucket != nil, source.List != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of account, bucket and list must be set")}
	}
	switch {
	case source.Account != nil:
		return validateAccountSource(source.Account, path.Child("account"))
	case source.Bucket != nil:
		return validateBucketSource(source.Bucket, path.Child("bucket"))
	}
	return validateListSource(source.List, path.Child("list"))
}

func validateAccountSource(account *v1alpha1.AccountSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if account.CloudName == "" {
		errs = append(errs, field.Required(path.Child("cloudName"), ""))
	} else if strings.ContainsAny(account.CloudName, "/?#%") {
		errs = append(errs, field.Invalid(path.Child("cloudName"), account.CloudName, "is no cloud name"))
	}
	errs = append(errs, validateServer(account.APIBaseURL, path.Child("apiBaseURL"))...)
	errs = append(errs, validateObjectName(account.CredentialsSecretRef.Name, path.Child("credentialsSecretRef", "name"))...)
	for i, deliveryType := range account.Types {
		errs = append(errs, validateOneOf(path.Child("types").Index(i), deliveryType, "upload", "private", "authenticated")...)
	}
	return errs
}

func validateBucketSource(bucket *v1alpha1.BucketSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if bucket.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	errs = append(errs, validateServer(bucket.Endpoint, path.Child("endpoint"))...)
	errs = append(errs, validateObjectName(bucket.CredentialsSecretRef.Name, path.Child("credentialsSecretRef", "name"))...)
	if bucket.Folder != "" {
		errs = append(errs, validateIDPath(bucket.Folder, path.Child("folder"))...)
	}
	return errs
}

func validateListSource(list *v1alpha1.ListSource, path *field.Path) field.ErrorList {
	if (list.URL != "") == (list.Inline != "") {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of url and inline must be set")}
	}
	if list.URL != "" {
		return validateHTTPURL(list.URL, path.Child("url"))
	}
	return nil
}

// validateServer checks scheme://host[:port]. Empty is the default.
func validateServer(server string, path *field.Path) field.ErrorList {
	if server == "" {
		return nil
	}
	parsed, err := url.Parse(server)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.Path != "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be http or https://host[:port], without user, path and query")}
	}
	return nil
}

// ImportRun tells the runs of an import apart: another source, another policy or another value of the annotation that asks
// for a run makes another one; what only says how fast, or whether now, does not.
func ImportRun(object *v1alpha1.AssetImport) string {
	text, err := json.Marshal([]any{object.UID, object.Spec.Source, object.Spec.Existing == v1alpha1.ExistingReplace, object.Annotations[v1alpha1.AnnotationRun]})
	if err != nil {
		// Texts, flags and lists of texts can be written as JSON.
		panic(err)
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:8])
}

// ImportSecret is the name of the Secret that an import needs, empty for none.
func ImportSecret(object *v1alpha1.AssetImport) string {
	switch source := &object.Spec.Source; {
	case source.Account != nil:
		return source.Account.CredentialsSecretRef.Name
	case source.Bucket != nil:
		return source.Bucket.CredentialsSecretRef.Name
	}
	return ""
}
