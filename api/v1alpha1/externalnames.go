package v1alpha1

// ExternalName is the name by which upload_preset refers to the preset.
func (p *UploadPreset) ExternalName() string { return externalName(p.Spec.Name, p.Name) }

// ExternalName is the external ID of the field in the APIs.
func (f *MetadataField) ExternalName() string { return externalName(f.Spec.ExternalID, f.Name) }

// ExternalName is the name of the rule that people see.
func (r *MetadataRule) ExternalName() string { return externalName(r.Spec.Name, r.Name) }

// ExternalName is the name of the transformation in delivery URLs, without t_.
func (t *Transformation) ExternalName() string { return externalName(t.Spec.Name, t.Name) }

// ExternalName is the name of the profile in delivery URLs, without sp_.
func (p *StreamingProfile) ExternalName() string { return externalName(p.Spec.Name, p.Name) }

// ExternalName is the folder of the mapping.
func (m *UploadMapping) ExternalName() string { return m.Spec.Folder }

// ExternalName is the name of the object: triggers have no other.
func (w *WebhookTrigger) ExternalName() string { return w.Name }

// ExternalName is the name of the object: imports have no other.
func (i *AssetImport) ExternalName() string { return i.Name }

// externalName is given, which may be something that no object could be named, or else the object's name.
func externalName(given, object string) string {
	if given != "" {
		return given
	}
	return object
}
