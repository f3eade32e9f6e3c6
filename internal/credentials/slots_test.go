package credentials

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSlotsAreReadBackAsTheyWereWritten(t *testing.T) {
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	current := Slot{Pair{"2", "b"}, at}
	for name, want := range map[string]Slots{
		"one pair":           {Current: current},
		"a rotated pair":     {Current: current, Rotated: "7"},
		"both of an overlap": {Current: current, Previous: Slot{Pair{"1", "a"}, at.Add(-time.Hour)}, Rotated: "7"},
	} {
		t.Run(name, func(t *testing.T) {
			secret := &corev1.Secret{Data: want.Entries(Endpoint{CloudName: "acme"})}
			secret.Annotations = want.Annotations()
			if got := SlotsOf(secret); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if PairOf(secret.Data) != want.Current.Pair {
				t.Error("apps do not get the current pair")
			}
			if pairs := want.Pairs(); pairs[0] != want.Current.Pair || len(pairs) == 2 != want.Previous.Complete() {
				t.Errorf("pairs %v", pairs)
			}
		})
	}
}

func TestAPairOfUnknownAgeIsAsOldAsItsSecret(t *testing.T) {
	created := metav1.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: created}, Data: map[string][]byte{EntryAPIKey: []byte("1"), EntryAPISecret: []byte("a")}}
	if got := SlotsOf(secret).Current.Since; !got.Equal(created.Time) {
		t.Errorf("since %s", got)
	}
	if pairs := SlotsOf(&corev1.Secret{}).Pairs(); len(pairs) != 0 {
		t.Errorf("pairs of an empty Secret: %v", pairs)
	}
}
