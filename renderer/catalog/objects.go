package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Objects are the custom resources that configure the environment, for the APIs that read and write them. Reads are live:
// they see every write that has returned, whichever replica made it. After a write, Current of the same catalog sees it too.
type Objects interface {
	// Reference names the environment, as the objects do that configure it.
	Reference() v1alpha1.EnvironmentReference
	// List gives the objects of a kind that configure the environment, the oldest first.
	List(ctx context.Context, kind Kind) ([]v1alpha1.Configuration, error)
	// Create stores a new object, whose name must be set (ObjectName). The error is ErrExists when there is one of that name.
	Create(ctx context.Context, object v1alpha1.Configuration) error
	// Update stores a changed object that List gave. Errors: ErrChanged when it was changed meanwhile, ErrGone, ManagedError.
	Update(ctx context.Context, object v1alpha1.Configuration) error
	// Delete removes an object that List gave. Errors: ErrGone, ManagedError.
	Delete(ctx context.Context, object v1alpha1.Configuration) error
}

// Errors of Objects.
var (
	// ErrExists says that there is an object of that name.
	ErrExists = errors.New("the object exists already")
	// ErrChanged says that somebody has changed the object since it was read.
	ErrChanged = errors.New("the object was changed meanwhile")
	// ErrGone says that there is no such object any more.
	ErrGone = errors.New("there is no such object")
)

// ManagedError refuses to change an object that is kept somewhere else, from where the change would be undone.
type ManagedError struct {
	// By is who manages the object, such as Argo CD.
	By string
	// Kind and Name are those of the object.
	Kind Kind
	Name string
}

// Error says who manages what.
func (e *ManagedError) Error() string {
	return string(e.Kind) + " " + e.Name + " is managed by " + e.By + " and must be changed there"
}

// RefusedError is an object that the API server does not take.
type RefusedError struct{ Reason string }

// Error is the reason.
func (e *RefusedError) Error() string { return e.Reason }

// Kind is a kind of objects that configure an environment.
type Kind string

// Kinds.
const (
	KindUploadPreset     Kind = "UploadPreset"
	KindTransformation   Kind = "Transformation"
	KindMetadataField    Kind = "MetadataField"
	KindMetadataRule     Kind = "MetadataRule"
	KindWebhookTrigger   Kind = "WebhookTrigger"
	KindUploadMapping    Kind = "UploadMapping"
	KindStreamingProfile Kind = "StreamingProfile"
	KindAssetImport      Kind = "AssetImport"
)

// lists makes an empty list of each kind.
func lists() map[Kind]func() client.ObjectList {
	return map[Kind]func() client.ObjectList{
		KindUploadPreset:     func() client.ObjectList { return &v1alpha1.UploadPresetList{} },
		KindTransformation:   func() client.ObjectList { return &v1alpha1.TransformationList{} },
		KindMetadataField:    func() client.ObjectList { return &v1alpha1.MetadataFieldList{} },
		KindMetadataRule:     func() client.ObjectList { return &v1alpha1.MetadataRuleList{} },
		KindWebhookTrigger:   func() client.ObjectList { return &v1alpha1.WebhookTriggerList{} },
		KindUploadMapping:    func() client.ObjectList { return &v1alpha1.UploadMappingList{} },
		KindAssetImport:      func() client.ObjectList { return &v1alpha1.AssetImportList{} },
		KindStreamingProfile: func() client.ObjectList { return &v1alpha1.StreamingProfileList{} },
	}
}

// kindOf is the kind of an object, whose type is named like it.
func kindOf(object v1alpha1.Configuration) Kind {
	return Kind(reflect.TypeOf(object).Elem().Name())
}

// maxSlug bounds the readable part of a name.
const maxSlug = 40

// ObjectName derives the name of an object from its external name: what is readable of it, and a digest that keeps apart
// what reads alike, and the environments of a namespace. It is the same at every replica, so that of two that create the
// same thing one fails.
func ObjectName(environment, external string) string {
	digest := sha256.Sum256([]byte(environment + "\x00" + external))
	slug := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(external))
	slug = strings.Trim(slug[:min(len(slug), maxSlug)], "-")
	if slug == "" {
		return "x-" + hex.EncodeToString(digest[:8])
	}
	return slug + "-" + hex.EncodeToString(digest[:5])
}

// managedBy is who keeps the object somewhere else, empty when nobody does: a GitOps tool by the marks that it leaves, or
// whoever applies its spec by server-side apply.
func managedBy(object client.Object) string {
	labels, annotations := object.GetLabels(), object.GetAnnotations()
	for _, mark := range []struct {
		in   map[string]string
		key  string
		tool string
	}{
		{annotations, "argocd.argoproj.io/tracking-id", "Argo CD"},
		{labels, "argocd.argoproj.io/instance", "Argo CD"},
		{labels, "kustomize.toolkit.fluxcd.io/name", "Flux"},
		{labels, "helm.toolkit.fluxcd.io/name", "Flux"},
		{annotations, "meta.helm.sh/release-name", "Helm"},
	} {
		if name := mark.in[mark.key]; name != "" {
			return mark.tool + " (" + name + ")"
		}
	}
	if labels["app.kubernetes.io/managed-by"] == "Helm" {
		return "Helm"
	}
	for _, entry := range object.GetManagedFields() {
		if entry.Operation == "Apply" && entry.Subresource == "" && entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), `"f:spec"`) {
			return "the field manager " + entry.Manager
		}
	}
	return ""
}
