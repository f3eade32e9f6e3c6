package delivery

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

func TestARenamedEnvironmentAnswersUnderItsNewNameOnly(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	paths := []string{"/image/upload/sheep.jpg", "/image/upload/c_scale,w_9/sheep.jpg"}
	for _, cloud := range []string{"/demo", "/Demo", "/DEMO"} {
		for _, path := range paths {
			for range 2 {
				e.get(t, cloud+path).expect(t, 200, map[string]string{paths[0]: "sheep", paths[1]: "sheep as jpg"}[path])
			}
		}
	}
	e.configure(func(s *catalog.Snapshot) { s.Environment.CloudName = "store" })
	for _, path := range paths {
		for _, cloud := range []string{"demo", "DEMO"} {
			e.get(t, "/"+cloud+path).refused(t, 401, "Unknown customer "+cloud)
		}
		e.get(t, "/Store"+path).expect(t, 200, map[string]string{paths[0]: "sheep", paths[1]: "sheep as jpg"}[path])
	}
	if n := e.engine.renders(); n != 1 {
		t.Errorf("%d renders", n)
	}
}
