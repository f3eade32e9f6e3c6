package productenvironment

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// ensureCredentials keeps the Secret from which the renderer reads all enabled keys, and the Secret for apps, which
// holds the oldest of them.
func (r *Reconciler) ensureCredentials(ctx context.Context, s *scope) (conditions.Part, error) {
	if err := r.ensureRootKey(ctx, s); err != nil {
		return conditions.Part{}, err
	}
	var usable []accessKey
	var enabled int
	for _, key := range s.keys {
		if key.usable() {
			usable = append(usable, key)
		}
		if key.object.IsEnabled() {
			enabled++
		}
	}
	if err := r.ensureKeysSecret(ctx, s, usable); err != nil {
		return conditions.Part{}, err
	}
	if len(usable) == 0 {
		if enabled == 0 && len(s.keys) > 0 {
			return conditions.Blocked(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonNoEnabledKey,
				"every AccessKey of the environment is disabled"), nil
		}
		return conditions.Waiting(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonKeysPending,
			"the first AccessKey is being made"), nil
	}
	entries := credentials.Entries(credentials.EndpointOf(s.build.Effective), usable[0].pairs[0])
	secret := build.EnvironmentCredentials(s.build, entries)
	if err := r.owned(ctx, s, secret, &corev1.Secret{}); err != nil {
		return conditions.Part{}, err
	}
	s.environment.Status.Binding = &v1alpha1.BindingReference{Name: build.CredentialsSecretName(s.environment.Name)}
	return conditions.Ready(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonReady,
		"Secret "+s.environment.Status.Binding.Name+" holds the key of AccessKey "+usable[0].object.Name), nil
}

// ensureRootKey keeps the environment's own access key. Every environment has one, whatever other keys name it: which
// objects exist never depends on the order in which they were applied, and disabling one key never leaves apps without.
// Whoever wants only keys of their own disables it.
func (r *Reconciler) ensureRootKey(ctx context.Context, s *scope) error {
	intent := client.ApplyConfigurationFromUnstructured(build.RootKey(s.build))
	return r.owned(ctx, s, intent, &v1alpha1.AccessKey{})
}

// ensureKeysSecret hands the enabled keys to the renderer: of each the current pair, and the one before while a rotation
// overlaps.
func (r *Reconciler) ensureKeysSecret(ctx context.Context, s *scope, usable []accessKey) error {
	keys := make([]config.Key, 0, len(usable))
	for _, key := range usable {
		for _, pair := range key.pairs {
			keys = append(keys, config.Key{
				Name: key.object.DisplayName(), APIKey: pair.APIKey, APISecret: pair.APISecret, AdminSignatures: key.object.Spec.AdminSignatures,
				Webhooks: slices.Contains(key.object.Spec.DedicatedFor, v1alpha1.KeyForWebhooks),
			})
		}
	}
	secret, err := build.KeysSecret(s.build, keys)
	if err != nil {
		return err
	}
	return r.owned(ctx, s, secret, &corev1.Secret{})
}
