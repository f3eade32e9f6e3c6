package usage

import (
	"fmt"
	"math"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// limit is one bound of the quotas, and what of it is used.
type limit struct {
	// name is the field of spec.quotas: transformations.perDay, storage.
	name string
	// measure and period are the labels of the metrics; period is empty for what has none.
	measure, period string
	// words say what is bounded.
	words      string
	most, used int64
	// until is when the period ends; zero for what has none.
	until time.Time
}

// Periods of quotas.
const (
	periodDay   = "day"
	periodMonth = "month"
)

// limits are the bounds that quotas set, in a fixed order.
func limits(quotas catalog.Quotas, books *library.Books) []limit {
	tomorrow := books.Day.AddDate(0, 0, 1)
	nextMonth := time.Date(books.Day.Year(), books.Day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	var found []limit
	add := func(name, words string, quota catalog.Quota, used func(library.Usage) int64) {
		if quota.PerDay > 0 {
			found = append(found, limit{
				name: name + ".perDay", measure: measures[name], period: periodDay, words: words + " per day", most: quota.PerDay, used: used(books.Today), until: tomorrow,
			})
		}
		if quota.PerMonth > 0 {
			found = append(found, limit{
				name: name + ".perMonth", measure: measures[name], period: periodMonth, words: words + " per month", most: quota.PerMonth, used: used(books.Month), until: nextMonth,
			})
		}
	}
	add("transformations", "transformations", quotas.Transformations, func(u library.Usage) int64 { return u.Transformations })
	add("cpuSeconds", "CPU seconds", quotas.CPUSeconds, func(u library.Usage) int64 { return int64(u.CPU / time.Second) })
	add("requests", "delivery requests", quotas.Requests, func(u library.Usage) int64 { return u.Requests })
	add("bandwidth", "bytes of bandwidth", quotas.Bandwidth, func(u library.Usage) int64 { return u.Bandwidth })
	if quotas.StorageBytes > 0 {
		found = append(found, limit{name: "storage", measure: "stored_bytes", words: "bytes of storage", most: quotas.StorageBytes, used: books.Level.Bytes})
	}
	return found
}

// measures are the labels of metrics by the names of quotas.
var measures = map[string]string{
	"transformations": "transformations", "cpuSeconds": "cpu_seconds", "requests": "requests", "bandwidth": "bandwidth_bytes",
}

// MayRender refuses a new derived file when a quota is used up. The error is a *problem.Problem with status 420.
func (m *Meter) MayRender() error {
	quotas := m.quotas()
	if quotas == (catalog.Quotas{}) {
		return nil
	}
	for _, limit := range limits(quotas, m.current()) {
		if limit.used >= limit.most {
			return limit.reached(m.now())
		}
	}
	return nil
}

// MayStore refuses an upload of that many bytes when the storage that the quota leaves is less. The error is a
// *problem.Problem with status 420.
func (m *Meter) MayStore(bytes int64) error {
	quota := m.quotas().StorageBytes
	if quota == 0 {
		return nil
	}
	left := quota - m.current().Level.Bytes
	switch {
	case left <= 0:
		return (&limit{words: "bytes of storage", most: quota}).reached(m.now())
	case bytes > left:
		return &problem.Problem{
			Status:    problem.StatusRateLimited,
			Message:   fmt.Sprintf("Storage Limit Exceeded. The file has %d bytes, and of the limit of %d bytes of storage %d are left", bytes, quota, left),
			Transient: true,
		}
	}
	return nil
}

// reached is the refusal. Its text has the form that clients know of the Admin API's limit.
func (l *limit) reached(now time.Time) *problem.Problem {
	refusal := &problem.Problem{Status: problem.StatusRateLimited, Transient: true}
	if l.until.IsZero() {
		refusal.Message = fmt.Sprintf("Storage Limit Exceeded. Limit of %d %s reached. Try again when there is room", l.most, l.words)
		return refusal
	}
	refusal.Message = fmt.Sprintf("Rate Limit Exceeded. Limit of %d %s reached. Try again on %s UTC", l.most, l.words, l.until.Format("2006-01-02 15:04:05"))
	refusal.RetryAfter = max(int(math.Ceil(l.until.Sub(now).Seconds())), 1)
	return refusal
}

// Exceeded are the names of the quotas that are used up, as their fields of spec.quotas, in a fixed order.
func (m *Meter) Exceeded() []string {
	var names []string
	for _, limit := range limits(m.quotas(), m.current()) {
		if limit.used >= limit.most {
			names = append(names, limit.name)
		}
	}
	return names
}
