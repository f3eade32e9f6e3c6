package catalog

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Import brings assets from elsewhere into the environment.
type Import struct {
	// Name is that of the AssetImport, ID is its own for as long as it lives, Run tells its runs apart.
	Name string `json:"name"`
	ID   string `json:"id"`
	Run  string `json:"run"`
	// Suspended halts the run.
	Suspended bool `json:"suspended,omitempty"`
	// Replace gives assets that are there already what the source says.
	Replace bool `json:"replace,omitempty"`
	// Parallel is how many assets are imported at once.
	Parallel int `json:"parallel"`
	// One of the sources is set.
	Account *ImportAccount `json:"account,omitempty"`
	Bucket  *ImportBucket  `json:"bucket,omitempty"`
	List    *ImportList    `json:"list,omitempty"`
	// Secret names the Secret with the credentials; empty for none.
	Secret string `json:"secret,omitempty"`
	// Credentials are the entries of the Secret where there are no Secrets, outside Kubernetes.
	Credentials map[string]string `json:"credentials,omitempty"`
}

// ImportAccount is another environment, read by its Admin API.
type ImportAccount struct {
	CloudName  string `json:"cloudName"`
	APIBaseURL string `json:"apiBaseURL"`
	// Types are delivery types; Prefix is what public IDs begin with, empty for all.
	Types         []string `json:"types"`
	Prefix        string   `json:"prefix,omitempty"`
	Configuration bool     `json:"configuration,omitempty"`
	// Details asks for each asset alone.
	Details bool `json:"details,omitempty"`
}

// ImportBucket is a bucket with the protocol of S3.
type ImportBucket struct {
	Name      string `json:"name"`
	Endpoint  string `json:"endpoint,omitempty"`
	Region    string `json:"region"`
	PathStyle bool   `json:"pathStyle,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	// Folder is put in front of public IDs.
	Folder string `json:"folder,omitempty"`
}

// ImportList is a list of URLs, inline or at a URL.
type ImportList struct {
	URL    string `json:"url,omitempty"`
	Inline string `json:"inline,omitempty"`
}

// defaultAPIBaseURL is where accounts are that name no place.
const defaultAPIBaseURL = "https://api.cloudinary.com"

// defaultRegion is that of buckets that name none: a request cannot be signed without one.
const defaultRegion = "us-east-1"

// Import returns the import of that ID.
func (s *Snapshot) Import(id string) (Import, bool) {
	for _, found := range s.Imports {
		if found.ID == id {
			return found, true
		}
	}
	return Import{}, false
}

// translateImports writes imports as plain data, defaults filled in.
func translateImports(used []*v1alpha1.AssetImport) []Import {
	imports := make([]Import, len(used))
	for i, object := range used {
		spec := &object.Spec
		found := Import{
			Name: object.Name, ID: string(object.UID), Run: rules.ImportRun(object), Suspended: set(spec.Suspend),
			Replace: spec.Existing == v1alpha1.ExistingReplace, Parallel: rules.DefaultImportParallel, Secret: rules.ImportSecret(object),
		}
		if spec.Parallel != nil {
			found.Parallel = int(*spec.Parallel)
		}
		if account := spec.Source.Account; account != nil {
			found.Account = &ImportAccount{
				CloudName: account.CloudName, APIBaseURL: account.APIBaseURL, Types: account.Types, Prefix: account.Prefix,
				Configuration: account.Configuration == nil || *account.Configuration, Details: set(account.Details),
			}
			if account.APIBaseURL == "" {
				found.Account.APIBaseURL = defaultAPIBaseURL
			}
			if len(account.Types) == 0 {
				found.Account.Types = []string{"upload", "private", "authenticated"}
			}
		}
		if bucket := spec.Source.Bucket; bucket != nil {
			found.Bucket = &ImportBucket{
				Name: bucket.Name, Endpoint: bucket.Endpoint, Region: bucket.Region, PathStyle: set(bucket.PathStyle), Prefix: bucket.Prefix, Folder: bucket.Folder,
			}
			if bucket.Region == "" {
				found.Bucket.Region = defaultRegion
			}
		}
		if list := spec.Source.List; list != nil {
			found.List = &ImportList{URL: list.URL, Inline: list.Inline}
		}
		imports[i] = found
	}
	return imports
}

func set(flag *bool) bool { return flag != nil && *flag }

// ImportReport is how far the run of an import has come.
type ImportReport struct {
	// Run is that of the Import; State is one of v1alpha1's.
	Run, State, Message                   string
	Total, Done, Unchanged, Failed, Bytes int64
	// StartedAt and FinishedAt may be zero.
	StartedAt, FinishedAt time.Time
	// Failures are pairs of an item and a reason, the first of them only.
	Failures [][2]string
}

// maxReportedFailures bounds status.progress.failures.
const maxReportedFailures = 20

// ReportImport writes how far an import has come into its status. An import that is gone is no error.
func (k *Kubernetes) ReportImport(ctx context.Context, name string, report ImportReport) error {
	err := reportOn(ctx, k, name, func(object *v1alpha1.AssetImport) { object.Status.Progress = progressOf(report) })
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("report on AssetImport %s: %w", name, err)
	}
	return nil
}

func progressOf(report ImportReport) *v1alpha1.ImportProgress {
	progress := &v1alpha1.ImportProgress{
		Run: report.Run, State: v1alpha1.ImportState(report.State), Message: shortFailure(report.Message),
		Total: report.Total, Done: report.Done, Unchanged: report.Unchanged, Failed: report.Failed, Bytes: report.Bytes,
		StartedAt: later(nil, report.StartedAt), FinishedAt: later(nil, report.FinishedAt),
	}
	seen := map[string]bool{}
	for _, failure := range report.Failures {
		item := shortFailure(failure[0])
		if len(progress.Failures) == maxReportedFailures || seen[item] {
			continue
		}
		seen[item] = true
		progress.Failures = append(progress.Failures, v1alpha1.ImportFailure{Item: item, Reason: shortFailure(failure[1])})
	}
	return progress
}

// ImportCredentials reads the entries of the Secret that an import names.
func (k *Kubernetes) ImportCredentials(ctx context.Context, secret string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	stored := &corev1.Secret{}
	if err := k.client.Get(ctx, client.ObjectKey{Namespace: k.options.Namespace, Name: secret}, stored); err != nil {
		return nil, fmt.Errorf("read the Secret %s: %w", secret, err)
	}
	entries := make(map[string]string, len(stored.Data))
	for name, value := range stored.Data {
		entries[name] = string(value)
	}
	return entries, nil
}
