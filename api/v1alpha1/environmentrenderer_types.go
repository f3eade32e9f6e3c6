package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// RendererSpec shapes the pods of an environment.
type RendererSpec struct {
	// replicas is how many pods serve the environment. When absent it is 1. More than 1 needs storage and a database
	// that replicas can share; 0 stops the environment.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Replicas *int32 `json:"replicas,omitempty"`

	// image overrides the image of the renderer container that the operator would choose.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// imagePullSecrets name the Secrets with which the images are pulled.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	ImagePullSecrets []PullSecretReference `json:"imagePullSecrets,omitempty"`

	// resources are the requests and limits of the renderer container.
	// +optional
	Resources *Resources `json:"resources,omitempty"`

	// engine shapes the engine container, which decodes and encodes.
	// +optional
	Engine *EngineSpec `json:"engine,omitempty"`

	// cacheSize bounds the local disk cache of derived files. When absent it is 1Gi.
	// +optional
	CacheSize *resource.Quantity `json:"cacheSize,omitempty"`

	// nodeSelector is the labels that a node must have.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// tolerations are the taints that the pods tolerate.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// affinity says how the replicas spread.
	// +optional
	Affinity *RendererAffinity `json:"affinity,omitempty"`

	// upgrade says when a new version of the operator brings its new images to this environment. When absent it is
	// paced.
	// +optional
	Upgrade UpgradePolicy `json:"upgrade,omitempty"`
}

// UpgradePolicy says when new images of the operator reach an environment.
// +kubebuilder:validation:Enum=paced;manual
type UpgradePolicy string

// Upgrade policies.
const (
	// UpgradePaced brings new images to one environment after the other.
	UpgradePaced UpgradePolicy = "paced"
	// UpgradeManual keeps the images in use until the spec names others.
	UpgradeManual UpgradePolicy = "manual"
)

// PullSecretReference names a Secret of type kubernetes.io/dockerconfigjson.
type PullSecretReference struct {
	// name is the name of the Secret, in the namespace of the environment.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// Resources are requests and limits of a container.
type Resources struct {
	// requests is what the scheduler sets aside.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Requests corev1.ResourceList `json:"requests,omitempty"`

	// limits is what the container may not exceed.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// EngineSpec shapes the engine container of a renderer pod.
type EngineSpec struct {
	// image overrides the image of the engine container that the operator would choose.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// children is how many pictures are decoded at the same time, each in a process of its own. When absent it is the
	// CPU limit of the engine rounded up, or 2 where there is none.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Children *int32 `json:"children,omitempty"`

	// queue is how many jobs may wait for a child; beyond that requests are answered 429. When absent it is 16 for each
	// child.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=4096
	Queue *int32 `json:"queue,omitempty"`

	// deadlineSeconds bounds one job, in whole seconds; a child that takes longer is killed. When absent it is 30.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=600
	DeadlineSeconds *int32 `json:"deadlineSeconds,omitempty"`

	// resources are the requests and limits of the engine container.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// RendererAffinity says how the replicas of a renderer spread.
type RendererAffinity struct {
	// spread says how strictly replicas keep apart. When absent it is preferred.
	// +optional
	Spread SpreadPolicy `json:"spread,omitempty"`

	// topologyKey is the node label whose values they are spread over. When absent it is kubernetes.io/hostname.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=316
	TopologyKey string `json:"topologyKey,omitempty"`
}

// SpreadPolicy says how strictly replicas keep apart.
// +kubebuilder:validation:Enum=none;preferred;required
type SpreadPolicy string

// Spread policies.
const (
	// SpreadNone puts no condition on where replicas run.
	SpreadNone SpreadPolicy = "none"
	// SpreadPreferred keeps replicas apart where possible.
	SpreadPreferred SpreadPolicy = "preferred"
	// SpreadRequired does not start a replica beside another one.
	SpreadRequired SpreadPolicy = "required"
)
