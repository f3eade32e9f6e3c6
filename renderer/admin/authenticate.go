package admin

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// authenticate finds the key of a request: that of its basic credentials, or, of a request without any, the one that has signed it.
func (h *Handler) authenticate(r *http.Request, cloud string, snapshot *catalog.Snapshot) (*catalog.Key, error) {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return nil, problem.Unauthorized("Invalid token")
	}
	found := wire.BasicKey(r, snapshot)
	if found == nil && r.Header.Get("Authorization") == "" {
		var err error
		if found, err = h.signer(r, snapshot); err != nil {
			return nil, err
		}
	}
	if found == nil {
		if !snapshot.Environment.IsCloud(cloud) {
			return nil, problem.Unauthorized("Invalid cloud_name %s", cloud)
		}
		return nil, problem.Unauthorized("Invalid credentials")
	}
	if !snapshot.Environment.IsCloud(cloud) {
		return nil, problem.Unauthorized("cloud_name mismatch")
	}
	return found, nil
}

// signer is the key that a request is signed with, if it is one that may sign calls of this API; nil for a request without a
// signature. A signature is made of parameters alone, so that one for an upload would do for other calls, too: only keys that say
// so can be used in this way.
func (h *Handler) signer(r *http.Request, snapshot *catalog.Snapshot) (*catalog.Key, error) {
	allowed := false
	for _, key := range snapshot.Keys {
		allowed = allowed || key.AdminSignatures
	}
	if !allowed {
		if r.URL.Query().Has("signature") {
			return nil, signatureRefused()
		}
		return nil, nil // The body of a stranger's request is not read.
	}
	params, err := peekParams(r)
	if err != nil || !params.Has("signature") {
		return nil, err
	}
	key, known := snapshot.Keys[params.String("api_key")]
	switch {
	case !known:
		return nil, problem.Unauthorized("Invalid api_key %s", wire.Printable(params.String("api_key")))
	case !key.AdminSignatures:
		return nil, signatureRefused()
	}
	if err := sign.CheckTimestamp(params.String("timestamp"), h.now()); err != nil {
		return nil, err
	}
	if !sign.VerifyUpload(url.Values(params), params.String("signature"), key.APISecret) {
		return nil, problem.Unauthorized("Invalid Signature %s. String to sign - '%s'.", wire.Printable(params.String("signature")), sign.StringToSign(url.Values(params), 2))
	}
	return &key, nil
}

func signatureRefused() error {
	return problem.Unauthorized("Invalid credentials: this call cannot be signed with that access key (adminSignatures in its spec)")
}

// peekParams reads the parameters of a request and leaves its body to be read again.
func peekParams(r *http.Request) (wire.Params, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, wire.BodyProblem(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	params, err := wire.ReadParams(r, maxBody)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return params, err
}
