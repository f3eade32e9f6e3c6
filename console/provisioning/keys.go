package provisioning

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// key is an access key with its pair. There is none until the operator has made one.
type key struct {
	object            *v1alpha1.AccessKey
	apiKey, apiSecret string
}

func (k *key) name() string {
	if k.object.Spec.Name != "" {
		return k.object.Spec.Name
	}
	return k.object.Name
}

// keyAnswer is an access key as the API shows it, in the order that SDKs expect.
type keyAnswer struct {
	Name      string `json:"name"`
	APIKey    string `json:"api_key"`
	APISecret string `json:"api_secret"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
	Enabled   bool   `json:"enabled"`
	// DedicatedFor is there where the key signs something in place of the oldest one.
	DedicatedFor []v1alpha1.KeyPurpose `json:"dedicated_for,omitempty"`
	Root         *bool                 `json:"root,omitempty"`
}

func (k *key) show() *keyAnswer {
	return &keyAnswer{
		Name: k.name(), APIKey: k.apiKey, APISecret: k.apiSecret, CreatedAt: timestamp(k.object.CreationTimestamp.Time),
		UpdatedAt: timestamp(updatedAt(k.object)), Enabled: k.object.IsEnabled(), DedicatedFor: k.object.Spec.DedicatedFor,
	}
}

// keys are the access keys of an environment that have a pair, the oldest first.
func (s *Server) keys(ctx context.Context, environment *v1alpha1.ProductEnvironment) ([]*key, error) {
	list := &v1alpha1.AccessKeyList{}
	if err := s.Client.List(ctx, list, client.InNamespace(s.Namespace)); err != nil {
		return nil, err
	}
	var keys []*key
	for i := range list.Items {
		object := &list.Items[i]
		if object.Spec.EnvironmentRef.Name != environment.Name || !object.DeletionTimestamp.IsZero() {
			continue
		}
		found := &key{object: object}
		if err := s.readPair(ctx, found); err != nil {
			return nil, err
		}
		if found.apiKey != "" {
			keys = append(keys, found)
		}
	}
	slices.SortStableFunc(keys, func(a, b *key) int {
		return cmp.Or(a.object.CreationTimestamp.Compare(b.object.CreationTimestamp.Time), strings.Compare(a.object.Name, b.object.Name))
	})
	return keys, nil
}

// readPair reads the pair of a key from its Secret.
func (s *Server) readPair(ctx context.Context, k *key) error {
	if k.object.Status.Binding == nil {
		return nil
	}
	secret := &corev1.Secret{}
	err := s.Client.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: k.object.Status.Binding.Name}, secret)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the Secret of the access key %s: %w", k.object.Name, err)
	}
	k.apiKey, k.apiSecret = string(secret.Data["api_key"]), string(secret.Data["api_secret"])
	return nil
}

func (s *Server) listKeys(c *call) (any, error) {
	size, err := c.params.number("page_size", maxListed, 1, maxListed)
	if err != nil {
		return nil, err
	}
	page, err := c.params.number("page", 1, 1, 1_000_000)
	if err != nil {
		return nil, err
	}
	by, err := c.params.one("sort_by", "created_at", "api_key", "name", "enabled")
	if err != nil {
		return nil, err
	}
	order, err := c.params.one("sort_order", "desc", "asc")
	if err != nil {
		return nil, err
	}
	environment, err := s.environment(c.Context(), c.path[0])
	if err != nil {
		return nil, err
	}
	keys, err := s.keys(c.Context(), environment)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(keys, func(a, b *key) int {
		if order == "desc" {
			a, b = b, a
		}
		return a.compare(b, by)
	})
	shown := []*keyAnswer{}
	for _, found := range keys[min((page-1)*size, len(keys)):min(page*size, len(keys))] {
		answer := found.show()
		answer.Root = new(found.object.Name == environment.Name+"-root")
		shown = append(shown, answer)
	}
	return map[string]any{"access_keys": shown, "total": len(keys)}, nil
}

func (k *key) compare(other *key, by string) int {
	switch by {
	case "api_key":
		return strings.Compare(k.apiKey, other.apiKey)
	case "name":
		return strings.Compare(strings.ToLower(k.name()), strings.ToLower(other.name()))
	case "enabled":
		number := func(k *key) int {
			if k.object.IsEnabled() {
				return 1
			}
			return 0
		}
		return number(k) - number(other)
	}
	return k.object.CreationTimestamp.Compare(other.object.CreationTimestamp.Time)
}

// wishKey sets what a call gives of an access key.
func (c *call) wishKey(object *v1alpha1.AccessKey) error {
	name, err := c.params.text("name")
	if err != nil {
		return err
	}
	purposes, err := c.params.list("dedicated_for")
	if err != nil {
		return err
	}
	for _, purpose := range purposes {
		if v1alpha1.KeyPurpose(purpose) != v1alpha1.KeyForWebhooks {
			return problem.BadRequest("Invalid value for parameter dedicated_for: %s is not webhooks", purpose)
		}
	}
	enabled, err := c.params.flag("enabled")
	if err != nil {
		return err
	}
	if name != "" {
		object.Spec.Name = name
	}
	if enabled != nil {
		object.Spec.Enabled = enabled
	}
	if c.params.has("dedicated_for") {
		object.Spec.DedicatedFor = nil
		if len(purposes) > 0 {
			object.Spec.DedicatedFor = []v1alpha1.KeyPurpose{v1alpha1.KeyForWebhooks}
		}
	}
	return nil
}

func (s *Server) createKey(c *call) (any, error) {
	environment, err := s.environment(c.Context(), c.path[0])
	if err != nil {
		return nil, err
	}
	object := &v1alpha1.AccessKey{Spec: v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment.Name}}}
	if err := c.wishKey(object); err != nil {
		return nil, err
	}
	object.Namespace, object.Name = s.Namespace, objectName(environment.Name+"-"+object.Spec.Name)
	if err := s.Client.Create(c.Context(), object, client.FieldOwner(fieldManager)); err != nil {
		return nil, err
	}
	made := &key{object: object}
	err = s.await(c.Context(), func() (bool, error) {
		if err := s.Client.Get(c.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			return false, err
		}
		err := s.readPair(c.Context(), made)
		return made.apiKey != "", err
	})
	if err != nil {
		return nil, err
	}
	if made.apiKey == "" {
		return nil, &problem.Problem{Status: http.StatusInternalServerError, Transient: true,
			Message: "The access key " + object.Name + " is made, but the operator has not given it a pair yet: ask for the list later"}
	}
	return made.show(), nil
}

// key is the access key of the environment that wanted says yes to.
func (s *Server) key(ctx context.Context, id, called string, wanted func(*key) bool) (*key, error) {
	environment, err := s.environment(ctx, id)
	if err != nil {
		return nil, err
	}
	keys, err := s.keys(ctx, environment)
	if err != nil {
		return nil, err
	}
	for _, found := range keys {
		if wanted(found) {
			return found, nil
		}
	}
	return nil, problem.NotFound("Cannot find access key %s", called)
}

func (s *Server) updateKey(c *call) (any, error) {
	for attempt := 1; ; attempt++ {
		found, err := s.key(c.Context(), c.path[0], c.path[1], func(k *key) bool { return k.apiKey == c.path[1] })
		if err != nil {
			return nil, err
		}
		if err := c.wishKey(found.object); err != nil {
			return nil, err
		}
		err = s.Client.Update(c.Context(), found.object, client.FieldOwner(fieldManager))
		if apierrors.IsConflict(err) && attempt < attempts {
			continue
		}
		if err != nil {
			return nil, err
		}
		return found.show(), nil
	}
}

func (s *Server) deleteKey(c *call) (any, error) {
	found, err := s.key(c.Context(), c.path[0], c.path[1], func(k *key) bool { return k.apiKey == c.path[1] })
	if err != nil {
		return nil, err
	}
	return s.removeKey(c.Context(), found)
}

func (s *Server) deleteKeyByName(c *call) (any, error) {
	name, err := c.params.text("name")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, problem.BadRequest("Missing required parameter - name")
	}
	found, err := s.key(c.Context(), c.path[0], "named "+name, func(k *key) bool { return k.name() == name })
	if err != nil {
		return nil, err
	}
	return s.removeKey(c.Context(), found)
}

func (s *Server) removeKey(ctx context.Context, found *key) (any, error) {
	uid := found.object.GetUID()
	if err := s.Client.Delete(ctx, found.object, client.Preconditions{UID: &uid}); err != nil {
		return nil, fmt.Errorf("deleting an access key: %w", err)
	}
	return done, nil
}
