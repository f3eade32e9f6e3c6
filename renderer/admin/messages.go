package admin

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// pollEvery is how often a long poll looks for messages.
const pollEvery = 500 * time.Millisecond

// pollMessages answers GET /v2/notifications/<cloud>/messages: it waits for messages, and leases them for a while.
func (h *Handler) pollMessages(c *call) (wire.Object, error) {
	from := notify.Address{Channel: c.params.String("channel"), BatchID: c.params.String("batch_id")}
	if (from.Channel == "") == (from.BatchID == "") {
		return nil, problem.BadRequest("Exactly one of channel and batch_id is required")
	}
	limit, err := c.params.Int("max_messages", 10, 1, 100)
	if err != nil {
		return nil, err
	}
	wait, err := c.params.Int("wait_seconds", 20, 0, 60)
	if err != nil {
		return nil, err
	}
	visibility, err := c.params.Int("visibility_timeout", 30, 1, 600)
	if err != nil {
		return nil, err
	}
	deadline := time.NewTimer(time.Duration(wait) * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		messages, err := h.mailbox.Poll(c.context, c.snapshot, from, limit, time.Duration(visibility)*time.Second)
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		if len(messages) > 0 {
			return wire.Object{"messages": showMessages(messages)}, nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return wire.Object{}, nil // Without the key when nothing waits: SDKs look for that.
		case <-c.context.Done():
			return nil, c.context.Err()
		}
	}
}

func showMessages(messages []notify.Message) []wire.Object {
	shown := make([]wire.Object, len(messages))
	for i, message := range messages {
		shown[i] = wire.Object{
			"receipt_handle": message.Receipt, "batch_id": nil, "payload": json.RawMessage(message.Payload),
			"signed_payload": base64.RawURLEncoding.EncodeToString(message.Payload), "signature": message.Signature,
			"timestamp": strconv.FormatInt(message.Timestamp, 10),
		}
		if message.BatchID != "" {
			shown[i]["batch_id"] = message.BatchID
		}
	}
	return shown
}

// ackMessages answers POST /v2/notifications/<cloud>/messages/ack.
func (h *Handler) ackMessages(c *call) (wire.Object, error) {
	receipts := c.params.List("receipt_handles")
	if len(receipts) == 0 {
		return nil, problem.BadRequest("Missing required parameter - receipt_handles")
	}
	if err := checkCount("receipt_handles", receipts); err != nil {
		return nil, err
	}
	results := make([]wire.Object, len(receipts))
	for i, receipt := range receipts {
		status, err := h.mailbox.Acknowledge(c.context, receipt)
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		results[i] = wire.Object{"receipt_handle": receipt, "status": status}
	}
	return wire.Object{"results": results}, nil
}
