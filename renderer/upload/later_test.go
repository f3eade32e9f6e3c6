package upload

import (
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestCallsLeftToJobs(t *testing.T) {
	f := tagged(t)
	run := func(job *library.Job) error { return f.handler.CallKind().Run(t.Context(), job) }
	one := func(jobs []*library.Job) *library.Job {
		t.Helper()
		if len(jobs) != 1 {
			t.Fatalf("%d jobs", len(jobs))
		}
		return jobs[0]
	}
	assets := 3
	for path, test := range map[string]struct {
		pairs []string
		told  []string
	}{
		"/image/multi":            {[]string{"tag", "logo"}, []string{`"notification_type":"multi"`, `"public_id":"logo"`}},
		"/image/sprite":           {[]string{"tag", "logo"}, []string{`"notification_type":"sprite"`, `"image_infos":{"a":`}},
		"/image/generate_archive": {[]string{"tags", "logo", "target_public_id", "all"}, []string{`"notification_type":"generate_archive"`, `"file_count":3`, `"public_id":"all.zip"`}},
	} {
		got := f.expect(f.call(path, append(test.pairs, "async", "1", "notification_url", "http://receiver.example/x")...))
		if got.body["status"] != "processing" || len(got.body["batch_id"].(string)) != 32 {
			t.Errorf("%s: %s", path, pretty(got.body))
		}
		f.expectStoredAfterSweep(assets)
		job := one(f.claim(CallJobKind))
		if err := run(job); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		assets++
		f.expectStoredAfterSweep(assets)
		told := payloads(f.claim(notify.JobKind))
		for _, piece := range append(test.told, got.body["batch_id"].(string)) {
			if strings.Count(told, piece) != 1 {
				t.Errorf("%s: told %s, which lacks %s", path, told, piece)
			}
		}
		// A process that ended before the job was noted as done.
		if err := run(job); err != nil || len(f.claim(notify.JobKind)) != 0 {
			t.Errorf("%s again: %v", path, err)
		}
		f.expectStoredAfterSweep(assets)
	}
	f.expectRefused(f.call("/image/multi", "tag", "logo", "async", "1", "notification_url", "nowhere"), 400, "Invalid notification_url: it must be an http or https URL of at most 2048 bytes")

	// What is refused is told; what passes is tried again.
	f.expect(f.call("/image/multi", "tag", "none", "async", "1", "notification_url", "http://receiver.example/x"))
	if err := run(one(f.claim(CallJobKind))); err != nil {
		t.Fatal(err)
	}
	if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"error":{"message":"Resource not found - none"}`) {
		t.Errorf("told %s", told)
	}
	f.expect(f.call("/image/multi", "tag", "logo", "async", "1", "notification_url", "http://receiver.example/x"))
	f.engine.fail = problem.Busy(1)
	job := one(f.claim(CallJobKind))
	if err := run(job); err == nil {
		t.Error("a busy engine is no reason to end")
	}
	f.engine.fail = nil
	f.snapshot.Keys = map[string]catalog.Key{"other": {APIKey: "other", APISecret: "s"}}
	if err := run(job); err != nil {
		t.Fatal(err)
	}
	if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"error":{"message":"Invalid api_key `+apiKey+`"}`) {
		t.Errorf("told %s", told)
	}
	f.expectStoredAfterSweep(assets)
}
