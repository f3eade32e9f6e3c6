package problem_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestProblemsAreSortedForTheSecondVersion(t *testing.T) {
	for _, test := range []struct {
		problem *problem.Problem
		want    string
	}{
		{problem.BadRequest("m"), `{"category":"user_error","code":"bad_request","message":"m","details":{}}`},
		{problem.Unauthorized("m"), `{"category":"auth_error","code":"unauthorized","message":"m","details":{}}`},
		{problem.Forbidden("m"), `{"category":"auth_error","code":"forbidden","message":"m","details":{}}`},
		{problem.NotFound("m"), `{"category":"user_error","code":"not_found","message":"m","details":{}}`},
		{problem.Conflict("m"), `{"category":"user_error","code":"conflict","message":"m","details":{}}`},
		{&problem.Problem{Status: problem.StatusRateLimited, Message: "m"}, `{"category":"rate_limit_error","code":"rate_limited","message":"m","details":{}}`},
		{problem.Busy(1), `{"category":"rate_limit_error","code":"rate_limited","message":"Too many requests are being rendered, try again later","details":{}}`},
		{problem.Failed(errors.New("inside")), `{"category":"server_error","code":"internal_error","message":"General Error","details":{}}`},
		{problem.Full(nil), `{"category":"server_error","code":"internal_error","message":"The storage is full, try again when there is room","details":{}}`},
	} {
		text, err := json.Marshal(test.problem.Second())
		if err != nil || string(text) != test.want {
			t.Errorf("%v: %s, %v; want %s", test.problem, text, err, test.want)
		}
	}
}
