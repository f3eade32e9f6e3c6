package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Notifications of triggers that are polled lie in the table of jobs under a kind that no worker runs, in the lane of their
// channel: who polls leases them, and who acknowledges them ends the lease. Section 6 of notifications.md is the contract.

// MessageKind is the kind of notifications that wait to be polled.
const MessageKind = library.MessageKind

// polled begins the URIs of triggers that are polled; anyBatch stands for the batch ID of the call.
const polled, anyBatch = "poll://", "*"

// Lanes of messages.
const channelLane, batchLane = "channel:", "batch:"

// messageAttempts is how often a message may be given out without being acknowledged.
const messageAttempts = 1 << 20

// Address is where messages are polled: one of the two is set.
type Address struct{ Channel, BatchID string }

func (a Address) lane() string {
	if a.BatchID != "" {
		return batchLane + a.BatchID
	}
	return channelLane + a.Channel
}

// messageLane is where an event waits for those who poll a trigger; empty when it is of no call with a batch ID, which the
// trigger wants.
func messageLane(uri string, body map[string]json.RawMessage) string {
	channel := strings.TrimPrefix(uri, polled)
	if channel != anyBatch {
		return Address{Channel: channel}.lane()
	}
	var batch string
	if json.Unmarshal(body["batch_id"], &batch) != nil || batch == "" {
		return ""
	}
	return Address{BatchID: batch}.lane()
}

// Mailbox gives out the messages that wait to be polled.
type Mailbox struct {
	Queue interface {
		ClaimLane(ctx context.Context, claim library.LaneClaim) ([]*library.Job, error)
		FinishJob(ctx context.Context, job *library.Job) error
	}
	Now func() time.Time
}

// Message is a notification that was polled.
type Message struct {
	// Receipt acknowledges the message.
	Receipt string
	BatchID string
	// Payload is what is told, Signature and Timestamp are those of a notification of exactly these bytes.
	Payload   []byte
	Signature string
	Timestamp int64
}

// Poll leases the messages that have waited longest, at most max of them; those that are not acknowledged in time come again.
func (m *Mailbox) Poll(ctx context.Context, snapshot *catalog.Snapshot, from Address, max int, visibility time.Duration) ([]Message, error) {
	key := snapshot.Webhooks()
	if key.APISecret == "" {
		return nil, errNoKey
	}
	now := m.Now()
	claimed, err := m.Queue.ClaimLane(ctx, library.LaneClaim{Kind: MessageKind, Lane: from.lane(), Max: max, Worker: library.NewJobID(), Now: now, Until: now.Add(visibility)})
	if err != nil {
		return nil, err
	}
	var messages []Message
	for _, job := range claimed {
		message, err := newMessage(snapshot, job, key, now.Unix())
		if errors.Is(err, errUnwanted) {
			if err := m.Queue.FinishJob(ctx, job); err != nil && !errors.Is(err, library.ErrLeaseLost) {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		messages = append(messages, *message)
	}
	return messages, nil
}

// newMessage is a leased job as it is given out. The error is errUnwanted when its trigger is gone, or refuses it.
func newMessage(snapshot *catalog.Snapshot, job *library.Job, key catalog.Key, timestamp int64) (*Message, error) {
	var told notification
	if err := json.Unmarshal(job.Payload, &told); err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	trigger, ok := snapshot.Trigger(told.Trigger)
	if !ok {
		return nil, errUnwanted
	}
	signer, err := json.Marshal(key.APIKey)
	if err != nil {
		return nil, err
	}
	told.Body["signature_key"] = signer
	content, err := contentFor(&trigger, told.Body)
	if err != nil {
		return nil, err
	}
	algorithm := sign.ParseAlgorithm(snapshot.Environment.SignatureAlgorithm)
	message := &Message{
		Receipt: receipt(job), Payload: content, Signature: sign.Notification(content, timestamp, key.APISecret, algorithm), Timestamp: timestamp,
	}
	_ = json.Unmarshal(told.Body["batch_id"], &message.BatchID) // Many have none.
	return message, nil
}

// receipt names the lease of a message.
func receipt(job *library.Job) string {
	return base64.RawURLEncoding.EncodeToString([]byte(job.ID + "." + strconv.Itoa(job.Attempts) + "." + job.LockedBy))
}

// Outcomes of an acknowledgement.
const (
	Acked   = "acked"
	Expired = "expired"
	Invalid = "invalid"
)

// Acknowledge ends the lease of a message for good. It says Expired when the lease has ended before, or the message was
// acknowledged already, and Invalid for what is no receipt.
func (m *Mailbox) Acknowledge(ctx context.Context, receipt string) (string, error) {
	text, err := base64.RawURLEncoding.DecodeString(receipt)
	parts := strings.Split(string(text), ".")
	if err != nil || len(parts) != 3 {
		return Invalid, nil
	}
	attempts, err := strconv.Atoi(parts[1])
	if err != nil {
		return Invalid, nil
	}
	switch err := m.Queue.FinishJob(ctx, &library.Job{ID: parts[0], Attempts: attempts, LockedBy: parts[2]}); {
	case errors.Is(err, library.ErrLeaseLost):
		return Expired, nil
	case err != nil:
		return "", err
	}
	return Acked, nil
}
