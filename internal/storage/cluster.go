package storage

import (
	"context"
	"fmt"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ClusterIdentity tells clusters apart, which may keep their buckets at one store: it is the UID of the namespace
// kube-system, which every cluster has and keeps as long as it lives. It is read once.
func ClusterIdentity(reader client.Reader) func(ctx context.Context) (string, error) {
	var known atomic.Pointer[string]
	return func(ctx context.Context) (string, error) {
		if identity := known.Load(); identity != nil {
			return *identity, nil
		}
		namespace := &corev1.Namespace{}
		if err := reader.Get(ctx, client.ObjectKey{Name: "kube-system"}, namespace); err != nil {
			return "", fmt.Errorf("reading the identity of the cluster: %w", err)
		}
		identity := string(namespace.UID)
		known.Store(&identity)
		return identity, nil
	}
}
