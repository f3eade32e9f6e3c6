package provisioning_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/console/provisioning"
)

// failing is a Server whose cluster fails every list with what fail gives, and counts them.
type failing struct {
	handler     http.Handler
	credentials provisioning.Credentials
	unreadable  error
	fail        error
	asked       int
}

func newFailing(t *testing.T) *failing {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	f := &failing{credentials: provisioning.Credentials{AccountID: accountID, APIKey: apiKey, APISecret: apiSecret}}
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			f.asked++
			return f.fail
		},
	}).Build()
	f.handler = provisioning.New(provisioning.Options{
		Client: cluster, Namespace: namespace, Credentials: func() (provisioning.Credentials, error) { return f.credentials, f.unreadable },
	})
	return f
}

// call signs in unless key is empty. The message is that of the error, if the answer is one.
func (f *failing) call(t *testing.T, method, path, key, secret, body string) (status int, message string, answer map[string]any) {
	t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.SetBasicAuth(key, secret)
	}
	recorder := httptest.NewRecorder()
	f.handler.ServeHTTP(recorder, request)
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", recorder.Body, err)
	}
	if recorder.Header().Get("Cache-Control") != "no-store" || recorder.Header().Get("X-Request-Id") == "" {
		t.Errorf("headers %v", recorder.Header())
	}
	failure, _ := answer["error"].(map[string]any)
	message, _ = failure["message"].(string)
	return recorder.Code, message, answer
}

const environments = "/v1_1/provisioning/accounts/" + accountID + "/sub_accounts"

func TestCallersSignIn(t *testing.T) {
	f := newFailing(t)
	if status, message, _ := f.call(t, http.MethodGet, environments, apiKey, apiSecret, ""); status != http.StatusOK || f.asked == 0 {
		t.Fatalf("%d %s", status, message)
	}
	f.asked = 0
	for name, given := range map[string][3]string{
		"nobody":            {accountID, "", ""},
		"another key":       {accountID, "1", apiSecret},
		"another secret":    {accountID, apiKey, apiSecret + "x"},
		"no secret":         {accountID, apiKey, ""},
		"a part of it":      {accountID, apiKey, apiSecret[:5]},
		"another account":   {"0f1e2d3d", apiKey, apiSecret},
		"no account":        {"", apiKey, apiSecret},
		"secret as the key": {accountID, apiSecret, apiKey},
	} {
		for _, path := range []string{"/v1_1/provisioning/accounts/" + given[0] + "/sub_accounts", "/v1_1/provisioning/accounts/" + given[0] + "/users", "/v2/accounts/" + given[0] + "/permissions/roles"} {
			status, message, _ := f.call(t, http.MethodGet, path, given[1], given[2], "")
			if given[0] != "" && (status != http.StatusUnauthorized || message != "Invalid credentials") || status == http.StatusOK {
				t.Errorf("%s at %s: %d %s", name, path, status, message)
			}
		}
	}
	// Where no secret is set, nobody signs in without one.
	f.credentials = provisioning.Credentials{}
	for _, key := range []string{"", "x"} {
		if status, _, _ := f.call(t, http.MethodGet, "/v1_1/provisioning/accounts//sub_accounts", key, "", ""); status == http.StatusOK {
			t.Error("signed in with nothing")
		}
	}
	f.unreadable = errors.New("the Secret is gone: hunter2")
	if status, message, _ := f.call(t, http.MethodGet, environments, apiKey, apiSecret, ""); status != http.StatusInternalServerError || message != "General Error" {
		t.Errorf("without credentials: %d %s", status, message)
	}
	if f.asked != 0 {
		t.Errorf("the cluster was asked %d times", f.asked)
	}
}

func TestCredentialsInEitherAlphabetSignIn(t *testing.T) {
	f := newFailing(t)
	f.credentials.APISecret = "ab>>>???ü"
	text := apiKey + ":" + f.credentials.APISecret
	standard, forURLs := base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text))
	if !strings.ContainsAny(standard, "+/") || !strings.ContainsAny(forURLs, "-_") {
		t.Fatalf("%s and %s do not tell the alphabets apart", standard, forURLs)
	}
	for authorization, status := range map[string]int{
		"Basic " + standard: http.StatusOK, "Basic " + forURLs: http.StatusOK, "basic " + forURLs: http.StatusOK,
		"Bearer " + standard: http.StatusUnauthorized, "Basic": http.StatusUnauthorized, "Basic *" + standard: http.StatusUnauthorized, "Basic " + text: http.StatusUnauthorized,
	} {
		request := httptest.NewRequest(http.MethodGet, environments, http.NoBody)
		request.Header.Set("Authorization", authorization)
		recorder := httptest.NewRecorder()
		f.handler.ServeHTTP(recorder, request)
		if recorder.Code != status {
			t.Errorf("%s: %d %s", authorization, recorder.Code, recorder.Body)
		}
	}
}

func TestWhatTheClusterSays(t *testing.T) {
	kind := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "productenvironments"}
	for name, test := range map[string]struct {
		fail    error
		status  int
		message string
	}{
		"forbidden": {apierrors.NewForbidden(kind, "", errors.New("no rights")), http.StatusForbidden, "The service account of the Provisioning API may not do this: "},
		"conflict":  {apierrors.NewConflict(kind, "shop", errors.New("changed")), http.StatusConflict, "It is being changed by somebody else, try again"},
		"exists":    {apierrors.NewAlreadyExists(kind, "shop"), http.StatusConflict, "It is being changed by somebody else, try again"},
		"invalid":   {apierrors.NewBadRequest("spec.cloudName: Invalid"), http.StatusBadRequest, "spec.cloudName: Invalid"},
		"away":      {errors.New("dial tcp 10.0.0.1: refused"), http.StatusInternalServerError, "General Error"},
	} {
		f := newFailing(t)
		f.fail = test.fail
		status, message, _ := f.call(t, http.MethodGet, environments, apiKey, apiSecret, "")
		if status != test.status || !strings.HasPrefix(message, test.message) {
			t.Errorf("%s: %d %s", name, status, message)
		}
	}
}

func TestCallsThatCannotBe(t *testing.T) {
	f := newFailing(t)
	base := strings.TrimSuffix(environments, "/sub_accounts")
	for _, test := range []struct {
		method, path, body string
		status             int
		message            string
	}{
		{http.MethodGet, "/v1_1/provisioning/accounts/" + accountID, "", 404, "No such endpoint: GET /v1_1/provisioning/accounts/" + accountID},
		{http.MethodGet, "/v1_1/other/accounts/" + accountID + "/sub_accounts", "", 404, "No such endpoint: GET /v1_1/other/accounts/" + accountID + "/sub_accounts"},
		{http.MethodPatch, environments, "", 404, "No such endpoint: PATCH /sub_accounts"},
		{http.MethodGet, environments + "/a/access_keys/b", "", 404, "No such endpoint: GET /sub_accounts/a/access_keys/b"},
		{http.MethodGet, base + "/nothing", "", 404, "No such endpoint: GET /nothing"},
		{http.MethodPost, base + "/billing_usage", "", 404, "No such endpoint: POST /billing_usage"},
		{http.MethodGet, base + "/billing_usage", "", 403, "There is no billing here: what an environment uses is told by the Admin API (usage) and by its status"},
		{http.MethodPost, environments, "[]", 400, "The body is no object of JSON"},
		{http.MethodPost, environments, strings.Repeat(" ", 1<<20) + "{", 400, "The parameters are too large. Maximum is 1048576 bytes"},
		{http.MethodGet, environments + "?ids=%zz", "", 400, "Invalid query string"},
		{http.MethodGet, environments, `{"ids":5}`, 400, "Invalid value for parameter ids: it must be a list"},
		{http.MethodGet, environments, `{"ids":[5]}`, 400, "Invalid value for parameter ids: it must be a list of texts"},
		{http.MethodGet, environments, `{"prefix":["a"]}`, 400, "Invalid value for parameter prefix: it must be a text"},
		{http.MethodGet, environments, `{"ids":"` + strings.Repeat("a,", 100) + `a"}`, 400, "Too many ids. Got 101. Maximum is 100."},
	} {
		if status, message, _ := f.call(t, test.method, test.path, apiKey, apiSecret, test.body); status != test.status || message != test.message {
			t.Errorf("%s %s %.40s: %d %q, want %d %q", test.method, test.path, test.body, status, message, test.status, test.message)
		}
	}
	if f.asked != 0 {
		t.Errorf("the cluster was asked %d times", f.asked)
	}
	_, _, answer := f.call(t, http.MethodGet, "/v2/accounts/"+accountID+"/permissions/roles", apiKey, "wrong", "")
	if failure, _ := answer["error"].(map[string]any); failure["category"] != "auth_error" || failure["code"] != "unauthorized" {
		t.Errorf("an error of the calls on permissions: %v", answer)
	}
}
