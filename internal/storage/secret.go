package storage

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// ReadSecret reads entries of a Secret that the spec names at path, without the white space around them. Where the
// Secret or an entry is missing, the error is a *conditions.UntilError that names the culprit: nothing tells the
// operator, which watches no Secrets of users, when it comes.
func ReadSecret(ctx context.Context, reader client.Reader, namespace, path, name string, entries ...string) ([]string, error) {
	until := func(reason string, err error) error {
		return &conditions.UntilError{Part: conditions.Blocked("", reason, err.Error()), Err: err}
	}
	secret := &corev1.Secret{}
	err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, until(v1alpha1.ReasonSecretNotFound, fmt.Errorf("%s: Secret %s does not exist", path, name))
	}
	if err != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	values := make([]string, 0, len(entries))
	for _, entry := range entries {
		value := strings.TrimSpace(string(secret.Data[entry]))
		if value == "" {
			return nil, until(v1alpha1.ReasonSecretInvalid, fmt.Errorf("%s: Secret %s has no entry %s", path, name, entry))
		}
		values = append(values, value)
	}
	return values, nil
}
