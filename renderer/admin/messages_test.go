package admin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

func TestPolledMessages(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		now := time.Now()
		f := newFixture(t, func(f *fixture, options *Options) {
			f.library, options.Library = l, l
			options.Now = func() time.Time { return now }
		})
		f.snapshot.PrimaryKey = apiKey
		f.snapshot.Triggers = []catalog.Trigger{
			{Name: "news", EventType: catalog.EventTypeAll, URI: "poll://news", Filter: json.RawMessage(`{"!=":[{"var":"notification_type"},"rename"]}`)},
			{Name: "batches", EventType: notify.Eager, URI: "poll://*"},
		}
		enqueue := func(event notify.Event) {
			t.Helper()
			event.At = now
			jobs, err := notify.Jobs(event, notify.Targets(f.snapshot, event.Type, ""), 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.EnqueueJobs(t.Context(), jobs); err != nil {
				t.Fatal(err)
			}
			now = time.Now().Add(time.Second)
		}
		poll := func(query string) []any {
			t.Helper()
			answer := f.callPath(http.MethodGet, "/v2/notifications/demo/messages?wait_seconds=0&"+query, "", "")
			if answer.status != http.StatusOK {
				t.Fatalf("%d %v", answer.status, answer.body)
			}
			messages, there := answer.body["messages"].([]any)
			if there != (len(messages) > 0) {
				t.Errorf("an empty list of messages: %v", answer.body)
			}
			return messages
		}
		ack := func(receipts ...string) string {
			t.Helper()
			answer := f.callPath(http.MethodPost, "/v2/notifications/demo/messages/ack", "application/json", asJSON(t, map[string]any{"receipt_handles": receipts}))
			results := answer.body["results"].([]any)
			return results[len(results)-1].(map[string]any)["status"].(string)
		}
		if none := poll("channel=news"); none != nil {
			t.Fatalf("at first %v", none)
		}
		enqueue(notify.Event{Type: notify.Upload, Fields: map[string]any{"public_id": "a"}})
		enqueue(notify.Event{Type: notify.Rename, Fields: map[string]any{"public_id": "r"}}) // The filter refuses it.
		enqueue(notify.Event{Type: notify.Eager, Fields: map[string]any{"public_id": "b", "batch_id": "b1"}})
		enqueue(notify.Event{Type: notify.Eager, Fields: map[string]any{"public_id": "c"}}) // Of no batch.

		first := poll("channel=news&max_messages=1")
		message := first[0].(map[string]any)
		signed, err := base64.RawURLEncoding.DecodeString(message["signed_payload"].(string))
		if err != nil {
			t.Fatal(err)
		}
		timestamp, err := strconv.ParseInt(message["timestamp"].(string), 10, 64)
		if err != nil || message["signature"] != sign.Notification(signed, timestamp, apiSecret, sign.SHA1) {
			t.Errorf("signature %v, %v", message["signature"], err)
		}
		var payload map[string]any
		if json.Unmarshal(signed, &payload) != nil || payload["public_id"] != "a" || message["payload"].(map[string]any)["public_id"] != "a" || payload["signature_key"] != apiKey {
			t.Errorf("payload %s, %v", signed, message["payload"])
		}
		if rest := poll("channel=news&max_messages=100"); len(rest) != 2 {
			t.Errorf("the rest, without the one that is leased: %v", rest)
		}
		// Not acknowledged, it comes again, and the first receipt is void.
		now = now.Add(31 * time.Second)
		again := poll("channel=news&max_messages=1&visibility_timeout=600")
		receipt := again[0].(map[string]any)["receipt_handle"].(string)
		if got := ack(message["receipt_handle"].(string)); got != notify.Expired {
			t.Errorf("a lease that has ended: %s", got)
		}
		if got := ack(receipt); got != notify.Acked {
			t.Errorf("acknowledged: %s", got)
		}
		if got := ack(receipt); got != notify.Expired {
			t.Errorf("twice: %s", got)
		}
		if got := ack("nonsense"); got != notify.Invalid {
			t.Errorf("nonsense: %s", got)
		}
		batch := poll("batch_id=b1")
		if len(batch) != 1 || batch[0].(map[string]any)["batch_id"] != "b1" {
			t.Errorf("of a batch: %v", batch)
		}
		for query, message := range map[string]string{
			"":                               "Exactly one of channel and batch_id is required",
			"channel=a&batch_id=b":           "Exactly one of channel and batch_id is required",
			"channel=a&max_messages=101":     `Invalid value for max_messages: "101" is no integer between 1 and 100`,
			"channel=a&wait_seconds=61":      `Invalid value for wait_seconds: "61" is no integer between 0 and 60`,
			"channel=a&visibility_timeout=0": `Invalid value for visibility_timeout: "0" is no integer between 1 and 600`,
		} {
			f.expectRefused(f.callPath(http.MethodGet, "/v2/notifications/demo/messages?"+query, "", ""), http.StatusBadRequest, message)
		}
		f.expectRefused(f.callPath(http.MethodPost, "/v2/notifications/demo/messages/ack", "application/json", "{}"), http.StatusBadRequest, "Missing required parameter - receipt_handles")
		// What nobody polls is forgotten with the dead letters.
		if err := l.ForgetDeadJobs(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		if left := poll("channel=news"); left != nil {
			t.Errorf("left %v", left)
		}
	})
}
