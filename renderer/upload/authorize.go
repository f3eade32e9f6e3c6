package upload

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// caller is who a file comes from: the owner of an access key, anybody who knows an unsigned preset, or the environment itself.
type caller struct {
	// key is nil for unsigned requests.
	key *catalog.Key
	// secret signs the answer: that of the key, or of the environment's first one.
	secret string
	// algorithm is the one that the caller signs by, and checks the answer by.
	algorithm sign.Algorithm
	preset    *catalog.Preset
	// system is who stores what no request has brought; the zero value for requests.
	system library.Uploader
}

// uploader is who a stored asset is said to come from.
func (c *caller) uploader() library.Uploader {
	switch {
	case c.system != library.Uploader{}:
		return c.system
	case c.key != nil:
		return library.Uploader{Kind: library.UploaderKey, Name: c.key.APIKey}
	case c.preset != nil:
		return library.Uploader{Kind: library.UploaderPreset, Name: c.preset.Name}
	}
	return library.Uploader{}
}

// anybody is a caller without a key.
func anybody(snapshot *catalog.Snapshot) *caller {
	return &caller{secret: snapshot.Primary().APISecret, algorithm: sign.ParseAlgorithm(snapshot.Environment.SignatureAlgorithm)}
}

// signer is the caller who has signed params with key.
func signer(key *catalog.Key, params wire.Params) *caller {
	return &caller{key: key, secret: key.APISecret, algorithm: sign.AlgorithmOf(params.String("signature"))}
}

// checkBearer refuses bearer tokens, which no key of ours is.
func checkBearer(r *http.Request) error {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return problem.Unauthorized("Invalid token")
	}
	return nil
}

// checkCloud compares the cloud name of the path with that of the environment.
func checkCloud(cloud string, params wire.Params, snapshot *catalog.Snapshot) error {
	if snapshot.Environment.IsCloud(cloud) {
		return nil
	}
	if _, ours := snapshot.Keys[params.String("api_key")]; ours {
		return problem.Unauthorized("cloud_name mismatch")
	}
	return problem.Unauthorized("Invalid cloud_name %s", cloud)
}

// checkTime checks the timestamp of a request, or, of a link, expires_at in its place: a link that says how long it is good for may
// be older than other requests.
func (h *Handler) checkTime(params wire.Params, isLink bool) error {
	if isLink && params.Has("expires_at") {
		return h.checkExpiry(params)
	}
	return sign.CheckTimestamp(params.String("timestamp"), h.now())
}

// checkExpiry refuses what was good until expires_at, a Unix time, if that is given.
func (h *Handler) checkExpiry(params wire.Params) error {
	if !params.Has("expires_at") {
		return nil
	}
	given := params.String("expires_at")
	expires, err := strconv.ParseFloat(given, 64)
	if err != nil || math.IsNaN(expires) {
		return problem.BadRequest("Invalid value for expires_at: %q is no Unix time", printable(given))
	}
	if float64(h.now().Unix()) >= expires {
		return problem.BadRequest("The link has expired")
	}
	return nil
}

// checkSigned checks key, timestamp and signature, or, where there is no signature, basic credentials. A link is a request that a
// browser makes later.
func (h *Handler) checkSigned(r *http.Request, params wire.Params, snapshot *catalog.Snapshot, isLink bool) (*catalog.Key, error) {
	if !params.Has("signature") && wire.HasBasic(r) {
		if key := wire.BasicKey(r, snapshot); key != nil {
			return key, nil
		}
		return nil, problem.Unauthorized("Invalid credentials")
	}
	apiKey := params.String("api_key")
	if apiKey == "" {
		return nil, problem.BadRequest("Missing required parameter - api_key")
	}
	key, ok := snapshot.Keys[apiKey]
	if !ok {
		return nil, problem.Unauthorized("Invalid api_key %s", apiKey)
	}
	signature := params.String("signature")
	if signature == "" {
		return nil, problem.BadRequest("Missing required parameter - signature")
	}
	if err := h.checkTime(params, isLink); err != nil {
		return nil, err
	}
	if !sign.VerifyUpload(url.Values(params), signature, key.APISecret) {
		return nil, problem.Unauthorized("Invalid Signature %s. String to sign - '%s'.", signature, sign.StringToSign(url.Values(params), 2))
	}
	return &key, nil
}

// authorizeUpload lets a request upload: by its signature, or by an unsigned preset.
func (h *Handler) authorizeUpload(r *http.Request, params wire.Params, snapshot *catalog.Snapshot) (*caller, error) {
	who := anybody(snapshot)
	unsigned := !params.Has("signature")
	if unsigned && wire.HasBasic(r) {
		// The PHP SDK sends credentials with everything, with unsigned uploads, too.
		unsigned = snapshot.Presets[params.String("upload_preset")].Unsigned
	}
	if unsigned {
		if !params.Has("upload_preset") {
			return nil, problem.BadRequest("Upload preset must be specified when using unsigned upload")
		}
	} else {
		key, err := h.checkSigned(r, params, snapshot, false)
		if err != nil {
			return nil, err
		}
		who = signer(key, params)
	}
	if name := params.String("upload_preset"); name != "" {
		preset, ok := snapshot.Presets[name]
		if !ok {
			return nil, problem.BadRequest("Upload preset not found")
		}
		who.preset = &preset
	}
	if unsigned {
		if !who.preset.Unsigned {
			return nil, problem.BadRequest("Upload preset must be whitelisted for unsigned uploads")
		}
		return who, checkUnsigned(params, who.preset)
	}
	return who, nil
}

// hopeless tells early, before the file is read, that no parameter still to come can make the request right.
func hopeless(params wire.Params, snapshot *catalog.Snapshot) error {
	if apiKey := params.String("api_key"); apiKey != "" && params.Has("signature") {
		if _, ok := snapshot.Keys[apiKey]; !ok {
			return problem.Unauthorized("Invalid api_key %s", apiKey)
		}
	}
	if name := params.String("upload_preset"); name != "" {
		if _, ok := snapshot.Presets[name]; !ok {
			return problem.BadRequest("Upload preset not found")
		}
	}
	return nil
}
