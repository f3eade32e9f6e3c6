package provisioning

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// annotationAttributes holds the custom attributes of an environment, an object of JSON: nothing acts on them.
const annotationAttributes = v1alpha1.GroupName + "/custom-attributes"

// fieldManager is under whose name the API server notes what this API writes.
const fieldManager = "darkroom-provisioning"

// environmentAnswer is an environment as the API shows it.
type environmentAnswer struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	CloudName        string          `json:"cloud_name"`
	Enabled          bool            `json:"enabled"`
	APIAccessKeys    []pairAnswer    `json:"api_access_keys"`
	CustomAttributes json.RawMessage `json:"custom_attributes"`
	CreatedAt        string          `json:"created_at"`
	UpdatedAt        string          `json:"updated_at"`
}

type pairAnswer struct {
	Key     string `json:"key"`
	Secret  string `json:"secret"`
	Enabled bool   `json:"enabled"`
}

// idOf is the ID of an object: opaque, and its own for as long as it lives.
func idOf(object client.Object) string { return strings.ReplaceAll(string(object.GetUID()), "-", "") }

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// updatedAt is when the object was written last, its status aside.
func updatedAt(object client.Object) time.Time {
	last := object.GetCreationTimestamp().Time
	for _, entry := range object.GetManagedFields() {
		if entry.Subresource == "" && entry.Time != nil && entry.Time.After(last) {
			last = entry.Time.Time
		}
	}
	return last
}

func nameOf(environment *v1alpha1.ProductEnvironment) string {
	if environment.Spec.DisplayName != "" {
		return environment.Spec.DisplayName
	}
	return environment.Name
}

// cloudNameOf is the cloud name that an environment holds, or asks for until it does.
func cloudNameOf(environment *v1alpha1.ProductEnvironment) string {
	if environment.Status.CloudName != "" {
		return environment.Status.CloudName
	}
	return environment.Spec.CloudName
}

// environments are those of the namespace that are not on their way out, the oldest first.
func (s *Server) environments(ctx context.Context) ([]*v1alpha1.ProductEnvironment, error) {
	list := &v1alpha1.ProductEnvironmentList{}
	if err := s.Client.List(ctx, list, client.InNamespace(s.Namespace)); err != nil {
		return nil, err
	}
	var found []*v1alpha1.ProductEnvironment
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp.IsZero() {
			found = append(found, &list.Items[i])
		}
	}
	slices.SortStableFunc(found, func(a, b *v1alpha1.ProductEnvironment) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	return found, nil
}

// environment is the one of that ID.
func (s *Server) environment(ctx context.Context, id string) (*v1alpha1.ProductEnvironment, error) {
	all, err := s.environments(ctx)
	if err != nil {
		return nil, err
	}
	for _, environment := range all {
		if idOf(environment) == id {
			return environment, nil
		}
	}
	return nil, problem.NotFound("Cannot find sub account with id %s", id)
}

// show is an environment with its keys.
func (s *Server) show(ctx context.Context, environment *v1alpha1.ProductEnvironment) (*environmentAnswer, error) {
	answer := &environmentAnswer{
		ID: idOf(environment), Name: nameOf(environment), CloudName: cloudNameOf(environment), Enabled: true, APIAccessKeys: []pairAnswer{},
		CustomAttributes: json.RawMessage("{}"), CreatedAt: timestamp(environment.CreationTimestamp.Time), UpdatedAt: timestamp(updatedAt(environment)),
	}
	if attributes := environment.Annotations[annotationAttributes]; json.Valid([]byte(attributes)) {
		answer.CustomAttributes = json.RawMessage(attributes)
	}
	keys, err := s.keys(ctx, environment)
	for _, key := range keys {
		answer.APIAccessKeys = append(answer.APIAccessKeys, pairAnswer{Key: key.apiKey, Secret: key.apiSecret, Enabled: key.object.IsEnabled()})
	}
	return answer, err
}

func (s *Server) listEnvironments(c *call) (any, error) {
	enabled, err := c.params.flag("enabled")
	if err != nil {
		return nil, err
	}
	ids, err := c.params.list("ids")
	if err != nil {
		return nil, err
	}
	clouds, err := c.params.list("cloud_names")
	if err != nil {
		return nil, err
	}
	prefix, err := c.params.text("prefix")
	if err != nil {
		return nil, err
	}
	all, err := s.environments(c.Context())
	if err != nil {
		return nil, err
	}
	shown := []*environmentAnswer{}
	for _, environment := range all {
		wanted := (enabled == nil || *enabled) && strings.HasPrefix(strings.ToLower(nameOf(environment)), strings.ToLower(prefix)) &&
			(len(clouds) == 0 || slices.ContainsFunc(clouds, func(name string) bool { return strings.EqualFold(name, cloudNameOf(environment)) }))
		if len(ids) > 0 {
			wanted = slices.Contains(ids, idOf(environment)) // Then the other filters say nothing, as the SDKs describe them.
		}
		if !wanted {
			continue
		}
		answer, err := s.show(c.Context(), environment)
		if err != nil {
			return nil, err
		}
		shown = append(shown, answer)
	}
	return map[string]any{"sub_accounts": shown}, nil
}

func (s *Server) showEnvironment(c *call) (any, error) {
	environment, err := s.environment(c.Context(), c.path[0])
	if err != nil {
		return nil, err
	}
	return s.show(c.Context(), environment)
}

// wish sets what a call gives of an environment.
func (c *call) wish(environment *v1alpha1.ProductEnvironment) error {
	name, err := c.params.text("name")
	if err != nil {
		return err
	}
	cloud, err := c.params.text("cloud_name")
	if err != nil {
		return err
	}
	enabled, err := c.params.flag("enabled")
	if err != nil {
		return err
	}
	if enabled != nil && !*enabled {
		return problem.BadRequest("A product environment cannot be disabled here: disable its access keys, or delete it")
	}
	if name != "" {
		environment.Spec.DisplayName = name
	}
	if cloud != "" {
		environment.Spec.CloudName = cloud
	}
	if !c.params.has("custom_attributes") {
		return nil
	}
	attributes, ok := c.params["custom_attributes"].(map[string]any)
	if !ok {
		return problem.BadRequest("Invalid value for parameter custom_attributes: it must be an object")
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return err
	}
	metav1.SetMetaDataAnnotation(&environment.ObjectMeta, annotationAttributes, string(text))
	return nil
}

// taken refuses names that another environment has.
func (s *Server) taken(ctx context.Context, wanted *v1alpha1.ProductEnvironment) error {
	all, err := s.environments(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		switch {
		case other.Name == wanted.Name: // One that is to be made has no name yet.
		case strings.EqualFold(nameOf(other), wanted.Spec.DisplayName):
			return problem.Conflict("A sub account named %s already exists", wanted.Spec.DisplayName)
		case wanted.Spec.CloudName != "" && strings.EqualFold(cloudNameOf(other), wanted.Spec.CloudName):
			return cloudNameTaken(wanted.Spec.CloudName)
		}
	}
	return nil
}

func cloudNameTaken(name string) error {
	return problem.Conflict("Cloud name %s is already taken", name)
}

var noLabel = regexp.MustCompile(`[^a-z0-9]+`)

// objectName makes the name of an object of a name that people see.
func objectName(name string) string {
	slug := strings.Trim(noLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
	slug = strings.Trim(slug[:min(len(slug), 30)], "-")
	if slug == "" || slug[0] < 'a' {
		slug = "x-" + slug
	}
	return strings.Trim(slug, "-") + "-" + strings.ToLower(rand.Text()[:6])
}

func (s *Server) createEnvironment(c *call) (any, error) {
	environment := &v1alpha1.ProductEnvironment{}
	base, err := c.params.text("base_sub_account_id")
	if err != nil {
		return nil, err
	}
	if base != "" {
		from, err := s.environment(c.Context(), base)
		if err != nil {
			return nil, err
		}
		// Where that one keeps its bytes and rows, and under which hosts it is found, is its own.
		from.Spec.DeepCopyInto(&environment.Spec)
		environment.Spec.CloudName, environment.Spec.Storage, environment.Spec.Database, environment.Spec.Delivery = "", nil, nil, nil
	}
	if err := c.wish(environment); err != nil {
		return nil, err
	}
	if !c.params.has("name") {
		return nil, problem.BadRequest("Missing required parameter - name")
	}
	if err := s.taken(c.Context(), environment); err != nil {
		return nil, err
	}
	environment.Namespace, environment.Name = s.Namespace, objectName(environment.Spec.DisplayName)
	if err := s.Client.Create(c.Context(), environment, client.FieldOwner(fieldManager)); err != nil {
		return nil, err
	}
	if err := s.awaitEnvironment(c.Context(), environment); err != nil {
		return nil, err
	}
	return s.show(c.Context(), environment)
}

// awaitEnvironment waits until the operator has given the environment its cloud name and its first key. One whose cloud name
// another one of the cluster has is taken back. An operator that is away is not waited for: the environment is made then, and
// comes up when it is back.
func (s *Server) awaitEnvironment(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	return s.await(ctx, func() (bool, error) {
		if err := s.Client.Get(ctx, client.ObjectKeyFromObject(environment), environment); err != nil {
			return false, err
		}
		if stalled := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionStalled); stalled != nil && stalled.Status == metav1.ConditionTrue {
			var err error = problem.BadRequest("The product environment is refused: %s", stalled.Message)
			if stalled.Reason == v1alpha1.ReasonCloudNameTaken {
				err = cloudNameTaken(environment.Spec.CloudName)
			}
			if environment.Status.CloudName == "" {
				return false, errors.Join(err, s.Client.Delete(ctx, environment))
			}
		}
		if environment.Status.CloudName == "" {
			return false, nil
		}
		keys, err := s.keys(ctx, environment)
		return len(keys) > 0, err
	})
}

// pollEvery is how often is looked whether the operator is done.
const pollEvery = 200 * time.Millisecond

// await asks until the answer is yes, or patience is over.
func (s *Server) await(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	patience := time.NewTimer(s.Patience)
	defer patience.Stop()
	for {
		if is, err := done(); err != nil || is {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return nil
		case <-ticker.C:
		}
	}
}

// attempts is how often a change is made anew that other writers get in the way of.
const attempts = 5

func (s *Server) updateEnvironment(c *call) (any, error) {
	for attempt := 1; ; attempt++ {
		environment, err := s.environment(c.Context(), c.path[0])
		if err != nil {
			return nil, err
		}
		before := environment.Spec.CloudName
		if err := c.wish(environment); err != nil {
			return nil, err
		}
		if err := s.taken(c.Context(), environment); err != nil {
			return nil, err
		}
		err = s.Client.Update(c.Context(), environment, client.FieldOwner(fieldManager))
		if apierrors.IsConflict(err) && attempt < attempts {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.awaitRename(c.Context(), environment); err != nil {
			// The name that it cannot have must not come true later.
			environment.Spec.CloudName = before
			return nil, errors.Join(err, s.Client.Update(c.Context(), environment, client.FieldOwner(fieldManager)))
		}
		return s.show(c.Context(), environment)
	}
}

// awaitRename waits until an environment holds the cloud name that its spec asks for. The error says that it may not.
func (s *Server) awaitRename(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	return s.await(ctx, func() (bool, error) {
		if environment.Spec.CloudName == "" || strings.EqualFold(environment.Status.CloudName, environment.Spec.CloudName) {
			return true, nil
		}
		if err := s.Client.Get(ctx, client.ObjectKeyFromObject(environment), environment); err != nil {
			return false, err
		}
		ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.ObservedGeneration != environment.Generation {
			return false, nil
		}
		switch ready.Reason {
		case v1alpha1.ReasonCloudNameTaken:
			return false, cloudNameTaken(environment.Spec.CloudName)
		case v1alpha1.ReasonRenameRefused:
			return false, problem.Conflict("The cloud name stays: %s", ready.Message)
		}
		return false, nil
	})
}

func (s *Server) deleteEnvironment(c *call) (any, error) {
	environment, err := s.environment(c.Context(), c.path[0])
	if err != nil {
		return nil, err
	}
	uid := environment.GetUID()
	if err := s.Client.Delete(c.Context(), environment, client.Preconditions{UID: &uid}); err != nil {
		return nil, fmt.Errorf("deleting a product environment: %w", err)
	}
	return done, nil
}
