package productenvironment

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

const (
	// upgradePatience is how long an environment that does not get ready on new images holds the others back.
	upgradePatience = 10 * time.Minute
	// upgradePoll is how often an environment asks whether it is its turn.
	upgradePoll = 30 * time.Second
)

// chooseImages settles the images of the pass. A new version of the operator brings new images; they reach a paced
// environment when no other one is getting used to them, and a manual one when its spec names them. What is in use is
// read from the status, so a restart of the operator changes nothing.
func (r *Reconciler) chooseImages(ctx context.Context, s *scope) error {
	chosen := r.Images
	if running := s.environment.Status.Renderer; running != nil && running.Image != "" {
		current := Images{Renderer: running.Image, Engine: running.EngineImage}
		if current != withOverrides(chosen, s.environment) {
			wait, err := r.mustWait(ctx, s, chosen)
			if err != nil {
				return err
			}
			if wait {
				chosen = current
			}
		}
	}
	chosen = withOverrides(chosen, s.environment)
	s.build.RendererImage, s.build.EngineImage = chosen.Renderer, chosen.Engine
	return nil
}

// withOverrides are images, but for those that the spec names.
func withOverrides(images Images, environment *v1alpha1.ProductEnvironment) Images {
	renderer := environment.Spec.Renderer
	if renderer == nil {
		return images
	}
	if renderer.Image != "" {
		images.Renderer = renderer.Image
	}
	if renderer.Engine != nil && renderer.Engine.Image != "" {
		images.Engine = renderer.Engine.Image
	}
	return images
}

// mustWait says that the environment keeps its images for now.
func (r *Reconciler) mustWait(ctx context.Context, s *scope, images Images) (bool, error) {
	if s.build.Effective.Upgrade == v1alpha1.UpgradeManual {
		return true, nil
	}
	list := &v1alpha1.ProductEnvironmentList{}
	if err := r.Client.List(ctx, list); err != nil {
		return false, fmt.Errorf("looking for upgrades under way: %w", err)
	}
	for i := range list.Items {
		other := &list.Items[i]
		if other.UID != s.environment.UID && r.isUpgrading(other, images) {
			s.lookAgainIn(upgradePoll)
			return true, nil
		}
	}
	return false, nil
}

// isUpgrading says that an environment runs images and is not, or not yet, ready on them.
func (r *Reconciler) isUpgrading(environment *v1alpha1.ProductEnvironment, images Images) bool {
	running := environment.Status.Renderer
	if running == nil || running.Image != images.Renderer || running.EngineImage != images.Engine {
		return false
	}
	ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionRendererReady)
	return ready != nil && ready.Status != metav1.ConditionTrue &&
		r.Now().Sub(ready.LastTransitionTime.Time) < upgradePatience
}
