package vips

// onTimeline is an effect that changes when the frames of an animation are shown, not what is on them: it is noted once
// and done when the frames are put together. A picture that does not move stays as it is.
func onTimeline(s *stage, args arguments) error {
	if s.job.moving && s.frame.base == nil && !s.job.timed {
		s.job.timings = append(s.job.timings, timing{args.effect, args})
	}
	return nil
}
