package admin

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

type handle func(*call) (wire.Object, error)

// splitPath takes /v1_1/<cloud>/a/b apart. It decodes the whole path first, because SDKs escape the slashes between
// segments as well as those in public IDs, and leaves + alone.
func splitPath(escapedPath string) (cloud string, segments []string, err error) {
	path, err := url.PathUnescape(escapedPath)
	if err != nil {
		return "", nil, problem.BadRequest("Invalid path")
	}
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			segments = append(segments, part)
		}
	}
	if len(segments) > 0 && segments[0] == "v2" {
		return splitV2(segments[1:])
	}
	if len(segments) < 2 || segments[0] != "v1_1" {
		return "", nil, problem.NotFound("No such endpoint: %s", path)
	}
	return segments[1], segments[2:], nil
}

var assetID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// route finds what answers a method and path, and what the path's variable parts are.
func (h *Handler) route(method string, segments []string) (handle, []string) {
	if len(segments) == 0 {
		return nil, nil
	}
	first, rest := segments[0], segments[1:]
	switch {
	case method == http.MethodGet && first == "ping" && len(rest) == 0:
		return h.ping, nil
	case method == http.MethodGet && first == "config" && len(rest) == 0:
		return h.config, nil
	case method == http.MethodGet && first == "usage" && len(rest) <= 1:
		return h.usage, rest
	case method == http.MethodGet && first == "reports" && len(rest) == 1 && rest[0] == "transformations":
		return h.reportTransformations, nil
	case method == http.MethodGet && first == "video" && len(rest) == 2 && rest[0] == "analytics" && rest[1] == "views":
		return h.videoAnalytics, nil
	case method == http.MethodGet && first == "notifications" && len(rest) == 0:
		return h.listLetters, nil
	case method == http.MethodPost && first == "notifications" && len(rest) == 1 && rest[0] == "resend":
		return h.resendLetters, nil
	case method == http.MethodGet && first == "tags" && len(rest) == 1 && slices.Contains(resourceTypes, rest[0]):
		return h.tags, rest
	case method == http.MethodDelete && first == "derived_resources" && len(rest) == 0:
		return h.deleteDerived, nil
	case method == http.MethodGet && first == "imports" && len(rest) <= 1:
		return h.imports, rest
	case first == "folders":
		return h.routeFolders(method, rest)
	case first == "collections":
		return h.routeCollections(method, rest)
	case first == "comments":
		return h.routeComments(method, rest)
	case first == "resources":
		return h.routeResources(method, rest)
	}
	return h.routeConfiguration(method, segments)
}

// routeConfiguration gives the calls on the configuration to the editor.
func (h *Handler) routeConfiguration(method string, segments []string) (handle, []string) {
	if h.editor == nil {
		return nil, nil
	}
	edit, path := h.editor.Route(method, segments)
	if edit == nil {
		return nil, nil
	}
	return func(c *call) (wire.Object, error) {
		request := &configure.Request{Context: c.context, Params: c.params, Path: c.path, Links: c.links}
		answer, err := edit(request)
		c.status = request.Status
		return answer, err
	}, path
}

func (h *Handler) routeFolders(method string, path []string) (handle, []string) {
	if len(path) == 1 && path[0] == "search" && (method == http.MethodGet || method == http.MethodPost) {
		return h.searchFolders, nil
	}
	folder := []string{strings.Join(path, "/")}
	switch {
	case method == http.MethodGet:
		return h.folders, folder
	case len(path) == 0:
		return nil, nil
	case method == http.MethodPost:
		return h.createFolder, folder
	case method == http.MethodDelete:
		return h.deleteFolder, folder
	case method == http.MethodPut:
		return h.renameFolder, folder
	}
	return nil, nil
}

var resourceTypes = []string{library.Image, library.Video, library.Raw}

func (h *Handler) routeResources(method string, path []string) (handle, []string) {
	if len(path) == 0 {
		switch method {
		case http.MethodGet:
			return h.resourceTypes, nil
		case http.MethodDelete:
			return h.deleteByAssetIDs, nil
		}
		return nil, nil
	}
	if !slices.Contains(resourceTypes, path[0]) {
		switch {
		case (method == http.MethodGet || method == http.MethodPost) && path[0] == "search" && len(path) == 1:
			return h.search, nil
		case (method == http.MethodGet || method == http.MethodPost) && path[0] == "visual_search" && len(path) == 1:
			return h.visualSearch, nil
		case method == http.MethodPost && path[0] == "related_complementary_assets" && len(path) == 2:
			return h.relateComplementary, path[1:]
		case method == http.MethodPost && path[0] == "restore" && len(path) == 1:
			return h.restore("asset_ids"), nil
		case method == http.MethodDelete && path[0] == "backup" && len(path) == 2:
			return h.deleteBackup, path[1:]
		case path[0] == "related_assets":
			return h.routeRelated(method, path[1:])
		case method == http.MethodGet && path[0] == "by_asset_folder" && len(path) == 1:
			return h.listByAssetFolder, nil
		case method == http.MethodGet && path[0] == "by_asset_ids" && len(path) == 1:
			return h.listByAssetIDs, nil
		case method == http.MethodGet && assetID.MatchString(path[0]) && len(path) == 1:
			return h.showByAssetID, path
		case (method == http.MethodPut || method == http.MethodPost) && assetID.MatchString(path[0]) && len(path) == 1:
			return h.updateByAssetID, path
		}
		return nil, nil
	}
	if len(path) >= 2 {
		switch path[1] {
		case "tags":
			if len(path) < 3 {
				return nil, nil
			}
			tagged := []string{path[0], strings.Join(path[2:], "/")}
			switch method {
			case http.MethodGet:
				return h.listByTag, tagged
			case http.MethodDelete:
				return h.deleteByTag, tagged
			}
			return nil, nil
		case "context":
			if method == http.MethodGet && len(path) == 2 {
				return h.listByContext, path
			}
			return nil, nil
		case "moderations":
			if method == http.MethodGet && len(path) == 4 {
				return h.listByModeration, []string{path[0], path[2], path[3]}
			}
			return nil, nil
		case "publish_resources":
			if method == http.MethodPost && len(path) == 2 {
				return h.publish, path
			}
			return nil, nil
		}
	}
	switch {
	case method == http.MethodGet && len(path) <= 2:
		return h.list, path
	case method == http.MethodGet:
		return h.show, []string{path[0], path[1], strings.Join(path[2:], "/")}
	case method == http.MethodPost && len(path) == 3 && path[2] == "restore":
		return h.restore("public_ids"), path
	case method == http.MethodPost && len(path) == 3 && path[2] == "update_access_mode":
		return h.updateAccessMode, path
	case method == http.MethodPost && len(path) > 2:
		return h.update, []string{path[0], path[1], strings.Join(path[2:], "/")}
	case method == http.MethodDelete && len(path) == 2:
		return h.delete, path
	}
	return nil, nil
}

func (h *Handler) routeRelated(method string, path []string) (handle, []string) {
	var names relation
	switch {
	case len(path) == 1 && assetID.MatchString(path[0]):
		names = h.byAssetID()
	case len(path) >= 3 && slices.Contains(resourceTypes, path[0]):
		names, path = h.byName(), []string{path[0], path[1], strings.Join(path[2:], "/")}
	default:
		return nil, nil
	}
	switch method {
	case http.MethodPost:
		return h.relate(names), path
	case http.MethodDelete:
		return h.unrelate(names), path
	}
	return nil, nil
}
