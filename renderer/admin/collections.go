package admin

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of collections, in characters, and of the assets that one call names.
const (
	maxCollectionName        = 255
	maxCollectionDescription = 4000
	maxPlaced                = 1000
)

// sharedSegment is the second segment of the path of a link to a collection.
const sharedSegment = "shared"

// routeCollections finds what answers /collections..., which are endpoints of ours.
func (h *Handler) routeCollections(method string, path []string) (handle, []string) {
	if len(path) == 0 {
		switch method {
		case http.MethodGet:
			return h.collections, nil
		case http.MethodPost:
			return h.createCollection, nil
		}
		return nil, nil
	}
	handlers := map[string]handle{}
	switch {
	case len(path) == 1:
		handlers = map[string]handle{http.MethodGet: h.collection, http.MethodPut: h.updateCollection, http.MethodDelete: h.deleteCollection}
	case len(path) == 2 && path[1] == "assets":
		handlers = map[string]handle{
			http.MethodGet: h.members, http.MethodPost: h.placeMembers, http.MethodPut: h.placeMembers, http.MethodDelete: h.removeMembers,
		}
	case len(path) == 2 && path[1] == "share":
		handlers = map[string]handle{http.MethodPost: h.shareCollection, http.MethodDelete: h.unshareCollection}
	}
	return handlers[method], path[:1]
}

// collections answers GET /collections. Parameters: prefix of the name, asset_id of an asset that they have, max_results and
// next_cursor.
func (h *Handler) collections(c *call) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	filter := library.CollectionFilter{Prefix: c.params.String("prefix"), AssetID: c.params.String("asset_id")}
	found, total, next, err := h.library.Collections(c.context, filter, limit, c.params.String("next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	list := make([]wire.Object, len(found))
	for i, collection := range found {
		list[i] = h.showCollection(c, collection)
	}
	answer := wire.Object{"collections": list, "total_count": total}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

// createCollection answers POST /collections. Parameters: name, description, created_by.
func (h *Handler) createCollection(c *call) (wire.Object, error) {
	made := &library.Collection{CreatedBy: c.params.String("created_by")}
	if !c.params.Has("name") {
		return nil, problem.BadRequest("Missing required parameter - name")
	}
	if err := readCollection(c, made); err != nil {
		return nil, err
	}
	if err := checkText("created_by", made.CreatedBy, maxAuthor); err != nil {
		return nil, err
	}
	collection, err := h.library.CreateCollection(c.context, made)
	if err != nil {
		return nil, collectionProblem("", made.Name, err)
	}
	return h.showCollection(c, collection), nil
}

// collection answers GET /collections/<id>.
func (h *Handler) collection(c *call) (wire.Object, error) {
	collection, err := h.library.Collection(c.context, c.path[0])
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return h.showCollection(c, collection), nil
}

// updateCollection answers PUT /collections/<id>. Parameters that are not given stay: name, description.
func (h *Handler) updateCollection(c *call) (wire.Object, error) {
	collection, err := h.library.UpdateCollection(c.context, c.path[0], func(collection *library.Collection) error {
		return readCollection(c, collection)
	})
	if err != nil {
		return nil, collectionProblem(c.path[0], c.params.String("name"), err)
	}
	return h.showCollection(c, collection), nil
}

// deleteCollection answers DELETE /collections/<id>. The assets stay.
func (h *Handler) deleteCollection(c *call) (wire.Object, error) {
	if err := h.library.DeleteCollection(c.context, c.path[0]); err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return wire.Object{"message": "deleted"}, nil
}

// readCollection takes name and description, where they are given.
func readCollection(c *call, collection *library.Collection) error {
	if c.params.Has("name") {
		collection.Name = strings.TrimSpace(c.params.String("name"))
		if collection.Name == "" {
			return problem.BadRequest("Invalid name: it is empty")
		}
	}
	if _, given := c.params["description"]; given { // An empty one takes it away.
		collection.Description = c.params.String("description")
	}
	if err := checkText("name", collection.Name, maxCollectionName); err != nil {
		return err
	}
	return checkText("description", collection.Description, maxCollectionDescription)
}

// checkText bounds the characters of a parameter.
func checkText(name, text string, most int) error {
	if length := len([]rune(text)); length > most {
		return problem.BadRequest("Invalid %s: it has %d characters. Maximum is %d.", name, length, most)
	}
	return nil
}

// members answers GET /collections/<id>/assets: the assets in their order.
func (h *Handler) members(c *call) (wire.Object, error) {
	collection, err := h.library.Collection(c.context, c.path[0])
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return h.memberPage(c, collection)
}

// memberPage lists assets of a collection.
func (h *Handler) memberPage(c *call, collection *library.Collection) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	assets, next, err := h.library.Members(c.context, collection.ID, limit, c.params.String("next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	list := make([]wire.Object, len(assets))
	for i, asset := range assets {
		list[i] = c.links.Item(asset)
	}
	answer := wire.Object{"resources": list, "total_count": collection.Members}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

// placeMembers answers POST and PUT /collections/<id>/assets: it adds assets, or moves those that are there, so that the first
// is at position, which counts from 0. Parameters: asset_ids, position; without one they go to the end.
func (h *Handler) placeMembers(c *call) (wire.Object, error) {
	ids, err := memberIDs(c)
	if err != nil {
		return nil, err
	}
	position, err := c.params.Int("position", library.MaxMembers, 0, library.MaxMembers)
	if err != nil {
		return nil, err
	}
	placed, err := h.library.PlaceMembers(c.context, c.path[0], ids, position)
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return wire.Object{"added": listed(placed.Added), "moved": listed(placed.Moved), "not_found": listed(placed.Missing)}, nil
}

// removeMembers answers DELETE /collections/<id>/assets. Parameter: asset_ids. The assets themselves stay.
func (h *Handler) removeMembers(c *call) (wire.Object, error) {
	ids, err := memberIDs(c)
	if err != nil {
		return nil, err
	}
	removed, err := h.library.RemoveMembers(c.context, c.path[0], ids)
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return wire.Object{"removed": listed(removed)}, nil
}

// memberIDs are the asset IDs that a call names.
func memberIDs(c *call) ([]string, error) {
	ids := c.params.List("asset_ids")
	switch {
	case len(ids) == 0:
		return nil, problem.BadRequest("Missing required parameter - asset_ids")
	case len(ids) > maxPlaced:
		return nil, problem.BadRequest("Too many asset_ids. Got %d. Maximum is %d.", len(ids), maxPlaced)
	}
	for _, id := range ids {
		if !assetID.MatchString(id) {
			return nil, problem.BadRequest("Invalid asset_ids: %s is no asset ID", wire.Printable(id))
		}
	}
	return ids, nil
}

// listed is a list that is never null in JSON.
func listed(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

// shareCollection answers POST /collections/<id>/share: it makes a link by which anybody sees the collection, in place of the
// one before. Parameter: expires_at, in Unix seconds; without one it never ends.
func (h *Handler) shareCollection(c *call) (wire.Object, error) {
	until, err := h.expiry(c)
	if err != nil {
		return nil, err
	}
	share := strings.ToLower(rand.Text())
	collection, err := h.library.UpdateCollection(c.context, c.path[0], func(collection *library.Collection) error {
		collection.Share, collection.ShareUntil = share, until
		return nil
	})
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return h.showCollection(c, collection), nil
}

// expiry is the parameter expires_at; the zero time without one.
func (h *Handler) expiry(c *call) (time.Time, error) {
	given := c.params.String("expires_at")
	if given == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(given, 10, 64)
	if err != nil || seconds > 1<<40 {
		return time.Time{}, problem.BadRequest("Invalid value for expires_at: %q is no time in Unix seconds", given)
	}
	until := time.Unix(seconds, 0)
	if !until.After(h.now()) {
		return time.Time{}, problem.BadRequest("Invalid value for expires_at: %s has passed", until.UTC().Format(time.RFC3339))
	}
	return until, nil
}

// unshareCollection answers DELETE /collections/<id>/share: the link ends at once.
func (h *Handler) unshareCollection(c *call) (wire.Object, error) {
	collection, err := h.library.UpdateCollection(c.context, c.path[0], func(collection *library.Collection) error {
		collection.Share, collection.ShareUntil = "", time.Time{}
		return nil
	})
	if err != nil {
		return nil, collectionProblem(c.path[0], "", err)
	}
	return h.showCollection(c, collection), nil
}

// isShared says that a call follows the link to a collection: that takes no credentials.
func isShared(method string, segments []string) bool {
	return method == http.MethodGet && len(segments) == 3 && segments[0] == "collections" && segments[1] == sharedSegment
}

// serveShared answers GET /collections/shared/<token>: the assets of a shared collection, for anybody who has the link. It takes
// no credentials and counts as no call.
func (h *Handler) serveShared(r *http.Request, cloud, token string, snapshot *catalog.Snapshot) (wire.Object, error) {
	if !snapshot.Environment.IsCloud(cloud) {
		return nil, problem.Unauthorized("Invalid cloud_name %s", cloud)
	}
	params, err := wire.ReadParams(r, maxBody)
	if err != nil {
		return nil, err
	}
	return h.shared(&call{
		context: r.Context(), snapshot: snapshot, links: wire.Links{Environment: snapshot.Environment, Secret: snapshot.Primary().APISecret},
		params: params, path: []string{token},
	})
}

func (h *Handler) shared(c *call) (wire.Object, error) {
	collection, err := h.library.SharedCollection(c.context, c.path[0], h.now())
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("There is no such link, or it has ended")
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	answer, err := h.memberPage(c, collection)
	if err != nil {
		return nil, err
	}
	answer["name"], answer["description"] = collection.Name, collection.Description
	return answer, nil
}

func (h *Handler) showCollection(c *call, collection *library.Collection) wire.Object {
	object := wire.Object{
		"id": collection.ID, "name": collection.Name, "description": collection.Description, "created_by": collection.CreatedBy,
		"asset_count": collection.Members, "created_at": wire.Time(collection.CreatedAt), "updated_at": wire.Time(collection.UpdatedAt), "share": nil,
	}
	if collection.Share != "" {
		share := wire.Object{
			"token": collection.Share, "path": "/v1_1/" + c.snapshot.Environment.CloudName + "/collections/" + sharedSegment + "/" + collection.Share, "expires_at": nil,
		}
		if !collection.ShareUntil.IsZero() {
			share["expires_at"] = wire.Time(collection.ShareUntil)
		}
		object["share"] = share
	}
	return object
}

func collectionProblem(id, name string, err error) error {
	switch {
	case errors.Is(err, library.ErrNotFound):
		return problem.NotFound("Can't find collection %s", wire.Printable(id))
	case errors.Is(err, library.ErrExists):
		return problem.Conflict("Collection %s already exists", wire.Printable(name))
	}
	return wire.Unavailable("The database", err)
}
