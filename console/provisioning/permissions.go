package provisioning

import (
	"net/http"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// The permissions of the API's second version, as far as RBAC has them: roles are the cluster roles that a namespace's role bindings
// give, and principals are the users and groups of these. What they may do is written in RBAC and not in policies of another
// language, so that those are refused, and so is every change.

// servePermissions answers what is below /v2/accounts/. Its errors have a shape of their own.
func (s *Server) servePermissions(r *http.Request, segments []string) (any, error) {
	if len(segments) == 5 && segments[2] == "permissions" && segments[3] == "public" {
		return nil, noPolicies() // The catalog of policies, their schema and their check, which are asked for without credentials.
	}
	if len(segments) < 5 || segments[3] != "permissions" {
		return nil, problem.NotFound("No such endpoint: %s %s", r.Method, r.URL.Path)
	}
	if err := s.authenticate(r, segments[2]); err != nil {
		return nil, err
	}
	given, err := readParams(r)
	if err != nil {
		return nil, err
	}
	c := &call{Request: r, params: given, path: segments[5:]}
	reads := r.Method == http.MethodGet
	switch segments[4] {
	case "roles":
		if reads && len(c.path) <= 2 {
			return s.showRoles(c)
		}
		return nil, problem.Forbidden("Roles are cluster roles, and who has one is said by role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace")
	case "principal_roles":
		if reads && len(c.path) == 0 {
			return s.rolesOfPrincipal(c)
		}
		if len(c.path) == 1 && c.path[0] == "inspect" && (reads || r.Method == http.MethodPost) {
			return s.inspectPrincipals(c)
		}
		return nil, problem.Forbidden("Who has a role is said by role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace")
	case "policies":
		return nil, noPolicies()
	}
	return nil, problem.NotFound("No such endpoint: %s /%s", r.Method, strings.Join(segments[4:], "/"))
}

func noPolicies() error {
	return problem.Forbidden("There are no policies here: what a role may do are the rules of its cluster role")
}

// What is the same of every role here.
const (
	permissionType = "global"
	managementType = "system"
	scopeType      = "account"
)

// asksForRoles says whether a call asks for roles of the only kind that there is.
func (c *call) asksForRoles() (bool, error) {
	asked := true
	for _, one := range []struct{ name, is, other string }{
		{"permission_type", permissionType, "content"}, {"management_type", managementType, "custom"}, {"scope_type", scopeType, "prodenv"},
	} {
		value, err := c.params.one(one.name, one.is, one.other)
		if err != nil {
			return false, err
		}
		asked = asked && value == one.is
	}
	return asked, nil
}

// showRoles answers GET roles, roles/<id> and roles/<id>/principals.
func (s *Server) showRoles(c *call) (any, error) {
	asked, err := c.asksForRoles()
	if err != nil {
		return nil, err
	}
	grants, err := s.grants(c.Context())
	if err != nil {
		return nil, err
	}
	shown := []map[string]any{}
	for rank := range roles {
		shown = append(shown, roleAnswer(rank, grants))
	}
	if len(c.path) == 0 {
		if !asked {
			shown = shown[:0]
		}
		return map[string]any{"data": shown}, nil
	}
	rank := slices.IndexFunc(shown, func(role map[string]any) bool { return role["id"] == c.path[0] })
	switch {
	case rank < 0:
		return nil, problem.NotFound("Cannot find role with id %s", c.path[0])
	case len(c.path) == 1:
		return map[string]any{"data": shown[rank]}, nil
	case c.path[1] != "principals":
		return nil, problem.NotFound("No such endpoint: %s /roles/%s", c.Method, strings.Join(c.path, "/"))
	}
	principals := []map[string]any{}
	for _, one := range grants {
		kind, known := principalTypes[one.kind]
		if one.rank != rank || !known || !asked {
			continue
		}
		principals = append(principals, map[string]any{
			"id": subject{name: one.name}.id(), "type": kind, "role_id": c.path[0], "policy_parameters": map[string]any{}, "scope_type": scopeType,
			"scope_id": s.Namespace, "created_at": one.since.Unix(), "updated_at": one.since.Unix(),
		})
	}
	return map[string]any{"data": principals}, nil
}

// principalTypes are what the API calls the kinds of subjects that it shows.
var principalTypes = map[string]string{rbacv1.UserKind: "user", rbacv1.GroupKind: "group"}

// principal is who may have roles, as a call names it.
type principal struct{ kind, id string }

// principalOf reads a principal out of parameters. Keys are none that role bindings could name: they are known, and have no roles.
func principalOf(given params, typeName, idName string) (principal, error) {
	for _, name := range []string{typeName, idName} {
		if !given.has(name) {
			return principal{}, problem.BadRequest("Missing required parameter - %s", name)
		}
	}
	kind, err := given.one(typeName, "user", "group", "apiKey", "provisioningKey")
	if err != nil {
		return principal{}, err
	}
	id, err := given.text(idName)
	return principal{kind, id}, err
}

// principals are all that grants name, each once, by their names.
func principals(grants []grant) []principal {
	var found []principal
	for _, one := range grants {
		kind, known := principalTypes[one.kind]
		if named := (principal{kind, subject{name: one.name}.id()}); known && !slices.Contains(found, named) {
			found = append(found, named)
		}
	}
	return found
}

// rolesOf are the roles that grants give to a principal, the strongest first, each once. An unknown user or group is an error.
func (s *Server) rolesOf(who principal, grants []grant, asked bool) ([]map[string]any, error) {
	if (who.kind == "user" || who.kind == "group") && !slices.Contains(principals(grants), who) {
		return nil, problem.NotFound("Cannot find %s with id %s", who.kind, who.id)
	}
	shown := []map[string]any{}
	for rank := range roles {
		has := func(one grant) bool {
			return one.rank == rank && principalTypes[one.kind] == who.kind && subject{name: one.name}.id() == who.id
		}
		if !asked || !slices.ContainsFunc(grants, has) {
			continue
		}
		role := roleAnswer(rank, grants)
		role["policy_parameters"], role["scope_id"] = map[string]any{}, s.Namespace
		shown = append(shown, role)
	}
	return shown, nil
}

// rolesOfPrincipal answers GET principal_roles.
func (s *Server) rolesOfPrincipal(c *call) (any, error) {
	asked, err := c.asksForRoles()
	if err != nil {
		return nil, err
	}
	who, err := principalOf(c.params, "principal_type", "principal_id")
	if err != nil {
		return nil, err
	}
	grants, err := s.grants(c.Context())
	if err != nil {
		return nil, err
	}
	shown, err := s.rolesOf(who, grants, asked)
	return map[string]any{"data": shown}, err
}

// inspectPrincipals answers GET and POST principal_roles/inspect: the principals that are named, or else all, with their roles.
func (s *Server) inspectPrincipals(c *call) (any, error) {
	if !c.params.has("scope_type") {
		return nil, problem.BadRequest("Missing required parameter - scope_type")
	}
	asked, err := c.asksForRoles()
	if err != nil {
		return nil, err
	}
	grants, err := s.grants(c.Context())
	if err != nil {
		return nil, err
	}
	wanted, err := c.principals()
	if err != nil {
		return nil, err
	}
	if wanted == nil {
		wanted = principals(grants)
	}
	inspected := []map[string]any{}
	for _, who := range wanted {
		shown, err := s.rolesOf(who, grants, asked)
		if err != nil {
			return nil, err
		}
		inspected = append(inspected, map[string]any{"type": who.kind, "id": who.id, "roles": shown})
	}
	return map[string]any{"data": map[string]any{"principals": inspected}}, nil
}

// principals are those that a call names: one by its parameters, or a list of objects; nil where it names none.
func (c *call) principals() ([]principal, error) {
	if c.params.has("principal_type") || c.params.has("principal_id") {
		who, err := principalOf(c.params, "principal_type", "principal_id")
		return []principal{who}, err
	}
	if !c.params.has("principals") {
		return nil, nil
	}
	given, ok := c.params["principals"].([]any)
	if !ok || len(given) > maxListed {
		return nil, problem.BadRequest("Invalid value for parameter principals: it must be a list of at most %d objects", maxListed)
	}
	named := []principal{}
	for _, one := range given {
		object, _ := one.(map[string]any)
		who, err := principalOf(object, "type", "id")
		if err != nil {
			return nil, err
		}
		named = append(named, who)
	}
	return named, nil
}

// roleAnswer is a role as the API shows it. It is as old as the first binding that gives it; 0 where none does.
func roleAnswer(rank int, grants []grant) map[string]any {
	since := int64(0)
	for _, one := range grants {
		if at := one.since.Unix(); one.rank == rank && (since == 0 || at < since) {
			since = at
		}
	}
	role := roles[rank]
	return map[string]any{
		"id": role.api, "name": role.api, "description": "The cluster role " + role.kubernetes, "management_type": managementType, "permission_type": permissionType,
		"policy_parameters": []string{}, "scope_type": scopeType, "created_at": since, "updated_at": since,
	}
}

// grant is a role that a binding gives to somebody, and since when.
type grant struct {
	rank       int
	kind, name string
	since      time.Time
}
