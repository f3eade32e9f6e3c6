package build

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// footprint is what a container gets where the spec says nothing. There is no default CPU limit: it would throttle
// rendering on an idle node.
type footprint struct{ cpu, memory, memoryLimit string }

// The engine's memory limit is its own, so that a picture too large costs one picture and not the renderer.
var (
	rendererFootprint = footprint{cpu: "100m", memory: "128Mi", memoryLimit: "1Gi"}
	engineFootprint   = footprint{cpu: "200m", memory: "256Mi", memoryLimit: "2Gi"}
)

// requirements are what the user wants, or the footprint.
func requirements(wanted *v1alpha1.Resources, fallback footprint) *corev1ac.ResourceRequirementsApplyConfiguration {
	if wanted != nil {
		c := corev1ac.ResourceRequirements()
		if len(wanted.Requests) > 0 {
			c.WithRequests(wanted.Requests.DeepCopy())
		}
		if len(wanted.Limits) > 0 {
			c.WithLimits(wanted.Limits.DeepCopy())
		}
		return c
	}
	return corev1ac.ResourceRequirements().
		WithRequests(corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse(fallback.cpu),
			corev1.ResourceMemory: resource.MustParse(fallback.memory),
		}).
		WithLimits(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(fallback.memoryLimit)})
}

// rendererResources and engineResources are what the spec says, nil where it says nothing.
func (e *Environment) rendererResources() *v1alpha1.Resources {
	if e.Object.Spec.Renderer == nil {
		return nil
	}
	return e.Object.Spec.Renderer.Resources
}

func (e *Environment) engineResources() *v1alpha1.Resources {
	if e.Object.Spec.Renderer == nil || e.Object.Spec.Renderer.Engine == nil {
		return nil
	}
	return e.Object.Spec.Renderer.Engine.Resources
}
