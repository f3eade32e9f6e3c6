package catalog

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// part is what is known of one kind of configuration.
type part interface {
	source() source
	kind() Kind
	// object is the object of that name, nil when there is none.
	object(name string) client.Object
	// known says that the objects were read from the cluster.
	known() bool
	// fill writes what the objects mean into a snapshot.
	fill(snapshot *Snapshot)
}

// configuration is the part of the objects of one kind that configure the environment.
type configuration[T v1alpha1.Configuration] struct {
	word Kind
	// validate are the rules; an object that breaks one is not in use.
	validate func(T) field.ErrorList
	// unique says that only one object can have an external name: the oldest.
	unique bool
	// mean says what the objects that are in use mean, the oldest first. What it gives writes that into snapshots, which
	// share it.
	mean func(used []T) func(*Snapshot)

	environment string
	logger      *slog.Logger
	// objects are by their name; nil until they were listed. meaning is what the ones in use mean.
	objects map[string]T
	meaning func(*Snapshot)
}

// configurations are the kinds that are followed.
func configurations(environment string, logger *slog.Logger) []part {
	return []part{
		&configuration[*v1alpha1.UploadPreset]{
			word:     KindUploadPreset,
			validate: rules.ValidateUploadPreset, unique: true, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.UploadPreset) func(*Snapshot) {
				presets := byExternalName(used, translatePreset)
				return func(s *Snapshot) { s.Presets = presets }
			},
		},
		&configuration[*v1alpha1.Transformation]{
			word:     KindTransformation,
			validate: func(t *v1alpha1.Transformation) field.ErrorList { return rules.ValidateTransformation(t, nil) }, unique: true, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.Transformation) func(*Snapshot) {
				transformations := byExternalName(used, translateTransformation)
				return func(s *Snapshot) { s.Transformations = transformations }
			},
		},
		&configuration[*v1alpha1.MetadataField]{
			word:     KindMetadataField,
			validate: rules.ValidateMetadataField, unique: true, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.MetadataField) func(*Snapshot) {
				fields := translateMetadataFields(used)
				return func(s *Snapshot) { s.MetadataFields = fields }
			},
		},
		&configuration[*v1alpha1.MetadataRule]{
			word:     KindMetadataRule,
			validate: rules.ValidateMetadataRule, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.MetadataRule) func(*Snapshot) {
				followed := translateMetadataRules(used, logger)
				return func(s *Snapshot) { s.MetadataRules = followed }
			},
		},
		&configuration[*v1alpha1.WebhookTrigger]{
			word:     KindWebhookTrigger,
			validate: rules.ValidateWebhookTrigger, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.WebhookTrigger) func(*Snapshot) {
				triggers := translateTriggers(used)
				return func(s *Snapshot) { s.Triggers = triggers }
			},
		},
		&configuration[*v1alpha1.AssetImport]{
			word:     KindAssetImport,
			validate: rules.ValidateAssetImport, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.AssetImport) func(*Snapshot) {
				imports := translateImports(used)
				return func(s *Snapshot) { s.Imports = imports }
			},
		},
		&configuration[*v1alpha1.UploadMapping]{
			word:     KindUploadMapping,
			validate: rules.ValidateUploadMapping, unique: true, environment: environment, logger: logger,
			mean: func(used []*v1alpha1.UploadMapping) func(*Snapshot) {
				mappings := translateMappings(used)
				return func(s *Snapshot) { s.Mappings = mappings }
			},
		},
	}
}

func (c *configuration[T]) source() source {
	return source{
		name:    "the objects of kind " + string(c.word),
		newList: lists()[c.word],
		replace: func(_ *parts, objects []client.Object) {
			c.objects = make(map[string]T, len(objects))
			for _, object := range objects {
				c.put(object)
			}
			c.use()
		},
		apply: func(_ *parts, object client.Object) {
			c.put(object)
			c.use()
		},
		remove: func(_ *parts, object client.Object) {
			delete(c.objects, object.GetName())
			c.use()
		},
	}
}

// put takes an object as it is now.
func (c *configuration[T]) put(object client.Object) {
	if typed, ok := object.(T); ok {
		c.objects[typed.GetName()] = typed
	}
}

func (c *configuration[T]) kind() Kind { return c.word }

func (c *configuration[T]) object(name string) client.Object {
	if object, ok := c.objects[name]; ok {
		return object
	}
	return nil
}

func (c *configuration[T]) known() bool { return c.objects != nil }

func (c *configuration[T]) fill(snapshot *Snapshot) { c.meaning(snapshot) }

// use takes those objects that are of the environment, follow the rules, and were the first to have their name.
func (c *configuration[T]) use() {
	taken := make(map[string]bool, len(c.objects))
	var used []T
	for _, object := range oldestFirst(c.objects) {
		if object.EnvironmentName() != c.environment {
			continue
		}
		logger := c.logger.With("kind", c.word, "object", object.GetName())
		if problems := append(c.validate(object), rules.Unsupported(object)...); len(problems) > 0 {
			logger.Warn("an object is invalid or not supported, and not in use", "error", problems.ToAggregate())
			continue
		}
		name := object.ExternalName()
		if c.unique && taken[name] {
			logger.Warn("an older object has the same name and is in use instead", "name", name)
			continue
		}
		taken[name] = true
		used = append(used, object)
	}
	c.meaning = c.mean(used)
}

// oldestFirst orders objects by age, then name, so that every replica decides alike.
func oldestFirst[T client.Object](objects map[string]T) []T {
	return slices.SortedFunc(maps.Values(objects), func(a, b T) int {
		created := a.GetCreationTimestamp()
		other := b.GetCreationTimestamp()
		return cmp.Or(created.Compare(other.Time), cmp.Compare(a.GetName(), b.GetName()))
	})
}

// byExternalName translates objects whose names are unique.
func byExternalName[T v1alpha1.Configuration, U any](objects []T, translate func(T) U) map[string]U {
	translated := make(map[string]U, len(objects))
	for _, object := range objects {
		translated[object.ExternalName()] = translate(object)
	}
	return translated
}
