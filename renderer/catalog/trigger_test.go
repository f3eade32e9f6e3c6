package catalog

import (
	"encoding/json"
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func triggerObject(object, environment string, created int64, change func(*v1alpha1.WebhookTriggerSpec)) *v1alpha1.WebhookTrigger {
	trigger := &v1alpha1.WebhookTrigger{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: object, CreationTimestamp: metav1.Unix(created, 0)},
		Spec: v1alpha1.WebhookTriggerSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment}, EventType: "upload", URI: "https://example.com/" + object,
		},
	}
	if change != nil {
		change(&trigger.Spec)
	}
	return trigger
}

func TestPublishesTriggersThatCanBeDelivered(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root),
		triggerObject("younger", name, 200, func(spec *v1alpha1.WebhookTriggerSpec) {
			spec.Additive, spec.EventType = new(true), v1alpha1.EventTypeAll
			spec.Filter = &runtime.RawExtension{Raw: []byte(`{"==":[{"var":"type"},"upload"]}`)}
			spec.PayloadTemplate = &runtime.RawExtension{Raw: []byte(`{"text":"{{asset.public_id}}"}`)}
		}),
		triggerObject("older", name, 100, nil),
		triggerObject("foreign", "another", 1, nil),
		triggerObject("polled", name, 300, func(spec *v1alpha1.WebhookTriggerSpec) { spec.URIType, spec.URI = "poll", "poll://news" }),
		triggerObject("flow", name, 1, func(spec *v1alpha1.WebhookTriggerSpec) { spec.URIType = "flow" }),
		triggerObject("unknown", name, 1, func(spec *v1alpha1.WebhookTriggerSpec) { spec.EventType = "uploaded" }),
		triggerObject("misspelt", name, 1, func(spec *v1alpha1.WebhookTriggerSpec) {
			spec.Filter = &runtime.RawExtension{Raw: []byte(`{"equals":[1,1]}`)}
		}),
	)
	k := start(t, c, nil)
	ready(t, c, k)
	want := []Trigger{
		{Name: "older", EventType: "upload", URI: "https://example.com/older"},
		{
			Name: "younger", EventType: "all", URI: "https://example.com/younger", Additive: true,
			Filter: json.RawMessage(`{"==":[{"var":"type"},"upload"]}`), PayloadTemplate: json.RawMessage(`{"text":"{{asset.public_id}}"}`),
		},
		{Name: "polled", EventType: "upload", URI: "poll://news"},
	}
	if got := k.Current().Triggers; !reflect.DeepEqual(got, want) {
		t.Errorf("triggers\n got %+v\nwant %+v", got, want)
	}
}
