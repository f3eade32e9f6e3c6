package upload

import (
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/notify"
)

// TestBatchIDs has callers name their calls: answers and notifications do, too, so that who asks for messages by that name finds them.
func TestBatchIDs(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.handler.deriver = &eagerNotes{}
		f.pictures("t", "a")
		const receiver = "http://receiver.example/x"
		for title, test := range map[string]struct {
			call  func(more ...string) *reply
			kinds []string
			event string
			// answered says that the answer tells the name.
			answered bool
		}{
			"upload": {func(more ...string) *reply {
				return f.upload("/image/upload", "a.png", picture("png", 5, 4), more...)
			}, nil, notify.Upload, false},
			"async upload": {func(more ...string) *reply {
				return f.upload("/image/upload", "a.png", picture("png", 5, 4), append(more, "async", "1")...)
			}, []string{UploadJobKind}, notify.Upload, true},
			"eager": {func(more ...string) *reply {
				return f.call("/image/explicit", append(more, "public_id", "a", "type", "upload", "eager", "w_5", "eager_async", "1")...)
			}, []string{EagerJobKind}, notify.Eager, true},
			"explicit": {func(more ...string) *reply {
				return f.call("/image/explicit", append(more, "public_id", "a", "type", "upload", "tags", "u", "async", "1")...)
			}, []string{CallJobKind}, notify.Explicit, true},
			"explode": {func(more ...string) *reply {
				return f.call("/image/explode", append(more, "public_id", "a")...)
			}, []string{EagerJobKind}, notify.Explode, true},
			"archive": {func(more ...string) *reply {
				return f.call("/image/generate_archive", append(more, "public_ids", "a")...)
			}, nil, notify.Archive, false},
			"async archive": {func(more ...string) *reply {
				return f.call("/image/generate_archive", append(more, "public_ids", "a", "async", "1")...)
			}, []string{CallJobKind}, notify.Archive, true},
			"rename": {func(more ...string) *reply {
				f.pictures("", "from")
				return f.call("/image/rename", append(more, "from_public_id", "from", "to_public_id", "to", "overwrite", "1")...)
			}, nil, notify.Rename, false},
		} {
			t.Run(title, func(t *testing.T) {
				for _, given := range []string{"mine", ""} {
					more := []string{"notification_url", receiver}
					if given != "" {
						more = append(more, "batch_id", given)
					}
					got := f.expect(test.call(more...))
					for _, kind := range test.kinds {
						for _, job := range f.claim(kind) {
							run := f.handler.UploadKind().Run
							switch kind {
							case EagerJobKind:
								run = f.handler.EagerKind().Run
							case CallJobKind:
								run = f.handler.CallKind().Run
							}
							if err := run(t.Context(), job); err != nil {
								t.Fatal(err)
							}
						}
					}
					want := given
					if test.answered && given == "" {
						want, _ = got.body["batch_id"].(string)
					}
					if answered, _ := got.body["batch_id"].(string); test.answered && (answered == "" || answered != want) {
						t.Errorf("answer %s", got.text)
					}
					told := payloads(f.claim(notify.JobKind))
					if named := strings.Contains(told, `"batch_id":"`+want+`"`); !strings.Contains(told, `"notification_type":"`+test.event+`"`) || named != (want != "") {
						t.Errorf("%q: told %s", want, told)
					}
				}
			})
		}
		long := strings.Repeat("b", 256)
		f.expectRefused(f.call("/image/explode", "public_id", "a", "batch_id", long), 400, "Invalid batch_id: it is longer than 255 bytes")
		f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 5, 4), "batch_id", long), 400, "Invalid batch_id: it is longer than 255 bytes")
	})
}
