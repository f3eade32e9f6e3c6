// Package problem types the errors that reach a client, once: HTTP status, public message, and whether the
// answer may be remembered. Everything else that goes wrong is an internal error whose text stays in the log.
package problem

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"
)

// Problem is an error with its answer. Message is public; Cause is for the log only.
type Problem struct {
	// Status is the HTTP status of the answer.
	Status int
	// Message is the public text, written as {"error":{"message":…}} and as X-Cld-Error.
	Message string
	// Transient problems may go away by themselves and are never cached.
	Transient bool
	// RetryAfter, in seconds, is sent as Retry-After when above zero.
	RetryAfter int
	// Cause is what went wrong inside, for the log; may be nil.
	Cause error
}

// Error is the public message followed by the cause.
func (p *Problem) Error() string {
	if p.Cause != nil {
		return p.Message + ": " + p.Cause.Error()
	}
	return p.Message
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Because returns a copy of the problem that carries its cause.
func (p *Problem) Because(cause error) *Problem {
	c := *p
	c.Cause = cause
	return &c
}

// BadRequest is a 400.
func BadRequest(format string, args ...any) *Problem {
	return permanent(http.StatusBadRequest, format, args...)
}

// Unauthorized is a 401.
func Unauthorized(format string, args ...any) *Problem {
	return permanent(http.StatusUnauthorized, format, args...)
}

// Forbidden is a 403.
func Forbidden(format string, args ...any) *Problem {
	return permanent(http.StatusForbidden, format, args...)
}

// NotFound is a 404.
func NotFound(format string, args ...any) *Problem {
	return permanent(http.StatusNotFound, format, args...)
}

// Conflict is a 409.
func Conflict(format string, args ...any) *Problem {
	return permanent(http.StatusConflict, format, args...)
}

// StatusRateLimited is the status of a used-up quota; no list of statuses has it.
const StatusRateLimited = 420

// Busy is a 429 with Retry-After: the queue is full.
func Busy(retryAfter int) *Problem {
	return &Problem{Status: http.StatusTooManyRequests, Message: "Too many requests are being rendered, try again later", Transient: true, RetryAfter: retryAfter}
}

// Failed is a 500 whose reason stays in the log, and which may work the next time.
func Failed(cause error) *Problem {
	return &Problem{Status: http.StatusInternalServerError, Message: "General Error", Transient: true, Cause: cause}
}

// Full is a 507: there is no room left to store anything. What is stored already can be read.
func Full(cause error) *Problem {
	return &Problem{Status: http.StatusInsufficientStorage, Message: "The storage is full, try again when there is room", Transient: true, Cause: cause}
}

// Unavailable is a 503: a part that the request needs (database, bucket, engine) is away. It is a Full when the cause says
// that a disk is.
func Unavailable(part string, cause error) *Problem {
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		return Full(cause)
	}
	return &Problem{Status: http.StatusServiceUnavailable, Message: part + " is unavailable, try again later", Transient: true, RetryAfter: 2, Cause: cause}
}

// From finds the Problem in err's chain, or wraps err as Failed. It returns nil for nil.
func From(err error) *Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return Failed(err)
}

func permanent(status int, format string, args ...any) *Problem {
	return &Problem{Status: status, Message: fmt.Sprintf(format, args...)}
}
