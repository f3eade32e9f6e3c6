package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxCountQuota bounds a quota that is a number.
const maxCountQuota = 1_000_000_000_000

// Quota bounds one measure by period. Zero bounds nothing.
type Quota struct {
	PerDay, PerMonth int64
}

// Quotas bound what an environment may use. Zero bounds nothing.
type Quotas struct {
	// Transformations and Requests are numbers, CPUSeconds seconds, Bandwidth bytes.
	Transformations, CPUSeconds, Requests, Bandwidth Quota
	// Storage is in bytes.
	Storage int64
}

func validateQuotas(spec *v1alpha1.QuotasSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, quota := range []struct {
		name string
		spec *v1alpha1.CountQuota
	}{{"transformations", spec.Transformations}, {"cpuSeconds", spec.CPUSeconds}, {"requests", spec.Requests}} {
		if quota.spec == nil {
			continue
		}
		path := path.Child(quota.name)
		errs = append(errs, validateRange(path.Child("perDay"), quota.spec.PerDay, 1, maxCountQuota)...)
		errs = append(errs, validateRange(path.Child("perMonth"), quota.spec.PerMonth, 1, maxCountQuota)...)
		errs = append(errs, validatePeriods(path, quota.spec.PerDay, quota.spec.PerMonth)...)
	}
	if bandwidth := spec.Bandwidth; bandwidth != nil {
		path := path.Child("bandwidth")
		errs = append(errs, validateBytes(bandwidth.PerDay, path.Child("perDay"))...)
		errs = append(errs, validateBytes(bandwidth.PerMonth, path.Child("perMonth"))...)
		errs = append(errs, validatePeriods(path, bytesOf(bandwidth.PerDay), bytesOf(bandwidth.PerMonth))...)
	}
	return append(errs, validateBytes(spec.Storage, path.Child("storage"))...)
}

// validatePeriods refuses a quota without a bound, and one whose day could never be used up.
func validatePeriods(path *field.Path, perDay, perMonth *int64) field.ErrorList {
	switch {
	case perDay == nil && perMonth == nil:
		return field.ErrorList{field.Required(path, "at least one of perDay and perMonth must be set")}
	case perDay != nil && perMonth != nil && *perDay > *perMonth:
		return field.ErrorList{field.Invalid(path.Child("perDay"), *perDay, fmt.Sprintf("must not be above perMonth, which is %d", *perMonth))}
	}
	return nil
}

// validateBytes refuses quantities that are no whole number of bytes above 0.
func validateBytes(quantity *resource.Quantity, path *field.Path) field.ErrorList {
	if quantity == nil {
		return nil
	}
	if bytes, whole := quantity.AsInt64(); !whole || bytes <= 0 {
		return field.ErrorList{field.Invalid(path, quantity.String(), "must be a whole number of bytes above 0")}
	}
	return nil
}

func bytesOf(quantity *resource.Quantity) *int64 {
	if quantity == nil {
		return nil
	}
	return new(quantity.Value())
}

func quotasOf(spec *v1alpha1.QuotasSpec) Quotas {
	count := func(quota *v1alpha1.CountQuota) Quota {
		quota = orEmpty(quota)
		return Quota{PerDay: valueOr(quota.PerDay, 0), PerMonth: valueOr(quota.PerMonth, 0)}
	}
	bandwidth := orEmpty(spec.Bandwidth)
	return Quotas{
		Transformations: count(spec.Transformations), CPUSeconds: count(spec.CPUSeconds), Requests: count(spec.Requests),
		Bandwidth: Quota{PerDay: valueOr(bytesOf(bandwidth.PerDay), 0), PerMonth: valueOr(bytesOf(bandwidth.PerMonth), 0)},
		Storage:   valueOr(bytesOf(spec.Storage), 0),
	}
}
