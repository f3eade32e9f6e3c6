package rules

import (
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func validateRenderer(spec *v1alpha1.RendererSpec, path *field.Path) field.ErrorList {
	errs := validateRange(path.Child("replicas"), spec.Replicas, 0, 100)
	errs = append(errs, validateImage(spec.Image, path.Child("image"))...)
	for i, secret := range spec.ImagePullSecrets {
		errs = append(errs, validateObjectName(secret.Name, path.Child("imagePullSecrets").Index(i).Child("name"))...)
	}
	errs = append(errs, validateResources(spec.Resources, path.Child("resources"))...)
	errs = append(errs, validatePositive(spec.CacheSize, path.Child("cacheSize"))...)
	errs = append(errs, metav1validation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector"))...)
	if engine := spec.Engine; engine != nil {
		path := path.Child("engine")
		errs = append(errs, validateImage(engine.Image, path.Child("image"))...)
		errs = append(errs, validateRange(path.Child("children"), engine.Children, 1, maxEngineChildren)...)
		errs = append(errs, validateRange(path.Child("queue"), engine.Queue, 0, 4096)...)
		errs = append(errs, validateRange(path.Child("deadlineSeconds"), engine.DeadlineSeconds, 1, 600)...)
		errs = append(errs, validateResources(engine.Resources, path.Child("resources"))...)
	}
	if affinity := spec.Affinity; affinity != nil {
		path := path.Child("affinity")
		errs = append(errs, validateOneOf(path.Child("spread"), affinity.Spread, v1alpha1.SpreadNone, v1alpha1.SpreadPreferred, v1alpha1.SpreadRequired)...)
		if affinity.TopologyKey != "" {
			errs = append(errs, metav1validation.ValidateLabelName(affinity.TopologyKey, path.Child("topologyKey"))...)
		}
	}
	return append(errs, validateOneOf(path.Child("upgrade"), spec.Upgrade, v1alpha1.UpgradePaced, v1alpha1.UpgradeManual)...)
}

// validateReplicas refuses replicas that could not share what they store.
func validateReplicas(spec *v1alpha1.ProductEnvironmentSpec, path *field.Path) field.ErrorList {
	replicas := valueOr(orEmpty(spec.Renderer).Replicas, DefaultReplicas)
	if replicas > 1 && orEmpty(spec.Backup).Volume != nil {
		return field.ErrorList{field.Invalid(path, replicas, "more than 1 needs backup.s3: a volume serves one replica")}
	}
	if replicas <= 1 || orEmpty(spec.Database).Postgres != nil && orEmpty(spec.Storage).S3 != nil {
		return nil
	}
	return field.ErrorList{field.Invalid(path, replicas, "more than 1 needs database.postgres and storage.s3: an embedded database or a volume serves one replica")}
}

func validateImage(image string, path *field.Path) field.ErrorList {
	if strings.ContainsFunc(image, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return field.ErrorList{field.Invalid(path, image, "must be an image reference without spaces")}
	}
	return nil
}

func validateResources(resources *v1alpha1.Resources, path *field.Path) field.ErrorList {
	if resources == nil {
		return nil
	}
	var errs field.ErrorList
	check := func(list corev1.ResourceList, path *field.Path) {
		for _, name := range sortedNames(list) {
			if quantity := list[name]; quantity.Sign() < 0 {
				errs = append(errs, field.Invalid(path.Key(string(name)), quantity.String(), "must not be negative"))
			}
		}
	}
	check(resources.Limits, path.Child("limits"))
	check(resources.Requests, path.Child("requests"))
	for _, name := range sortedNames(resources.Requests) {
		request := resources.Requests[name]
		if limit, ok := resources.Limits[name]; ok && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests").Key(string(name)), request.String(), "must not be above the limit of "+limit.String()))
		}
	}
	return errs
}

func sortedNames(list corev1.ResourceList) []corev1.ResourceName {
	names := make([]corev1.ResourceName, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
