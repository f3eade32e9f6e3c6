package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// JobKind is the kind of the jobs that deliver notifications.
const JobKind = "notification"

const (
	// maxAttempts is the first attempt and three more.
	maxAttempts = 4
	// retryStep is what the waits between attempts grow by: 3, 6 and 9 minutes.
	retryStep = 3 * time.Minute
	// defaultTimeout bounds one attempt.
	defaultTimeout = 10 * time.Second
	// settleMargin is what a job takes beyond its attempt.
	settleMargin = 5 * time.Second
)

// Headers of a notification.
const (
	TimestampHeader = "X-Cld-Timestamp"
	SignatureHeader = "X-Cld-Signature"
)

// SenderOptions are the parts of a Sender. Catalog is required.
type SenderOptions struct {
	Catalog catalog.Catalog
	// Reports gets what came of the notifications of triggers; nil drops it.
	Reports *Reports
	// Timeout bounds one attempt; zero means 10 seconds.
	Timeout time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets failures with their causes; nil discards them.
	Logger *slog.Logger
}

// Sender delivers notifications. It is safe for concurrent use.
type Sender struct {
	catalog catalog.Catalog
	reports *Reports
	timeout time.Duration
	now     func() time.Time
	logger  *slog.Logger
	kept    fetch.Kept
}

// NewSender makes a Sender.
func NewSender(options SenderOptions) *Sender {
	s := &Sender{catalog: options.Catalog, reports: options.Reports, timeout: options.Timeout, now: options.Now, logger: options.Logger}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// Kind is how the runner of jobs uses the Sender.
func (s *Sender) Kind() jobs.Kind {
	return jobs.Kind{
		Run:     s.run,
		Delay:   func(attempt int) time.Duration { return time.Duration(attempt) * retryStep },
		Timeout: s.timeout + settleMargin,
		Buried:  s.buried,
	}
}

var (
	errNoConfiguration = errors.New("the configuration is not known yet")
	errNoKey           = errors.New("no access key is enabled that could sign the notification")
	errUnwanted        = errors.New("the trigger's filter refuses the notification")
)

// run makes one attempt. Receivers must expect that one they have taken comes again.
func (s *Sender) run(ctx context.Context, job *library.Job) error {
	var told notification
	if err := json.Unmarshal(job.Payload, &told); err != nil {
		return fmt.Errorf("read a notification: %w", err)
	}
	snapshot := s.catalog.Current()
	if snapshot == nil {
		return errNoConfiguration
	}
	trigger := catalog.Trigger{URI: told.URL}
	if told.Trigger != "" {
		// As it is now: whoever mends the address, or the filter, gets what waits.
		var ok bool
		if trigger, ok = snapshot.Trigger(told.Trigger); !ok {
			s.logger.InfoContext(ctx, "A notification is dropped because its trigger is gone", "trigger", told.Trigger, "event", told.Event)
			return nil
		}
	}
	if told.Trigger != "" {
		told.Algorithm = sign.ParseAlgorithm(snapshot.Environment.SignatureAlgorithm)
	}
	err := s.post(ctx, snapshot, &trigger, &told)
	if errors.Is(err, errUnwanted) {
		return nil
	}
	if err != nil && ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		// We are being stopped, which is nothing to blame the receiver for.
		return err
	}
	if s.reports != nil && told.Trigger != "" {
		s.reports.add(told.Trigger, s.now(), err)
	}
	if err != nil {
		s.logger.WarnContext(ctx, "A notification could not be delivered", "trigger", told.Trigger, "event", told.Event, "attempt", job.Attempts, "error", err)
		reason := errors.New(public(err))
		if fetch.IsRefused(err) {
			return jobs.Permanent(reason)
		}
		return reason
	}
	return nil
}

// post signs and sends. What is signed is the exact bytes of the body. The error is errUnwanted when the trigger's filter
// refuses the notification.
func (s *Sender) post(ctx context.Context, snapshot *catalog.Snapshot, trigger *catalog.Trigger, told *notification) error {
	key := snapshot.Webhooks()
	if key.APISecret == "" {
		return errNoKey
	}
	signer, err := json.Marshal(key.APIKey)
	if err != nil {
		return err
	}
	body := told.Body
	if body == nil {
		body = map[string]json.RawMessage{}
	}
	body["signature_key"] = signer
	content, err := contentFor(trigger, body)
	if err != nil {
		return err
	}
	fetcher, err := s.fetcher(&snapshot.Environment)
	if err != nil {
		return err
	}
	timestamp := s.now().Unix()
	return fetcher.Post(ctx, trigger.URI, http.Header{
		"Content-Type":  {"application/json"},
		TimestampHeader: {strconv.FormatInt(timestamp, 10)},
		SignatureHeader: {sign.Notification(content, timestamp, key.APISecret, told.Algorithm)},
	}, content)
}

func (s *Sender) fetcher(environment *catalog.Environment) (*fetch.Fetcher, error) {
	return s.kept.Fetcher(fetch.Options{
		AllowedCIDRs:   environment.FetchAllowedCIDRs,
		AllowedDomains: environment.FetchAllowedDomains,
		HostAliases:    environment.FetchHostAliases,
		CABundle:       environment.FetchCABundle,
		TotalTimeout:   s.timeout,
	})
}

// buried counts a notification that was given up.
func (s *Sender) buried(_ context.Context, job *library.Job, _ string) {
	var told notification
	if s.reports == nil || json.Unmarshal(job.Payload, &told) != nil || told.Trigger == "" {
		return
	}
	s.reports.giveUp(told.Trigger)
}

// public is what of an error may be shown to those who own the trigger: no addresses.
func public(err error) string {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p.Message
	}
	return err.Error()
}
