package provisioning_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

const springKeysPath = "sub_accounts/" + springID + "/access_keys"

func shownKey(name, object, at, enabled, rest string) string {
	return `{"name":"` + name + `","api_key":"k-` + object + `","api_secret":"s-` + object + `","created_at":"2026-01-0` + at + `T03:04:05Z","updated_at":"2026-01-0` + at + `T03:04:05Z","enabled":` + enabled + rest + `}`
}

func TestKeysAreShown(t *testing.T) {
	c := twoEnvironments(t)
	root, a := shownKey("spring-abc-root", "spring-abc-root", "2", "true", `,"root":true`), shownKey("alpha", "a", "4", "true", `,"root":false`)
	b := shownKey("Zeta", "b", "4", "false", `,"dedicated_for":["webhooks"],"root":false`)
	c.is(http.MethodGet, springKeysPath, "", 200, `{"access_keys":[`+a+`,`+b+`,`+root+`],"total":3}`)
	for query, want := range map[string]string{
		"sort_order=asc":                          "spring-abc-root alpha Zeta",
		"sort_by=created_at&sort_order=desc":      "alpha Zeta spring-abc-root",
		"sort_by=name":                            "Zeta spring-abc-root alpha",
		"sort_by=name&sort_order=asc":             "alpha spring-abc-root Zeta",
		"sort_by=api_key&sort_order=asc":          "alpha Zeta spring-abc-root",
		"sort_by=enabled&sort_order=asc":          "Zeta spring-abc-root alpha",
		"sort_by=enabled":                         "spring-abc-root alpha Zeta",
		"page_size=2":                             "alpha Zeta",
		"page_size=2&page=2":                      "spring-abc-root",
		"page_size=2&page=3":                      "",
		"page_size=1&page=2":                      "Zeta",
		"page_size=100&page=1":                    "alpha Zeta spring-abc-root",
		"page_size=3&page=1000000":                "",
		"page_size=1&page=3&sort_by=enabled":      "Zeta",
		"page_size=&page=&sort_by=&sort_order=":   "alpha Zeta spring-abc-root",
		"page_size=1&page_size=&page=1&sort_by[]": "alpha",
	} {
		c.lists(springKeysPath+"?"+query, "access_keys", "name", want)
	}
	for query, message := range map[string]string{
		"page_size=0":    "Invalid value for parameter page_size: it must be a whole number between 1 and 100",
		"page_size=101":  "Invalid value for parameter page_size: it must be a whole number between 1 and 100",
		"page_size=1.5":  "Invalid value for parameter page_size: it must be a whole number between 1 and 100",
		"page_size[]=1":  "Invalid value for parameter page_size: it must be a whole number between 1 and 100",
		"page=0":         "Invalid value for parameter page: it must be a whole number between 1 and 1000000",
		"page=1000001":   "Invalid value for parameter page: it must be a whole number between 1 and 1000000",
		"sort_by=colour": "Invalid value for parameter sort_by: it must be created_at or api_key or name or enabled",
		"sort_order=up":  "Invalid value for parameter sort_order: it must be desc or asc",
		"sort_by[]=name": "Invalid value for parameter sort_by: it must be a text",
	} {
		c.refuses(http.MethodGet, springKeysPath+"?"+query, "", 400, message)
	}
	c.refuses(http.MethodGet, springKeysPath, `{"page":1.5}`, 400, "Invalid value for parameter page: it must be a whole number between 1 and 1000000")
	c.refuses(http.MethodGet, springKeysPath, `{"page":true}`, 400, "Invalid value for parameter page: it must be a whole number between 1 and 1000000")
	if status, text := c.ask(http.MethodGet, springKeysPath, `{"page":2,"page_size":2}`); status != 200 || text != `{"access_keys":[`+root+`],"total":3}` {
		t.Errorf("%d %s", status, text)
	}
	c.refuses(http.MethodGet, "sub_accounts/x/access_keys", "", 404, "Cannot find sub account with id x")
	// A Secret that cannot be read is not taken for a key without one.
	c.work = func(key client.ObjectKey, _ int) {
		if key.Name == "a-pair" {
			c.unreadable = errors.New("dial tcp 10.0.0.1: refused")
		}
	}
	for _, path := range []string{springKeysPath, "sub_accounts", "sub_accounts/" + springID} {
		c.unreadable = nil
		c.refuses(http.MethodGet, path, "", 500, "General Error")
	}
}

func TestKeysAreMadeOnceTheOperatorIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := twoEnvironments(t)
		pairs := func() []string {
			list := &v1alpha1.AccessKeyList{}
			if err := c.client.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
				t.Fatal(err)
			}
			var names []string
			for i := range list.Items {
				if strings.HasPrefix(string(list.Items[i].UID), "0000000") {
					names = append(names, list.Items[i].Name)
				}
			}
			return names
		}
		c.work = func(name client.ObjectKey, asked int) {
			key := &v1alpha1.AccessKey{}
			if asked != 3 || c.client.Get(t.Context(), name, key) != nil {
				return
			}
			secret := bind(key)
			if err := errors.Join(c.client.Create(t.Context(), secret), c.client.Status().Update(t.Context(), key)); err != nil {
				t.Error(err)
			}
		}
		begun := time.Now()
		status, text := c.ask(http.MethodPost, springKeysPath, `{"name":"Mobile app","enabled":false,"dedicated_for":["webhooks"]}`)
		if took := time.Since(begun); took != 400*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		made := pairs()
		if len(made) != 1 || !regexp.MustCompile(`^spring-abc-mobile-app-[a-z2-7]{6}$`).MatchString(made[0]) {
			t.Fatalf("%d %s made %s", status, text, made)
		}
		want := strings.ReplaceAll(shownKey("Mobile app", made[0], "4", "false", `,"dedicated_for":["webhooks"]`), "2026-01-04T", "2026-01-21T")
		if status != 200 || text != want {
			t.Errorf("%d %s, want %s", status, text, want)
		}
		key := &v1alpha1.AccessKey{}
		if c.get(made[0], key); key.Spec.EnvironmentRef.Name != "spring-abc" {
			t.Errorf("%+v", key)
		}
		// Without the operator it is said that there is a key.
		c.work = nil
		begun = time.Now()
		status, text = c.ask(http.MethodPost, springKeysPath, `{}`)
		made = pairs()
		if took := time.Since(begun); took != 20*time.Second || status != 500 || len(made) != 2 {
			t.Fatalf("%d %s in %s", status, text, took)
		}
		if !strings.Contains(text, " is made, but the operator has not given it a pair yet: ask for the list later") || !strings.Contains(text, made[0]) && !strings.Contains(text, made[1]) {
			t.Errorf("%s of %s", text, made)
		}
		c.disturb = func(client.Object) error { return errors.New("the disk of the API server is full") }
		c.refuses(http.MethodPost, springKeysPath, `{}`, 500, "General Error")
		c.disturb = nil
		c.work = func(name client.ObjectKey, _ int) {
			key := &v1alpha1.AccessKey{}
			if c.client.Get(t.Context(), name, key) == nil {
				_ = c.client.Delete(t.Context(), key)
			}
		}
		c.refuses(http.MethodPost, springKeysPath, `{}`, 404, "It is gone: somebody else has deleted it")
	})
	c := twoEnvironments(t)
	c.refuses(http.MethodPost, "sub_accounts/x/access_keys", `{}`, 404, "Cannot find sub account with id x")
	for body, message := range map[string]string{
		`{"name":5}`:              "Invalid value for parameter name: it must be a text",
		`{"dedicated_for":5}`:     "Invalid value for parameter dedicated_for: it must be a list",
		`{"dedicated_for":"sms"}`: "Invalid value for parameter dedicated_for: sms is not webhooks",
		`{"enabled":"x"}`:         "Invalid value for parameter enabled: it must be true or false",
	} {
		c.refuses(http.MethodPost, springKeysPath, body, 400, message)
	}
}

func TestKeysAreChanged(t *testing.T) {
	c := twoEnvironments(t)
	stored := func() v1alpha1.AccessKeySpec {
		key := &v1alpha1.AccessKey{}
		c.get("b", key)
		return key.Spec
	}
	status, text := c.ask(http.MethodPut, springKeysPath+"/k-b", `{"name":"Tablet"}`)
	if spec := stored(); status != 200 || !strings.HasPrefix(text, `{"name":"Tablet","api_key":"k-b","api_secret":"s-b","created_at":"2026-01-04T03:04:05Z","updated_at":"`) ||
		spec.Name != "Tablet" || spec.Enabled == nil || *spec.Enabled || len(spec.DedicatedFor) != 1 {
		t.Errorf("%d %s: %+v", status, text, spec)
	}
	if status, text := c.ask(http.MethodPut, springKeysPath+"/k-b", `{"enabled":1,"dedicated_for":[]}`); status != 200 || stored().Name != "Tablet" || !*stored().Enabled || stored().DedicatedFor != nil {
		t.Errorf("%d %s: %+v", status, text, stored())
	}
	if status, text := c.ask(http.MethodPut, springKeysPath+"/k-b", `{"dedicated_for":"webhooks","enabled":"False"}`); status != 200 || *stored().Enabled || len(stored().DedicatedFor) != 1 || stored().DedicatedFor[0] != v1alpha1.KeyForWebhooks {
		t.Errorf("%d %s: %+v", status, text, stored())
	}
	c.refuses(http.MethodPut, springKeysPath+"/k-b", `{"enabled":2}`, 400, "Invalid value for parameter enabled: it must be true or false")
	for _, other := range []string{"k-of-autumn", "k-leaving", "k-elsewhere", "b", "k-unbound"} {
		c.refuses(http.MethodPut, springKeysPath+"/"+other, `{"name":"x"}`, 404, "Cannot find access key "+other)
		c.refuses(http.MethodDelete, springKeysPath+"/"+other, "", 404, "Cannot find access key "+other)
	}
	c.refuses(http.MethodPut, "sub_accounts/x/access_keys/k-b", `{"name":"x"}`, 404, "Cannot find sub account with id x")
	c.disturb = func(client.Object) error { return errors.New("the disk of the API server is full") }
	c.refuses(http.MethodPut, springKeysPath+"/k-b", `{"name":"x"}`, 500, "General Error")
	c.refuses(http.MethodDelete, springKeysPath+"/k-b", "", 500, "General Error")
}

func TestKeysAreDeleted(t *testing.T) {
	c := twoEnvironments(t)
	c.is(http.MethodDelete, springKeysPath+"/k-a", "", 200, `{"message":"ok"}`)
	c.lists(springKeysPath, "access_keys", "api_key", "k-b k-spring-abc-root")
	c.refuses(http.MethodDelete, springKeysPath, "", 400, "Missing required parameter - name")
	c.refuses(http.MethodDelete, springKeysPath, `{"name":["Zeta"]}`, 400, "Invalid value for parameter name: it must be a text")
	c.refuses(http.MethodDelete, springKeysPath, `{"name":"zeta"}`, 404, "Cannot find access key named zeta")
	c.is(http.MethodDelete, springKeysPath, `{"name":"Zeta"}`, 200, `{"message":"ok"}`)
	// A key without a name of its own goes by that of its object. One that came in its place stays.
	c.disturb = func(object client.Object) error {
		other := pair("spring-abc", "spring-abc-root", day(5), func(k *v1alpha1.AccessKey) { k.UID = "another" })[0]
		return errors.Join(c.client.Delete(t.Context(), object.DeepCopyObject().(client.Object)), c.client.Create(t.Context(), other))
	}
	c.refuses(http.MethodDelete, springKeysPath, `{"name":"spring-abc-root"}`, 409, "It is being changed by somebody else, try again")
	c.lists(springKeysPath, "access_keys", "api_key", "k-spring-abc-root")
}
