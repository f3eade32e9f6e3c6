package configure

import (
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Handle answers a request.
type Handle func(*Request) (wire.Object, error)

// Route finds what answers a method and the decoded segments of a path, nil when it is no configuration endpoint.
// The rest are the path's variable parts.
func (e *Editor) Route(method string, segments []string) (Handle, []string) {
	if len(segments) == 0 {
		return nil, nil
	}
	first, rest := segments[0], segments[1:]
	switch first {
	case "upload_presets":
		return crud{list: e.listPresets, create: e.createPreset, show: e.showPreset, update: e.updatePreset, remove: e.deletePreset}.route(method, rest)
	case "upload_mappings":
		if len(rest) == 1 && rest[0] == "replace" && method == http.MethodPut {
			return e.replaceMappings, nil
		}
		return byParameter(method, rest, crud{list: e.listMappings, create: e.createMapping, update: e.updateMapping, remove: e.deleteMapping})
	case "streaming_profiles":
		return crud{list: e.listProfiles, create: e.createProfile, show: e.showProfile, update: e.updateProfile, remove: e.deleteProfile}.route(method, rest)
	case "triggers":
		if len(rest) == 2 && rest[1] == "test" && method == http.MethodPost {
			return e.testTrigger, rest[:1]
		}
		return crud{list: e.listTriggers, create: e.createTrigger, show: e.showTrigger, update: e.updateTrigger, remove: e.deleteTrigger}.route(method, rest)
	case "metadata_fields":
		return e.routeFields(method, rest)
	case "metadata_rules":
		return crud{list: e.listRules, create: e.createRule, show: e.showRule, update: e.updateRule, remove: e.deleteRule}.route(method, rest)
	case "transformations":
		return e.routeTransformations(method, rest)
	}
	return nil, nil
}

// crud are the calls on the things of one kind. All but list and create take the name as the path.
type crud struct{ list, create, show, update, remove Handle }

func (c crud) route(method string, rest []string) (Handle, []string) {
	if len(rest) == 0 {
		switch method {
		case http.MethodGet:
			return c.list, nil
		case http.MethodPost:
			return c.create, nil
		}
		return nil, nil
	}
	name := []string{strings.Join(rest, "/")}
	switch method {
	case http.MethodGet:
		return c.show, name
	case http.MethodPut:
		return c.update, name
	case http.MethodDelete:
		return c.remove, name
	}
	return nil, nil
}

// byParameter is for kinds whose names are parameters.
func byParameter(method string, rest []string, c crud) (Handle, []string) {
	if len(rest) > 0 {
		return nil, nil
	}
	return map[string]Handle{http.MethodGet: c.list, http.MethodPost: c.create, http.MethodPut: c.update, http.MethodDelete: c.remove}[method], nil
}

func (e *Editor) routeFields(method string, rest []string) (Handle, []string) {
	is := func(wanted string, words ...string) bool {
		if method != wanted || len(rest) != len(words) {
			return false
		}
		for i, word := range words {
			if word != "" && rest[i] != word {
				return false
			}
		}
		return true
	}
	switch {
	case is(http.MethodPut, "order"):
		return e.orderFields, nil
	case is(http.MethodPost, "datasource", "search"):
		return e.searchDatasources, nil
	case is(http.MethodPut, "", "datasource"):
		return e.updateDatasource, rest[:1]
	case is(http.MethodDelete, "", "datasource"):
		return e.deleteDatasource, rest[:1]
	case is(http.MethodPost, "", "datasource_restore"):
		return e.restoreDatasource, rest[:1]
	case is(http.MethodPost, "", "datasource", "order"):
		return e.orderDatasource, rest[:1]
	case is(http.MethodPost, "", "datasource", "search"):
		return e.searchDatasources, rest[:1]
	case is(http.MethodPut, "", "reorder"):
		return e.reorderField, rest[:1]
	case len(rest) > 1:
		return nil, nil
	}
	return crud{list: e.listFields, create: e.createField, show: e.showField, update: e.updateField, remove: e.deleteField}.route(method, rest)
}
