package rules

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestARotationLeavesRoomForItsOverlap(t *testing.T) {
	type K = v1alpha1.AccessKey
	base := func() *K {
		return &K{ObjectMeta: named("app"), Spec: v1alpha1.AccessKeySpec{EnvironmentRef: shop()}}
	}
	lasting := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	rotation := func(every, overlap *metav1.Duration) func(*K) {
		return func(k *K) { k.Spec.Rotation = &v1alpha1.KeyRotation{Every: every, Overlap: overlap} }
	}
	check(t, base, ValidateAccessKey, []row[K]{
		{"on demand", rotation(nil, nil), nil},
		{"on demand, without overlap", rotation(nil, lasting(0)), nil},
		{"on demand, with a long overlap", rotation(nil, lasting(10000*time.Hour)), nil},
		{"by age", rotation(lasting(720*time.Hour), lasting(time.Hour)), nil},
		{"by age, with the overlap by default", rotation(lasting(25*time.Hour), nil), nil},
		{"an age below the overlap by default", rotation(lasting(24*time.Hour), nil), []string{"spec.rotation.overlap"}},
		{"an overlap without end", rotation(lasting(time.Hour), lasting(time.Hour)), []string{"spec.rotation.overlap"}},
		{"a negative overlap", rotation(nil, lasting(-time.Second)), []string{"spec.rotation.overlap"}},
		{"an age of seconds", rotation(lasting(59*time.Second), lasting(0)), []string{"spec.rotation.every"}},
	})
}

func TestWhatKeysCanBeDedicatedTo(t *testing.T) {
	type K = v1alpha1.AccessKey
	base := func() *K {
		return &K{ObjectMeta: named("app"), Spec: v1alpha1.AccessKeySpec{EnvironmentRef: shop()}}
	}
	check(t, base, ValidateAccessKey, []row[K]{
		{"webhooks", func(k *K) { k.Spec.DedicatedFor = []v1alpha1.KeyPurpose{v1alpha1.KeyForWebhooks} }, nil},
		{"something else", func(k *K) { k.Spec.DedicatedFor = []v1alpha1.KeyPurpose{"sms"} }, []string{"spec.dedicatedFor[0]"}},
	})
}
