package accesskey

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// ensureSecret keeps the Secret for apps. The pair in it is generated once and then read back, so that losing it is
// the one way to a new pair.
func (r *Reconciler) ensureSecret(ctx context.Context, key *v1alpha1.AccessKey, environment *v1alpha1.ProductEnvironment) (credentials.Pair, error) {
	kind := v1alpha1.GroupVersion.WithKind("AccessKey").GroupKind()
	owned := apply.ControlledBy(key, kind, build.Evidence(environment.Name))
	pair, err := r.storedPair(ctx, key, owned)
	if err != nil {
		return credentials.Pair{}, err
	}
	if !pair.Complete() {
		if pair, err = credentials.NewPair(r.Random); err != nil {
			return credentials.Pair{}, err
		}
	}
	entries := credentials.Entries(credentials.EndpointOf(rules.Effective(environment)), pair)
	return pair, r.Applier.To(ctx, key, owned, build.AccessKeyCredentials(key, entries), &corev1.Secret{})
}

// storedPair is the pair in the key's Secret; it is incomplete when there is none. A cache that is behind must not
// cost an app its key, so a Secret that the cache does not know is looked up live.
func (r *Reconciler) storedPair(ctx context.Context, key *v1alpha1.AccessKey, owned apply.Ownership) (credentials.Pair, error) {
	name := client.ObjectKey{Namespace: key.Namespace, Name: build.CredentialsSecretName(key.Name)}
	for _, reader := range []client.Reader{r.Client, r.Live} {
		secret := &corev1.Secret{}
		err := reader.Get(ctx, name, secret)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return credentials.Pair{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
		}
		if pair := credentials.PairOf(secret.Data); owned(secret) == apply.Ours && pair.Complete() {
			return pair, nil
		}
	}
	return credentials.Pair{}, nil
}

// handedOver says whether the renderer has been told: an enabled key is among those that it reads, a disabled one is
// not.
func (r *Reconciler) handedOver(ctx context.Context, key *v1alpha1.AccessKey, pair credentials.Pair) (conditions.Part, error) {
	name := client.ObjectKey{Namespace: key.Namespace, Name: build.KeysSecretName(key.Spec.EnvironmentRef.Name)}
	secret := &corev1.Secret{}
	if err := r.Client.Get(ctx, name, secret); client.IgnoreNotFound(err) != nil {
		return conditions.Part{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
	}
	accepted := false
	if content, ok := secret.Data[config.KeysFile]; ok {
		keys, err := config.ParseKeys(content)
		if err != nil {
			return conditions.Part{}, fmt.Errorf("reading Secret %s: %w", name.Name, err)
		}
		for _, other := range keys {
			accepted = accepted || other.APIKey == pair.APIKey && other.APISecret == pair.APISecret
		}
	}
	switch {
	case accepted != key.IsEnabled():
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonProgressing,
			"the environment is being told about the key"), nil
	case !accepted:
		return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonDisabled, "requests with this key are refused"), nil
	}
	return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "requests with this key are accepted"), nil
}
