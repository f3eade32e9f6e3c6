package admin

import (
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// visualSearch answers GET and POST /resources/visual_search. Finding pictures by what they show takes a model, which is not
// here: the call is checked and refused as where the service is not enabled.
func (h *Handler) visualSearch(c *call) (wire.Object, error) {
	given := 0
	for _, name := range []string{"image_url", "image_asset_id", "text", "image_file"} {
		if c.params.Has(name) {
			given++
		}
	}
	if given > 1 {
		return nil, problem.BadRequest("Only one of image_url, image_asset_id, text and image_file is allowed")
	}
	return nil, &problem.Problem{Status: http.StatusForbidden, Message: "Visual search is not enabled for this product environment"}
}

// videoAnalytics answers GET /video/analytics/views: views of videos are not counted here.
func (h *Handler) videoAnalytics(*call) (wire.Object, error) {
	return nil, &problem.Problem{Status: http.StatusForbidden, Message: "Video analytics are not enabled for this product environment"}
}
