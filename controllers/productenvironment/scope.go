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
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// accessKey is an access key with its pairs, the current one first; there are none until the key's own controller made
// the first.
type accessKey struct {
	object *v1alpha1.AccessKey
	pairs  []credentials.Pair
}

// usable says that requests with the key are to be accepted.
func (k *accessKey) usable() bool { return k.object.IsEnabled() && len(k.pairs) > 0 }

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
	if s.build.ImportSecrets, err = r.importSecrets(ctx, environment); err != nil {
		return nil, err
	}
	s.keys, err = r.gatherKeys(ctx, environment)
	return s, err
}

// importSecrets are the names of the Secrets that valid imports into environment need, sorted.
func (r *Reconciler) importSecrets(ctx context.Context, environment *v1alpha1.ProductEnvironment) ([]string, error) {
	list := &v1alpha1.AssetImportList{}
	err := r.Client.List(ctx, list, client.InNamespace(environment.Namespace), client.MatchingFields{watch.ByEnvironment: environment.Name})
	if err != nil {
		return nil, fmt.Errorf("listing AssetImports: %w", err)
	}
	var names []string
	for i := range list.Items {
		object := &list.Items[i]
		if name := rules.ImportSecret(object); name != "" && object.DeletionTimestamp.IsZero() && len(rules.ValidateAssetImport(object)) == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
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
			found.pairs = credentials.SlotsOf(secret).Pairs()
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
func (s *scope) retry(err error, now time.Time) error {
	if _, notOwned := errors.AsType[*apply.NotOwnedError](err); notOwned {
		s.lookAgainIn(time.Minute)
		return nil
	}
	if errors.Is(err, apply.ErrDeleting) {
		return nil
	}
	if _, until := errors.AsType[*conditions.UntilError](err); until {
		s.lookAgainIn(s.patience(now))
		return nil
	}
	return err
}

// correct puts what the renderer says of its backends in place of what looked well from here.
func (s *scope) correct(parts []conditions.Part) {
	for _, part := range parts {
		for i := range s.parts {
			if s.parts[i].Type == part.Type && s.parts[i].IsReady() {
				s.parts[i] = part
			}
		}
	}
}

// Bounds of the time between two looks at what no event tells of.
const (
	shortestLook = 2 * time.Second
	longestLook  = time.Minute
)

// patience is as long as the environment has not been ready: what just broke may be back in a moment, what has been
// broken for long is asked seldom. It is read from the status, so that a restart of the operator forgets nothing.
func (s *scope) patience(now time.Time) time.Duration {
	ready := meta.FindStatusCondition(s.stored.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status == metav1.ConditionTrue {
		return shortestLook
	}
	return min(max(now.Sub(ready.LastTransitionTime.Time), shortestLook), longestLook)
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
