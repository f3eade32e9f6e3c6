package provisioning

import (
	"net/http"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
)

// The permissions of the API's second version, as far as RBAC has them: roles are the cluster roles that a namespace's role bindings
// give, and principals are the users and groups of these. What they may do is written in RBAC and not in policies of another
// language, so that those are refused, and so is every change.

// servePermissions answers what is below /v2/accounts/. Its errors have a shape of their own.
func (s *Server) servePermissions(r *http.Request, segments []string) (any, error) {
	if len(segments) < 5 || segments[3] != "permissions" {
		return nil, refuse(http.StatusNotFound, "No such endpoint: %s %s", r.Method, r.URL.Path)
	}
	if err := s.authenticate(r, segments[2]); err != nil {
		return nil, err
	}
	path := segments[4:]
	switch {
	case path[0] == "roles" && r.Method == http.MethodGet && len(path) <= 3:
		return s.showRoles(r, path[1:])
	case path[0] == "roles", path[0] == "principal_roles":
		return nil, refuse(http.StatusForbidden, "Roles are cluster roles, and who has one is said by role bindings: bind the user or the group to the cluster role view, edit or admin in the namespace")
	case path[0] == "policies":
		return nil, refuse(http.StatusForbidden, "There are no policies here: what a role may do are the rules of its cluster role")
	}
	return nil, refuse(http.StatusNotFound, "No such endpoint: %s /%s", r.Method, strings.Join(path, "/"))
}

// showRoles answers GET roles, roles/<id> and roles/<id>/principals.
func (s *Server) showRoles(r *http.Request, path []string) (any, error) {
	grants, err := s.grants(r.Context())
	if err != nil {
		return nil, err
	}
	shown := []map[string]any{}
	for rank := range roles {
		shown = append(shown, roleAnswer(rank, grants))
	}
	if len(path) == 0 {
		return map[string]any{"data": shown}, nil
	}
	rank := slices.IndexFunc(shown, func(role map[string]any) bool { return role["id"] == path[0] })
	switch {
	case rank < 0:
		return nil, refuse(http.StatusNotFound, "Cannot find role with id %s", path[0])
	case len(path) == 1:
		return map[string]any{"data": shown[rank]}, nil
	case path[1] != "principals":
		return nil, refuse(http.StatusNotFound, "No such endpoint: %s /roles/%s", r.Method, strings.Join(path, "/"))
	}
	principals := []map[string]any{}
	for _, one := range grants {
		kind, known := map[string]string{rbacv1.UserKind: "user", rbacv1.GroupKind: "group"}[one.kind]
		if one.rank != rank || !known {
			continue
		}
		principals = append(principals, map[string]any{
			"id": subject{name: one.name}.id(), "type": kind, "role_id": path[0], "policy_parameters": map[string]any{}, "scope_type": "account",
			"scope_id": s.Namespace, "created_at": one.since.Unix(), "updated_at": one.since.Unix(),
		})
	}
	return map[string]any{"data": principals}, nil
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
		"id": role.api, "name": role.api, "description": "The cluster role " + role.kubernetes, "management_type": "system", "permission_type": "global",
		"policy_parameters": []string{}, "scope_type": "account", "created_at": since, "updated_at": since,
	}
}

// grant is a role that a binding gives to somebody, and since when.
type grant struct {
	rank       int
	kind, name string
	since      time.Time
}

// permissionsProblem is an error as the calls on permissions show it.
func permissionsProblem(status int, message string) map[string]any {
	category, code := "client", "bad_request"
	switch status {
	case http.StatusUnauthorized:
		category, code = "auth", "unauthorized"
	case http.StatusForbidden:
		category, code = "auth", "forbidden"
	case http.StatusNotFound:
		code = "not_found"
	case http.StatusConflict:
		code = "conflict"
	case http.StatusInternalServerError:
		category, code = "server", "internal_error"
	}
	return map[string]any{"error": map[string]any{"category": category, "code": code, "message": message, "details": map[string]any{}}}
}
