package credentials

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Entries and annotations that the Secret of an access key has beside those for apps. The pair before stands in the
// same Secret as the current one, so that a rotation is one write: it has happened, or it has not.
const (
	entryPreviousKey    = "previous_api_key"
	entryPreviousSecret = "previous_api_secret"

	annotationSince         = v1alpha1.GroupName + "/key-since"
	annotationPreviousSince = v1alpha1.GroupName + "/previous-key-since"
	annotationRotated       = v1alpha1.GroupName + "/rotated"
)

// Slots are the pairs of one access key.
type Slots struct {
	Current Slot
	// Previous is the pair before while it is still accepted, else incomplete.
	Previous Slot
	// Rotated is the value of v1alpha1.AnnotationRotate for which the last rotation was done.
	Rotated string
}

// Slot is a pair with the time when it was generated, in whole seconds.
type Slot struct {
	Pair
	Since time.Time
}

// Pairs are the pairs that are accepted while the key is enabled, the current one first. Incomplete ones are left out.
func (s Slots) Pairs() []Pair {
	var pairs []Pair
	for _, slot := range []Slot{s.Current, s.Previous} {
		if slot.Complete() {
			pairs = append(pairs, slot.Pair)
		}
	}
	return pairs
}

// SlotsOf reads the slots back from the Secret of an access key. Of a pair whose age is not written down, the Secret's
// own age is that of the pair.
func SlotsOf(secret *corev1.Secret) Slots {
	return Slots{
		Current: Slot{PairOf(secret.Data), since(secret, annotationSince)},
		Previous: Slot{
			Pair{APIKey: string(secret.Data[entryPreviousKey]), APISecret: string(secret.Data[entryPreviousSecret])},
			since(secret, annotationPreviousSince),
		},
		Rotated: secret.Annotations[annotationRotated],
	}
}

func since(secret *corev1.Secret, annotation string) time.Time {
	if at, err := time.Parse(time.RFC3339, secret.Annotations[annotation]); err == nil {
		return at
	}
	return secret.CreationTimestamp.UTC()
}

// Entries are the entries of the Secret of an access key.
func (s Slots) Entries(endpoint Endpoint) map[string][]byte {
	entries := maps.Clone(Entries(endpoint, s.Current.Pair))
	if s.Previous.Complete() {
		entries[entryPreviousKey], entries[entryPreviousSecret] = []byte(s.Previous.APIKey), []byte(s.Previous.APISecret)
	}
	return entries
}

// Annotations are the annotations of the Secret of an access key.
func (s Slots) Annotations() map[string]string {
	annotations := map[string]string{annotationSince: s.Current.Since.UTC().Format(time.RFC3339)}
	if s.Previous.Complete() {
		annotations[annotationPreviousSince] = s.Previous.Since.UTC().Format(time.RFC3339)
	}
	if s.Rotated != "" {
		annotations[annotationRotated] = s.Rotated
	}
	return annotations
}
