package admin

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of the admin context of an asset: names, values of a name, and the length of either in characters.
const (
	maxAdminNames     = 100
	maxAdminValues    = 100
	maxAdminCharacter = 1024
)

// adminChange is what an update does to one name of the admin context.
type adminChange struct {
	name   string
	values []string
	// op is + to add values, - to remove them, = to have these alone.
	op string
}

// parseAdminContext reads admin_context: a JSON list of {name, value, type, op}, or such objects one by one. type is array, value a
// list of texts or one of them, and op is = unless it is given.
func parseAdminContext(rows []string) ([]adminChange, error) {
	type given struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
		Type  string          `json:"type"`
		Op    string          `json:"op"`
	}
	var changes []adminChange
	for _, row := range rows {
		if !strings.HasPrefix(strings.TrimSpace(row), "[") {
			row = "[" + row + "]"
		}
		var list []given
		if err := json.Unmarshal([]byte(row), &list); err != nil {
			return nil, problem.BadRequest("Invalid admin_context: %q is not a list of objects with name, value, type and op", wire.Printable(row))
		}
		for _, one := range list {
			change := adminChange{name: one.Name, op: one.Op}
			if change.op == "" {
				change.op = "="
			}
			switch {
			case one.Name == "" || utf8.RuneCountInString(one.Name) > maxAdminCharacter:
				return nil, problem.BadRequest("Invalid admin_context: a name has 1 to %d characters", maxAdminCharacter)
			case one.Type != "" && one.Type != "array":
				return nil, problem.BadRequest("Invalid admin_context: the type %q of %s is not array", wire.Printable(one.Type), wire.Printable(one.Name))
			case !slices.Contains([]string{"+", "-", "="}, change.op):
				return nil, problem.BadRequest("Invalid admin_context: the op %q of %s is not +, - or =", wire.Printable(one.Op), wire.Printable(one.Name))
			}
			var single string
			if json.Unmarshal(one.Value, &change.values) != nil {
				if json.Unmarshal(one.Value, &single) != nil {
					return nil, problem.BadRequest("Invalid admin_context: the value of %s is no list of texts", wire.Printable(one.Name))
				}
				change.values = []string{single}
			}
			for _, value := range change.values {
				if utf8.RuneCountInString(value) > maxAdminCharacter {
					return nil, problem.BadRequest("Invalid admin_context: a value of %s is longer than %d characters", wire.Printable(one.Name), maxAdminCharacter)
				}
			}
			changes = append(changes, change)
		}
	}
	return changes, nil
}

// changeAdminContext applies changes, one after the other. A name without values is gone.
func changeAdminContext(asset *library.Asset, changes []adminChange) error {
	if len(changes) == 0 {
		return nil
	}
	next := maps.Clone(asset.AdminContext)
	if next == nil {
		next = map[string][]string{}
	}
	for _, change := range changes {
		var values []string
		if change.op != "=" {
			values = slices.Clone(next[change.name])
		}
		for _, value := range change.values {
			at := slices.Index(values, value)
			switch {
			case change.op == "-" && at >= 0:
				values = slices.Delete(values, at, at+1)
			case change.op != "-" && at < 0:
				values = append(values, value)
			}
		}
		if next[change.name] = values; len(values) == 0 {
			delete(next, change.name)
		}
		if len(values) > maxAdminValues {
			return problem.BadRequest("Too many values of %s in admin_context. Got %d. Maximum is %d.", wire.Printable(change.name), len(values), maxAdminValues)
		}
	}
	if len(next) > maxAdminNames {
		return problem.BadRequest("Too many names in admin_context. Got %d. Maximum is %d.", len(next), maxAdminNames)
	}
	asset.AdminContext = next
	return nil
}

// addAdminContext adds the admin context of an asset that has one, by name.
func addAdminContext(asset *library.Asset, object wire.Object) {
	if len(asset.AdminContext) == 0 {
		return
	}
	list := []wire.Object{}
	for _, name := range slices.Sorted(maps.Keys(asset.AdminContext)) {
		list = append(list, wire.Object{"name": name, "value": asset.AdminContext[name]})
	}
	object["admin_context"] = list
}
