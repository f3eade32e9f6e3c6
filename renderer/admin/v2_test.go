package admin

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestErrorsUnderV2(t *testing.T) {
	for want, err := range map[string]error{
		"auth_error unauthorized":       &problem.Problem{Status: http.StatusUnauthorized, Message: "m"},
		"auth_error forbidden":          &problem.Problem{Status: http.StatusForbidden, Message: "m"},
		"user_error not_found":          problem.NotFound("m"),
		"user_error conflict":           &problem.Problem{Status: http.StatusConflict, Message: "m"},
		"rate_limit_error rate_limited": problem.Busy(1),
		"user_error bad_request":        problem.BadRequest("m"),
		"server_error internal_error":   errors.New("secret"),
		"server_error internal_error ":  &problem.Problem{Status: http.StatusGatewayTimeout, Message: "m"},
	} {
		recorder := httptest.NewRecorder()
		(&Handler{logger: slog.New(slog.DiscardHandler)}).writeV2Problem(recorder, httptest.NewRequest(http.MethodGet, "/v2/x", nil), err)
		var answer struct {
			Error struct {
				Category, Code, Message string
				Details                 map[string]any
			}
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if got := answer.Error.Category + " " + answer.Error.Code; got != want && got+" " != want || answer.Error.Details == nil || answer.Error.Message == "" ||
			answer.Error.Message == "secret" || answer.RequestID == "" || answer.RequestID != recorder.Header().Get("X-Request-Id") {
			t.Errorf("%v: %s, want %s", err, recorder.Body, want)
		}
	}
}
