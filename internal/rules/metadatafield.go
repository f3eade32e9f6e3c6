package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxDatasource bounds the choices of a metadata field.
const maxDatasource = 3000

// ValidateMetadataField says what is wrong with f.
func ValidateMetadataField(f *v1alpha1.MetadataField) field.ErrorList {
	spec, path := &f.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.ExternalID, path.Child("externalID"))...)
	if strings.TrimSpace(spec.Label) == "" {
		errs = append(errs, field.Required(path.Child("label"), ""))
	}
	if spec.Type == "" {
		return append(errs, field.Required(path.Child("type"), ""))
	}
	errs = append(errs, validateOneOf(path.Child("type"), spec.Type, v1alpha1.MetadataFieldString, v1alpha1.MetadataFieldInteger, v1alpha1.MetadataFieldDate, v1alpha1.MetadataFieldEnum, v1alpha1.MetadataFieldSet)...)
	if len(errs) > 0 {
		return errs // what follows depends on the type
	}
	errs = append(errs, validateDatasource(spec, path)...)
	if spec.Validation != nil {
		errs = append(errs, validateMetadataValidation(spec, path.Child("validation"))...)
	}
	if spec.DefaultValue != nil && len(errs) == 0 {
		errs = append(errs, validateDefaultValue(spec, path.Child("defaultValue"))...)
	}
	return errs
}

// ValidateMetadataFieldUpdate says which changes from old to f cannot be made, beside what is wrong with f itself.
func ValidateMetadataFieldUpdate(f, old *v1alpha1.MetadataField) field.ErrorList {
	errs := ValidateMetadataField(f)
	if f.Spec.Type != old.Spec.Type {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "type"), "is fixed after creation"))
	}
	if f.ExternalName() != old.ExternalName() {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "externalID"), "is fixed after creation"))
	}
	return errs
}

// hasDatasource says whether values of fields of this type are choices.
func hasDatasource(t v1alpha1.MetadataFieldType) bool {
	return t == v1alpha1.MetadataFieldEnum || t == v1alpha1.MetadataFieldSet
}

func validateDatasource(spec *v1alpha1.MetadataFieldSpec, path *field.Path) field.ErrorList {
	if !hasDatasource(spec.Type) {
		var errs field.ErrorList
		if spec.Datasource != nil {
			errs = append(errs, field.Forbidden(path.Child("datasource"), "is for the types enum and set"))
		}
		if valueOr(spec.AllowDynamicListValues, false) {
			errs = append(errs, field.Forbidden(path.Child("allowDynamicListValues"), "is for the types enum and set"))
		}
		return errs
	}
	path = path.Child("datasource")
	if spec.Datasource == nil {
		return field.ErrorList{field.Required(path, "the types enum and set need one")}
	}
	path = path.Child("values")
	if count := len(spec.Datasource.Values); count > maxDatasource {
		return field.ErrorList{field.TooMany(path, count, maxDatasource)}
	}
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, choice := range spec.Datasource.Values {
		if choice.ExternalID == "" {
			errs = append(errs, field.Required(path.Index(i).Child("externalID"), ""))
		}
		if seen[choice.ExternalID] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("externalID"), choice.ExternalID))
		}
		seen[choice.ExternalID] = true
		if choice.Value == "" {
			errs = append(errs, field.Required(path.Index(i).Child("value"), ""))
		}
		errs = append(errs, validateOneOf(path.Index(i).Child("state"), choice.State, v1alpha1.DatasourceActive, v1alpha1.DatasourceInactive)...)
	}
	return errs
}

func validateMetadataValidation(spec *v1alpha1.MetadataFieldSpec, path *field.Path) field.ErrorList {
	if hasDatasource(spec.Type) {
		return field.ErrorList{field.Forbidden(path, "is for the types string, integer and date")}
	}
	v := spec.Validation
	if errs := validateOneOf(path.Child("type"), v.Type, v1alpha1.ValidationGreaterThan, v1alpha1.ValidationLessThan, v1alpha1.ValidationStrlen,
		v1alpha1.ValidationStrregex, v1alpha1.ValidationAnd); len(errs) > 0 {
		return errs
	}
	if v.Type != v1alpha1.ValidationAnd {
		if len(v.Rules) > 0 {
			return field.ErrorList{field.Forbidden(path.Child("rules"), "are for the type and")}
		}
		return validateBound(spec.Type, v.Type, &v.MetadataBound, path)
	}
	if len(v.Rules) == 0 {
		return field.ErrorList{field.Required(path.Child("rules"), "the type and needs them")}
	}
	var errs field.ErrorList
	for i, rule := range v.Rules {
		errs = append(errs, validateBound(spec.Type, rule.Type, &rule.MetadataBound, path.Child("rules").Index(i))...)
	}
	return errs
}

// validateBound checks one condition on values of type t.
func validateBound(t v1alpha1.MetadataFieldType, kind v1alpha1.MetadataValidationType, bound *v1alpha1.MetadataBound, path *field.Path) field.ErrorList {
	switch kind {
	case v1alpha1.ValidationGreaterThan, v1alpha1.ValidationLessThan:
		if t == v1alpha1.MetadataFieldString {
			return field.ErrorList{field.Invalid(path.Child("type"), kind, "is for integers and dates")}
		}
		return validateScalar(t, bound.Value, path.Child("value"))
	case v1alpha1.ValidationStrlen:
		switch {
		case t != v1alpha1.MetadataFieldString:
			return field.ErrorList{field.Invalid(path.Child("type"), kind, "is for texts")}
		case bound.Min == nil && bound.Max == nil:
			return field.ErrorList{field.Required(path, "strlen needs min or max")}
		case bound.Min != nil && bound.Max != nil && *bound.Min > *bound.Max:
			return field.ErrorList{field.Invalid(path.Child("min"), *bound.Min, fmt.Sprintf("must not be above max, %d", *bound.Max))}
		}
		return nil
	case v1alpha1.ValidationStrregex:
		if t != v1alpha1.MetadataFieldString {
			return field.ErrorList{field.Invalid(path.Child("type"), kind, "is for texts")}
		}
		if bound.Regex == "" {
			return field.ErrorList{field.Required(path.Child("regex"), "")}
		}
		if _, err := regexp.Compile(bound.Regex); err != nil {
			return field.ErrorList{field.Invalid(path.Child("regex"), bound.Regex, "must be a regular expression: "+err.Error())}
		}
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("type"), kind, []v1alpha1.MetadataValidationType{
		v1alpha1.ValidationGreaterThan, v1alpha1.ValidationLessThan, v1alpha1.ValidationStrlen, v1alpha1.ValidationStrregex})}
}

// validateScalar checks that value is of type t.
func validateScalar(t v1alpha1.MetadataFieldType, value string, path *field.Path) field.ErrorList {
	switch t {
	case v1alpha1.MetadataFieldInteger:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return field.ErrorList{field.Invalid(path, value, "must be an integer")}
		}
	case v1alpha1.MetadataFieldDate:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return field.ErrorList{field.Invalid(path, value, "must be a date as YYYY-MM-DD")}
		}
	}
	return nil
}

// validateDefaultValue checks the default against the type, the choices and the validation of its own field.
func validateDefaultValue(spec *v1alpha1.MetadataFieldSpec, path *field.Path) field.ErrorList {
	given := spec.DefaultValue
	if errs := validateMetadataValue(given, path); len(errs) > 0 {
		return errs
	}
	if isSet := spec.Type == v1alpha1.MetadataFieldSet; isSet != (given.Values != nil) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must have values for the type set, and value for others")}
	}
	if hasDatasource(spec.Type) {
		return validateChoices(spec, path)
	}
	value := *given.Value
	if errs := validateScalar(spec.Type, value, path.Child("value")); len(errs) > 0 {
		return errs
	}
	if spec.Validation != nil && !satisfies(spec.Type, spec.Validation, value) {
		return field.ErrorList{field.Invalid(path.Child("value"), value, "breaks the field's own validation")}
	}
	return nil
}

// validateChoices checks that the default consists of choices that can be assigned.
func validateChoices(spec *v1alpha1.MetadataFieldSpec, path *field.Path) field.ErrorList {
	chosen, at := spec.DefaultValue.Values, path.Child("values").Index
	if spec.DefaultValue.Value != nil {
		chosen, at = []string{*spec.DefaultValue.Value}, func(int) *field.Path { return path.Child("value") }
	}
	var errs field.ErrorList
	for i, id := range chosen {
		known := slices.ContainsFunc(spec.Datasource.Values, func(choice v1alpha1.MetadataDatasourceValue) bool {
			return choice.ExternalID == id && choice.State != v1alpha1.DatasourceInactive
		})
		if !known {
			errs = append(errs, field.Invalid(at(i), id, "must be the external ID of an active choice"))
		}
	}
	return errs
}

// satisfies says whether a value of type t meets a valid validation.
func satisfies(t v1alpha1.MetadataFieldType, v *v1alpha1.MetadataValidation, value string) bool {
	if v.Type != v1alpha1.ValidationAnd {
		return meets(t, v.Type, &v.MetadataBound, value)
	}
	for _, rule := range v.Rules {
		if !meets(t, rule.Type, &rule.MetadataBound, value) {
			return false
		}
	}
	return true
}

func meets(t v1alpha1.MetadataFieldType, kind v1alpha1.MetadataValidationType, bound *v1alpha1.MetadataBound, value string) bool {
	switch kind {
	case v1alpha1.ValidationGreaterThan, v1alpha1.ValidationLessThan:
		order := compareScalars(t, value, bound.Value)
		if order == 0 {
			return valueOr(bound.Equals, false)
		}
		return (order > 0) == (kind == v1alpha1.ValidationGreaterThan)
	case v1alpha1.ValidationStrlen:
		length := int32(utf8.RuneCountInString(value))
		return length >= valueOr(bound.Min, 0) && length <= valueOr(bound.Max, length)
	case v1alpha1.ValidationStrregex:
		matched, err := regexp.MatchString(`^(?:`+bound.Regex+`)$`, value)
		return err == nil && matched
	}
	return false
}

// compareScalars orders two values of type t. Dates as YYYY-MM-DD are in the order of their texts.
func compareScalars(t v1alpha1.MetadataFieldType, a, b string) int {
	if t != v1alpha1.MetadataFieldInteger {
		return strings.Compare(a, b)
	}
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return cmp.Compare(x, y)
}
