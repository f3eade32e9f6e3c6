package provisioning_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

const (
	springPairs = `[{"key":"k-spring-abc-root","secret":"s-spring-abc-root","enabled":true},{"key":"k-a","secret":"s-a","enabled":true},{"key":"k-b","secret":"s-b","enabled":false}]`
	springShown = `{"id":"` + springID + `","name":"Spring shop","cloud_name":"spring-shop","enabled":true,"api_access_keys":` + springPairs +
		`,"custom_attributes":{"team":"web"},"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-03T03:04:05Z"}`
	autumnShown = `{"id":"` + autumnID + `","name":"autumn","cloud_name":"autumn-cloud","enabled":true,"api_access_keys":[{"key":"k-of-autumn","secret":"s-of-autumn","enabled":true}]` +
		`,"custom_attributes":{},"created_at":"2026-01-01T03:04:05Z","updated_at":"2026-01-01T03:04:05Z"}`
)

// twoEnvironments has springShop with its keys, and autumn.
func twoEnvironments(t *testing.T) *cluster {
	t.Helper()
	return newCluster(t, append(append(hidden(), springKeys()...), springShop(), autumn())...)
}

func TestEnvironmentsAreShown(t *testing.T) {
	c := twoEnvironments(t)
	c.is(http.MethodGet, "sub_accounts", "", 200, `{"sub_accounts":[`+autumnShown+`,`+springShown+`]}`)
	c.is(http.MethodGet, "sub_accounts/"+springID, "", 200, springShown)
	c.is(http.MethodGet, "sub_accounts/"+autumnID, "", 200, autumnShown)
	for _, id := range []string{"cccccccc", "dddddddd", springUID, "spring-abc"} {
		c.refuses(http.MethodGet, "sub_accounts/"+id, "", 404, "Cannot find sub account with id "+id)
	}
	for query, want := range map[string]string{
		"":                                 "autumn Spring shop",
		"enabled=true":                     "autumn Spring shop",
		"enabled=TRUE":                     "autumn Spring shop",
		"enabled=false":                    "",
		"ids[]=" + springID:                "Spring shop",
		"ids=x,%20" + autumnID + ",":       "autumn",
		"ids=x":                            "",
		"ids=x&ids=" + springID:            "Spring shop",
		"cloud_names=SPRING-shop":          "Spring shop",
		"cloud_names=asked-for":            "",
		"cloud_names[]=Autumn-Cloud":       "autumn",
		"prefix=sPR":                       "Spring shop",
		"prefix=shop":                      "",
		"prefix=a&cloud_names=spring-shop": "",
		"enabled=false&prefix=a&cloud_names=x&ids[]=" + springID: "Spring shop",
		"ids[]=&cloud_names=&enabled=":                           "autumn Spring shop",
	} {
		c.lists("sub_accounts?"+query, "sub_accounts", "name", want)
	}
	for query, message := range map[string]string{
		"enabled=perhaps":          "Invalid value for parameter enabled: it must be true or false",
		"prefix=a&prefix=b":        "Invalid value for parameter prefix: it must be a text",
		"cloud_names=" + many(101): "Too many cloud_names. Got 101. Maximum is 100.",
		"ids=" + many(101):         "Too many ids. Got 101. Maximum is 100.",
	} {
		c.refuses(http.MethodGet, "sub_accounts?"+query, "", 400, message)
	}
	c.lists("sub_accounts?ids="+many(100), "sub_accounts", "name", "")
}

func many(n int) string { return strings.TrimSuffix(strings.Repeat("a,", n), ",") }

// become has the operator give an environment what change says, once it was asked for so often.
func (c *cluster) become(after int, change func(*v1alpha1.ProductEnvironment)) {
	c.work = func(key client.ObjectKey, asked int) {
		environment := &v1alpha1.ProductEnvironment{}
		if asked != after || c.client.Get(c.Context(), key, environment) != nil {
			return
		}
		change(environment)
		if err := c.client.Status().Update(c.Context(), environment); err != nil {
			c.Error(err)
		}
	}
}

// giveKey makes the first key of an environment.
func (c *cluster) giveKey(environment *v1alpha1.ProductEnvironment) {
	for _, object := range pair(environment.Name, environment.Name+"-root", day(25), nil) {
		if err := c.client.Create(c.Context(), object); err != nil {
			c.Error(err)
		}
	}
}

// only is the one environment besides springShop and autumn.
func (c *cluster) only() *v1alpha1.ProductEnvironment {
	c.Helper()
	list := &v1alpha1.ProductEnvironmentList{}
	if err := c.client.List(c.Context(), list, client.InNamespace(namespace)); err != nil {
		c.Fatal(err)
	}
	var found *v1alpha1.ProductEnvironment
	for i := range list.Items {
		if uid := list.Items[i].UID; uid != springUID && uid != autumnUID && list.Items[i].DeletionTimestamp.IsZero() {
			if found != nil {
				c.Errorf("there are %s and %s", found.Name, list.Items[i].Name)
			}
			found = &list.Items[i]
		}
	}
	return found
}

func TestEnvironmentsAreMadeOnceTheOperatorIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := twoEnvironments(t)
		c.work = func(key client.ObjectKey, asked int) {
			environment := c.only()
			if environment == nil || key.Name != environment.Name {
				return
			}
			if asked == 3 {
				environment.Status.CloudName = "winter-shop"
				if err := c.client.Status().Update(t.Context(), environment); err != nil {
					t.Error(err)
				}
			}
			if asked == 5 {
				c.giveKey(environment)
			}
		}
		begun := time.Now()
		status, text := c.ask(http.MethodPost, "sub_accounts", `{"name":"Winter  Shop & Söhne!","cloud_name":"winter","custom_attributes":{"a":[1,"b"]},"enabled":true}`)
		if took := time.Since(begun); took != 4*200*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		made := c.only()
		if made == nil || !regexp.MustCompile(`^winter-shop-s-hne-[a-z2-7]{6}$`).MatchString(made.Name) || made.Spec.DisplayName != "Winter  Shop & Söhne!" || made.Spec.CloudName != "winter" {
			t.Fatalf("%d %s made %+v", status, text, made)
		}
		pair := made.Name + `-root`
		want := `{"id":"00000001aaaa4aaa8aaaaaaaaaaaaaaa","name":"Winter  Shop \u0026 Söhne!","cloud_name":"winter-shop","enabled":true,"api_access_keys":[{"key":"k-` + pair + `","secret":"s-` + pair +
			`","enabled":true}],"custom_attributes":{"a":[1,"b"]},"created_at":"2026-01-21T03:04:05Z","updated_at":"2026-01-21T03:04:05Z"}`
		if status != 200 || text != want {
			t.Errorf("%d %s, want %s", status, text, want)
		}
	})
}

func TestNamesOfObjects(t *testing.T) {
	for name, want := range map[string]string{
		"Shop": "shop-", "2nd shop": "x-2nd-shop-", "日本": "x-", "--a--": "a-", "A.B_C": "a-b-c-",
		"abcdefghijklmnopqrstuvwxyz1234567890": "abcdefghijklmnopqrstuvwxyz1234-", "abcdefghijklmnopqrstuvwxyz123-567890": "abcdefghijklmnopqrstuvwxyz123-",
		"{": "x-", "zoo": "zoo-", "aa": "aa-",
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t)
			if status, text := c.ask(http.MethodPost, "sub_accounts", fmt.Sprintf(`{"name":%q}`, name)); status != 200 {
				t.Fatalf("%s: %d %s", name, status, text)
			}
			if made := c.only(); !regexp.MustCompile(`^` + want + `[a-z2-7]{6}$`).MatchString(made.Name) {
				t.Errorf("%s is called %s", name, made.Name)
			}
		})
	}
}

func TestEnvironmentsAreMadeLikeAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := springShop()
		base.Spec.SampleAssets, base.Spec.SignatureAlgorithm = new(false), "sha256"
		base.Spec.Storage, base.Spec.Database, base.Spec.Delivery = &v1alpha1.StorageSpec{}, &v1alpha1.DatabaseSpec{}, &v1alpha1.DeliverySpec{}
		c := newCluster(t, base)
		c.refuses(http.MethodPost, "sub_accounts", `{"base_sub_account_id":"`+springID+`"}`, 400, "Missing required parameter - name")
		c.refuses(http.MethodPost, "sub_accounts", `{"base_sub_account_id":"x","name":"y"}`, 404, "Cannot find sub account with id x")
		c.refuses(http.MethodPost, "sub_accounts", `{"base_sub_account_id":5,"name":"y"}`, 400, "Invalid value for parameter base_sub_account_id: it must be a text")
		begun := time.Now()
		// An operator that is away is not waited for any longer.
		c.is(http.MethodPost, "sub_accounts", `{"base_sub_account_id":"`+springID+`","name":"Like it"}`, 200, `{"id":"00000001aaaa4aaa8aaaaaaaaaaaaaaa","name":"Like it","cloud_name":"","enabled":true,"api_access_keys":[],`+
			`"custom_attributes":{},"created_at":"2026-01-21T03:04:05Z","updated_at":"2026-01-21T03:04:05Z"}`)
		if took := time.Since(begun); took != 20*time.Second {
			t.Errorf("it took %s", took)
		}
		spec := c.only().Spec
		if spec.SampleAssets == nil || *spec.SampleAssets || spec.SignatureAlgorithm != "sha256" || spec.CloudName != "" || spec.Storage != nil || spec.Database != nil || spec.Delivery != nil || spec.DisplayName != "Like it" {
			t.Errorf("%+v", spec)
		}
	})
}

func TestEnvironmentsThatCannotBeMade(t *testing.T) {
	c := twoEnvironments(t)
	for body, refused := range map[string]struct {
		status  int
		message string
	}{
		`{"cloud_name":"x"}`:                       {400, "Missing required parameter - name"},
		`{"name":""}`:                              {400, "Missing required parameter - name"},
		`{"name":["a"]}`:                           {400, "Invalid value for parameter name: it must be a text"},
		`{"name":"a","cloud_name":5}`:              {400, "Invalid value for parameter cloud_name: it must be a text"},
		`{"name":"a","enabled":2}`:                 {400, "Invalid value for parameter enabled: it must be true or false"},
		`{"name":"a","enabled":false}`:             {400, "A product environment cannot be disabled here: disable its access keys, or delete it"},
		`{"name":"a","enabled":0}`:                 {400, "A product environment cannot be disabled here: disable its access keys, or delete it"},
		`{"name":"a","custom_attributes":[]}`:      {400, "Invalid value for parameter custom_attributes: it must be an object"},
		`{"name":"SPRING shop"}`:                   {409, "A sub account named SPRING shop already exists"},
		`{"name":"Autumn"}`:                        {409, "A sub account named Autumn already exists"},
		`{"name":"a","cloud_name":"Spring-Shop"}`:  {409, "Cloud name Spring-Shop is already taken"},
		`{"name":"a","cloud_name":"AUTUMN-cloud"}`: {409, "Cloud name AUTUMN-cloud is already taken"},
		`[]`: {400, "The body is no object of JSON"},
		`{"name":"a","base_sub_account_id":"other"}`: {404, "Cannot find sub account with id other"},
	} {
		c.refuses(http.MethodPost, "sub_accounts", body, refused.status, refused.message)
	}
	if made := c.only(); made != nil {
		t.Errorf("%s was made", made.Name)
	}
	c.disturb = func(client.Object) error { return errors.New("the disk of the API server is full") }
	c.refuses(http.MethodPost, "sub_accounts", `{"name":"a"}`, 500, "General Error")
	c.refuses(http.MethodPut, "sub_accounts/"+springID, `{"name":"a"}`, 500, "General Error")
	c.refuses(http.MethodDelete, "sub_accounts/"+springID, "", 500, "General Error")
}

func TestEnvironmentsThatTheOperatorRefuses(t *testing.T) {
	stalled := func(c *cluster, reason string, status metav1.ConditionStatus, cloudName string) {
		c.work = func(key client.ObjectKey, asked int) {
			environment := c.only()
			if environment == nil || key.Name != environment.Name || asked != 2 {
				return
			}
			environment.Status.CloudName = cloudName
			meta.SetStatusCondition(&environment.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionStalled, Status: status, Reason: reason, Message: "it may not be"})
			if err := c.client.Status().Update(c.Context(), environment); err != nil {
				c.Error(err)
			}
		}
	}
	for _, test := range []struct {
		name, reason string
		status       metav1.ConditionStatus
		cloudName    string
		message      string
		code         int
		took         time.Duration
	}{
		{"elsewhere", v1alpha1.ReasonCloudNameTaken, metav1.ConditionTrue, "", "Cloud name free is already taken", 409, 200 * time.Millisecond},
		{"invalid", v1alpha1.ReasonInvalidSpec, metav1.ConditionTrue, "", "The product environment is refused: it may not be", 400, 200 * time.Millisecond},
		{"not stalled", v1alpha1.ReasonCloudNameTaken, metav1.ConditionFalse, "", "", 200, 20 * time.Second},
		{"named already", v1alpha1.ReasonInvalidSpec, metav1.ConditionTrue, "free", "", 200, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := twoEnvironments(t)
			stalled(c, test.reason, test.status, test.cloudName)
			begun := time.Now()
			status, text := c.ask(http.MethodPost, "sub_accounts", `{"name":"Winter","cloud_name":"free"}`)
			if took := time.Since(begun); status != test.code || took != test.took || !strings.Contains(text, test.message) {
				t.Errorf("%s: %d %s in %s", test.name, status, text, took)
			}
			if kept := c.only() != nil; kept != (test.code == 200) {
				t.Errorf("%s: the environment is kept: %v", test.name, kept)
			}
		})
	}
	// One that goes while it is waited for, and a caller that does.
	synctest.Test(t, func(t *testing.T) {
		c := twoEnvironments(t)
		c.work = func(key client.ObjectKey, asked int) {
			if environment := c.only(); environment != nil && key.Name == environment.Name {
				if err := c.client.Delete(t.Context(), environment); err != nil {
					t.Error(err)
				}
			}
		}
		c.refuses(http.MethodPost, "sub_accounts", `{"name":"Winter"}`, 404, "It is gone: somebody else has deleted it")
		c.work = nil
		ctx, cancel := context.WithTimeout(t.Context(), 1100*time.Millisecond)
		defer cancel()
		begun := time.Now()
		status, text := c.askAs(ctx, "application/json", http.MethodPost, "sub_accounts", `{"name":"Winter"}`)
		if took := time.Since(begun); status != 500 || took != 1100*time.Millisecond {
			t.Errorf("%d %s in %s", status, text, took)
		}
	})
}

func TestEnvironmentsAreChanged(t *testing.T) {
	c := twoEnvironments(t)
	// What a call does not give stays.
	status, text := c.ask(http.MethodPut, "sub_accounts/"+springID, `{"name":"Summer shop","cloud_name":"spring-SHOP"}`)
	if status != 200 || !strings.Contains(text, `"name":"Summer shop","cloud_name":"spring-shop"`) || !strings.Contains(text, `"custom_attributes":{"team":"web"}`) || !strings.Contains(text, springPairs) {
		t.Errorf("%d %s", status, text)
	}
	environment := &v1alpha1.ProductEnvironment{}
	if c.get("spring-abc", environment); environment.Spec.DisplayName != "Summer shop" || environment.Spec.CloudName != "spring-SHOP" {
		t.Errorf("%+v", environment.Spec)
	}
	if status, text := c.ask(http.MethodPut, "sub_accounts/"+springID, `{"custom_attributes":{"team":"app"}}`); status != 200 || !strings.Contains(text, `"custom_attributes":{"team":"app"}`) {
		t.Errorf("%d %s", status, text)
	}
	if c.get("spring-abc", environment); environment.Spec.DisplayName != "Summer shop" || environment.Spec.CloudName != "spring-SHOP" {
		t.Errorf("what was not given became %+v", environment.Spec)
	}
	// Its own names are not those of another.
	if status, text := c.ask(http.MethodPut, "sub_accounts/"+springID, `{"name":"summer SHOP","cloud_name":"spring-shop","custom_attributes":{}}`); status != 200 || !strings.Contains(text, `"custom_attributes":{}`) {
		t.Errorf("%d %s", status, text)
	}
	for body, refused := range map[string]struct {
		status  int
		message string
	}{
		`{"name":"AUTUMN"}`:             {409, "A sub account named AUTUMN already exists"},
		`{"cloud_name":"Autumn-cloud"}`: {409, "Cloud name Autumn-cloud is already taken"},
		`{"enabled":"false"}`:           {400, "A product environment cannot be disabled here: disable its access keys, or delete it"},
		`{"custom_attributes":"x"}`:     {400, "Invalid value for parameter custom_attributes: it must be an object"},
	} {
		c.refuses(http.MethodPut, "sub_accounts/"+springID, body, refused.status, refused.message)
	}
	c.refuses(http.MethodPut, "sub_accounts/x", `{"name":"y"}`, 404, "Cannot find sub account with id x")
	// An environment that wants no cloud name is not waited for.
	synctest.Test(t, func(t *testing.T) {
		unnamed := autumn()
		unnamed.Spec.CloudName, unnamed.Status.CloudName = "", "made-up"
		begun := time.Now()
		status, text := newCluster(t, unnamed).ask(http.MethodPut, "sub_accounts/"+autumnID, `{"name":"Autumn"}`)
		if took := time.Since(begun); status != 200 || !strings.Contains(text, `"name":"Autumn","cloud_name":"made-up"`) || took != 0 {
			t.Errorf("%d %s in %s", status, text, took)
		}
	})
	// An environment that has no cloud name yet has none that another one could want.
	unnamed := autumn()
	unnamed.Spec.CloudName = ""
	if status, text := newCluster(t, unnamed, springShop()).ask(http.MethodPut, "sub_accounts/"+springID, `{"name":"x","cloud_name":"spring-shop"}`); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	synctest.Test(t, func(t *testing.T) {
		if status, text := newCluster(t, unnamed).ask(http.MethodPost, "sub_accounts", `{"name":"Winter"}`); status != 200 {
			t.Errorf("%d %s", status, text)
		}
	})
}

func TestEnvironmentsAreRenamed(t *testing.T) {
	for _, test := range []struct {
		name      string
		condition metav1.Condition
		// behind is how many generations the condition is behind.
		behind    int64
		cloudName string
		status    int
		want      string
		asksFor   string
		took      time.Duration
	}{
		{"done", metav1.Condition{Reason: v1alpha1.ReasonReady}, 0, "winter", 200, `"cloud_name":"winter"`, "Winter", 600 * time.Millisecond},
		{"taken", metav1.Condition{Reason: v1alpha1.ReasonCloudNameTaken}, 0, "spring-shop", 409, "Cloud name Winter is already taken", "asked-for", 400 * time.Millisecond},
		{"refused", metav1.Condition{Reason: v1alpha1.ReasonRenameRefused, Message: "it has assets"}, 0, "spring-shop", 409, "The cloud name stays: it has assets", "asked-for", 400 * time.Millisecond},
		{"refused before", metav1.Condition{Reason: v1alpha1.ReasonRenameRefused, Message: "it has assets"}, 1, "spring-shop", 200, `"cloud_name":"spring-shop"`, "Winter", 20 * time.Second},
		{"not yet", metav1.Condition{Reason: v1alpha1.ReasonProgressing}, 0, "spring-shop", 200, `"cloud_name":"spring-shop"`, "Winter", 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := twoEnvironments(t)
			c.become(3, func(e *v1alpha1.ProductEnvironment) {
				e.Status.CloudName = test.cloudName
				test.condition.Type, test.condition.Status, test.condition.ObservedGeneration = v1alpha1.ConditionReady, metav1.ConditionFalse, e.Generation-test.behind
				meta.SetStatusCondition(&e.Status.Conditions, test.condition)
			})
			begun := time.Now()
			status, text := c.ask(http.MethodPut, "sub_accounts/"+springID, `{"cloud_name":"Winter"}`)
			if took := time.Since(begun); status != test.status || !strings.Contains(text, test.want) || took != test.took {
				t.Errorf("%s: %d %s in %s", test.name, status, text, took)
			}
			environment := &v1alpha1.ProductEnvironment{}
			if c.get("spring-abc", environment); environment.Spec.CloudName != test.asksFor {
				t.Errorf("%s: it asks for %s", test.name, environment.Spec.CloudName)
			}
		})
	}
}

func TestChangesAreMadeAnewWhenOthersGetInTheWay(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "productenvironments"}, "spring-abc", errors.New("it was changed"))
	for failures, want := range map[int]int{4: 200, 5: 409} {
		for _, path := range []string{"sub_accounts/" + springID, "sub_accounts/" + springID + "/access_keys/k-a"} {
			spring := springShop()
			spring.Spec.CloudName = "spring-shop"
			c := newCluster(t, append(springKeys(), spring)...)
			tries := 0
			c.disturb = func(client.Object) error {
				if tries++; tries <= failures {
					return conflict
				}
				return nil
			}
			status, text := c.ask(http.MethodPut, path, `{"name":"Summer"}`)
			if status != want || tries != min(failures+1, 5) || want == 409 && !strings.Contains(text, "It is being changed by somebody else, try again") {
				t.Errorf("%s after %d conflicts: %d %s, %d tries", path, failures, status, text, tries)
			}
		}
	}
}

func TestEnvironmentsAndKeysAreInTheOrderOfTheirAge(t *testing.T) {
	early, late := autumn(), autumn()
	early.Name, early.CreationTimestamp = "z", day(1)
	late.Name, late.CreationTimestamp, late.UID = "a", day(2), springUID
	c := newCluster(t, early, late)
	c.lists("sub_accounts", "sub_accounts", "name", "z a")
}

func TestTheOperatorIsWaitedForUntilThereIsANameAndAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.work = func(key client.ObjectKey, asked int) {
			environment := c.only()
			if environment == nil || key.Name != environment.Name {
				return
			}
			if asked == 2 {
				c.giveKey(environment)
			}
			if environment.Status.CloudName = "winter"; asked == 4 {
				if err := c.client.Status().Update(t.Context(), environment); err != nil {
					t.Error(err)
				}
			}
		}
		begun := time.Now()
		status, text := c.ask(http.MethodPost, "sub_accounts", `{"name":"Winter"}`)
		if took := time.Since(begun); status != 200 || !strings.Contains(text, `"cloud_name":"winter"`) || took != 600*time.Millisecond {
			t.Errorf("%d %s in %s", status, text, took)
		}
	})
}

func TestFailuresOnTheWay(t *testing.T) {
	away := errors.New("dial tcp 10.0.0.1: refused")
	c := twoEnvironments(t)
	c.unlisted = func(list client.ObjectList) error {
		if _, ok := list.(*v1alpha1.AccessKeyList); ok {
			return away
		}
		return nil
	}
	for _, path := range []string{"sub_accounts", "sub_accounts/" + springID, springKeysPath} {
		c.refuses(http.MethodGet, path, "", 500, "General Error")
	}
	c.refuses(http.MethodPut, springKeysPath+"/k-a", `{"name":"x"}`, 500, "General Error")
	// The environments cannot be listed any more when it is looked whose names are taken.
	times := 0
	c.unlisted = func(list client.ObjectList) error {
		if times++; times == 2 {
			return away
		}
		return nil
	}
	c.refuses(http.MethodPut, "sub_accounts/"+springID, `{"name":"x"}`, 500, "General Error")
	c.unlisted = func(client.ObjectList) error { return away }
	c.refuses(http.MethodPost, "sub_accounts", `{"name":"x"}`, 500, "General Error")
	// An environment that cannot be read while it is waited for.
	c.unlisted, c.unreadable = nil, away
	c.refuses(http.MethodPut, "sub_accounts/"+springID, `{"cloud_name":"x"}`, 500, "General Error")
}

func TestEnvironmentsAreDeleted(t *testing.T) {
	c := twoEnvironments(t)
	c.is(http.MethodDelete, "sub_accounts/"+springID, "", 200, `{"message":"ok"}`)
	c.refuses(http.MethodDelete, "sub_accounts/"+springID, "", 404, "Cannot find sub account with id "+springID)
	c.lists("sub_accounts", "sub_accounts", "name", "autumn")
	// Another one that has come by the same name since stays.
	c.disturb = func(object client.Object) error {
		other := autumn()
		other.UID = "eeeeeeee"
		return errors.Join(c.client.Delete(t.Context(), autumn()), c.client.Create(t.Context(), other))
	}
	c.refuses(http.MethodDelete, "sub_accounts/"+autumnID, "", 409, "It is being changed by somebody else, try again")
	c.lists("sub_accounts", "sub_accounts", "id", "eeeeeeee")
	c.disturb = func(object client.Object) error { return c.client.Delete(t.Context(), autumn()) }
	c.refuses(http.MethodDelete, "sub_accounts/eeeeeeee", "", 404, "It is gone: somebody else has deleted it")
}
