// Package usage counts what an environment uses, over all replicas, and holds it to its quotas. Counting is a few atomic
// additions; they are added to the library's books every few seconds, so that a process that dies loses no more than that.
package usage

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// Books are where usage is kept beyond the life of this process.
type Books interface {
	// AddUsage adds to the usage of today and gives the books; Books only gives them.
	AddUsage(ctx context.Context, used library.Usage, storedBytes int64) (*library.Books, error)
	Books(ctx context.Context) (*library.Books, error)
	// CountLevel counts what is stored.
	CountLevel(ctx context.Context) error
}

// Options are the parts of a Meter. Books and Catalog are required.
type Options struct {
	Books   Books
	Catalog catalog.Catalog
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what fails; nil discards it.
	Logger *slog.Logger
	// Metrics registers the metrics of this package; nil registers none.
	Metrics prometheus.Registerer
}

// Meter counts. It is safe for concurrent use.
type Meter struct {
	books   Books
	catalog catalog.Catalog
	now     func() time.Time
	logger  *slog.Logger

	// What was used since the start of this process.
	counted counters
	// noted is how much of it is in the books; flushing guards it.
	flushing sync.Mutex
	noted    counts
	// known is what the books said last, and how much of counted they held then.
	known atomic.Pointer[known]
}

// counters are counts that many add to.
type counters struct {
	transformations, cpu, requests, bandwidth, stored atomic.Int64
}

// counts are transformations, processor time in microseconds, requests, and bytes.
type counts struct {
	transformations, cpu, requests, bandwidth, stored int64
}

func (c *counters) load() counts {
	return counts{c.transformations.Load(), c.cpu.Load(), c.requests.Load(), c.bandwidth.Load(), c.stored.Load()}
}

func (c counts) minus(other counts) counts {
	return counts{
		c.transformations - other.transformations, c.cpu - other.cpu, c.requests - other.requests, c.bandwidth - other.bandwidth, c.stored - other.stored,
	}
}

func (c counts) usage() library.Usage {
	return library.Usage{Transformations: c.transformations, CPU: time.Duration(c.cpu) * time.Microsecond, Requests: c.requests, Bandwidth: c.bandwidth}
}

// known is a reading of the books.
type known struct {
	books *library.Books
	noted counts
}

// New makes a Meter. It fails only when the metrics are registered already.
func New(options Options) (*Meter, error) {
	m := &Meter{books: options.Books, catalog: options.Catalog, now: options.Now, logger: options.Logger}
	if m.now == nil {
		m.now = time.Now
	}
	if m.logger == nil {
		m.logger = slog.New(slog.DiscardHandler)
	}
	if options.Metrics != nil {
		if err := options.Metrics.Register(collector{m}); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Delivered counts one answer of delivery and the bytes that were sent with it.
func (m *Meter) Delivered(bytes int64) {
	m.counted.requests.Add(1)
	m.counted.bandwidth.Add(bytes)
}

// Rendered counts one derived file that was made, the processor time that it took, and its length.
func (m *Meter) Rendered(cpu time.Duration, bytes int64) {
	m.counted.transformations.Add(1)
	m.counted.cpu.Add(cpu.Microseconds())
	m.counted.stored.Add(bytes)
}

// Uploaded counts the bytes of an asset that was stored.
func (m *Meter) Uploaded(bytes int64) { m.counted.stored.Add(bytes) }

// How often what is stored is counted anew, and how often while there is too much of it: somebody may be deleting.
const (
	countLevelEvery     = 5 * time.Minute
	countFullLevelEvery = 30 * time.Second
)

// flushTimeout bounds the last flush, after the process was told to end.
const flushTimeout = 5 * time.Second

// Run flushes with every tick, and once more when ctx ends. It returns nil.
func (m *Meter) Run(ctx context.Context, tick <-chan time.Time) error {
	flush := func(ctx context.Context) {
		if err := m.Flush(ctx); err != nil && ctx.Err() == nil {
			m.logger.WarnContext(ctx, "usage could not be noted, and is kept for the next time", "error", err)
		}
	}
	for {
		flush(ctx)
		m.countLevel(ctx)
		select {
		case <-tick:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
			defer cancel()
			flush(last)
			return nil
		}
	}
}

// Flush adds what was counted since the last time to the books, and reads them. What cannot be added is kept.
func (m *Meter) Flush(ctx context.Context) error {
	m.flushing.Lock()
	defer m.flushing.Unlock()
	counted := m.counted.load()
	more := counted.minus(m.noted)
	var books *library.Books
	var err error
	if more == (counts{}) {
		books, err = m.books.Books(ctx)
	} else {
		books, err = m.books.AddUsage(ctx, more.usage(), more.stored)
	}
	if err != nil {
		return err
	}
	m.noted = counted
	m.known.Store(&known{books: books, noted: counted})
	return nil
}

// countLevel counts what is stored when no replica has done so for some time.
func (m *Meter) countLevel(ctx context.Context) {
	known := m.known.Load()
	if known == nil {
		return
	}
	every := countLevelEvery
	if quota := m.quotas().StorageBytes; quota > 0 && known.books.Level.Bytes >= quota {
		every = countFullLevelEvery
	}
	if m.now().Sub(known.books.Level.CountedAt) < every {
		return
	}
	err := m.books.CountLevel(ctx)
	if err == nil {
		err = m.Flush(ctx)
	}
	if err != nil && ctx.Err() == nil {
		m.logger.WarnContext(ctx, "what is stored could not be counted, it is tried again", "error", err)
	}
}

// quotas are those of the environment as it is now.
func (m *Meter) quotas() catalog.Quotas {
	if snapshot := m.catalog.Current(); snapshot != nil {
		return snapshot.Environment.Quotas
	}
	return catalog.Quotas{}
}

// current is what the books say with what this process has counted since. Of a day that is over it is what this process has
// counted: the next flush reads the books of the new one.
func (m *Meter) current() *library.Books {
	known := m.known.Load()
	if known == nil {
		return &library.Books{Day: dayOf(m.now())}
	}
	since := m.counted.load().minus(known.noted)
	books := *known.books
	if today := dayOf(m.now()); !today.Equal(books.Day) {
		if today.Month() != books.Day.Month() || today.Year() != books.Day.Year() {
			books.Month = library.Usage{}
		}
		books.Day, books.Today = today, library.Usage{}
	}
	books.Today, books.Month = plus(books.Today, since.usage()), plus(books.Month, since.usage())
	books.Level.Bytes += since.stored
	return &books
}

func plus(a, b library.Usage) library.Usage {
	return library.Usage{
		Transformations: a.Transformations + b.Transformations, CPU: a.CPU + b.CPU, Requests: a.Requests + b.Requests, Bandwidth: a.Bandwidth + b.Bandwidth,
	}
}

// dayOf is the midnight in UTC before a time.
func dayOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
