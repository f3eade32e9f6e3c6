package productenvironment

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// scope is what one pass knows about one environment.
type scope struct {
	// environment is a copy whose status the steps fill in; stored is as it was read.
	environment, stored *v1alpha1.ProductEnvironment
	build               *build.Environment
	// keys are the access keys that name the environment, oldest first.
	keys []accessKey
	// claim is the volume claim, nil when there is none.
	claim *corev1.PersistentVolumeClaim
	// configuration is the renderer's ConfigMap, once built.
	configuration *corev1ac.ConfigMapApplyConfiguration
	// parts are the reports of the steps.
	parts []conditions.Part
	// requeueAfter is when to look again, 0 when only an event can bring news.
	requeueAfter time.Duration
}

// accessKey is an access key with its pair, which is incomplete until the key's own controller made it.
type accessKey struct {
	object *v1alpha1.AccessKey
	pair   credentials.Pair
}

// usable says that requests with the key are to be accepted.
func (k *accessKey) usable() bool { return k.object.IsEnabled() && k.pair.Complete() }

// gather does the reading that the decisions of a pass rest on.
func (r *Reconciler) gather(ctx context.Context, environment *v1alpha1.ProductEnvironment) (*scope, error) {
	s := &scope{environment: environment.DeepCopy(), stored: environment}
	s.build = &build.Environment{Object: s.environment, Effective: rules.Effective(s.environment)}
	claim := &corev1.PersistentVolumeClaim{}
	name := types.NamespacedName{Namespace: environment.Namespace, Name: build.VolumeClaimName(environment.Name)}
	if err := r.Client.Get(ctx, name, claim); err == nil {
		s.claim = claim
	} else if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading PersistentVolumeClaim %s: %w", name.Name, err)
	}
	var err error
	s.keys, err = r.gatherKeys(ctx, environment)
	return s, err
}

// gatherKeys reads the access keys that name environment, oldest first.
func (r *Reconciler) gatherKeys(ctx context.Context, environment *v1alpha1.ProductEnvironment) ([]accessKey, error) {
	list := &v1alpha1.AccessKeyList{}
	err := r.Client.List(ctx, list, client.InNamespace(environment.Namespace), client.MatchingFields{watch.ByEnvironment: environment.Name})
	if err != nil {
		return nil, fmt.Errorf("listing AccessKeys: %w", err)
	}
	var keys []accessKey
	for i := range list.Items {
		key := &list.Items[i]
		if !key.DeletionTimestamp.IsZero() {
			continue
		}
		secret, name := &corev1.Secret{}, types.NamespacedName{Namespace: key.Namespace, Name: build.CredentialsSecretName(key.Name)}
		if err := r.Client.Get(ctx, name, secret); client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("reading Secret %s: %w", name.Name, err)
		}
		found := accessKey{object: key}
		if ownedByKey(key)(secret) == apply.Ours {
			found.pair = credentials.PairOf(secret.Data)
		}
		keys = append(keys, found)
	}
	slices.SortFunc(keys, func(a, b accessKey) int {
		if c := a.object.CreationTimestamp.Compare(b.object.CreationTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(a.object.Name, b.object.Name)
	})
	return keys, nil
}

// retry is what is left of a step's error for the queue to back off from. Somebody else's object has no watch of
// ours, so it is polled; an object of ours that is being deleted wakes us when it is gone.
func (s *scope) retry(err error) error {
	if _, notOwned := errors.AsType[*apply.NotOwnedError](err); notOwned {
		s.lookAgainIn(time.Minute)
		return nil
	}
	if errors.Is(err, apply.ErrDeleting) {
		return nil
	}
	return err
}

// lookAgainIn asks for another pass after about delay. Each environment has its own share of a fifth more, so that a
// restart of the operator does not line them up.
func (s *scope) lookAgainIn(delay time.Duration) {
	hash := fnv.New32a()
	hash.Write([]byte(s.environment.UID))
	delay += time.Duration(hash.Sum32()%200) * delay / 1000
	if s.requeueAfter == 0 || delay < s.requeueAfter {
		s.requeueAfter = delay
	}
}
