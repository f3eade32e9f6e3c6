package delivery

import (
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

func TestTokens(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", ofType("authenticated"))
	e.store(t, "sheep", "private sheep", ofType("private"))
	key := []byte{0x00, 0x11, 0x22, 0x33, 0xff, 0x99}
	const path = "/demo/image/authenticated/sheep.jpg"
	const unsigned = "Unsigned request for an authenticated asset"
	soon := time.Now().Add(time.Minute)
	token := func(options sign.TokenOptions) string { return "__cld_token__=" + sign.NewToken(options, key) }

	own := token(sign.TokenOptions{End: soon, Path: path})
	e.get(t, path+"?"+own).expect(t, 200, "sheep")
	e.get(t, path+"?_a=B&"+own).expect(t, 200, "sheep")
	e.get(t, path, "Cookie", "a=b; "+own).expect(t, 200, "sheep")
	e.get(t, "/demo/image/authenticated/c_scale,w_9/sheep.jpg?"+own).refused(t, 401, unsigned)

	all := token(sign.TokenOptions{End: soon, ACL: []string{"/demo/image/authenticated/*", "/demo/image/private/*"}})
	e.get(t, "/demo/image/authenticated/c_scale,w_9/sheep.jpg", "Cookie", all).expect(t, 200, "sheep as jpg")
	e.get(t, "/demo/image/private/sheep.jpg", "Cookie", all).expect(t, 200, "private sheep")
	e.get(t, "/demo/image/authenticated/missing.jpg", "Cookie", all).refused(t, 404, "Resource not found - missing")
	e.get(t, "/demo/image/upload/l_authenticated:sheep/fl_layer_apply/missing.jpg", "Cookie", all).refused(t, 401, "Unsigned request for a layer of type authenticated")

	here := token(sign.TokenOptions{IP: "127.0.0.1", End: soon, Path: path})
	e.get(t, path+"?"+here).expect(t, 200, "sheep")
	e.get(t, path+"?"+token(sign.TokenOptions{IP: "192.0.2.1", End: soon, Path: path}), "X-Forwarded-For", "192.0.2.1").refused(t, 401, unsigned)
	e.get(t, path+"?"+token(sign.TokenOptions{Start: soon, End: soon, Path: path})).refused(t, 401, unsigned)
	e.get(t, path+"?"+own+"0").refused(t, 401, unsigned)

	e.store(t, "members", "members", func(a *library.Asset) { a.AccessMode = "authenticated" })
	members := "/demo/image/upload/c_scale,w_9/members.jpg"
	const restricted = "Unsigned request for an asset with restricted access"
	e.get(t, "/demo/image/upload/members.jpg").refused(t, 401, restricted)
	e.get(t, members).refused(t, 401, restricted)
	opens := token(sign.TokenOptions{End: soon, ACL: []string{"/demo/image/upload/*"}})
	for range 2 {
		e.get(t, members, "Cookie", opens).expect(t, 200, "members as jpg")
		e.get(t, members).refused(t, 401, restricted)
	}
	e.get(t, signed("image/upload", "", "members.jpg")).expect(t, 200, "members")

	e.advance(2 * time.Minute)
	e.get(t, path+"?"+own).refused(t, 401, unsigned)
	e.handler.tokenKeys = nil
	e.get(t, path+"?"+token(sign.TokenOptions{End: soon.Add(time.Hour), Path: path})).refused(t, 401, unsigned)
}
