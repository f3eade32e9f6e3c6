package vips

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// shot is one picture of an animation: a frame of the source, for how many milliseconds it is shown, and how bright it
// is, 0..1.
type shot struct {
	frame, delay int
	light        float64
}

// timeline is an animation without its pixels.
type timeline struct {
	shots []shot
	// loop is how often it is played, 0 for ever.
	loop int
}

// timing is an effect on the timeline.
type timing struct {
	name string
	args arguments
}

const (
	// hurried is the delay up to which players show a frame for usualDelay, in milliseconds.
	hurried    = 10
	usualDelay = 100
	// tick is the smallest delay that all formats can say.
	tick = 10
	// maxShots bounds an animation.
	maxShots = 2000
	// maxEdited bounds it before it is sampled: each boomerang doubles it.
	maxEdited = 1 << 20
)

// newTimeline shows these frames, each for as long as the source does.
func newTimeline(frames, delays []int, loop int) *timeline {
	t := &timeline{loop: loop}
	for _, f := range frames {
		delay := usualDelay
		if f < len(delays) && delays[f] > hurried {
			delay = delays[f]
		}
		t.shots = append(t.shots, shot{f, delay, 1})
	}
	return t
}

// duration is how long it takes to play once, in milliseconds.
func (t *timeline) duration() int {
	sum := 0
	for _, s := range t.shots {
		sum += s.delay
	}
	return sum
}

// edit applies effects in order, then samples. What is bright at what time is decided at the end.
func (t *timeline) edit(effects []timing, sampling, rate string, delay int) error {
	var fades []float64
	for _, e := range effects {
		switch e.name {
		case "boomerang":
			back := slices.Clone(t.shots)
			slices.Reverse(back)
			t.shots = append(t.shots, back...)
			if len(t.shots) > maxEdited {
				return tooManyShots(len(t.shots))
			}
		case "reverse":
			slices.Reverse(t.shots)
		case "accelerate":
			percent, err := e.args.number("percent")
			if err != nil {
				return err
			}
			t.accelerate(1 + percent/100)
		case "loop":
			t.loop = 0
			if e.args.has("count") {
				extra, err := e.args.number("count")
				if err != nil {
					return err
				}
				t.loop = 1 + int(math.Max(0, math.Min(extra, math.MaxUint16-1)))
			}
		case "fade":
			length, err := e.args.number("duration")
			if err != nil {
				return err
			}
			fades = append(fades, length)
		}
	}
	if err := t.sample(sampling); err != nil {
		return err
	}
	if err := t.rate(rate); err != nil {
		return err
	}
	if delay > 0 {
		for i := range t.shots {
			t.shots[i].delay = max(tick, (delay+tick/2)/tick*tick)
		}
	}
	if len(t.shots) > maxShots {
		return tooManyShots(len(t.shots))
	}
	for _, length := range fades {
		t.fade(length)
	}
	return nil
}

func tooManyShots(requested int) error {
	return problem.BadRequest("Maximum number of frames is %d. Requested %d", maxShots, requested)
}

// accelerate makes everything faster by a factor. The end comes when it should, although delays are whole ticks.
func (t *timeline) accelerate(factor float64) {
	at, shown := 0.0, 0
	for i := range t.shots {
		s := &t.shots[i]
		at += float64(s.delay) / factor
		s.delay = max(tick, round((at-float64(shown))/tick)*tick)
		shown += s.delay
	}
}

// frameAt is the frame that is shown after some milliseconds: the animation begins anew as often as it is looped, and stays
// at its last frame then.
func (t *timeline) frameAt(milliseconds int) int {
	last := t.shots[len(t.shots)-1].frame
	length := t.duration()
	if t.loop > 0 && milliseconds >= t.loop*length {
		return last
	}
	at := milliseconds % length
	for _, s := range t.shots {
		if at < s.delay {
			return s.frame
		}
		at -= s.delay
	}
	return last
}

// sample is vs_: a number of frames, or seconds between them. The duration stays.
func (t *timeline) sample(text string) error {
	if text == "" {
		return nil
	}
	seconds, bySeconds := strings.CutSuffix(text, "s")
	n, err := strconv.ParseFloat(seconds, 64)
	if err != nil || n <= 0 {
		return problem.BadRequest("Invalid video sampling - %s", text)
	}
	if bySeconds {
		n = float64(t.duration()) / 1000 / n
	}
	return t.resample(n)
}

// rate is fps_: a number of frames per second, or a range that the rate is brought into.
func (t *timeline) rate(text string) error {
	if text == "" {
		return nil
	}
	from, to, isRange := strings.Cut(text, "-")
	low, err := strconv.ParseFloat(from, 64)
	high := low
	if isRange {
		high = math.Inf(1)
		if to != "" && err == nil {
			high, err = strconv.ParseFloat(to, 64)
		}
	}
	if err != nil || low <= 0 || high < low {
		return problem.BadRequest("Invalid fps - %s", text)
	}
	seconds := float64(t.duration()) / 1000
	now := float64(len(t.shots)) / seconds
	if wanted := math.Max(low, math.Min(high, now)); wanted != now {
		return t.resample(wanted * seconds)
	}
	return nil
}

// resample shows about this many frames at equal distances over the same duration.
func (t *timeline) resample(frames float64) error {
	if frames > maxShots {
		return problem.BadRequest("Maximum number of frames is %d. Requested %.0f", maxShots, frames)
	}
	ticks := t.duration() / tick
	n := clamp(round(frames), 1, max(1, ticks))
	sampled := make([]shot, n)
	at, end := 0, t.shots[0].delay
	for i := range n {
		start, next := ticks*i/n, ticks*(i+1)/n
		for end <= start*tick && at < len(t.shots)-1 {
			at++
			end += t.shots[at].delay
		}
		sampled[i] = shot{t.shots[at].frame, (next - start) * tick, 1}
	}
	t.shots = sampled
	return nil
}

// fade makes the beginning grow out of black, or for negative lengths the end go into it. The length is milliseconds.
func (t *timeline) fade(length float64) {
	if length == 0 {
		return
	}
	total, at := float64(t.duration()), 0.0
	for i := range t.shots {
		s := &t.shots[i]
		if length > 0 {
			s.light *= math.Min(1, at/length)
		} else {
			s.light *= math.Min(1, (total-at-float64(s.delay))/-length)
		}
		at += float64(s.delay)
	}
}

// frames are those of the source that are shown, ascending.
func (t *timeline) frames() []int {
	var used []int
	for _, s := range t.shots {
		used = append(used, s.frame)
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// delays are those of all shots.
func (t *timeline) delays() []int {
	delays := make([]int, len(t.shots))
	for i, s := range t.shots {
		delays[i] = s.delay
	}
	return delays
}
