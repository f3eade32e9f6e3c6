package provisioning_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// roleShown is a role whose first binding was made on a day of January 2026, 0 for none.
func roleShown(api, kubernetes string, since int, rest string) string {
	at := int64(0)
	if since > 0 {
		at = day(since).Unix()
	}
	parameters, scope := "[]", ""
	if rest != "" {
		parameters, scope = "{}", `"scope_id":"account",`
	}
	return fmt.Sprintf(`{"created_at":%d,"description":"The cluster role %s","id":"%s","management_type":"system","name":"%s","permission_type":"global","policy_parameters":%s,%s"scope_type":"account","updated_at":%d}`,
		at, kubernetes, api, api, parameters, scope, at)
}

func principalShown(kind, name, role string, since int) string {
	at := day(since).Unix()
	return fmt.Sprintf(`{"created_at":%d,"id":"%s","policy_parameters":{},"role_id":"%s","scope_id":"account","scope_type":"account","type":"%s","updated_at":%d}`, at, personID(name), role, kind, at)
}

func answerText(answer map[string]any) string {
	text, _ := json.Marshal(answer)
	return string(text)
}

const permissionsPath = "/v2/accounts/" + accountID + "/permissions/"

// denies expects an error in the shape of the second version.
func (c *cluster) denies(method, path, body string, status int, category, code, message string) {
	c.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		c.Fatal(err)
	}
	c.is(method, path, body, status, `{"error":{"category":"`+category+`","code":"`+code+`","message":`+string(text)+`,"details":{}}}`)
}

func TestRolesAreShown(t *testing.T) {
	c := people(t)
	master, admin := roleShown("master_admin", "cluster-admin", 7, ""), roleShown("admin", "admin", 4, "")
	edit, view := roleShown("media_library_admin", "edit", 6, ""), roleShown("media_library_user", "view", 3, "")
	all := `{"data":[` + strings.Join([]string{master, admin, edit, view}, ",") + `]}`
	for query, want := range map[string]string{
		"": all, "?permission_type=global&management_type=system&scope_type=account": all,
		"?permission_type=content": `{"data":[]}`, "?management_type=custom": `{"data":[]}`, "?scope_type=prodenv": `{"data":[]}`,
	} {
		c.is(http.MethodGet, permissionsPath+"roles"+query, "", 200, want)
	}
	newCluster(t).is(http.MethodGet, permissionsPath+"roles/admin", "", 200, `{"data":`+roleShown("admin", "admin", 0, "")+`}`)
	c.is(http.MethodGet, permissionsPath+"roles/media_library_user", "", 200, `{"data":`+view+`}`)
	c.is(http.MethodGet, permissionsPath+"roles/media_library_user/principals", "", 200, `{"data":[`+principalShown("user", "Bea", "media_library_user", 3)+`,`+
		principalShown("user", "ann@example.com", "media_library_user", 5)+`,`+principalShown("group", "designers", "media_library_user", 5)+`,`+principalShown("user", "zoe", "media_library_user", 5)+`]}`)
	// Robots are no principals.
	c.is(http.MethodGet, permissionsPath+"roles/media_library_admin/principals", "", 200, `{"data":[`+principalShown("user", "ann@example.com", "media_library_admin", 6)+`]}`)
	c.is(http.MethodGet, permissionsPath+"roles/media_library_admin/principals?scope_type=prodenv", "", 200, `{"data":[]}`)
	c.denies(http.MethodGet, permissionsPath+"roles/x", "", 404, "user_error", "not_found", "Cannot find role with id x")
	c.denies(http.MethodGet, permissionsPath+"roles/x/principals", "", 404, "user_error", "not_found", "Cannot find role with id x")
	c.denies(http.MethodGet, permissionsPath+"roles/admin/other", "", 404, "user_error", "not_found", "No such endpoint: GET /roles/admin/other")
	c.denies(http.MethodGet, permissionsPath+"roles?scope_type=all", "", 400, "user_error", "bad_request", "Invalid value for parameter scope_type: it must be account or prodenv")
	c.denies(http.MethodGet, permissionsPath+"roles?management_type=all", "", 400, "user_error", "bad_request", "Invalid value for parameter management_type: it must be system or custom")
	c.denies(http.MethodGet, permissionsPath+"roles?x=%zz", "", 400, "user_error", "bad_request", "Invalid query string")
	const bound = "Roles are cluster roles, and who has one is said by role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace"
	for _, path := range []string{"roles", "roles/admin", "roles/admin/principals"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			c.denies(method, permissionsPath+path, "", 403, "auth_error", "forbidden", bound)
		}
	}
	c.denies(http.MethodGet, permissionsPath+"roles/admin/principals/x", "", 403, "auth_error", "forbidden", bound)
}

func TestRolesOfPrincipals(t *testing.T) {
	c := people(t)
	ofAnn := roleShown("media_library_admin", "edit", 6, "scoped") + "," + roleShown("media_library_user", "view", 3, "scoped")
	ofBea := roleShown("admin", "admin", 4, "scoped") + "," + roleShown("media_library_user", "view", 3, "scoped")
	ofViewers, ofZealots := roleShown("media_library_user", "view", 3, "scoped"), roleShown("master_admin", "cluster-admin", 7, "scoped")
	query := func(kind, name string) string { return "principal_type=" + kind + "&principal_id=" + personID(name) }
	for given, want := range map[string]string{
		query("user", "ann@example.com"):                             ofAnn,
		query("user", "ann@example.com") + "&scope_type=prodenv":     "",
		query("group", "designers"):                                  ofViewers,
		query("apiKey", "designers"):                                 "",
		"principal_type=provisioningKey&principal_id=1":              "",
		query("user", "ann@example.com") + "&permission_type=global": ofAnn,
	} {
		c.is(http.MethodGet, permissionsPath+"principal_roles?"+given, "", 200, `{"data":[`+want+`]}`)
	}
	for given, refused := range map[string][2]string{
		"":                                            {"400", "Missing required parameter - principal_type"},
		"principal_type=user":                         {"400", "Missing required parameter - principal_id"},
		"principal_type=x&principal_id=y":             {"400", "Invalid value for parameter principal_type: it must be user or group or apiKey or provisioningKey"},
		"principal_type=user&principal_id[]=y":        {"400", "Invalid value for parameter principal_id: it must be a text"},
		query("user", "designers"):                    {"404", "Cannot find user with id " + personID("designers")},
		query("group", "zoe"):                         {"404", "Cannot find group with id " + personID("zoe")},
		query("user", "robot"):                        {"404", "Cannot find user with id " + personID("robot")},
		query("user", "zoe") + "&permission_type=any": {"400", "Invalid value for parameter permission_type: it must be global or content"},
	} {
		if refused[0] == "404" {
			c.denies(http.MethodGet, permissionsPath+"principal_roles?"+given, "", 404, "user_error", "not_found", refused[1])
		} else {
			c.denies(http.MethodGet, permissionsPath+"principal_roles?"+given, "", 400, "user_error", "bad_request", refused[1])
		}
	}
	inspected := func(kind, name, roles string) string {
		return `{"id":"` + personID(name) + `","roles":[` + roles + `],"type":"` + kind + `"}`
	}
	inspect := permissionsPath + "principal_roles/inspect"
	everybody := []string{inspected("user", "Bea", ofBea), inspected("user", "ann@example.com", ofAnn), inspected("group", "designers", ofViewers), inspected("group", "zealots", ofZealots), inspected("user", "zoe", ofViewers)}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		c.is(method, inspect+"?scope_type=account", "", 200, `{"data":{"principals":[`+strings.Join(everybody, ",")+`]}}`)
		c.is(method, inspect, `{"scope_type":"account","principals":[{"type":"user","id":"`+personID("zoe")+`"},{"type":"apiKey","id":"`+personID("zoe")+`"}]}`, 200,
			`{"data":{"principals":[`+everybody[4]+`,`+inspected("apiKey", "zoe", "")+`]}}`)
		c.is(method, inspect+"?scope_type=account&"+query("group", "zealots"), "", 200, `{"data":{"principals":[`+everybody[3]+`]}}`)
		c.is(method, inspect+"?scope_type=prodenv&"+query("group", "zealots"), "", 200, `{"data":{"principals":[`+inspected("group", "zealots", "")+`]}}`)
		c.is(method, inspect, `{"scope_type":"account","principals":[]}`, 200, `{"data":{"principals":[]}}`)
	}
	hundred := func(n int) string {
		return `{"scope_type":"account","principals":[` + strings.TrimSuffix(strings.Repeat(`{"type":"apiKey","id":"1"},`, n), ",") + `]}`
	}
	if status, text := c.ask(http.MethodPost, inspect, hundred(100)); status != 200 || strings.Count(text, `"apiKey"`) != 100 {
		t.Errorf("%d %s", status, text)
	}
	const list = "Invalid value for parameter principals: it must be a list of at most 100 objects"
	for body, message := range map[string]string{
		`{}`:                 "Missing required parameter - scope_type",
		`{"scope_type":"x"}`: "Invalid value for parameter scope_type: it must be account or prodenv",
		hundred(101):         list,
		`{"scope_type":"account","principals":5}`:                 list,
		`{"scope_type":"account","principals":[5]}`:               "Missing required parameter - type",
		`{"scope_type":"account","principals":[{"type":"user"}]}`: "Missing required parameter - id",
		`{"scope_type":"account","principal_id":"1"}`:             "Missing required parameter - principal_type",
		`{"scope_type":"account","principal_type":"user"}`:        "Missing required parameter - principal_id",
	} {
		c.denies(http.MethodPost, inspect, body, 400, "user_error", "bad_request", message)
	}
	c.denies(http.MethodPost, inspect, `{"scope_type":"account","principals":[{"type":"user","id":"x"}]}`, 404, "user_error", "not_found", "Cannot find user with id x")
	const bound = "Who has a role is said by role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace"
	for _, refused := range [][2]string{{http.MethodPut, "principal_roles"}, {http.MethodPost, "principal_roles"}, {http.MethodPut, "principal_roles/inspect"}, {http.MethodDelete, "principal_roles"},
		{http.MethodGet, "principal_roles/other"}, {http.MethodGet, "principal_roles/inspect/x"}} {
		c.denies(refused[0], permissionsPath+refused[1], "", 403, "auth_error", "forbidden", bound)
	}
}

func TestPoliciesAreNotHere(t *testing.T) {
	c := people(t)
	const none = "There are no policies here: what a role may do are the rules of its cluster role"
	for _, path := range []string{permissionsPath + "policies", permissionsPath + "policies/system", "/v2/accounts/permissions/public/catalog"} {
		c.denies(http.MethodGet, path, "", 403, "auth_error", "forbidden", none)
		c.denies(http.MethodPost, path, "", 403, "auth_error", "forbidden", none)
	}
	for _, path := range []string{"/v2/accounts/" + accountID + "/permissions", "/v2/accounts/" + accountID + "/other/roles", "/v2/accounts/permissions/public", "/v2/accounts/permissions/public/catalog/x", "/v2/accounts/other/public/catalog", "/v2/accounts/permissions/other/catalog"} {
		c.denies(http.MethodGet, path, "", 404, "user_error", "not_found", "No such endpoint: GET "+path)
	}
	c.denies(http.MethodGet, permissionsPath+"other/x", "", 404, "user_error", "not_found", "No such endpoint: GET /other/x")
	c.denies(http.MethodGet, "/v2/accounts/x/permissions/roles", "", 401, "auth_error", "unauthorized", "Invalid credentials")
}
