package provisioning_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// personID is the ID of a user or group of that name.
func personID(name string) string {
	digest := sha256.Sum256([]byte(name))
	return hex.EncodeToString(digest[:])[:32]
}

func binding(namespace, name, kind, role string, created metav1.Time, subjects ...rbacv1.Subject) client.Object {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: created}, Subjects: subjects,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
	}
}

// people has roles for ann, twice, Bea, zoe, a robot and two groups.
func people(t *testing.T) *cluster {
	t.Helper()
	named := func(kind, name string) rbacv1.Subject { return rbacv1.Subject{Kind: kind, Name: name} }
	user := func(name string) rbacv1.Subject { return named(rbacv1.UserKind, name) }
	return newCluster(t, springShop(), autumn(),
		binding(namespace, "1", "ClusterRole", "view", day(5), user("ann@example.com"), named(rbacv1.GroupKind, "designers"), user("zoe")),
		binding(namespace, "2", "ClusterRole", "darkroom-edit", day(6), user("ann@example.com"), named(rbacv1.ServiceAccountKind, "robot")),
		binding(namespace, "3", "ClusterRole", "admin", day(4), user("Bea")),
		binding(namespace, "4", "ClusterRole", "view", day(3), user("Bea")),
		binding(namespace, "5", "ClusterRole", "cluster-admin", day(7), named(rbacv1.GroupKind, "zealots")),
		binding(namespace, "6", "ClusterRole", "other", day(1), user("mallory")),
		binding(namespace, "7", "Role", "edit", day(1), user("mallory")),
		binding("elsewhere", "8", "ClusterRole", "edit", day(1), user("mallory"), user("zoe")),
	)
}

func shownUser(name, role, email, since string) string {
	return `{"id":"` + personID(name) + `","name":"` + name + `","role":"` + role + `","email":"` + email + `","pending":false,"enabled":true,"status":"active","created_at":"2026-01-0` + since +
		`T03:04:05Z","all_sub_accounts":true,"sub_account_ids":[],"groups":[]}`
}

func TestUsersAreShown(t *testing.T) {
	c := people(t)
	ann, bea, zoe := shownUser("ann@example.com", "media_library_admin", "ann@example.com", "5"), shownUser("Bea", "admin", "", "3"), shownUser("zoe", "media_library_user", "", "5")
	c.is(http.MethodGet, "users", "", 200, `{"users":[`+ann+`,`+bea+`,`+zoe+`]}`)
	c.is(http.MethodGet, "users/"+personID("Bea"), "", 200, bea)
	for query, want := range map[string]string{
		"sort_order=desc":                                 "zoe Bea ann@example.com",
		"sort_by=name&sort_order=asc":                     "ann@example.com Bea zoe",
		"sort_by=role":                                    "zoe ann@example.com Bea",
		"sort_by=role&sort_order=asc":                     "Bea ann@example.com zoe",
		"sort_by=role&sort_order=desc":                    "zoe ann@example.com Bea",
		"sort_by=created_at":                              "ann@example.com zoe Bea",
		"sort_by=created_at&sort_order=asc":               "Bea ann@example.com zoe",
		"status=active&prefix=z":                          "zoe",
		"status=pending":                                  "",
		"sort_by=status&sort_order=desc":                  "Bea ann@example.com zoe",
		"sort_by=activity":                                "Bea ann@example.com zoe",
		"page_size=2":                                     "ann@example.com Bea",
		"page_size=2&page=2":                              "zoe",
		"page_size=2&page=3":                              "",
		"page_size=1&page=2":                              "Bea",
		"page_size=0&page=9":                              "ann@example.com Bea zoe",
		"page_size=100&page=1000000":                      "",
		"pending=true":                                    "",
		"pending=false&union_type=exclude":                "ann@example.com Bea zoe",
		"ids=" + personID("zoe") + "," + personID("Bea"):  "Bea zoe",
		"ids=" + personID("mallory"):                      "",
		"emails=ann@example.com":                          "ann@example.com",
		"emails=x":                                        "",
		"prefix=B":                                        "Bea",
		"prefix=b":                                        "Bea",
		"prefix=ea":                                       "",
		"prefix=Z&pending=true&emails=ann@example.com":    "ann@example.com",
		"emails=ann@example.com&ids=" + personID("zoe"):   "zoe",
		"prefix=B&status=pending&ids=" + personID("zoe"):  "zoe",
		"prefix=Z&ids=" + personID("zoe"):                 "zoe",
		"sub_account_id=" + springID:                      "ann@example.com Bea zoe",
		"ids[]=" + personID("zoe") + "&page_size=1&page=": "zoe",
	} {
		c.lists("users?"+query, "users", "name", want)
	}
	for query, message := range map[string]string{
		"page_size=-1":       "Invalid value for parameter page_size: it must be a whole number between 0 and 100",
		"page_size=101":      "Invalid value for parameter page_size: it must be a whole number between 0 and 100",
		"page=0":             "Invalid value for parameter page: it must be a whole number between 1 and 1000000",
		"page=1000001":       "Invalid value for parameter page: it must be a whole number between 1 and 1000000",
		"sort_by=age":        "Invalid value for parameter sort_by: it must be name or role or status or activity or created_at",
		"sort_order=up":      "Invalid value for parameter sort_order: it must be desc or asc",
		"status=gone":        "Invalid value for parameter status: it must be active or pending",
		"union_type=x":       "Invalid value for parameter union_type: it must be include or exclude",
		"pending=x":          "Invalid value for parameter pending: it must be true or false",
		"last_login=false":   "last_login is not available: who signed in when is known to the cluster's identity provider alone",
		"from=2026-01-01":    "from is not available: who signed in when is known to the cluster's identity provider alone",
		"to=2026-01-01":      "to is not available: who signed in when is known to the cluster's identity provider alone",
		"activity=x":         "activity is not available: who signed in when is known to the cluster's identity provider alone",
		"last_login=true":    "last_login is not available: who signed in when is known to the cluster's identity provider alone",
		"prefix[]=a":         "Invalid value for parameter prefix: it must be a text",
		"sub_account_id[]=a": "Invalid value for parameter sub_account_id: it must be a text",
		"ids=" + many(101):   "Too many ids. Got 101. Maximum is 100.",
	} {
		c.refuses(http.MethodGet, "users?"+query, "", 400, message)
	}
	c.refuses(http.MethodGet, "users", `{"emails":[1]}`, 400, "Invalid value for parameter emails: it must be a list of texts")
	c.refuses(http.MethodGet, "users?sub_account_id=x", "", 404, "Cannot find sub account with id x")
	c.refuses(http.MethodGet, "users/x", "", 404, "Cannot find user with id x")
	c.refuses(http.MethodGet, "users/"+personID("designers"), "", 404, "Cannot find user with id "+personID("designers"))
	c.is(http.MethodGet, "users/"+personID("zoe")+"/sub_accounts", "", 200, `{"sub_accounts":[{"cloud_name":"autumn-cloud","enabled":true,"id":"`+autumnID+`","name":"autumn"},`+
		`{"cloud_name":"spring-shop","enabled":true,"id":"`+springID+`","name":"Spring shop"}]}`)
	c.refuses(http.MethodGet, "users/x/sub_accounts", "", 404, "Cannot find user with id x")
}

const (
	membership = "Who is in which group is known to the cluster's identity provider alone"
	notHere    = "Users and groups are those of the cluster's identity provider, and their roles are role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace"
)

func TestGroupsAreShown(t *testing.T) {
	c := people(t)
	designers, zealots := `{"id":"`+personID("designers")+`","name":"designers"}`, `{"id":"`+personID("zealots")+`","name":"zealots"}`
	c.is(http.MethodGet, "user_groups", "", 200, `{"user_groups":[`+designers+`,`+zealots+`]}`)
	c.is(http.MethodGet, "user_groups/"+personID("zealots"), "", 200, zealots)
	c.refuses(http.MethodGet, "user_groups/x", "", 404, "Cannot find user group with id x")
	c.refuses(http.MethodGet, "user_groups/"+personID("zoe"), "", 403, membership)
	c.refuses(http.MethodGet, "user_groups/"+personID("zealots")+"/users", "", 403, membership)
	c.refuses(http.MethodGet, "user_groups/"+personID("zoe")+"/users", "", 404, "Cannot find user group with id "+personID("zoe"))
	c.refuses(http.MethodGet, "users/"+personID("zoe")+"/groups", "", 403, membership)
	c.refuses(http.MethodGet, "users/x/groups", "", 404, "Cannot find user with id x")
}

func TestPeopleAreNotChangedHere(t *testing.T) {
	c := people(t)
	for _, path := range []string{"users", "users/x", "user_groups", "user_groups/x", "user_groups/x/users/y"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			c.refuses(method, path, "", 403, notHere)
		}
		c.refuses(http.MethodPatch, path, "", 404, "No such endpoint: PATCH /"+path)
	}
	for _, path := range []string{"users/x/other", "users/x/groups/y", "users/x/sub_accounts/y", "user_groups/x/groups", "user_groups/x/users/y", "other", "sub_accounts/a/access_keys/b/c", "sub_accounts/a/b", "sub_accounts/a/b/c", "billing_usage/x", "user_groups/x/y/z"} {
		c.refuses(http.MethodGet, path, "", 404, "No such endpoint: GET /"+path)
	}
	for _, path := range []string{"sub_accounts/a/b/c"} {
		c.refuses(http.MethodDelete, path, "", 404, "No such endpoint: DELETE /"+path)
	}
}

func TestPeopleThatCannotBeRead(t *testing.T) {
	f := newFailing(t)
	f.fail = errors.New("dial tcp 10.0.0.1: refused")
	base := strings.TrimSuffix(environments, "sub_accounts")
	for _, path := range []string{
		base + "users", base + "users/x", base + "users/x/groups", base + "users/x/sub_accounts", base + "users?sub_account_id=x", base + "user_groups", base + "user_groups/x", base + "user_groups/x/users",
		base + "sub_accounts/x", base + "sub_accounts/x/access_keys",
		"/v2/accounts/" + accountID + "/permissions/roles", "/v2/accounts/" + accountID + "/permissions/principal_roles?principal_type=user&principal_id=x",
		"/v2/accounts/" + accountID + "/permissions/principal_roles/inspect?scope_type=account",
	} {
		if status, _, answer := f.call(t, http.MethodGet, path, apiKey, apiSecret, ""); status != http.StatusInternalServerError || !strings.Contains(answerText(answer), "General Error") {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	// Objects of one kind that cannot be listed, where those of another can.
	c := people(t)
	c.unlisted = func(list client.ObjectList) error {
		switch list.(type) {
		case *rbacv1.RoleBindingList:
			return nil
		}
		return f.fail
	}
	c.refuses(http.MethodGet, "users/"+personID("zoe")+"/sub_accounts", "", 500, "General Error")
	c.unlisted = func(list client.ObjectList) error {
		if _, ok := list.(*rbacv1.RoleBindingList); ok {
			return f.fail
		}
		return nil
	}
	c.refuses(http.MethodGet, "users?sub_account_id="+springID, "", 500, "General Error")
}
