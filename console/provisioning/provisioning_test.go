package provisioning_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/console/provisioning"
	"github.com/darkroom-media/darkroom/test/apiserver"
	"github.com/darkroom-media/darkroom/test/apiserver/operator"
)

// The namespace, and what callers sign in with.
const (
	namespace = "account"
	accountID = "0f1e2d3c"
	apiKey    = "111222333444555"
	apiSecret = "provisioning-secret"
)

// account is a running API over a real API server with the real operator, in the rights that config/provisioning gives.
type account struct {
	*testing.T
	url     string
	cluster client.Client
}

func newAccount(t *testing.T) *account {
	running, err := operator.Start(t.TempDir())
	if errors.Is(err, apiserver.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	create(t, running.Client, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	giveRights(t, running.Client)
	identity := rest.CopyConfig(running.Config())
	identity.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":darkroom-provisioning", Groups: []string{"system:serviceaccounts", "system:authenticated"},
	}
	limited, err := client.New(identity, client.Options{Scheme: running.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(provisioning.New(provisioning.Options{
		Client: limited, Namespace: namespace,
		Credentials: func() (provisioning.Credentials, error) {
			return provisioning.Credentials{AccountID: accountID, APIKey: apiKey, APISecret: apiSecret}, nil
		},
	}))
	t.Cleanup(server.Close)
	return &account{T: t, url: server.URL, cluster: running.Client}
}

func create(t *testing.T, cluster client.Client, object client.Object) {
	t.Helper()
	if err := cluster.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// giveRights applies the Role and the RoleBinding of config/provisioning.
func giveRights(t *testing.T, cluster client.Client) {
	t.Helper()
	root, err := apiserver.Repository()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "config", "provisioning", "rbac.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	account, role, binding := &corev1.ServiceAccount{}, &rbacv1.Role{}, &rbacv1.RoleBinding{}
	for _, object := range []client.Object{account, role, binding} {
		if err := decoder.Decode(object); err != nil {
			t.Fatal(err)
		}
		object.SetNamespace(namespace)
	}
	binding.Subjects[0].Namespace = namespace
	for _, object := range []client.Object{account, role, binding} {
		create(t, cluster, object)
	}
}

// sdk is the folder with the npm SDK in it.
func sdk(t *testing.T) string {
	t.Helper()
	root, err := apiserver.Repository()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "test", "sdk", "npm")
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: the npm SDK needs node")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "cloudinary")); err != nil {
		t.Skip("SKIP: the npm SDK is not installed; run npm ci --prefix test/sdk/npm")
	}
	return folder
}

// giveRoles gives roles to two users and a group, and one that says nothing about environments to a third user.
func (a *account) giveRoles() {
	bind := func(name, role string, subjects ...rbacv1.Subject) {
		create(a.T, a.cluster, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		})
	}
	user := func(name string) rbacv1.Subject {
		return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
	}
	bind("look", "view", user("ann@example.com"), rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "designers"})
	bind("change", "edit", user("ann@example.com"), user("zoe"))
	bind("unrelated", "some-other-role", user("mallory"))
}

// node runs a program of folder against the API.
func (a *account) node(folder, program string, arguments ...string) ([]byte, error) {
	defer a.reportUsage()()
	command := exec.CommandContext(a.Context(), "node", append([]string{filepath.Join(folder, program)}, arguments...)...)
	command.Dir = folder
	command.Env = append(os.Environ(), "CLOUDINARY_ACCOUNT_URL=account://"+apiKey+":"+apiSecret+"@"+accountID, "CLOUDINARY_URL=cloudinary://1:2@none?upload_prefix="+a.url)
	return command.CombinedOutput()
}

// TestProvisioningByTheGeneratedSDK runs account-provisioning.mjs, which says what it does.
func TestProvisioningByTheGeneratedSDK(t *testing.T) {
	folder := sdk(t)
	a := newAccount(t)
	a.giveRoles()
	output, err := a.node(folder, "account-provisioning.mjs", a.url)
	t.Logf("%s", output)
	if err != nil {
		t.Fatal(err)
	}
}

func TestProvisioningByTheNpmSDK(t *testing.T) {
	folder := sdk(t)
	a := newAccount(t)
	a.giveRoles()
	output, err := a.node(folder, "provisioning.mjs")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var answers map[string]map[string]any
	if err := json.Unmarshal(output, &answers); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	refused := func(name string, status int, message string) {
		t.Helper()
		if answer := answers[name]; answer["status"] != float64(status) || !strings.Contains(fmt.Sprint(answer["refused"]), message) {
			t.Errorf("%s: %v", name, answer)
		}
	}
	has := func(name, path, want string) {
		t.Helper()
		var found any = answers[name]
		for part := range strings.SplitSeq(path, ".") {
			switch holder := found.(type) {
			case map[string]any:
				found = holder[part]
			case []any:
				var i int
				if _, err := fmt.Sscan(part, &i); err != nil || i >= len(holder) {
					t.Errorf("%s has no %s: %v", name, path, answers[name])
					return
				}
				found = holder[i]
			}
		}
		if fmt.Sprint(found) != want {
			t.Errorf("%s: %s is %v, not %s: %v", name, path, found, want, answers[name])
		}
	}
	for path, want := range map[string]string{"name": "Spring shop", "cloud_name": "spring-shop", "enabled": "true", "custom_attributes": "map[team:web]", "api_access_keys.0.enabled": "true"} {
		has("create", path, want)
	}
	if keys, _ := answers["create"]["api_access_keys"].([]any); len(keys) != 1 || len(fmt.Sprint(keys[0].(map[string]any)["key"])) != 15 || fmt.Sprint(keys[0].(map[string]any)["secret"]) == "" {
		t.Errorf("the new environment has the keys %v", keys)
	}
	refused("createTaken", 409, "Cloud name spring-shop is already taken")
	refused("createNamesake", 409, "named Spring shop already exists")
	refused("createDisabled", 400, "cannot be disabled")
	refused("createNameless", 400, "Missing required parameter - name")
	has("createLike", "name", "Autumn shop")
	has("list", "sub_accounts.0.name", "Spring shop")
	if listed, _ := answers["list"]["sub_accounts"].([]any); len(listed) != 1 {
		t.Errorf("the list by prefix is %v", listed)
	}
	if listed, _ := answers["listIDs"]["sub_accounts"].([]any); len(listed) != 2 {
		t.Errorf("the list by IDs is %v", listed)
	}
	has("listDisabled", "sub_accounts", "[]")
	has("show", "cloud_name", "spring-shop")
	refused("showMissing", 404, "Cannot find sub account with id 00000000000000000000000000000000")
	has("update", "name", "Summer shop")
	has("update", "cloud_name", "summer-shop")
	has("update", "custom_attributes", "map[team:app]")
	has("delete", "message", "ok")
	refused("showDeleted", 404, "Cannot find sub account")

	has("generateKey", "name", "mobile")
	has("generateKey", "enabled", "false")
	has("keys", "total", "2")
	has("keys", "access_keys.0.root", "true")
	refused("keysMissorted", 400, "sort_by")
	has("updateKey", "name", "tablet")
	has("updateKey", "enabled", "true")
	has("dedicateKey", "dedicated_for", "[webhooks]")
	refused("dedicateKeyOtherwise", 400, "sms is not webhooks")
	has("deleteKeyByName", "message", "ok")
	refused("deleteKeyMissing", 404, "Cannot find access key")

	if listed, _ := answers["users"]["users"].([]any); len(listed) != 2 {
		t.Errorf("users %v", listed)
	}
	for path, want := range map[string]string{"users.0.name": "ann@example.com", "users.0.email": "ann@example.com", "users.0.role": "media_library_admin", "users.1.name": "zoe", "users.1.email": "", "users.1.pending": "false"} {
		has("users", path, want)
	}
	has("user", "name", "ann@example.com")
	has("usersByPrefix", "users.0.name", "ann@example.com")
	has("usersPending", "users", "[]")
	for _, name := range []string{"createUser", "updateUser", "deleteUser", "createGroup", "updateGroup", "addToGroup"} {
		refused(name, 403, "the cluster's identity provider")
	}
	has("groups", "user_groups.0.name", "designers")
	has("group", "name", "designers")
	refused("groupUsers", 403, "Who is in which group is known to the cluster's identity provider alone")
	refused("wrongSecret", 401, "Invalid credentials")
	refused("wrongAccount", 401, "Invalid credentials")

	// What the API made are objects like any other.
	environments := &v1alpha1.ProductEnvironmentList{}
	if err := a.cluster.List(t.Context(), environments, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	if len(environments.Items) == 0 || environments.Items[0].Spec.DisplayName != "Summer shop" || environments.Items[0].Spec.CloudName != "summer-shop" {
		t.Errorf("environments %+v", environments.Items)
	}
	a.testDialects(t)
}

// reportUsage plays the renderers, until the answer is called: an environment is only renamed once it is known how much it holds.
func (a *account) reportUsage() func() {
	ctx, cancel := context.WithCancel(a.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			list := &v1alpha1.ProductEnvironmentList{}
			if err := a.cluster.List(ctx, list, client.InNamespace(namespace)); err != nil {
				continue
			}
			for i := range list.Items {
				if environment := &list.Items[i]; environment.Status.Usage == nil {
					environment.Status.Usage = &v1alpha1.UsageStatus{ObservedAt: metav1.Now()}
					_ = a.cluster.Status().Update(ctx, environment) // Whoever was faster is followed by the next round.
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// ask makes a call as the Python SDK does, and gives the answer as it was written.
func (a *account) ask(ctx context.Context, method, path, body string) (int, string) {
	a.Helper()
	return a.askAt(ctx, method, "/v1_1/provisioning/accounts/"+accountID+"/"+path, body)
}

func (a *account) askAt(ctx context.Context, method, path, body string) (int, string) {
	a.Helper()
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.SetBasicAuth(apiKey, apiSecret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		a.Fatal(err)
	}
	if response.Header.Get("X-Request-Id") == "" {
		a.Errorf("%s %s has no request ID", method, path)
	}
	return response.StatusCode, strings.TrimSpace(text.String())
}

// testPermissions asks for the permissions of the second version.
func (a *account) testPermissions(t *testing.T) {
	t.Helper()
	for _, test := range []struct {
		method, path string
		status       int
		want         []string
	}{
		{http.MethodGet, accountID + "/permissions/roles", 200, []string{`"id":"master_admin"`, `"id":"media_library_user","management_type":"system","name":"media_library_user"`, `"created_at":0`}},
		{http.MethodGet, accountID + "/permissions/roles/media_library_admin", 200, []string{`{"data":{`, `"description":"The cluster role edit"`}},
		{http.MethodGet, accountID + "/permissions/roles/media_library_user/principals", 200, []string{`"type":"group"`, `"type":"user"`, `"scope_type":"account"`}},
		{http.MethodGet, accountID + "/permissions/roles/master_admin/principals", 200, []string{`{"data":[]}`}},
		{http.MethodGet, accountID + "/permissions/roles/none", 404, []string{`"category":"user_error"`, `"code":"not_found"`, `"details":{}`, "Cannot find role with id none"}},
		{http.MethodPost, accountID + "/permissions/roles", 403, []string{`"category":"auth_error"`, `"code":"forbidden"`, "Roles are cluster roles"}},
		{http.MethodPut, accountID + "/permissions/roles/admin/principals", 403, []string{"role bindings"}},
		{http.MethodPut, accountID + "/permissions/principal_roles", 403, []string{"role bindings"}},
		{http.MethodGet, accountID + "/permissions/principal_roles", 400, []string{"Missing required parameter - principal_type"}},
		{http.MethodGet, accountID + "/permissions/roles?permission_type=local", 400, []string{"Invalid value for parameter permission_type: it must be global or content"}},
		{http.MethodGet, accountID + "/permissions/policies/system", 403, []string{"There are no policies here"}},
		{http.MethodGet, accountID + "/permissions/nothing", 404, []string{"No such endpoint: GET /nothing"}},
		{http.MethodGet, "permissions/public/catalog", 403, []string{`"code":"forbidden"`, "There are no policies here"}},
		{http.MethodGet, "other/permissions/roles", 401, []string{`"code":"unauthorized"`, "Invalid credentials"}},
	} {
		status, text := a.askAt(t.Context(), test.method, "/v2/accounts/"+test.path, "")
		for _, want := range test.want {
			if status != test.status || !strings.Contains(text, want) {
				t.Errorf("%s %s: %d %s", test.method, test.path, status, text)
			}
		}
	}
}

// testDialects looks at what the npm SDK does not send.
func (a *account) testDialects(t *testing.T) {
	var listed struct {
		SubAccounts []struct {
			ID string `json:"id"`
		} `json:"sub_accounts"`
	}
	_, text := a.ask(t.Context(), http.MethodGet, "sub_accounts?cloud_names[]=SUMMER-shop&enabled=", "")
	if err := json.Unmarshal([]byte(text), &listed); err != nil || len(listed.SubAccounts) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	id := listed.SubAccounts[0].ID
	status, text := a.ask(t.Context(), http.MethodPost, "sub_accounts/"+id+"/access_keys", `{"name":"server","enabled":null}`)
	order := []string{`{"name":"server","api_key":"`, `","api_secret":"`, `","created_at":"`, `","updated_at":"`, `","enabled":true}`}
	at := 0
	for _, part := range order {
		i := strings.Index(text[at:], part)
		if i < 0 {
			t.Fatalf("%d, %s of a key is not where it belongs: %s", status, part, text)
		}
		at += i
	}
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodGet, "sub_accounts?prefix=nobody&enabled=false&ids=" + id, "", 200, `"cloud_name":"summer-shop"`},
		{http.MethodGet, "sub_accounts?prefix=nobody", "", 200, `{"sub_accounts":[]}`},
		{http.MethodDelete, "sub_accounts/" + id + "/access_keys", `{"name":"server"}`, 200, `{"message":"ok"}`},
		{http.MethodDelete, "sub_accounts/" + id + "/access_keys", "", 400, "Missing required parameter - name"},
		{http.MethodPut, "sub_accounts/" + id, `{"custom_attributes":"none"}`, 400, "custom_attributes"},
		{http.MethodPut, "sub_accounts/" + id, `{"cloud_name":"no name"}`, 400, "spec.cloudName"},
		{http.MethodPost, "sub_accounts", `{"name":"Fresh","cloud_name":"fresh-shop"}`, 200, `"cloud_name":"fresh-shop"`},
		{http.MethodPost, "sub_accounts", `{"name":`, 400, "no object of JSON"},
		{http.MethodPost, "sub_accounts", `{"name":7}`, 400, "parameter name: it must be a text"},
		{http.MethodPost, "sub_accounts", `{"name":"x","enabled":"perhaps"}`, 400, "parameter enabled"},
		{http.MethodGet, "sub_accounts?ids=" + strings.Repeat("a,", 101), "", 400, "Too many ids. Got 101."},
		{http.MethodGet, "sub_accounts/" + id + "/access_keys?page_size=101", "", 400, "page_size"},
		{http.MethodGet, "sub_accounts/" + id + "/access_keys?page=9", "", 200, `"access_keys":[]`},
		{http.MethodGet, "billing_usage", "", 403, "no billing"},
		{http.MethodGet, "nothing", "", 404, "No such endpoint: GET /nothing"},
		{http.MethodPatch, "users", "", 404, "No such endpoint"},
	} {
		if status, text := a.ask(t.Context(), test.method, test.path, test.body); status != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s %s: %d %s", test.method, test.path, status, text)
		}
	}
	a.testFilters(t, id)
	// Who is in a group is not made up.
	_, text = a.ask(t.Context(), http.MethodGet, "user_groups", "")
	if !strings.Contains(text, `"name":"designers"`) || strings.Contains(text, `"users"`) {
		t.Errorf("groups: %s", text)
	}
	a.testPermissions(t)
	// A name that it may not have yet is not given later either.
	fresh := &v1alpha1.ProductEnvironmentList{}
	if err := a.cluster.List(t.Context(), fresh, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	for i := range fresh.Items {
		environment := &fresh.Items[i]
		if environment.Spec.DisplayName != "Fresh" {
			continue
		}
		status, text := a.ask(t.Context(), http.MethodPut, "sub_accounts/"+strings.ReplaceAll(string(environment.UID), "-", ""), `{"cloud_name":"renamed-shop"}`)
		if status != http.StatusConflict || !strings.Contains(text, "has not yet reported how many assets") {
			t.Errorf("a rename without a report: %d %s", status, text)
		}
		if err := a.cluster.Get(t.Context(), client.ObjectKeyFromObject(environment), environment); err != nil || environment.Spec.CloudName != "fresh-shop" {
			t.Errorf("afterwards the environment asks for %s, %v", environment.Spec.CloudName, err)
		}
	}
	// What the service account may not do the API does not do either.
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "darkroom-provisioning"}}
	if err := a.cluster.Get(t.Context(), client.ObjectKeyFromObject(role), role); err != nil {
		t.Fatal(err)
	}
	role.Rules[0].Verbs = []string{"get", "list"}
	if err := a.cluster.Update(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		status, text := a.ask(t.Context(), http.MethodPut, "sub_accounts/"+id, `{"name":"Winter shop"}`)
		if status == http.StatusForbidden && strings.Contains(text, "service account of the Provisioning API may not do this") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("without the right: %d %s", status, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// testFilters lists users by each of the filters, of which the cluster can tell some.
func (a *account) testFilters(t *testing.T, environment string) {
	_, everybody := a.ask(t.Context(), http.MethodGet, "users", "")
	var listed struct {
		Users []struct{ ID, Name string }
	}
	if err := json.Unmarshal([]byte(everybody), &listed); err != nil || len(listed.Users) != 2 {
		t.Fatalf("%s: %v", everybody, err)
	}
	ann := listed.Users[0].ID
	for query, want := range map[string]string{
		"": "ann@example.com zoe", "last_login=&from=&to=&pending=&ids=": "ann@example.com zoe",
		"ids=" + ann: "ann@example.com", "ids[]=" + ann + "&ids[]=x": "ann@example.com", "ids=x": "",
		// Where IDs or addresses are given, the other filters say nothing.
		"ids=" + ann + "&prefix=zoe&pending=true": "ann@example.com", "emails=ann@example.com&prefix=zoe": "ann@example.com",
		"prefix=ZO": "zoe", "prefix=oe": "", "pending=true": "", "pending=false": "ann@example.com zoe", "status=active": "ann@example.com zoe", "status=pending": "",
		"sub_account_id=" + environment: "ann@example.com zoe", "union_type=exclude": "ann@example.com zoe",
		"sort_by=name": "zoe ann@example.com", "sort_by=name&sort_order=asc": "ann@example.com zoe", "sort_order=desc": "zoe ann@example.com", "page_size=1&page=2": "zoe",
	} {
		status, text := a.ask(t.Context(), http.MethodGet, "users?"+query, "")
		var names []string
		listed.Users = nil
		err := json.Unmarshal([]byte(text), &listed)
		for _, user := range listed.Users {
			names = append(names, user.Name)
		}
		if got := strings.Join(names, " "); status != http.StatusOK || err != nil || got != want {
			t.Errorf("users?%s: %d %q, want %q: %s", query, status, got, want, text)
		}
	}
	unknown := " is not available: who signed in when is known to the cluster's identity provider alone"
	for query, want := range map[string]string{
		"last_login=true": "last_login" + unknown, "last_login=false": "last_login" + unknown, "from=2026-01-01": "from" + unknown, "to=2026-02-01": "to" + unknown,
		"activity=1": "activity" + unknown, "union_type=some": "parameter union_type: it must be include or exclude", "status=asleep": "parameter status: it must be active or pending",
		"pending=perhaps": "parameter pending: it must be true or false", "sort_by=age": "parameter sort_by", "ids=" + strings.Repeat("a,", 101): "Too many ids. Got 101.",
	} {
		if status, text := a.ask(t.Context(), http.MethodGet, "users?"+query, ""); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("users?%s: %d %s", query, status, text)
		}
	}
	if status, text := a.ask(t.Context(), http.MethodGet, "users?sub_account_id=none", ""); status != http.StatusNotFound || !strings.Contains(text, "Cannot find sub account with id none") {
		t.Errorf("users of no environment: %d %s", status, text)
	}
}
