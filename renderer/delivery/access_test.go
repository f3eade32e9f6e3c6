package delivery

import (
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

func ofType(deliveryType string) func(*library.Asset) {
	return func(a *library.Asset) { a.Type = deliveryType }
}

func TestClouds(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.store(t, "demo/sheep", "sheep in a folder named like the cloud", nil)
	e.configure(func(s *catalog.Snapshot) { s.Environment.Hosts = []string{"Images.Example.com"} })
	for _, test := range []struct{ host, path, body string }{
		{"res.example.com", "/demo/image/upload/sheep.jpg", "sheep"},
		{"images.example.com", "/image/upload/sheep.jpg", "sheep"},
		{"images.example.com:8080", "/image/upload/sheep.jpg", "sheep"},
		{"images.example.com", "/demo/image/upload/sheep.jpg", "sheep"},
		{"images.example.com", "/sheep.jpg", "sheep"},
		{"images.example.com", "/demo/sheep.jpg", "sheep in a folder named like the cloud"},
	} {
		answer := e.get(t, test.path, "Host", test.host)
		answer.expect(t, 200, test.body)
	}
	e.get(t, "/other/image/upload/sheep.jpg").refused(t, 401, "Unknown customer other")
	e.get(t, "/image/upload/sheep.jpg").refused(t, 401, "Unknown customer image")
	if got := e.get(t, "/"+strings.Repeat("x", 5000)).Header.Get("X-Cld-Error"); len(got) > 1100 {
		t.Errorf("an error of %d bytes", len(got))
	}
	e.get(t, "/").refused(t, 401, "Unknown customer")
}

func TestNoConfigurationYet(t *testing.T) {
	e := newEnvironment(t)
	e.snapshot.Store(nil)
	answer := e.get(t, "/demo/image/upload/sheep.jpg")
	answer.refused(t, 503, "The configuration is unavailable, try again later")
	if answer.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestSignatures(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "image", "image", nil)
	// The contract's vector, for secret "b".
	const path = "/demo/image/upload/s--Ai4Znfl3--/c_crop,h_20,w_10/v1234/image.jpg"
	e.get(t, path).expect(t, 200, "image as jpg")
	e.get(t, "/demo/image/upload/s--Ai4Znfl4--/c_crop,h_20,w_10/v1234/image.jpg").refused(t, 401, "Invalid signature")
	e.get(t, "/demo/image/upload/s--Ai4Znfl3--/c_crop,h_20,w_11/v1234/image.jpg").refused(t, 401, "Invalid signature")
	e.get(t, "/demo/image/upload/s----SjmNDA--/image.jpg").expect(t, 200, "image")
	e.get(t, "/demo/image/upload/s----SjmNDB--/image.jpg").refused(t, 401, "Invalid signature")
	// A key that is taken away stops working with the next request, also for paths that are remembered.
	e.configure(func(s *catalog.Snapshot) { s.Keys = map[string]catalog.Key{"1": {APIKey: "1", APISecret: "a"}} })
	e.get(t, path).refused(t, 401, "Invalid signature")
}

// signed is the path of an asset with a valid signature.
func signed(kind, transformation, source string) string {
	path := "/demo/" + kind + "/s--" + sign.Delivery(transformation, source, "a") + "--/"
	if transformation != "" {
		path += transformation + "/"
	}
	return path + source
}

func TestWhoMayHaveWhat(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) {
		s.Environment.RestrictedTypes = []string{"fetch", "list", catalog.RestrictedLayers, catalog.RestrictedValues}
	})
	for _, kind := range []string{"upload", "private", "authenticated"} {
		e.store(t, "sheep", kind+" sheep", ofType(kind))
	}
	const unsignedPrivate, unsignedAuthenticated = "Unsigned request for the original of a private asset", "Unsigned request for an authenticated asset"
	for _, test := range []struct{ path, body, refused string }{
		{"/demo/image/private/sheep.jpg", "", unsignedPrivate},
		{"/demo/image/private/sheep", "", unsignedPrivate},
		{"/demo/image/private/fl_attachment/sheep.jpg", "", unsignedPrivate},
		{"/demo/private_images/sheep/seo.jpg", "", unsignedPrivate},
		{"/demo/image/private/c_scale,w_9/sheep.jpg", "private sheep as jpg", ""},
		{signed("image/private", "", "sheep.jpg"), "private sheep", ""},
		{"/demo/image/authenticated/sheep.jpg", "", unsignedAuthenticated},
		{"/demo/image/authenticated/c_scale,w_9/sheep.jpg", "", unsignedAuthenticated},
		{"/demo/image/authenticated/missing.jpg", "", unsignedAuthenticated},
		{"/demo/authenticated_images/sheep/seo.jpg", "", unsignedAuthenticated},
		{signed("image/authenticated", "", "sheep.jpg"), "authenticated sheep", ""},
		{signed("image/authenticated", "c_scale,w_9", "sheep.jpg"), "authenticated sheep as jpg", ""},
		{"/demo/image/fetch/https://example.com/a.jpg", "", "Delivery type fetch is restricted"},
		{"/demo/image/upload/if_!a!_in_tags/w_9/if_end/sheep.jpg", "", "Tags, context and metadata are restricted in URLs"},
		{"/demo/image/upload/$p_ctx:!price!/w_9/sheep.jpg", "", "Tags, context and metadata are restricted in URLs"},
		{signed("image/upload", "if_!a!_in_tags/w_9/if_end", "sheep.jpg"), "upload sheep as jpg", ""},
		{"/demo/image/list/tag.json", "", "Delivery type list is restricted"},
		{"/demo/image/upload/l_authenticated:sheep,w_9/sheep.jpg", "", "Unsigned request for a layer of type authenticated"},
		{signed("image/upload", "l_authenticated:sheep,w_9", "sheep.jpg"), "upload sheep as jpg", ""},
		{"/demo/image/upload/l_fetch:aHR0cHM6Ly9leGFtcGxlLmNvbS9hLnBuZw==,w_9/sheep.jpg", "", "Remote layers are restricted"},
	} {
		answer := e.get(t, test.path)
		if test.refused != "" {
			answer.refused(t, 401, test.refused)
			continue
		}
		answer.expect(t, 200, test.body)
	}
	if got := e.get(t, signed("image/authenticated", "", "sheep.jpg")).Header.Get("Cache-Control"); got != "public, max-age=2592000" {
		t.Errorf("Cache-Control of an authenticated asset: %s", got)
	}
}

func TestASignatureOpensOnlyItsAsset(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "a/secret", "secret", ofType("authenticated"))
	// What is signed is "a.jpg"; the suffix is not. No asset "a" exists, and "a/secret" is the other reading.
	signature := "s--" + sign.Delivery("", "a.jpg", "a") + "--"
	e.get(t, "/demo/authenticated_images/"+signature+"/a/secret.jpg").refused(t, 404, "Resource not found - a")
	// Signed as a whole it opens.
	signature = "s--" + sign.Delivery("", "a/secret.jpg", "a") + "--"
	e.get(t, "/demo/authenticated_images/"+signature+"/a/secret.jpg").expect(t, 200, "secret")
}

func TestStrictTransformations(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	for _, transformation := range []string{"c_fill,w_8", "c_fill,w_9/png"} {
		if err := e.library.AllowTransformation(t.Context(), transformation, true); err != nil {
			t.Fatal(err)
		}
	}
	e.get(t, "/demo/image/upload/c_fill,w_5/sheep.jpg").expect(t, 200, "sheep as jpg")
	e.configure(func(s *catalog.Snapshot) {
		s.Environment.StrictTransformations = true
		s.Transformations = map[string]catalog.Transformation{
			"thumb":    {Name: "thumb", Transformation: "c_thumb,w_50", AllowedForStrict: true},
			"secret":   {Name: "secret", Transformation: "c_thumb,w_60"},
			"explicit": {Name: "explicit", Transformation: "c_pad,h_30,w_30/png", AllowedForStrict: true},
		}
	})
	for _, test := range []struct{ path, body, refused string }{
		{"/demo/image/upload/sheep.jpg", "sheep", ""},
		{"/demo/image/upload/fl_attachment/sheep.jpg", "sheep", ""},
		{"/demo/image/upload/c_fill,w_5/sheep.jpg", "sheep as jpg", ""}, // Made before.
		{"/demo/image/upload/c_fill,w_6/sheep.jpg", "", "Transformation c_fill,w_6 is not allowed"},
		{"/demo/image/upload/sheep.png", "", "Transformation png is not allowed"},
		{"/demo/image/upload/t_thumb/sheep.jpg", "sheep as jpg", ""},
		{"/demo/image/upload/c_thumb,w_50/sheep.jpg", "sheep as jpg", ""},
		{"/demo/image/upload/t_secret/sheep.jpg", "", "Transformation t_secret is not allowed"},
		{"/demo/image/upload/t_thumb/e_sepia/sheep.jpg", "", "Transformation t_thumb/e_sepia is not allowed"},
		{"/demo/image/upload/c_pad,h_30,w_30/sheep.jpg", "", "Transformation c_pad,h_30,w_30 is not allowed"},
		{"/demo/image/upload/c_pad,h_30,w_30/sheep.png", "sheep as png", ""},
		{signed("image/upload", "c_fill,w_7", "sheep.jpg"), "sheep as jpg", ""},
		{"/demo/image/upload/c_fill,w_7/sheep.jpg", "sheep as jpg", ""}, // Made by the signed request.
		{"/demo/image/upload/c_fill,w_8/sheep.jpg", "sheep as jpg", ""}, // Allowed without a name.
		{"/demo/image/upload/c_fill,w_9/sheep.png", "sheep as png", ""}, // Allowed with its extension.
		{"/demo/image/upload/c_fill,w_9/sheep.jpg", "", "Transformation c_fill,w_9 is not allowed"},
	} {
		answer := e.get(t, test.path)
		if test.refused != "" {
			answer.refused(t, 401, test.refused)
			continue
		}
		answer.expect(t, 200, test.body)
	}
}

func TestMethods(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	options := e.do(t, http.MethodOptions, "/demo/image/upload/sheep.jpg", "Origin", "https://example.com", "Access-Control-Request-Method", "GET")
	options.expect(t, 204, "")
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
		if options.Header.Get(name) == "" {
			t.Errorf("OPTIONS lacks %s", name)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		answer := e.do(t, method, "/demo/image/upload/sheep.jpg")
		answer.refused(t, 405, "Method not allowed - "+method)
		if got := answer.Header.Get("Allow"); got != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: Allow %q", method, got)
		}
	}
}

func TestErrorsOfTheEngine(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.engine.failWith(problem.Busy(3))
	answer := e.get(t, "/demo/image/upload/c_scale,w_9/sheep.jpg")
	answer.refused(t, 429, "Too many requests are being rendered, try again later")
	if answer.Header.Get("Retry-After") != "3" {
		t.Errorf("Retry-After: %q", answer.Header.Get("Retry-After"))
	}
	// Originals, and what is made already, go on.
	e.get(t, "/demo/image/upload/sheep.jpg").expect(t, 200, "sheep")
	e.engine.failWith(problem.BadRequest("Maximum image size is 25 Megapixels"))
	e.get(t, "/demo/image/upload/c_scale,w_9/sheep.jpg").refused(t, 400, "Maximum image size is 25 Megapixels")
	e.get(t, "/demo/image/upload/c_scale,w_abc/sheep.jpg").refused(t, 400, "Invalid width - abc")
}

// TestLayersWithRestrictedAccess: what may not be had alone may not be had within another picture either, however it is named,
// made already or not.
func TestLayersWithRestrictedAccess(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.store(t, "open", "open", nil)
	secret := e.store(t, "a/secret", "secret", func(a *library.Asset) { a.AccessMode = "authenticated" })
	const refusal = "Unsigned request for a layer with restricted access"
	for _, transformation := range []string{
		"l_a:secret/fl_layer_apply", "l_a:secret.png/fl_layer_apply", "u_a:secret/fl_layer_apply", "l_open/l_a:secret/fl_layer_apply/fl_layer_apply",
		"if_w_gt_1/l_a:secret/fl_layer_apply/if_end", "$img_!a:secret!/l_$img/fl_layer_apply", "$img_ref:!a:secret!/l_$img/fl_layer_apply",
	} {
		path := "/demo/image/upload/" + transformation + "/sheep.jpg"
		e.get(t, path).refused(t, 401, refusal)
		if got := e.get(t, signed("image/upload", transformation, "sheep.jpg")); got.StatusCode == 401 {
			t.Errorf("%s, signed: %d", transformation, got.StatusCode)
		}
		e.get(t, path).refused(t, 401, refusal)
	}
	e.get(t, "/demo/image/upload/l_open/fl_layer_apply/sheep.jpg").expect(t, 200, "sheep as jpg")
	// What was open and is closed meanwhile is closed within others, too.
	const open = "/demo/image/upload/l_b:later/fl_layer_apply/sheep.jpg"
	later := e.store(t, "b/later", "later", nil)
	e.get(t, open).expect(t, 200, "sheep as jpg")
	e.get(t, open).expect(t, 200, "sheep as jpg")
	if _, err := e.library.UpdateAsset(t.Context(), keyOf(later), func(a *library.Asset) error {
		a.AccessMode = "authenticated"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(keyOf(later))
	e.get(t, open).refused(t, 401, refusal)
	e.get(t, "/demo/image/upload/"+secret.PublicID+".jpg").refused(t, 401, "Unsigned request for an asset with restricted access")
}
