package catalog

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// parts is what is known of the configuration. A part that was not read from the cluster yet is taken from the stored
// snapshot, so that each part goes live as soon as it can.
type parts struct {
	stored *Snapshot

	environmentName string
	environment     *Environment
	keys            []Key
	keysKnown       bool
	// presets, transformations and metadataFields are objects by their name; nil until they were listed.
	presets         map[string]client.Object
	transformations map[string]client.Object
	metadataFields  map[string]client.Object
	// triggers are the webhook triggers by their name, nil until they were listed; usedTriggers is what they mean.
	triggers     map[string]client.Object
	usedTriggers []Trigger
	// usedPresets, usedTransformations and usedMetadataFields are what they mean, by external name. They are made anew
	// with every change, because snapshots share them.
	usedPresets         map[string]Preset
	usedTransformations map[string]Transformation
	usedMetadataFields  map[string]MetadataField
}

func (p *parts) restore(stored *Snapshot) { p.stored = stored }

// live says that every part was read from the cluster.
func (p *parts) live() bool {
	return p.environment != nil && p.keysKnown && p.presets != nil && p.transformations != nil && p.metadataFields != nil && p.triggers != nil
}

// snapshot is what the parts make; nil while something is unknown.
func (p *parts) snapshot() *Snapshot {
	if !p.live() && p.stored == nil {
		return nil
	}
	snapshot := &Snapshot{}
	if p.stored != nil {
		*snapshot = *p.stored
	}
	if p.environment != nil {
		snapshot.Environment = *p.environment
	}
	if p.keysKnown {
		snapshot.PrimaryKey = ""
		snapshot.Keys = make(map[string]Key, len(p.keys))
		for i, key := range p.keys {
			if i == 0 {
				snapshot.PrimaryKey = key.APIKey
			}
			snapshot.Keys[key.APIKey] = key
		}
	}
	if p.presets != nil {
		snapshot.Presets = p.usedPresets
	}
	if p.transformations != nil {
		snapshot.Transformations = p.usedTransformations
	}
	if p.metadataFields != nil {
		snapshot.MetadataFields = p.usedMetadataFields
	}
	if p.triggers != nil {
		snapshot.Triggers = p.usedTriggers
	}
	return snapshot
}

// setEnvironment takes the ProductEnvironment. None, or one that breaks a rule, leaves the settings in effect as
// they are.
func (p *parts) setEnvironment(objects []client.Object, logger *slog.Logger) {
	for _, object := range objects {
		environment, ok := object.(*v1alpha1.ProductEnvironment)
		if !ok {
			continue
		}
		if errs := rules.ValidateProductEnvironment(environment); len(errs) > 0 && (p.environment != nil || p.stored != nil) {
			logger.Warn("the product environment is invalid, its earlier settings stay in effect", "error", errs.ToAggregate())
			continue
		}
		p.environment = translateEnvironment(environment)
	}
}

// setKeys takes the Secret with the keys. Without it, or when it cannot be read, no key is enabled: a key that cannot be
// proven to be enabled must not work.
func (p *parts) setKeys(objects []client.Object, logger *slog.Logger) {
	p.keysKnown, p.keys = true, nil
	for _, object := range objects {
		secret, ok := object.(*corev1.Secret)
		if !ok {
			continue
		}
		keys, err := config.ParseKeys(secret.Data[config.KeysFile])
		if err != nil {
			logger.Error("the Secret with the access keys cannot be read, no key is enabled", "secret", secret.Name, "error", err)
			continue
		}
		for _, key := range keys {
			p.keys = append(p.keys, Key(key))
		}
	}
}

// usePresets takes those presets that are valid and of this environment.
func (p *parts) usePresets(logger *slog.Logger) {
	presets := make(map[string]Preset, len(p.presets))
	for _, object := range oldestFirst(p.presets) {
		preset, ok := object.(*v1alpha1.UploadPreset)
		if !ok || preset.Spec.EnvironmentRef.Name != p.environmentName {
			continue
		}
		if errs := rules.ValidateUploadPreset(preset); len(errs) > 0 {
			logger.Warn("an upload preset is invalid and not in use", "preset", preset.Name, "error", errs.ToAggregate())
			continue
		}
		name := preset.ExternalName()
		if _, taken := presets[name]; taken {
			logger.Warn("two upload presets have the same name, the older one is in use", "name", name, "unused", preset.Name)
			continue
		}
		presets[name] = translatePreset(preset)
	}
	p.usedPresets = presets
}

// useTransformations takes those named transformations that are valid and of this environment.
func (p *parts) useTransformations(logger *slog.Logger) {
	transformations := make(map[string]Transformation, len(p.transformations))
	for _, object := range oldestFirst(p.transformations) {
		transformation, ok := object.(*v1alpha1.Transformation)
		if !ok || transformation.Spec.EnvironmentRef.Name != p.environmentName {
			continue
		}
		if errs := rules.ValidateTransformation(transformation); len(errs) > 0 {
			logger.Warn("a named transformation is invalid and not in use", "transformation", transformation.Name, "error", errs.ToAggregate())
			continue
		}
		name := transformation.ExternalName()
		if _, taken := transformations[name]; taken {
			logger.Warn("two transformations have the same name, the older one is in use", "name", name, "unused", transformation.Name)
			continue
		}
		transformations[name] = translateTransformation(transformation)
	}
	p.usedTransformations = transformations
}

// useMetadataFields takes those metadata fields that are valid and of this environment, and puts them in order.
func (p *parts) useMetadataFields(logger *slog.Logger) {
	taken := make(map[string]bool, len(p.metadataFields))
	var used []*v1alpha1.MetadataField
	for _, object := range oldestFirst(p.metadataFields) {
		field, ok := object.(*v1alpha1.MetadataField)
		if !ok || field.Spec.EnvironmentRef.Name != p.environmentName {
			continue
		}
		if errs := rules.ValidateMetadataField(field); len(errs) > 0 {
			logger.Warn("a metadata field is invalid and not in use", "field", field.Name, "error", errs.ToAggregate())
			continue
		}
		id := field.ExternalName()
		if taken[id] {
			logger.Warn("two metadata fields have the same external ID, the older one is in use", "externalID", id, "unused", field.Name)
			continue
		}
		taken[id] = true
		used = append(used, field)
	}
	inPosition(used)
	fields := make(map[string]MetadataField, len(used))
	for position, field := range used {
		translated := translateMetadataField(field)
		translated.Position = position
		fields[translated.ExternalID] = translated
	}
	p.usedMetadataFields = fields
}

// oldestFirst orders objects by age, then name, so that every replica decides alike.
func oldestFirst(objects map[string]client.Object) []client.Object {
	return slices.SortedFunc(maps.Values(objects), func(a, b client.Object) int {
		created := a.GetCreationTimestamp()
		other := b.GetCreationTimestamp()
		return cmp.Or(created.Compare(other.Time), cmp.Compare(a.GetName(), b.GetName()))
	})
}

// olderThan compares resource versions; what cannot be compared is not older.
func olderThan(version, other string) bool {
	order, err := resourceversion.CompareResourceVersion(version, other)
	return err == nil && order < 0
}
