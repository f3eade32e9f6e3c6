package configuration

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func transformations(parse func(string) error) kind[*v1alpha1.Transformation] {
	return kind[*v1alpha1.Transformation]{
		name: "transformation", word: "Transformation", list: &v1alpha1.TransformationList{}, namePath: "spec.name",
		validate: func(t *v1alpha1.Transformation) field.ErrorList {
			problems := rules.ValidateTransformation(t)
			if parse == nil || len(problems) > 0 {
				return problems
			}
			if err := parse(t.Spec.Transformation); err != nil {
				return field.ErrorList{field.Invalid(field.NewPath("spec", "transformation"), t.Spec.Transformation, err.Error())}
			}
			return nil
		},
	}
}
