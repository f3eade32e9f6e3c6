package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// Letter is a notification that waits, or that was given up.
type Letter struct {
	ID string
	// Event is its type, URL where it goes, Trigger the trigger that wants it; empty for a call's own URL.
	Event, URL, Trigger string
	// Attempts counts those that were made; LastError says why the latest one failed.
	Attempts  int
	LastError string
	// Dead says that it was given up. NextAttempt is when it is tried again, otherwise.
	Dead                              bool
	CreatedAt, UpdatedAt, NextAttempt time.Time
	// Body is what is sent, but for the key that signs.
	Body map[string]json.RawMessage
}

// ReadLetter reads the notification of a job.
func ReadLetter(job *library.Job) (*Letter, error) {
	var told notification
	if err := json.Unmarshal(job.Payload, &told); err != nil {
		return nil, fmt.Errorf("read a notification: %w", err)
	}
	return &Letter{
		ID: job.ID, Event: told.Event, URL: told.URL, Trigger: told.Trigger, Attempts: job.Attempts, LastError: job.LastError, Dead: job.Dead,
		CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt, NextAttempt: job.RunAt, Body: told.Body,
	}, nil
}
