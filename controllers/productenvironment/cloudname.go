package productenvironment

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// claimCloudName settles the cloud name of the pass. The environment whose status records a name first holds it, for
// good; so a first claim writes the status at once, while no other claim is under way.
func (r *Reconciler) claimCloudName(ctx context.Context, s *scope) (conditions.Part, error) {
	wanted, held := s.environment.Spec.CloudName, s.environment.Status.CloudName
	if held != "" && wanted != "" && wanted != held {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonCloudNameFixed, fmt.Sprintf(
			"spec.cloudName: the environment is %s and stays so; another name needs another environment", held)), nil
	}
	if held == "" {
		r.claiming.Lock()
		defer r.claiming.Unlock()
	}
	name := cloudName(s)
	s.build.Effective.CloudName = name
	holder, err := r.holderOf(ctx, s, name)
	if err != nil {
		return conditions.Part{}, err
	}
	if holder != nil {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonCloudNameTaken, fmt.Sprintf(
			"spec.cloudName: %s is held by ProductEnvironment %s", name, client.ObjectKeyFromObject(holder))), nil
	}
	if held == "" {
		s.environment.Status.CloudName = name
		return conditions.Part{}, r.writeStatus(ctx, s)
	}
	return conditions.Part{}, nil
}

// cloudName is the name that the environment holds or asks for, else the one that its data was stored under, else one
// of its own.
func cloudName(s *scope) string {
	if name := s.environment.Status.CloudName; name != "" {
		return name
	}
	if name := s.environment.Spec.CloudName; name != "" {
		return name
	}
	if s.claim != nil && s.claim.Labels[build.LabelEnvironment] == s.environment.Name {
		if name := s.claim.Annotations[build.AnnotationCloudName]; name != "" {
			return name
		}
	}
	return generatedName(s.environment)
}

// generatedName is the same whenever it is asked for, so that a pass that fails after it changes nothing. 8
// characters of hash keep environments of one name in different namespaces and clusters apart.
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
		if s.environment.Status.CloudName == "" || older(other, s.environment) {
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
