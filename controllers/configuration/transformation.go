package configuration

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func transformations(parse rules.ParseTransformation) kind[*v1alpha1.Transformation] {
	return kind[*v1alpha1.Transformation]{
		name: "transformation", word: "Transformation", list: &v1alpha1.TransformationList{}, namePath: "spec.name",
		validate: func(t *v1alpha1.Transformation) field.ErrorList { return rules.ValidateTransformation(t, parse) },
	}
}
