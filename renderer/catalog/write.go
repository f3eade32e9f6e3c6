package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// fieldManager is under whose name the API server notes what the APIs write.
const fieldManager = "darkroom-api"

// followTimeout is how long a write waits until the watch has brought it. It has succeeded by then either way.
const followTimeout = 5 * time.Second

// Reference names the environment.
func (k *Kubernetes) Reference() v1alpha1.EnvironmentReference {
	return v1alpha1.EnvironmentReference{Name: k.options.Environment}
}

// List asks the API server.
func (k *Kubernetes) List(ctx context.Context, kind Kind) ([]v1alpha1.Configuration, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	newList, ok := lists()[kind]
	if !ok {
		return nil, fmt.Errorf("list %s: no such kind", kind)
	}
	list := newList()
	if err := k.client.List(ctx, list, client.InNamespace(k.options.Namespace)); err != nil {
		return nil, fmt.Errorf("list %s: %w", kind, err)
	}
	objects := map[string]v1alpha1.Configuration{}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(v1alpha1.Configuration)
		if !ok {
			return fmt.Errorf("list %s: a %T is no configuration", kind, item)
		}
		if object.EnvironmentName() == k.options.Environment && object.GetDeletionTimestamp() == nil {
			objects[object.GetName()] = object
		}
		return nil
	})
	return oldestFirst(objects), err
}

// Create creates the object in the environment's namespace.
func (k *Kubernetes) Create(ctx context.Context, object v1alpha1.Configuration) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	object.SetNamespace(k.options.Namespace)
	if err := k.client.Create(ctx, object, client.FieldOwner(fieldManager)); err != nil {
		return k.failed("create", object, err)
	}
	k.awaitObject(ctx, object)
	return nil
}

// Update replaces the object, unless it was changed since it was read.
func (k *Kubernetes) Update(ctx context.Context, object v1alpha1.Configuration) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if by := managedBy(object); by != "" {
		return &ManagedError{By: by, Kind: kindOf(object), Name: object.GetName()}
	}
	if err := k.client.Update(ctx, object, client.FieldOwner(fieldManager)); err != nil {
		return k.failed("update", object, err)
	}
	k.awaitObject(ctx, object)
	return nil
}

// Delete deletes the object.
func (k *Kubernetes) Delete(ctx context.Context, object v1alpha1.Configuration) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if by := managedBy(object); by != "" {
		return &ManagedError{By: by, Kind: kindOf(object), Name: object.GetName()}
	}
	if err := k.client.Delete(ctx, object, client.Preconditions{UID: new(object.GetUID())}); err != nil {
		return k.failed("delete", object, err)
	}
	k.await(ctx, kindOf(object), func(p part) bool {
		known := p.object(object.GetName())
		return known == nil || known.GetUID() != object.GetUID()
	})
	return nil
}

// failed types an error of the API server.
func (k *Kubernetes) failed(act string, object v1alpha1.Configuration, err error) error {
	switch {
	case apierrors.IsAlreadyExists(err):
		return ErrExists
	case apierrors.IsNotFound(err):
		return ErrGone
	case apierrors.IsConflict(err):
		return ErrChanged
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err):
		return &RefusedError{Reason: err.Error()}
	}
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && apierrors.IsForbidden(err) && status.ErrStatus.Details == nil {
		// An admission webhook of the cluster refuses without details; the authorizer names the kind.
		return &RefusedError{Reason: err.Error()}
	}
	return fmt.Errorf("%s %s %s: %w", act, kindOf(object), object.GetName(), err)
}

// awaitObject waits until the snapshot was made from the object as it was written, or from a later state of it.
func (k *Kubernetes) awaitObject(ctx context.Context, object v1alpha1.Configuration) {
	k.await(ctx, kindOf(object), func(p part) bool {
		known := p.object(object.GetName())
		return known != nil && !olderThan(known.GetResourceVersion(), object.GetResourceVersion())
	})
}

// await waits until what is known of a kind satisfies holds. It gives up in time: a write has succeeded whether or not
// the watch works.
func (k *Kubernetes) await(ctx context.Context, kind Kind, holds func(part) bool) {
	ctx, cancel := context.WithTimeout(ctx, followTimeout)
	defer cancel()
	i := slices.IndexFunc(k.parts.configuration, func(p part) bool { return p.kind() == kind })
	if i < 0 {
		return // Nothing follows it.
	}
	for {
		k.mu.Lock()
		done, changed := holds(k.parts.configuration[i]), k.changed
		k.mu.Unlock()
		if done {
			return
		}
		select {
		case <-ctx.Done():
			k.logger.WarnContext(ctx, "a written object was not seen in time", "kind", kind)
			return
		case <-changed:
		}
	}
}

var _ Objects = (*Kubernetes)(nil)
