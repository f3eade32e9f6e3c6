package provisioning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// subject is somebody who has a role in the namespace: a user or a group.
type subject struct {
	name string
	// rank is that of the strongest role.
	rank int
	// since is when the first of its role bindings was made.
	since time.Time
}

// roles are those of the API, by the Kubernetes roles that stand for them, the strongest first: admin may delete an
// environment, edit may change what is in it, view may look.
var roles = []struct{ kubernetes, api string }{
	{"cluster-admin", "master_admin"}, {"admin", "admin"}, {"edit", "media_library_admin"}, {"view", "media_library_user"},
}

// rankOf is the place of a Kubernetes role in roles; ok is false for one that says nothing about environments.
func rankOf(role string) (int, bool) {
	// The install's own roles are named like Kubernetes', with a prefix.
	rank := slices.IndexFunc(roles, func(known struct{ kubernetes, api string }) bool {
		return role == known.kubernetes || role == "darkroom-"+known.kubernetes
	})
	return rank, rank >= 0
}

func (s subject) id() string {
	digest := sha256.Sum256([]byte(s.name))
	return hex.EncodeToString(digest[:16])
}

// grants are what role bindings of the namespace give, by name.
func (s *Server) grants(ctx context.Context) ([]grant, error) {
	bindings := &rbacv1.RoleBindingList{}
	if err := s.Client.List(ctx, bindings, client.InNamespace(s.Namespace)); err != nil {
		return nil, err
	}
	var found []grant
	for i := range bindings.Items {
		binding := &bindings.Items[i]
		rank, known := rankOf(binding.RoleRef.Name)
		if binding.RoleRef.Kind != "ClusterRole" || !known {
			continue
		}
		for _, one := range binding.Subjects {
			found = append(found, grant{rank, one.Kind, one.Name, binding.CreationTimestamp.Time})
		}
	}
	slices.SortStableFunc(found, func(a, b grant) int { return strings.Compare(a.name, b.name) })
	return found, nil
}

// subjects are the users or groups that role bindings of the namespace name, by name.
func (s *Server) subjects(ctx context.Context, kind string) ([]subject, error) {
	grants, err := s.grants(ctx)
	if err != nil {
		return nil, err
	}
	var found []subject // grants come by name
	for _, one := range grants {
		if one.kind != kind {
			continue
		}
		if last := len(found) - 1; last >= 0 && found[last].name == one.name {
			found[last].rank = min(found[last].rank, one.rank)
			if one.since.Before(found[last].since) {
				found[last].since = one.since
			}
			continue
		}
		found = append(found, subject{one.name, one.rank, one.since})
	}
	return found, nil
}

// The statuses of users. Whom a role binding names is active: nobody is asked whether they want to be.
const (
	statusActive  = "active"
	statusPending = "pending"
)

// userAnswer is a user as the API shows it.
type userAnswer struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Role           string   `json:"role"`
	Email          string   `json:"email"`
	Pending        bool     `json:"pending"`
	Enabled        bool     `json:"enabled"`
	Status         string   `json:"status"`
	CreatedAt      string   `json:"created_at"`
	AllSubAccounts bool     `json:"all_sub_accounts"`
	SubAccountIDs  []string `json:"sub_account_ids"`
	Groups         []any    `json:"groups"`
}

// showUser shows a user. Kubernetes knows no addresses: a name that is one is taken for it.
func showUser(user subject) *userAnswer {
	answer := &userAnswer{
		ID: user.id(), Name: user.name, Role: roles[user.rank].api, Enabled: true, Status: statusActive, CreatedAt: timestamp(user.since), AllSubAccounts: true, SubAccountIDs: []string{}, Groups: []any{},
	}
	if strings.Contains(user.name, "@") {
		answer.Email = user.name
	}
	return answer
}

// routePeople answers what can be told of users and groups, and refuses to change them.
func (s *Server) routePeople(method, resource string, path []string) (handle, []string) {
	if method != http.MethodGet {
		if method == http.MethodPost || method == http.MethodPut || method == http.MethodDelete {
			return refusePeople, nil
		}
		return nil, nil
	}
	switch {
	case resource == "users" && len(path) == 0:
		return s.listUsers, nil
	case resource == "users" && len(path) == 1:
		return s.showUserByID, path
	case resource == "users" && len(path) == 2 && path[1] == "groups":
		return s.userGroups, path
	case resource == "users" && len(path) == 2 && path[1] == "sub_accounts":
		return s.userEnvironments, path
	case resource == "user_groups" && len(path) == 0:
		return s.listGroups, nil
	case resource == "user_groups" && len(path) == 1:
		return s.showGroup, path
	case resource == "user_groups" && len(path) == 2 && path[1] == "users":
		return s.groupUsers, path
	}
	return nil, nil
}

func refusePeople(*call) (any, error) {
	return nil, problem.Forbidden("Users and groups are those of the cluster's identity provider, and their roles are role bindings: " +
		"bind the user or the group to the cluster role view, edit or admin in the namespace")
}

func (s *Server) listUsers(c *call) (any, error) {
	chosen, err := c.usersWanted()
	if err != nil {
		return nil, err
	}
	size, err := c.params.number("page_size", 0, 0, maxListed)
	if err != nil {
		return nil, err
	}
	page, err := c.params.number("page", 1, 1, 1_000_000)
	if err != nil {
		return nil, err
	}
	by, err := c.params.one("sort_by", "name", "role", "status", "activity", "created_at")
	if err != nil {
		return nil, err
	}
	order, err := c.params.one("sort_order", "desc", "asc")
	if err != nil {
		return nil, err
	}
	if !c.params.has("sort_by") && !c.params.has("sort_order") {
		order = "asc" // Those who ask for no order get the one that is read most easily.
	}
	if id, err := c.params.text("sub_account_id"); err != nil {
		return nil, err
	} else if id != "" { // Everybody has a role in all of them.
		if _, err := s.environment(c.Context(), id); err != nil {
			return nil, err
		}
	}
	users, err := s.subjects(c.Context(), rbacv1.UserKind)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(users, func(a, b subject) int {
		if order == "desc" {
			a, b = b, a
		}
		return a.compare(b, by)
	})
	shown := []*userAnswer{}
	for _, user := range users {
		if answer := showUser(user); chosen(answer) {
			shown = append(shown, answer)
		}
	}
	if size > 0 {
		shown = shown[min((page-1)*size, len(shown)):min(page*size, len(shown))]
	}
	return map[string]any{"users": shown}, nil
}

// compare orders users. All have the same status, and nobody's activity is known.
func (s subject) compare(other subject, by string) int {
	switch by {
	case "role":
		return strings.Compare(roles[s.rank].api, roles[other.rank].api)
	case "created_at":
		return s.since.Compare(other.since)
	case "name":
		return strings.Compare(strings.ToLower(s.name), strings.ToLower(other.name))
	}
	return 0
}

// usersWanted says yes to the users that a call asks for. Where it gives IDs, or else addresses, the other filters say nothing, as
// the SDKs describe them. What only the identity provider could tell is refused.
func (c *call) usersWanted() (func(*userAnswer) bool, error) {
	if err := c.noSignIns(); err != nil {
		return nil, err
	}
	ids, err := c.params.list("ids")
	if err != nil {
		return nil, err
	}
	emails, err := c.params.list("emails")
	if err != nil {
		return nil, err
	}
	prefix, err := c.params.text("prefix")
	if err != nil {
		return nil, err
	}
	pending, err := c.params.flag("pending")
	if err != nil {
		return nil, err
	}
	status, err := c.params.one("status", "", statusActive, statusPending)
	if err != nil {
		return nil, err
	}
	return func(user *userAnswer) bool {
		switch {
		case len(ids) > 0:
			return slices.Contains(ids, user.ID)
		case len(emails) > 0:
			return slices.Contains(emails, user.Email)
		}
		return (pending == nil || *pending == user.Pending) && (status == "" || status == user.Status) &&
			strings.HasPrefix(strings.ToLower(user.Name), strings.ToLower(prefix))
	}, nil
}

// noSignIns refuses the filters by when users signed in.
func (c *call) noSignIns() error {
	for _, name := range []string{"last_login", "from", "to", "activity"} {
		if c.params.has(name) {
			return problem.BadRequest("%s is not available: who signed in when is known to the cluster's identity provider alone", name)
		}
	}
	// It says whether users in that range are those wanted, which is nothing without one.
	_, err := c.params.one("union_type", "include", "exclude")
	return err
}

// find is the subject of that ID.
func (s *Server) find(ctx context.Context, kind, id, called string) (subject, error) {
	all, err := s.subjects(ctx, kind)
	if err != nil {
		return subject{}, err
	}
	for _, one := range all {
		if one.id() == id {
			return one, nil
		}
	}
	return subject{}, problem.NotFound("Cannot find %s with id %s", called, id)
}

func (s *Server) showUserByID(c *call) (any, error) {
	user, err := s.find(c.Context(), rbacv1.UserKind, c.path[0], "user")
	if err != nil {
		return nil, err
	}
	return showUser(user), nil
}

// membershipUnknown refuses to say who is in a group: that only the identity provider knows, and tells when somebody signs in.
func membershipUnknown() error {
	return problem.Forbidden("Who is in which group is known to the cluster's identity provider alone")
}

func (s *Server) userGroups(c *call) (any, error) {
	if _, err := s.find(c.Context(), rbacv1.UserKind, c.path[0], "user"); err != nil {
		return nil, err
	}
	return nil, membershipUnknown()
}

func (s *Server) userEnvironments(c *call) (any, error) {
	if _, err := s.find(c.Context(), rbacv1.UserKind, c.path[0], "user"); err != nil {
		return nil, err
	}
	all, err := s.environments(c.Context())
	if err != nil {
		return nil, err
	}
	shown := []map[string]any{}
	for _, environment := range all {
		shown = append(shown, map[string]any{
			"id": idOf(environment), "name": nameOf(environment), "cloud_name": cloudNameOf(environment), "enabled": true,
		})
	}
	return map[string]any{"sub_accounts": shown}, nil
}

func groupAnswer(group subject) map[string]any {
	return map[string]any{"id": group.id(), "name": group.name}
}

func (s *Server) listGroups(c *call) (any, error) {
	groups, err := s.subjects(c.Context(), rbacv1.GroupKind)
	if err != nil {
		return nil, err
	}
	shown := []map[string]any{}
	for _, group := range groups {
		shown = append(shown, groupAnswer(group))
	}
	return map[string]any{"user_groups": shown}, nil
}

// showGroup shows a group. One SDK asks here for the groups of a user.
func (s *Server) showGroup(c *call) (any, error) {
	group, err := s.find(c.Context(), rbacv1.GroupKind, c.path[0], "user group")
	if err == nil {
		return groupAnswer(group), nil
	}
	if _, isUser := s.find(c.Context(), rbacv1.UserKind, c.path[0], "user"); isUser == nil {
		return s.userGroups(c)
	}
	return nil, err
}

func (s *Server) groupUsers(c *call) (any, error) {
	if _, err := s.find(c.Context(), rbacv1.GroupKind, c.path[0], "user group"); err != nil {
		return nil, err
	}
	return nil, membershipUnknown()
}
