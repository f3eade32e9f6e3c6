package productenvironment

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// pollUsage is how often we look whether the renderer has reported; its reports wake nobody.
const pollUsage = time.Minute

// claimCloudName settles the cloud name of the pass. The environment whose status records a name first holds it. An
// environment that cannot have the name that it asks for goes on under the one that it holds; without one it cannot
// go on.
func (r *Reconciler) claimCloudName(ctx context.Context, s *scope) (proceed bool, err error) {
	held := s.environment.Status.CloudName
	if held == "" {
		return r.claim(ctx, s, firstName(s))
	}
	s.build.Effective.CloudName = held
	holder, err := r.holderOf(ctx, s, held)
	if err != nil {
		return false, err
	}
	if holder != nil {
		s.parts = append(s.parts, taken(held, holder))
		return false, nil
	}
	renaming := rules.RenamingOf(s.environment)
	switch renaming.Verdict {
	case rules.RenameAllowed:
		_, err = r.claim(ctx, s, rules.CanonicalCloudName(s.environment.Spec.CloudName))
	case rules.RenameRefused:
		s.parts = append(s.parts, conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonRenameRefused, "spec.cloudName: "+renaming.Reason))
	case rules.RenameUnknown:
		s.parts = append(s.parts, conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonRenameRefused, "spec.cloudName: "+renaming.Reason))
	case rules.RenameNone:
	}
	if renaming.Reason != "" {
		s.lookAgainIn(pollUsage)
	}
	return err == nil, err
}

// claim makes name the environment's, unless another one holds it. The status is written at once, while no other claim
// is under way. The name that was held before is free from then on.
func (r *Reconciler) claim(ctx context.Context, s *scope, name string) (claimed bool, err error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	holder, err := r.holderOf(ctx, s, name)
	if err != nil {
		return false, err
	}
	if holder != nil {
		s.parts = append(s.parts, taken(name, holder))
		return false, nil
	}
	before := s.environment.Status.CloudName
	s.environment.Status.CloudName, s.build.Effective.CloudName = name, name
	if err := r.writeStatus(ctx, s); err != nil {
		s.environment.Status.CloudName = before
		return false, err
	}
	if before != "" {
		r.Recorder.Eventf(s.environment, nil, corev1.EventTypeNormal, "Renamed", "Reconcile", "the cloud name %s became %s", before, name)
	}
	return true, nil
}

func taken(name string, holder *v1alpha1.ProductEnvironment) conditions.Part {
	return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonCloudNameTaken, fmt.Sprintf(
		"spec.cloudName: %s is held by ProductEnvironment %s", name, client.ObjectKeyFromObject(holder)))
}

// firstName is the name that an environment without one asks for, else the one that its data was stored under, else
// one of its own.
func firstName(s *scope) string {
	if name := s.environment.Spec.CloudName; name != "" {
		return rules.CanonicalCloudName(name)
	}
	if s.claim != nil && s.claim.Labels[build.LabelEnvironment] == s.environment.Name {
		name := rules.CanonicalCloudName(s.claim.Annotations[build.AnnotationCloudName])
		if len(rules.ValidateCloudName(name, field.NewPath("metadata", "annotations"))) == 0 {
			return name
		}
	}
	return generatedName(s.environment)
}

// generatedName is the same whenever it is asked for, so that a pass that fails after it changes nothing. 8
// characters of hash keep environments of one name in different namespaces and clusters apart. The name of an
// environment is a DNS label that begins with a letter, so that this is a valid cloud name.
func generatedName(environment *v1alpha1.ProductEnvironment) string {
	sum := sha256.Sum256([]byte(environment.UID))
	return environment.Name + "-" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:5]))
}

// holderOf is the other environment that holds a cloud name, nil when there is none. Two can record one name only
// when a backup brought one back; then the older one is right.
func (r *Reconciler) holderOf(ctx context.Context, s *scope, name string) (*v1alpha1.ProductEnvironment, error) {
	list := &v1alpha1.ProductEnvironmentList{}
	if err := r.Client.List(ctx, list, client.MatchingFields{watch.ByCloudName: name}); err != nil {
		return nil, fmt.Errorf("looking for the holder of a cloud name: %w", err)
	}
	for i := range list.Items {
		other := &list.Items[i]
		if other.UID == s.environment.UID {
			continue
		}
		if s.environment.Status.CloudName != name || older(other, s.environment) {
			return other, nil
		}
	}
	return nil, nil
}

// older orders two environments the same way from both sides.
func older(a, b *v1alpha1.ProductEnvironment) bool {
	if c := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); c != 0 {
		return c < 0
	}
	return a.UID < b.UID
}
