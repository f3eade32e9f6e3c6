// Package notify tells others what has happened to assets: it makes the notifications of an event, for the call's own
// notification URL and for the webhook triggers of the environment, and delivers them as jobs, signed.
package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// Types of events.
const (
	Upload          = "upload"
	Explicit        = "explicit"
	Eager           = "eager"
	Multi           = "multi"
	Sprite          = "sprite"
	Archive         = "generate_archive"
	Explode         = "explode"
	Delete          = "delete"
	DeleteByToken   = "delete_by_token"
	Rename          = "rename"
	TagsChanged     = "resource_tags_changed"
	ContextChanged  = "resource_context_changed"
	MetadataChanged = "resource_metadata_changed"

	DisplayNameChanged   = "resource_display_name_changed"
	Moved                = "move"
	Moderated            = "moderation"
	ModerationSummary    = "moderation_summary"
	FolderCreated        = "create_folder"
	FolderDeleted        = "delete_folder"
	FolderMoved          = "move_or_rename_asset_folder"
	RelatedAssets        = "related_assets"
	Published            = "publish"
	AccessControlChanged = "access_control_changed"
	RestoreVersion       = "restore_asset_version"
	// Failed is told of calls that were left to a job, beside what is told of the call itself.
	Failed = "error"
)

// maxURL bounds a notification URL, in bytes.
const maxURL = 2048

// CheckURL refuses what cannot be a call's URL for notifications, which parameter names. Whether its host may be reached is judged when it is called.
func CheckURL(parameter, rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || len(rawURL) > maxURL || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return problem.BadRequest("Invalid %s: it must be an http or https URL of at most %d bytes", parameter, maxURL)
	}
	return nil
}

// maxBatchID bounds the name that a caller may give to a call, in bytes.
const maxBatchID = 255

// CheckBatchID refuses a call's own batch_id that is too long to be one.
func CheckBatchID(id string) error {
	if len(id) > maxBatchID {
		return problem.BadRequest("Invalid batch_id: it is longer than %d bytes", maxBatchID)
	}
	return nil
}

// Target is somebody who is to be told.
type Target struct {
	// URL is where the notification goes.
	URL string
	// Trigger names the trigger that wants it; empty for a call's own URL.
	Trigger string
	// Algorithm signs what is sent to a call's own URL. Triggers are signed for by that of the environment.
	Algorithm sign.Algorithm `json:",omitempty"`
}

// SignedBy is targets with the algorithm by which a call was signed as that of its own URL: its SDK checks what comes there.
func SignedBy(algorithm sign.Algorithm, targets []Target) []Target {
	for i := range targets {
		if targets[i].Trigger == "" {
			targets[i].Algorithm = algorithm
		}
	}
	return targets
}

// Targets are those who are to be told of an event of a type. The URL of the call itself, when there is one, takes the
// place of the triggers that are not additive. Triggers that name an address which is closed to them are left out.
func Targets(snapshot *catalog.Snapshot, eventType, callURL string) []Target {
	var targets []Target
	if callURL != "" {
		targets = append(targets, Target{URL: callURL, Algorithm: sign.ParseAlgorithm(snapshot.Environment.SignatureAlgorithm)})
	}
	for _, trigger := range snapshot.Triggers {
		wanted := trigger.EventType == eventType || trigger.EventType == catalog.EventTypeAll
		if wanted && (callURL == "" || trigger.Additive) && !snapshot.Stalled(&trigger) {
			targets = append(targets, Target{URL: trigger.URI, Trigger: trigger.Name})
		}
	}
	return targets
}

// Event is something that has happened.
type Event struct {
	Type string
	// At is when.
	At time.Time
	// RequestID is that of the call that caused it. Without one the notification has neither request ID nor timestamp.
	RequestID string
	// APIKey is that of the call; empty for unsigned ones.
	APIKey string
	// BatchID names the call, where it was left to a job or has a name of its own; empty for others.
	BatchID string
	// Fields are what the notification tells of the event.
	Fields map[string]any
}

// notification is the payload of a job.
type notification struct {
	URL     string `json:"url"`
	Trigger string `json:"trigger,omitempty"`
	Event   string `json:"event"`
	// Algorithm is that of the target.
	Algorithm sign.Algorithm `json:"algorithm,omitempty"`
	// Body is what is sent, but for what only the moment of sending knows: the key that signs.
	Body map[string]json.RawMessage `json:"body"`
}

// Jobs are the jobs that deliver an event to targets, one for each. They wait for hold before their first run.
func Jobs(event Event, targets []Target, hold time.Duration) ([]library.NewJob, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	body, err := event.body()
	if err != nil {
		return nil, err
	}
	jobs := make([]library.NewJob, 0, len(targets))
	for _, target := range targets {
		payload, err := json.Marshal(notification{URL: target.URL, Trigger: target.Trigger, Event: event.Type, Algorithm: target.Algorithm, Body: body})
		if err != nil {
			return nil, fmt.Errorf("write a notification: %w", err)
		}
		job := library.NewJob{
			ID: library.NewJobID(), Kind: JobKind, Lane: lane(target.URL), Subject: target.Trigger, Payload: payload, After: hold,
			MaxAttempts: maxAttempts,
		}
		if strings.HasPrefix(target.URL, polled) {
			job.Kind, job.Lane, job.MaxAttempts = MessageKind, messageLane(target.URL, body), messageAttempts
			if job.Lane == "" {
				continue
			}
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// body is the notification's envelope with the event's fields.
func (e *Event) body() (map[string]json.RawMessage, error) {
	values := maps.Clone(e.Fields)
	if values == nil {
		values = map[string]any{}
	}
	values["notification_type"] = e.Type
	if e.RequestID != "" {
		values["request_id"] = e.RequestID
		values["timestamp"] = e.At.UTC().Format("2006-01-02T15:04:05-07:00")
	}
	if e.BatchID != "" {
		values["batch_id"] = e.BatchID
	}
	source := map[string]any{"source": "api"}
	if e.APIKey != "" {
		source["id"] = e.APIKey
	}
	values["notification_context"] = map[string]any{"triggered_at": e.At.UTC().Format("2006-01-02T15:04:05.000000Z"), "triggered_by": source}
	body := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write %s of a notification: %w", name, err)
		}
		body[name] = raw
	}
	return body, nil
}

// WithFields is the payload of one of Jobs with more fields in the notification.
func WithFields(payload json.RawMessage, fields map[string]any) (json.RawMessage, error) {
	var told notification
	if err := json.Unmarshal(payload, &told); err != nil {
		return nil, fmt.Errorf("read a notification: %w", err)
	}
	if told.Body == nil {
		told.Body = map[string]json.RawMessage{}
	}
	for name, value := range fields {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write %s of a notification: %w", name, err)
		}
		told.Body[name] = raw
	}
	return json.Marshal(told)
}

// lane is the receiver's host: one that hangs takes few of the workers.
func lane(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "invalid"
	}
	return u.Host
}
