// Package apply writes what the operator owns: by server-side apply under one field manager, never over somebody
// else's object, and not at all while nothing changed.
//
// Hazard: an Applier remembers what it wrote, so one Applier serves one process, and Forget must be called for
// owners that are gone.
package apply

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ErrDeleting says that the object is on its way out; its deletion wakes the controller that wants it.
var ErrDeleting = errors.New("the object is being deleted")

// NotOwnedError says that an object of the wanted name exists and belongs to somebody else.
type NotOwnedError struct {
	Kind, Name string
}

// Error names the object.
func (e *NotOwnedError) Error() string {
	return fmt.Sprintf("%s %s exists and is not ours: rename or delete it", e.Kind, e.Name)
}

// Outcome says what an apply came to.
type Outcome string

// Outcomes.
const (
	Written   Outcome = "written"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
	Failed    Outcome = "failed"
)

// Applier writes owned objects.
type Applier struct {
	client  client.Client
	live    client.Reader
	manager string
	observe func(kind string, outcome Outcome)

	mutex sync.Mutex
	// settled is, by owner and object, the fingerprint of a request and of the object that it left behind.
	settled map[types.NamespacedName]map[string][sha256.Size]byte
}

// New makes an Applier. client may read from a cache that holds only labelled objects; live must not. manager is the
// field manager. observe is told of every outcome and may be nil.
func New(c client.Client, live client.Reader, manager string, observe func(kind string, outcome Outcome)) *Applier {
	if observe == nil {
		observe = func(string, Outcome) {}
	}
	return &Applier{
		client: c, live: live, manager: manager, observe: observe,
		settled: map[types.NamespacedName]map[string][sha256.Size]byte{},
	}
}

// To brings the object that intent describes to intent, and fills into, an empty object of the same kind, with its
// state. intent is used up. owner is who wants it. The error wraps a *NotOwnedError, ErrDeleting, or what the API
// server said.
func (a *Applier) To(ctx context.Context, owner client.Object, owned Ownership, intent runtime.ApplyConfiguration, into client.Object) error {
	request, err := json.Marshal(intent)
	if err != nil {
		return fmt.Errorf("encoding what to apply: %w", err)
	}
	wanted := &metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(request, wanted); err != nil {
		return fmt.Errorf("reading what to apply: %w", err)
	}
	kind, name := wanted.Kind, wanted.Name
	outcome, err := a.to(ctx, client.ObjectKeyFromObject(owner), owned, intent, request, wanted, into)
	a.observe(kind, outcome)
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", kind, name, err)
	}
	return nil
}

func (a *Applier) to(
	ctx context.Context, owner types.NamespacedName, owned Ownership,
	intent runtime.ApplyConfiguration, request []byte, wanted *metav1.PartialObjectMetadata, into client.Object,
) (Outcome, error) {
	object := wanted.Kind + "/" + wanted.Namespace + "/" + wanted.Name
	exists, err := a.read(ctx, wanted, owned, into)
	if err != nil {
		if _, refused := errors.AsType[*NotOwnedError](err); refused || errors.Is(err, ErrDeleting) {
			return Refused, err
		}
		return Failed, err
	}
	if exists {
		settled, err := fingerprint(request, into)
		if err != nil {
			return Failed, err
		}
		if a.isSettled(owner, object, settled) {
			return Unchanged, nil
		}
	}
	if err := a.client.Apply(ctx, intent, client.ForceOwnership, client.FieldOwner(a.manager)); err != nil {
		return Failed, err
	}
	if err := decode(intent, into); err != nil {
		return Failed, err
	}
	settled, err := fingerprint(request, into)
	if err != nil {
		return Failed, err
	}
	a.settle(owner, object, settled)
	return Written, nil
}

// decode fills into with the answer to an apply, which the client leaves in intent.
func decode(intent runtime.ApplyConfiguration, into client.Object) error {
	answer, err := json.Marshal(intent)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	// What the cache may have left in into must not show through.
	reflect.ValueOf(into).Elem().SetZero()
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// read fills into with what exists, and refuses what is not ours. The cache holds only what carries our labels, so
// that what it does not know is looked up live before it is created: server-side apply would adopt it silently.
func (a *Applier) read(ctx context.Context, wanted *metav1.PartialObjectMetadata, owned Ownership, into client.Object) (bool, error) {
	key := client.ObjectKeyFromObject(wanted)
	err := a.client.Get(ctx, key, into)
	if err == nil {
		return true, a.check(wanted, owned, into)
	}
	if !apierrors.IsNotFound(err) {
		return false, err
	}
	metadata := &metav1.PartialObjectMetadata{}
	metadata.TypeMeta = wanted.TypeMeta
	if err := a.live.Get(ctx, key, metadata); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return false, a.check(wanted, owned, metadata)
}

// check refuses what is not ours, and what is going away.
func (a *Applier) check(wanted *metav1.PartialObjectMetadata, owned Ownership, existing client.Object) error {
	claim := owned(existing)
	if claim == Foreign {
		return &NotOwnedError{Kind: wanted.Kind, Name: wanted.Name}
	}
	if claim == Leaving || !existing.GetDeletionTimestamp().IsZero() {
		return ErrDeleting
	}
	return nil
}

// Forget drops what is remembered about the objects of an owner that is gone.
func (a *Applier) Forget(owner types.NamespacedName) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.settled, owner)
}

func (a *Applier) isSettled(owner types.NamespacedName, object string, settled [sha256.Size]byte) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.settled[owner][object] == settled
}

func (a *Applier) settle(owner types.NamespacedName, object string, settled [sha256.Size]byte) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.settled[owner] == nil {
		a.settled[owner] = map[string][sha256.Size]byte{}
	}
	a.settled[owner][object] = settled
}

// fingerprint identifies a request together with the object it met. Status and the bookkeeping of the API server are
// left out: a Deployment that becomes available is no reason to write it.
func fingerprint(request []byte, object client.Object) ([sha256.Size]byte, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("comparing: %w", err)
	}
	u := &unstructured.Unstructured{Object: content}
	delete(u.Object, "status")
	delete(u.Object, "apiVersion")
	delete(u.Object, "kind")
	u.SetManagedFields(nil)
	u.SetResourceVersion("")
	u.SetGeneration(0)
	state, err := json.Marshal(u.Object)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("comparing: %w", err)
	}
	return sha256.Sum256(append(append([]byte{}, request...), state...)), nil
}
