package accesskey

import (
	"io"
	"time"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// plan is what the slots of a key call for at a moment.
type plan struct {
	// generate says that there is to be a new pair: the first one, or one that takes the place of the current one.
	generate bool
	// expire says that the pair before is no longer accepted.
	expire bool
}

// planOf says what is to be done. It is pure: all that it knows of the past stands in the Secret.
func planOf(key *v1alpha1.AccessKey, slots credentials.Slots, now time.Time) plan {
	if !slots.Current.Complete() {
		return plan{generate: true, expire: slots.Previous.Complete()}
	}
	p := plan{expire: slots.Previous.Complete() && !now.Before(overlapEnd(key, slots))}
	overlapping := slots.Previous.Complete() && !p.expire
	p.generate = !overlapping && (requested(key, slots) || aged(key, slots, now))
	return p
}

// requested says that the annotation has a value for which the key was not rotated yet.
func requested(key *v1alpha1.AccessKey, slots credentials.Slots) bool {
	value := key.Annotations[v1alpha1.AnnotationRotate]
	return value != "" && value != slots.Rotated
}

// aged says that the current pair has reached the age at which it is replaced. Nobody uses that of a disabled key.
func aged(key *v1alpha1.AccessKey, slots credentials.Slots, now time.Time) bool {
	every, _ := rules.RotationOf(key)
	return every > 0 && key.IsEnabled() && !now.Before(slots.Current.Since.Add(every))
}

// overlapEnd is when the pair before ceases to be accepted.
func overlapEnd(key *v1alpha1.AccessKey, slots credentials.Slots) time.Time {
	_, overlap := rules.RotationOf(key)
	return slots.Current.Since.Add(overlap)
}

// carryOut makes the slots that the plan leads to.
func (p plan) carryOut(key *v1alpha1.AccessKey, slots credentials.Slots, random io.Reader, now time.Time) (credentials.Slots, error) {
	if p.expire {
		slots.Previous = credentials.Slot{}
	}
	if !p.generate {
		return slots, nil
	}
	pair, err := credentials.NewPair(random)
	if err != nil {
		return credentials.Slots{}, err
	}
	if _, overlap := rules.RotationOf(key); overlap > 0 && slots.Current.Complete() {
		slots.Previous = slots.Current
	}
	slots.Current = credentials.Slot{Pair: pair, Since: now.UTC().Truncate(time.Second)}
	// What was asked for before there was a pair is done with it, too.
	slots.Rotated = key.Annotations[v1alpha1.AnnotationRotate]
	return slots, nil
}

// nextChange is how long the slots stay as they are, 0 when nothing but an event changes them.
func nextChange(key *v1alpha1.AccessKey, slots credentials.Slots, now time.Time) time.Duration {
	if slots.Previous.Complete() {
		return max(overlapEnd(key, slots).Sub(now), time.Second)
	}
	if every, _ := rules.RotationOf(key); every > 0 && key.IsEnabled() {
		return max(slots.Current.Since.Add(every).Sub(now), time.Second)
	}
	return 0
}
