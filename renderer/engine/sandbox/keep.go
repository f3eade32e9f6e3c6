package sandbox

import (
	"context"
	"time"
)

const (
	// firstPause and longestPause bound the time between two starts of a child that will not stay up.
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
	// settled is how long a child must have lived for its death to count as the first one.
	settled = 10 * time.Second
)

// keep keeps one child running until ctx ends.
func (s *supervisor) keep(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		born := time.Now()
		worked := s.raise(ctx)
		if worked || time.Since(born) > settled {
			pause = firstPause
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		pause = min(2*pause, longestPause)
	}
}

// raise starts a child and gives it jobs until it dies, has done its number of jobs, or ctx ends. worked says that
// it did a job, be it that the job killed it: what ends children without that would end the next one, too.
func (s *supervisor) raise(ctx context.Context) (worked bool) {
	logger := s.options.Logger
	c, err := startChild(ctx, s.spawner, &s.options)
	if err != nil {
		if ctx.Err() == nil {
			logger.Error("a child does not start", "error", err)
		}
		return false
	}
	s.firstChild.Do(func() {
		logger.Info("the engine is ready", "socket", s.options.Socket, "children", s.options.Children, "memoryPerChild", s.options.MemoryPerChild, "landlock", c.confinement.Landlock)
	})
	logger.Debug("a child is ready", "pid", c.command.Process.Pid, "landlock", c.confinement.Landlock)
	s.ready.Add(1)
	defer s.ready.Add(-1)
	for range s.options.JobsPerChild {
		select {
		case <-ctx.Done():
			c.retire()
			return worked
		case <-c.exited:
			c.conn.Close()
			logger.Warn("an idle child died", "pid", c.command.Process.Pid, "fate", c.fate(), "said", c.words.String())
			return worked
		case j := <-s.jobs:
			result, alive := c.run(j)
			if !alive {
				logger.Warn("a child ended with its job", "pid", c.command.Process.Pid, "kind", j.Kind, "overdue", c.overdue.Load(), "fate", c.fate(), "said", c.words.String())
			}
			j.outcome <- result
			worked = worked || !result.neverStarted
			if !alive {
				return worked
			}
		}
	}
	c.retire()
	return true
}
