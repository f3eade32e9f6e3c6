package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// The calls under /v2 have errors of another shape, {"error":{category,code,message,details},"request_id"}, and a path whose cloud
// name stands after the name of the service: the contract is section 15 of admin-api.md and section 6 of notifications.md.

// isV2 tells the calls under /v2 from the others.
func isV2(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v2/") }

// writeV2Problem writes an error as the calls under /v2 do.
func (h *Handler) writeV2Problem(w http.ResponseWriter, r *http.Request, err error) {
	wire.WriteProblemAs(w, r, h.logger, err, wire.Object{"error": problem.From(err).Second(), "request_id": wire.EnsureRequestID(w)})
}

// splitV2 takes /v2/<service>/<cloud>/a/b apart, and /v2/<cloud>/analysis/a/b, as older SDKs write it.
func splitV2(segments []string) (cloud string, rest []string, err error) {
	if len(segments) < 3 {
		return "", nil, problem.NotFound("No such endpoint: /v2/%s", strings.Join(segments, "/"))
	}
	service, cloud := segments[0], segments[1]
	if segments[1] == "analysis" && segments[0] != "notifications" {
		service, cloud = cloud, service
	}
	return cloud, append([]string{service}, segments[2:]...), nil
}

// analyses are the analyses of the protocol, by the names of both generations of SDKs. All of them take models that are not here.
var analyses = []string{"ai_vision_general", "ai_vision_moderation", "ai_vision_tagging", "captioning", "cld_fashion", "cld_text", "coco",
	"custom", "google_logo_detection", "google_tagging", "human_anatomy", "image_quality", "lvis", "shop_classifier", "unidet", "watermark_detection"}

// routeV2 finds what answers a method and the service with the rest of the path.
func (h *Handler) routeV2(method string, segments []string) (handle, []string) {
	service, rest := segments[0], segments[1:]
	switch {
	case service == "notifications" && method == http.MethodGet && len(rest) == 1 && rest[0] == "messages":
		return h.pollMessages, nil
	case service == "notifications" && method == http.MethodPost && len(rest) == 2 && rest[0] == "messages" && rest[1] == "ack":
		return h.ackMessages, nil
	case service == "generate":
		return h.generate(method, rest), rest
	case service != "analysis":
	case method == http.MethodPost && len(rest) == 2 && rest[0] == "analyze":
		return h.analyze, rest[1:]
	case method == http.MethodGet && len(rest) == 2 && rest[0] == "tasks":
		return h.analysisTask, rest[1:]
	}
	return nil, nil
}

// analyze answers POST /v2/<cloud>/analysis/analyze/uri and POST /v2/analysis/<cloud>/analyze/<name>: as where the add-on is
// missing.
func (h *Handler) analyze(c *call) (wire.Object, error) {
	name := c.path[0]
	source := "source"
	if name == "uri" {
		name, source = c.params.String("analysis_type"), "uri"
	}
	switch {
	case !c.params.Has(source):
		return nil, problem.BadRequest("Missing required parameter - %s", source)
	case name == "":
		return nil, problem.BadRequest("Missing required parameter - analysis_type")
	case !slices.Contains(analyses, name):
		return nil, problem.BadRequest("Invalid analysis_type %q", wire.Printable(name))
	}
	return nil, &problem.Problem{Status: http.StatusForbidden, Message: "You don't have an active subscription for " + name}
}

// analysisTask answers GET /v2/analysis/<cloud>/tasks/<task ID>: there is none, as no analysis is ever begun.
func (h *Handler) analysisTask(c *call) (wire.Object, error) {
	return nil, problem.NotFound("Task %s not found", wire.Printable(c.path[0]))
}

// generate finds what answers the calls that make pictures by models, POST /v2/generate/<cloud>/text_to_image and …/image_to_image, and
// what has come of them, GET …/tasks/<task ID>: they are refused as where the service is not enabled.
func (h *Handler) generate(method string, path []string) handle {
	begins := method == http.MethodPost && len(path) == 1 && (path[0] == "text_to_image" || path[0] == "image_to_image")
	if !begins && (method != http.MethodGet || len(path) != 2 || path[0] != "tasks") {
		return nil
	}
	return func(c *call) (wire.Object, error) {
		if begins && !c.params.Has("prompt") {
			return nil, problem.BadRequest("Missing required parameter - prompt")
		}
		return nil, &problem.Problem{Status: http.StatusForbidden, Message: "Image generation is not enabled for this product environment"}
	}
}
