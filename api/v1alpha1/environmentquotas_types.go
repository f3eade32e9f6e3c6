package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// QuotasSpec bounds what an environment may use. Once a quota is used up, new derived files are refused with status 420
// until its period ends or the quota is raised; stored files are delivered as ever. Days and months are those of UTC. What
// is made and delivered of sample assets does not count. Replicas tell each other what they have used every few seconds,
// so that a quota can be overrun by as much.
type QuotasSpec struct {
	// transformations bounds how many derived files are made.
	// +optional
	Transformations *CountQuota `json:"transformations,omitempty"`

	// cpuSeconds bounds the processor time of the engine, in seconds.
	// +optional
	CPUSeconds *CountQuota `json:"cpuSeconds,omitempty"`

	// requests bounds how many requests delivery answers.
	// +optional
	Requests *CountQuota `json:"requests,omitempty"`

	// bandwidth bounds how many bytes delivery sends.
	// +optional
	Bandwidth *BytesQuota `json:"bandwidth,omitempty"`

	// storage bounds the bytes of assets and derived files together. Once it is used up, uploads are refused as well, and
	// so is one that would go beyond it.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
}

// CountQuota bounds a number by period. At least one of its members is set.
//
// +kubebuilder:validation:MinProperties=1
type CountQuota struct {
	// perDay is the most in a day.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	PerDay *int64 `json:"perDay,omitempty"`

	// perMonth is the most in a calendar month.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	PerMonth *int64 `json:"perMonth,omitempty"`
}

// BytesQuota bounds a number of bytes by period. At least one of its members is set.
//
// +kubebuilder:validation:MinProperties=1
type BytesQuota struct {
	// perDay is the most in a day.
	// +optional
	PerDay *resource.Quantity `json:"perDay,omitempty"`

	// perMonth is the most in a calendar month.
	// +optional
	PerMonth *resource.Quantity `json:"perMonth,omitempty"`
}
