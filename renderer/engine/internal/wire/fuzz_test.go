package wire

import "testing"

// FuzzReceive sends bytes of anybody's to each end: it reads a message or refuses it, and no descriptor comes out of nothing.
func FuzzReceive(f *testing.F) {
	for _, header := range []string{`{"kind":"probe","deadline":5,"body":{}}`, `{"state":"ready","body":{}}`, `{"state":"failed","problem":{"status":400,"message":"x"}}`, `{`, `null`} {
		f.Add(append([]byte{0, version, 0, 0, 0, 0, 0, byte(len(header))}, header...))
	}
	f.Add([]byte{0, version, 0, 9, 0, 0, 0, 2, '{', '}'})
	f.Add([]byte{0, version, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 { // what a socket holds without a reader
			return
		}
		one, other := pair(t)
		if _, err := one.Write(data); err != nil {
			t.Fatal(err)
		}
		one.Close()
		job, files, err := ReceiveJob(other)
		if len(files) > 0 || (job == nil) != (err != nil) {
			t.Fatalf("a job %+v with %d files, %v", job, len(files), err)
		}
		one, other = pair(t)
		if _, err := one.Write(data); err != nil {
			t.Fatal(err)
		}
		one.Close()
		event, err := ReceiveEvent(other)
		if (event == nil) != (err != nil) {
			t.Fatalf("an event %+v, %v", event, err)
		}
		if event != nil && event.Err() == nil {
			t.Fatal("a failure without an error")
		}
	})
}
