package admin

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// quota counts the calls of each hour of the clock.
type quota struct {
	limit int
	now   func() time.Time

	mu   sync.Mutex
	hour time.Time
	used int
}

// take counts one call, writes the headers that tell how many are left, and refuses it when there was none left.
func (q *quota) take(header http.Header) error {
	q.mu.Lock()
	hour := q.now().UTC().Truncate(time.Hour)
	if !hour.Equal(q.hour) {
		q.hour, q.used = hour, 0
	}
	exhausted := q.used >= q.limit
	if !exhausted {
		q.used++
	}
	remaining := q.limit - q.used
	q.mu.Unlock()

	reset := hour.Add(time.Hour)
	// Spelled as the SDKs and the contract do; HTTP does not mind the case.
	header["X-FeatureRateLimit-Limit"] = []string{strconv.Itoa(q.limit)}
	header["X-FeatureRateLimit-Remaining"] = []string{strconv.Itoa(remaining)}
	header["X-FeatureRateLimit-Reset"] = []string{reset.Format(http.TimeFormat)}
	if exhausted {
		return &problem.Problem{
			Status: wire.StatusRateLimited,
			Message: "Rate Limit Exceeded. Limit of " + strconv.Itoa(q.limit) + " api operations reached. Try again on " +
				reset.Format("2006-01-02 15:04:05") + " UTC",
			Transient: true,
		}
	}
	return nil
}
