package admin

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// batches is in how many parts a process takes the calls of an hour out of the common count: each part is one write.
const batches = 1000

// countTimeout is how long calls wait for the common count.
const countTimeout = time.Second

// quota counts the calls of each hour of the clock, those of all replicas together.
type quota struct {
	limit int
	now   func() time.Time
	// count adds to the common count and returns it.
	count func(ctx context.Context, hour time.Time, n int) (used int64, err error)

	mu   sync.Mutex
	hour time.Time
	// used is what the common count was, with what this process has used since; granted is what it may still use.
	used, granted int
}

// show writes the headers that tell how many calls are left.
func (q *quota) show(header http.Header) {
	q.mu.Lock()
	q.turn()
	q.write(header)
	q.mu.Unlock()
}

// take counts one call, writes the headers, and refuses it when there was none left.
func (q *quota) take(ctx context.Context, header http.Header) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.write(header)
	q.turn()
	if q.granted == 0 && q.used < q.limit {
		q.grant(ctx)
	}
	if q.granted == 0 {
		return &problem.Problem{
			Status: problem.StatusRateLimited,
			Message: "Rate Limit Exceeded. Limit of " + strconv.Itoa(q.limit) + " api operations reached. Try again on " +
				q.hour.Add(time.Hour).Format("2006-01-02 15:04:05") + " UTC",
			Transient: true,
		}
	}
	q.granted--
	q.used++
	return nil
}

// turn begins a new hour.
func (q *quota) turn() {
	if hour := q.now().UTC().Truncate(time.Hour); !hour.Equal(q.hour) {
		q.hour, q.used, q.granted = hour, 0, 0
	}
}

// grant takes a part of the common count. While the database is away this process counts for itself: what it can answer
// without a database it may.
func (q *quota) grant(ctx context.Context) {
	batch := max(q.limit/batches, 1)
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	used, err := q.count(ctx, q.hour, batch)
	if err != nil {
		q.granted = min(batch, q.limit-q.used)
		return
	}
	before := int(min(used-int64(batch), int64(q.limit)))
	q.used, q.granted = before, min(batch, q.limit-before)
}

func (q *quota) write(header http.Header) {
	// Spelled as the SDKs and the contract do; HTTP does not mind the case.
	header["X-FeatureRateLimit-Limit"] = []string{strconv.Itoa(q.limit)}
	header["X-FeatureRateLimit-Remaining"] = []string{strconv.Itoa(max(q.limit-q.used, 0))}
	header["X-FeatureRateLimit-Reset"] = []string{q.hour.Add(time.Hour).Format(http.TimeFormat)}
}
