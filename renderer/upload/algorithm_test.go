package upload

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// signedBySHA256 is signed as SDKs do that are configured for SHA-256.
func signedBySHA256(pairs ...string) url.Values {
	params := url.Values{"timestamp": {fmt.Sprint(time.Now().Unix())}}
	for i := 0; i < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	sum := sha256.Sum256([]byte(sign.StringToSign(params, 2) + apiSecret))
	params.Set("signature", hex.EncodeToString(sum[:]))
	params.Set("api_key", apiKey)
	return params
}

// TestAnswersAreSignedLikeTheirCalls: SDKs check by the algorithm that they sign by.
func TestAnswersAreSignedLikeTheirCalls(t *testing.T) {
	onEach(t, func(f *fixture) {
		expectSigned := func(got *reply, algorithm sign.Algorithm) {
			f.Helper()
			version, err := f.expect(got).body["version"].(json.Number).Int64()
			if err != nil || got.body["signature"] != sign.Response(fmt.Sprint(got.body["public_id"]), version, apiSecret, algorithm) {
				f.Errorf("the signature of %s is not of algorithm %d", got.text, algorithm)
			}
		}
		url, arrived := f.receive()
		f.snapshot.Triggers = []catalog.Trigger{{Name: "uploads", EventType: notify.Upload, URI: url + "/trigger", Additive: true}}
		file := part{"file", "a.png", picture("png", 5, 4)}
		expectTold := func(own, trigger sign.Algorithm) {
			f.Helper()
			for range 2 {
				select {
				case got := <-arrived:
					if want := map[string]sign.Algorithm{"/mine": own, "/trigger": trigger}[got.path]; got.algorithm != want {
						f.Errorf("%s was told by algorithm %d, want %d", got.path, got.algorithm, want)
					}
				case <-time.After(20 * time.Second):
					f.Fatal("not all were told")
				}
			}
		}
		expectSigned(f.multipart("/image/upload", append(parts(signedBySHA256("public_id", "a", "notification_url", url+"/mine")), file)...), sign.SHA256)
		expectTold(sign.SHA256, sign.SHA1)
		expectSigned(f.multipart("/image/rename", parts(signedBySHA256("from_public_id", "a", "to_public_id", "b"))...), sign.SHA256)
		expectSigned(f.multipart("/image/explicit", parts(signedBySHA256("public_id", "b", "type", "upload"))...), sign.SHA256)
		expectSigned(f.upload("/image/upload", "a.png", picture("png", 5, 4), "notification_url", url+"/mine"), sign.SHA1)
		expectTold(sign.SHA1, sign.SHA1)

		// The environment says how what nobody has signed is answered, and how triggers are told.
		f.snapshot.Environment.SignatureAlgorithm = "sha256"
		f.snapshot.Presets["unsigned"] = catalog.Preset{Name: "unsigned", Unsigned: true, Parameters: map[string]json.RawMessage{"notification_url": json.RawMessage(`"` + url + `/mine"`)}}
		expectSigned(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, file), sign.SHA256)
		expectTold(sign.SHA256, sign.SHA256)
		expectSigned(f.upload("/image/upload", "a.png", picture("png", 5, 4), "notification_url", url+"/mine"), sign.SHA1)
		expectTold(sign.SHA1, sign.SHA256)
	})
}
