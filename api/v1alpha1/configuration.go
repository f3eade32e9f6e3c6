package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Configuration is an object that only configures a ProductEnvironment: it takes effect by being read.
//
// +kubebuilder:object:generate=false
type Configuration interface {
	runtime.Object
	metav1.Object
	// ExternalName is the name by which the APIs know the object.
	ExternalName() string
	// EnvironmentName is the name of the ProductEnvironment, in the same namespace.
	EnvironmentName() string
	// Reported is what the operator reports on it, to be read and written in place.
	Reported() *ConfigurationStatus
}

var (
	_ Configuration = (*AssetImport)(nil)
	_ Configuration = (*MetadataField)(nil)
	_ Configuration = (*MetadataRule)(nil)
	_ Configuration = (*StreamingProfile)(nil)
	_ Configuration = (*Transformation)(nil)
	_ Configuration = (*UploadMapping)(nil)
	_ Configuration = (*UploadPreset)(nil)
	_ Configuration = (*WebhookTrigger)(nil)
)

// EnvironmentName is the name of the ProductEnvironment.
func (i *AssetImport) EnvironmentName() string { return i.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (i *AssetImport) Reported() *ConfigurationStatus { return &i.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (f *MetadataField) EnvironmentName() string { return f.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (f *MetadataField) Reported() *ConfigurationStatus { return &f.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (r *MetadataRule) EnvironmentName() string { return r.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (r *MetadataRule) Reported() *ConfigurationStatus { return &r.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (p *StreamingProfile) EnvironmentName() string { return p.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (p *StreamingProfile) Reported() *ConfigurationStatus { return &p.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (t *Transformation) EnvironmentName() string { return t.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (t *Transformation) Reported() *ConfigurationStatus { return &t.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (m *UploadMapping) EnvironmentName() string { return m.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (m *UploadMapping) Reported() *ConfigurationStatus { return &m.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (p *UploadPreset) EnvironmentName() string { return p.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (p *UploadPreset) Reported() *ConfigurationStatus { return &p.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (w *WebhookTrigger) EnvironmentName() string { return w.Spec.EnvironmentRef.Name }

// Reported is what the operator reports.
func (w *WebhookTrigger) Reported() *ConfigurationStatus { return &w.Status.ConfigurationStatus }

// EnvironmentName is the name of the ProductEnvironment.
func (k *AccessKey) EnvironmentName() string { return k.Spec.EnvironmentRef.Name }
