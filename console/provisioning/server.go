// Package provisioning answers Cloudinary's Provisioning API from a namespace: product environments and access keys are
// custom resources, users and groups are the subjects of its role bindings. An account is the namespace; what a caller
// may do is what the server's own service account may do.
package provisioning

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Credentials are what callers sign in with.
type Credentials struct{ AccountID, APIKey, APISecret string }

// Options are the parts of a Server. All are required but Patience and Logger.
type Options struct {
	// Client reads and writes past every cache.
	Client client.Client
	// Namespace is where the product environments are.
	Namespace string
	// Credentials reads what callers sign in with, for every call anew, so that it can be rotated.
	Credentials func() (Credentials, error)
	// Patience is how long a call waits for the operator; zero means a good while.
	Patience time.Duration
	// Logger gets what fails inside; nil discards it.
	Logger *slog.Logger
}

// Server answers the Provisioning API. It is safe for concurrent use.
type Server struct{ Options }

// defaultPatience is how long a call waits for the operator to do its part.
const defaultPatience = 20 * time.Second

// New makes a Server.
func New(options Options) *Server {
	s := &Server{options}
	if s.Patience == 0 {
		s.Patience = defaultPatience
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// call is one request, authenticated and decoded.
type call struct {
	*http.Request
	params params
	// path is what stands for the variable parts of the path.
	path []string
}

type handle func(*call) (any, error)

// permissions begins the paths of the second version of the API.
const permissions = "/v2/accounts/"

// ServeHTTP serves /v1_1/provisioning/accounts/<account>/... and /v2/accounts/<account>/permissions/... .
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, by its contract
	w.Header().Set("X-Request-Id", hex.EncodeToString(id[:]))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	answer, err := s.serve(r)
	if err != nil {
		known := s.explain(r, err)
		w.WriteHeader(known.Status)
		answer = map[string]any{"error": map[string]string{"message": known.Message}}
		if strings.HasPrefix(r.URL.Path, permissions) {
			answer = map[string]any{"error": known.Second()}
		}
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.Logger.WarnContext(r.Context(), "An answer could not be written", "error", err)
	}
}

// explain is what the caller is told of an error.
func (s *Server) explain(r *http.Request, err error) *problem.Problem {
	if known, ok := errors.AsType[*problem.Problem](err); ok {
		return known
	}
	switch {
	case apierrors.IsForbidden(err):
		return problem.Forbidden("The service account of the Provisioning API may not do this: %s", err)
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return problem.BadRequest("%s", err)
	case apierrors.IsNotFound(err):
		return problem.NotFound("It is gone: somebody else has deleted it")
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return problem.Conflict("It is being changed by somebody else, try again")
	}
	s.Logger.ErrorContext(r.Context(), "A call of the Provisioning API failed", "method", r.Method, "path", r.URL.Path, "error", err)
	return problem.Failed(err)
}

func (s *Server) serve(r *http.Request) (any, error) {
	path, err := url.PathUnescape(r.URL.EscapedPath())
	if err != nil {
		return nil, problem.BadRequest("Invalid path")
	}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if strings.HasPrefix(path, permissions) {
		return s.servePermissions(r, segments)
	}
	if len(segments) < 5 || segments[0] != "v1_1" || segments[1] != "provisioning" || segments[2] != "accounts" {
		return nil, problem.NotFound("No such endpoint: %s %s", r.Method, path)
	}
	if err := s.authenticate(r, segments[3]); err != nil {
		return nil, err
	}
	handle, variable := s.route(r.Method, segments[4:])
	if handle == nil {
		return nil, problem.NotFound("No such endpoint: %s /%s", r.Method, strings.Join(segments[4:], "/"))
	}
	given, err := readParams(r)
	if err != nil {
		return nil, err
	}
	return handle(&call{Request: r, params: given, path: variable})
}

// authenticate compares in constant time.
func (s *Server) authenticate(r *http.Request, account string) error {
	known, err := s.Credentials()
	if err != nil {
		return fmt.Errorf("reading the credentials of the Provisioning API: %w", err)
	}
	key, secret, _ := sign.Basic(r.Header.Get("Authorization"))
	same := subtle.ConstantTimeCompare([]byte(key), []byte(known.APIKey)) & subtle.ConstantTimeCompare([]byte(secret), []byte(known.APISecret)) &
		subtle.ConstantTimeCompare([]byte(account), []byte(known.AccountID))
	if known.APISecret == "" || same != 1 {
		return problem.Unauthorized("Invalid credentials")
	}
	return nil
}

// route finds what answers a method and path, and what the variable parts of the path are.
func (s *Server) route(method string, path []string) (handle, []string) {
	resource, rest := path[0], path[1:]
	by := func(handles map[string]handle) handle { return handles[method] }
	switch {
	case resource == "sub_accounts" && len(rest) == 0:
		return by(map[string]handle{http.MethodGet: s.listEnvironments, http.MethodPost: s.createEnvironment}), nil
	case resource == "sub_accounts" && len(rest) == 1:
		return by(map[string]handle{http.MethodGet: s.showEnvironment, http.MethodPut: s.updateEnvironment, http.MethodDelete: s.deleteEnvironment}), rest
	case resource == "sub_accounts" && len(rest) == 2 && rest[1] == "access_keys":
		return by(map[string]handle{http.MethodGet: s.listKeys, http.MethodPost: s.createKey, http.MethodDelete: s.deleteKeyByName}), rest[:1]
	case resource == "sub_accounts" && len(rest) == 3 && rest[1] == "access_keys":
		return by(map[string]handle{http.MethodPut: s.updateKey, http.MethodDelete: s.deleteKey}), []string{rest[0], rest[2]}
	case resource == "billing_usage" && len(rest) == 0 && method == http.MethodGet:
		return s.noBilling, nil
	case resource == "users" || resource == "user_groups":
		return s.routePeople(method, resource, rest)
	}
	return nil, nil
}

// noBilling refuses: nobody is billed.
func (s *Server) noBilling(*call) (any, error) {
	return nil, problem.Forbidden("There is no billing here: what an environment uses is told by the Admin API (usage) and by its status")
}

// done is the answer to a deletion.
var done = map[string]string{"message": "ok"}
