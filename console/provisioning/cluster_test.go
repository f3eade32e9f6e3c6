package provisioning_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/console/provisioning"
)

// cluster is an API over objects in memory, with a test in the role of the operator and of other writers.
type cluster struct {
	*testing.T
	client  client.WithWatch
	handler http.Handler
	// work is called before an object is read by its name, with how often it was asked for; nil does nothing.
	work func(object client.ObjectKey, asked int)
	// disturb is called before an object is written; its error is that of the write. nil does nothing.
	disturb func(object client.Object) error
	// unreadable is the error of reading an object by its name; nil for none.
	unreadable error
	// unlisted gives the error of listing objects; nil for none.
	unlisted func(list client.ObjectList) error
	asked    map[client.ObjectKey]int
	made     int
}

// newCluster has those objects in it. Objects that are made later get IDs that count up.
func newCluster(t *testing.T, objects ...client.Object) *cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme, rbacv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c := &cluster{T: t, asked: map[client.ObjectKey]int{}}
	write := func(object client.Object, owner string) error {
		if owner != "darkroom-provisioning" {
			t.Errorf("%s is written by %q", object.GetName(), owner)
		}
		if c.disturb == nil {
			return nil
		}
		return c.disturb(object)
	}
	c.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithReturnManagedFields().
		WithStatusSubresource(&v1alpha1.ProductEnvironment{}, &v1alpha1.AccessKey{}).Build()
	seen := interceptor.NewClient(c.client, interceptor.Funcs{
		List: func(ctx context.Context, inner client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if c.unlisted != nil {
				if err := c.unlisted(list); err != nil {
					return err
				}
			}
			return inner.List(ctx, list, options...)
		},
		Get: func(ctx context.Context, inner client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			c.asked[key]++
			if c.work != nil {
				c.work(key, c.asked[key])
			}
			if c.unreadable != nil {
				return c.unreadable
			}
			return inner.Get(ctx, key, object, options...)
		},
		Create: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.CreateOption) error {
			asked := &client.CreateOptions{}
			if err := write(object, asked.ApplyOptions(options).FieldManager); err != nil {
				return err
			}
			c.made++
			object.SetUID(types.UID(strings.Repeat("0", 7) + string(rune('0'+c.made)) + "-aaaa-4aaa-8aaa-aaaaaaaaaaaa"))
			object.SetCreationTimestamp(day(20 + c.made))
			return inner.Create(ctx, object, options...)
		},
		Update: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			asked := &client.UpdateOptions{}
			if err := write(object, asked.ApplyOptions(options).FieldManager); err != nil {
				return err
			}
			return inner.Update(ctx, object, options...)
		},
		Delete: func(ctx context.Context, inner client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			if c.disturb != nil {
				if err := c.disturb(object); err != nil {
					return err
				}
			}
			// The client in memory knows no preconditions.
			asked, current := (&client.DeleteOptions{}).ApplyOptions(options), object.DeepCopyObject().(client.Object)
			if err := inner.Get(ctx, client.ObjectKeyFromObject(object), current); err != nil {
				return err
			}
			if asked.Preconditions != nil && asked.Preconditions.UID != nil && *asked.Preconditions.UID != current.GetUID() {
				return apierrors.NewConflict(schema.GroupResource{Resource: "objects"}, object.GetName(), errors.New("the UID is another one"))
			}
			return inner.Delete(ctx, object, options...)
		},
	})
	c.handler = provisioning.New(provisioning.Options{Client: seen, Namespace: namespace, Credentials: func() (provisioning.Credentials, error) {
		return provisioning.Credentials{AccountID: accountID, APIKey: apiKey, APISecret: apiSecret}, nil
	}})
	return c
}

// ask gives the status and the answer as it was written. Paths without a slash are below the account's.
func (c *cluster) ask(method, path, body string) (int, string) {
	c.Helper()
	return c.askAs(c.Context(), "application/json", method, path, body)
}

func (c *cluster) askAs(ctx context.Context, contentType, method, path, body string) (int, string) {
	c.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/v1_1/provisioning/accounts/" + accountID + "/" + path
	}
	request := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	request.SetBasicAuth(apiKey, apiSecret)
	recorder := httptest.NewRecorder()
	c.handler.ServeHTTP(recorder, request)
	if is := recorder.Header().Get("Content-Type"); is != "application/json; charset=utf-8" {
		c.Errorf("%s %s: the answer is of the type %q", method, path, is)
	}
	if id := recorder.Header().Get("X-Request-Id"); len(id) != 32 || strings.Trim(id, "0") == "" {
		c.Errorf("%s %s: the request is called %q", method, path, id)
	}
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

// is expects that very answer.
func (c *cluster) is(method, path, body string, status int, want string) {
	c.Helper()
	if got, text := c.ask(method, path, body); got != status || text != want {
		c.Errorf("%s %s %s:\n%d %s, want\n%d %s", method, path, body, got, text, status, want)
	}
}

// refuses expects an error with that message.
func (c *cluster) refuses(method, path, body string, status int, message string) {
	c.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		c.Fatal(err)
	}
	c.is(method, path, body, status, `{"error":{"message":`+string(text)+`}}`)
}

// lists expects what a list shows, by the values of a field, joined by spaces.
func (c *cluster) lists(path, list, field, want string) {
	c.Helper()
	status, text := c.ask(http.MethodGet, path, "")
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		c.Fatalf("%s: %v", text, err)
	}
	items, ok := answer[list].([]any)
	values := make([]string, len(items))
	for i, item := range items {
		values[i], _ = item.(map[string]any)[field].(string)
	}
	if got := strings.Join(values, " "); status != http.StatusOK || !ok || got != want {
		c.Errorf("%s: %d %s, want %s", path, status, text, want)
	}
}

// get reads an object past the test's own hooks.
func (c *cluster) get(name string, object client.Object) {
	c.Helper()
	if err := c.client.Get(c.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object); err != nil {
		c.Error(err)
	}
}

// day is a time on a day of January 2026.
func day(n int) metav1.Time { return metav1.NewTime(time.Date(2026, 1, n, 3, 4, 5, 0, time.UTC)) }

// IDs of springShop and autumn, in the cluster and in the API.
const (
	springUID, springID = "aaaaaaaa-1111-4111-8111-111111111111", "aaaaaaaa111141118111111111111111"
	autumnUID, autumnID = "bbbbbbbb-2222-4222-8222-222222222222", "bbbbbbbb222242228222222222222222"
)

// springShop is an environment that says everything of itself. Its spec was written last on the third, its status on the ninth.
func springShop() *v1alpha1.ProductEnvironment {
	managed := func(manager, subresource string, at metav1.Time) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: subresource, Operation: metav1.ManagedFieldsOperationUpdate, Time: &at,
			APIVersion: v1alpha1.GroupVersion.String(), FieldsType: "FieldsV1", FieldsV1: metav1.NewFieldsV1("{}")}
	}
	undated := managed("older", "", day(1))
	undated.Time = nil
	return &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "spring-abc", UID: springUID, CreationTimestamp: day(2),
			Annotations:   map[string]string{"media.darkroom.dev/custom-attributes": `{"team":"web"}`},
			ManagedFields: []metav1.ManagedFieldsEntry{managed("kubectl", "", day(3)), managed("early", "", day(1)), undated, managed("operator", "status", day(9))}},
		Spec:   v1alpha1.ProductEnvironmentSpec{DisplayName: "Spring shop", CloudName: "asked-for"},
		Status: v1alpha1.ProductEnvironmentStatus{CloudName: "spring-shop"},
	}
}

// autumn is an environment that says nothing of itself, and is older than springShop.
func autumn() *v1alpha1.ProductEnvironment {
	return &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "autumn", UID: autumnUID, CreationTimestamp: day(1),
			Annotations: map[string]string{"media.darkroom.dev/custom-attributes": `{broken`}},
		Spec: v1alpha1.ProductEnvironmentSpec{CloudName: "autumn-cloud"},
	}
}

// hidden are an environment that is on its way out, and one of another namespace.
func hidden() []client.Object {
	gone, elsewhere := autumn(), autumn()
	gone.Name, gone.UID, gone.DeletionTimestamp, gone.Finalizers = "gone", "cccccccc", new(day(3)), []string{"test/keep"}
	elsewhere.Namespace, elsewhere.UID = "elsewhere", "dddddddd"
	return []client.Object{gone, elsewhere}
}

// pair is an access key of an environment with its Secret.
func pair(environment, name string, created metav1.Time, change func(*v1alpha1.AccessKey)) []client.Object {
	key := &v1alpha1.AccessKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("key-" + name), CreationTimestamp: created},
		Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment}},
	}
	if change != nil {
		change(key)
	}
	secret := bind(key)
	return []client.Object{key, secret}
}

// bind gives a key its Secret.
func bind(key *v1alpha1.AccessKey) *corev1.Secret {
	key.Status.Binding = &v1alpha1.BindingReference{Name: key.Name + "-pair"}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name + "-pair"},
		Data:       map[string][]byte{"api_key": []byte("k-" + key.Name), "api_secret": []byte("s-" + key.Name)},
	}
}

// springKeys are the keys of springShop, and some that must not be shown as such.
func springKeys() []client.Object {
	objects := pair("spring-abc", "spring-abc-root", day(2), nil)
	objects = append(objects, pair("spring-abc", "b", day(4), func(k *v1alpha1.AccessKey) {
		k.Spec.Name, k.Spec.Enabled, k.Spec.DedicatedFor = "Zeta", new(false), []v1alpha1.KeyPurpose{v1alpha1.KeyForWebhooks}
	})...)
	objects = append(objects, pair("spring-abc", "a", day(4), func(k *v1alpha1.AccessKey) { k.Spec.Name = "alpha" })...)
	objects = append(objects, pair("autumn", "of-autumn", day(1), nil)...)
	objects = append(objects, pair("spring-abc", "leaving", day(1), func(k *v1alpha1.AccessKey) {
		k.DeletionTimestamp, k.Finalizers = new(day(3)), []string{"test/keep"}
	})...)
	objects = append(objects, pair("spring-abc", "lost", day(1), nil)[:1]...)
	unbound := pair("spring-abc", "unbound", day(1), nil)[:1]
	unbound[0].(*v1alpha1.AccessKey).Status.Binding = nil
	elsewhere := pair("spring-abc", "elsewhere", day(1), nil)
	for _, object := range elsewhere {
		object.SetNamespace("elsewhere")
	}
	return append(append(objects, unbound...), elsewhere...)
}
