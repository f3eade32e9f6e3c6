package accesskey

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// ensureSecret keeps the Secret for apps. The pair in it is read back, so that losing it and a rotation are the ways to
// a new pair. A cache that is behind must cost no app its key, so the API server is asked before one is generated.
func (r *Reconciler) ensureSecret(ctx context.Context, key *v1alpha1.AccessKey, environment *v1alpha1.ProductEnvironment, now time.Time) (credentials.Slots, error) {
	kind := v1alpha1.GroupVersion.WithKind("AccessKey").GroupKind()
	owned := apply.ControlledBy(key, kind, build.Evidence(environment.Name))
	slots, err := r.storedSlots(ctx, r.Client, key, owned, now)
	if err != nil {
		return credentials.Slots{}, err
	}
	if planOf(key, slots, now).generate {
		if slots, err = r.storedSlots(ctx, r.Live, key, owned, now); err != nil {
			return credentials.Slots{}, err
		}
	}
	if slots, err = planOf(key, slots, now).carryOut(key, slots, r.Random, now); err != nil {
		return credentials.Slots{}, err
	}
	entries := slots.Entries(credentials.EndpointOf(rules.Effective(environment)))
	secret := build.AccessKeyCredentials(key, entries).WithAnnotations(slots.Annotations())
	return slots, r.Applier.To(ctx, key, owned, secret, &corev1.Secret{})
}

// storedSlots are the slots in the key's Secret; they are empty when there is none, or only somebody else's.
func (r *Reconciler) storedSlots(ctx context.Context, reader client.Reader, key *v1alpha1.AccessKey, owned apply.Ownership, now time.Time) (credentials.Slots, error) {
	name := client.ObjectKey{Namespace: key.Namespace, Name: build.CredentialsSecretName(key.Name)}
	secret := &corev1.Secret{}
	if err := reader.Get(ctx, name, secret); err != nil {
		if apierrors.IsNotFound(err) {
			return credentials.Slots{}, nil
		}
		return credentials.Slots{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
	}
	if owned(secret) != apply.Ours {
		return credentials.Slots{}, nil
	}
	slots := credentials.SlotsOf(secret)
	if slots.Current.Since.IsZero() {
		slots.Current.Since = now.UTC().Truncate(time.Second)
	}
	return slots, nil
}

// slotsStatus shows the slots.
func slotsStatus(key *v1alpha1.AccessKey, slots credentials.Slots) []v1alpha1.KeySlot {
	shown := []v1alpha1.KeySlot{{APIKey: slots.Current.APIKey, Since: metav1.NewTime(slots.Current.Since)}}
	if slots.Previous.Complete() {
		until := metav1.NewTime(overlapEnd(key, slots))
		shown = append(shown, v1alpha1.KeySlot{APIKey: slots.Previous.APIKey, Since: metav1.NewTime(slots.Previous.Since), Until: &until})
	}
	return shown
}

// handedOver says whether the renderer has been told: all pairs of an enabled key are among those that it reads, none
// of a disabled one is.
func (r *Reconciler) handedOver(ctx context.Context, key *v1alpha1.AccessKey, slots credentials.Slots) (conditions.Part, error) {
	name := client.ObjectKey{Namespace: key.Namespace, Name: build.KeysSecretName(key.Spec.EnvironmentRef.Name)}
	secret := &corev1.Secret{}
	if err := r.Client.Get(ctx, name, secret); client.IgnoreNotFound(err) != nil {
		return conditions.Part{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
	}
	pairs, accepted := slots.Pairs(), 0
	if content, ok := secret.Data[config.KeysFile]; ok {
		keys, err := config.ParseKeys(content)
		if err != nil {
			return conditions.Part{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
		}
		for _, other := range keys {
			if slices.Contains(pairs, credentials.Pair{APIKey: other.APIKey, APISecret: other.APISecret}) {
				accepted++
			}
		}
	}
	wanted := len(pairs)
	if !key.IsEnabled() {
		wanted = 0
	}
	switch {
	case accepted != wanted:
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonProgressing,
			"the environment is being told about the key"), nil
	case accepted == 0:
		return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonDisabled, "requests with this key are refused"), nil
	}
	if requested(key, slots) {
		return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady,
			"requests with this key are accepted; it is rotated again once the overlap of the last rotation has ended"), nil
	}
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "requests with this key are accepted"), nil
}
