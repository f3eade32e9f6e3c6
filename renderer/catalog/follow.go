package catalog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// source is one kind of object that is followed.
type source struct {
	// name is for the log.
	name string
	// newList makes an empty list of the kind.
	newList func() client.ObjectList
	// only, when not empty, is the one object that is wanted.
	only string
	// get reads that object alone, where listing is not allowed.
	get func() client.Object
	// replace takes all objects there are, apply one that has changed, remove one that is gone.
	replace func(*parts, []client.Object)
	apply   func(*parts, client.Object)
	remove  func(*parts, client.Object)
}

func (k *Kubernetes) sources() []source {
	sources := []source{
		{
			name:    "the product environment",
			newList: func() client.ObjectList { return &v1alpha1.ProductEnvironmentList{} },
			only:    k.options.Environment,
			replace: func(p *parts, objects []client.Object) { p.setEnvironment(objects, k.logger) },
			apply:   func(p *parts, object client.Object) { p.setEnvironment([]client.Object{object}, k.logger) },
			// Whoever deletes it deletes this renderer, too; until then it serves on.
			remove: func(*parts, client.Object) {},
		},
		{
			name:    "the access keys",
			newList: func() client.ObjectList { return &corev1.SecretList{} },
			only:    k.options.KeysSecret,
			get:     func() client.Object { return &corev1.Secret{} },
			replace: func(p *parts, objects []client.Object) { p.setKeys(objects, k.logger) },
			apply:   func(p *parts, object client.Object) { p.setKeys([]client.Object{object}, k.logger) },
			remove:  func(p *parts, _ client.Object) { p.setKeys(nil, k.logger) },
		},
	}
	for _, part := range k.parts.configuration {
		sources = append(sources, part.source())
	}
	return sources
}

// Times of following.
const (
	// readTimeout bounds a get or list.
	readTimeout = 30 * time.Second
	// watchTimeout is after how long the server ends a watch, so that everything is read anew now and then.
	watchTimeout = 10 * time.Minute
	// steady is how long a watch must last to count as a success.
	steady = 10 * time.Second
	// firstDelay and lastDelay bound the wait before the next try.
	firstDelay = 100 * time.Millisecond
	lastDelay  = 5 * time.Second
)

// follow reads and watches a source, again and again, until ctx ends.
func (k *Kubernetes) follow(ctx context.Context, s source) {
	failures := 0
	for ctx.Err() == nil {
		begun := time.Now()
		err := k.followOnce(ctx, s)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) >= steady {
			failures = 0
		}
		if err != nil && !apierrors.IsResourceExpired(err) {
			k.logger.WarnContext(ctx, "following "+s.name+" was interrupted", "error", err)
		}
		if !pause(ctx, delay(failures)) {
			return
		}
		failures++
	}
}

// delay grows with the number of failures and is jittered, so that many renderers do not come back together.
func delay(failures int) time.Duration {
	wait := lastDelay
	if failures < 6 {
		wait = min(firstDelay<<failures, lastDelay)
	}
	return wait/2 + rand.N(wait/2)
}

// pause waits; it returns false when ctx has ended.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// followOnce reads the source and watches it until the watch ends.
func (k *Kubernetes) followOnce(ctx context.Context, s source) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.get != nil {
		return k.followOne(ctx, s)
	}
	objects, resourceVersion, err := k.list(ctx, s)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	k.update(func(p *parts) { s.replace(p, objects) })
	changes, err := k.watch(ctx, s, resourceVersion)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer changes.Stop()
	return k.consume(ctx, s, changes, func(client.Object) bool { return true })
}

// followOne watches one object that cannot be listed. The version of an object, unlike that of a list, may be too old to
// watch from, so the watch begins at the present and comes first: then nothing is missed between it and the get,
// and a deletion before the watch is seen by the get. An older state that the watch delivers after it is dropped.
func (k *Kubernetes) followOne(ctx context.Context, s source) error {
	changes, err := k.watch(ctx, s, "")
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer changes.Stop()
	object := s.get()
	var objects []client.Object
	reading, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	switch err := k.client.Get(reading, client.ObjectKey{Namespace: k.options.Namespace, Name: s.only}, object); {
	case err == nil:
		objects = []client.Object{object}
	case !apierrors.IsNotFound(err):
		return fmt.Errorf("get: %w", err)
	}
	k.update(func(p *parts) { s.replace(p, objects) })
	seen := object.GetResourceVersion()
	return k.consume(ctx, s, changes, func(changed client.Object) bool {
		if olderThan(changed.GetResourceVersion(), seen) {
			return false
		}
		seen = changed.GetResourceVersion()
		return true
	})
}

// consume applies changes until the watch ends. fresh says whether a change is news.
func (k *Kubernetes) consume(ctx context.Context, s source, changes watch.Interface, fresh func(client.Object) bool) error {
	for {
		var event watch.Event
		var open bool
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, open = <-changes.ResultChan():
		}
		if !open {
			return nil
		}
		if event.Type == watch.Error {
			return fmt.Errorf("watch: %w", apierrors.FromObject(event.Object))
		}
		object, ok := event.Object.(client.Object)
		if !ok {
			return fmt.Errorf("watch: a %T was delivered", event.Object)
		}
		if s.only != "" && object.GetName() != s.only || event.Type == watch.Bookmark || !fresh(object) {
			continue
		}
		switch event.Type {
		case watch.Added, watch.Modified:
			k.update(func(p *parts) { s.apply(p, object) })
		case watch.Deleted:
			k.update(func(p *parts) { s.remove(p, object) })
		}
	}
}

func (k *Kubernetes) list(ctx context.Context, s source) ([]client.Object, string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	list := s.newList()
	if err := k.client.List(ctx, list, k.selection(s, nil)...); err != nil {
		return nil, "", err
	}
	var objects []client.Object
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(client.Object)
		if !ok {
			return errors.New("the list holds no objects")
		}
		if s.only == "" || object.GetName() == s.only {
			objects = append(objects, object)
		}
		return nil
	})
	return objects, list.GetResourceVersion(), err
}

func (k *Kubernetes) watch(ctx context.Context, s source, resourceVersion string) (watch.Interface, error) {
	seconds := int64((watchTimeout + rand.N(watchTimeout)) / time.Second)
	raw := &metav1.ListOptions{ResourceVersion: resourceVersion, TimeoutSeconds: &seconds, AllowWatchBookmarks: true}
	return k.client.Watch(ctx, s.newList(), k.selection(s, raw)...)
}

func (k *Kubernetes) selection(s source, raw *metav1.ListOptions) []client.ListOption {
	options := []client.ListOption{client.InNamespace(k.options.Namespace)}
	if raw != nil {
		options = append(options, &client.ListOptions{Raw: raw})
	}
	if s.only != "" {
		options = append(options, client.MatchingFields{"metadata.name": s.only})
	}
	return options
}
