package problem

import "net/http"

// Second is how a problem is written in the second version of the APIs, in which errors are sorted: the value of "error" in an
// answer below /v2. Category is user_error, auth_error, rate_limit_error or server_error: SDKs take no other. Details is an object,
// empty here. The rule is that of section 15 of admin-api.md and section 5 of provisioning.md in the contract.
type Second struct {
	Category string         `json:"category"`
	Code     string         `json:"code"`
	Message  string         `json:"message"`
	Details  map[string]any `json:"details"`
}

// Second sorts the problem.
func (p *Problem) Second() Second {
	category, code := "user_error", "bad_request"
	switch p.Status {
	case http.StatusUnauthorized:
		category, code = "auth_error", "unauthorized"
	case http.StatusForbidden:
		category, code = "auth_error", "forbidden"
	case http.StatusNotFound:
		code = "not_found"
	case http.StatusConflict:
		code = "conflict"
	case StatusRateLimited, http.StatusTooManyRequests:
		category, code = "rate_limit_error", "rate_limited"
	default:
		if p.Status >= http.StatusInternalServerError {
			category, code = "server_error", "internal_error"
		}
	}
	return Second{Category: category, Code: code, Message: p.Message, Details: map[string]any{}}
}
