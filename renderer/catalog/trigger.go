package catalog

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// translateTriggers are triggers as plain data, in their order.
func translateTriggers(triggers []*v1alpha1.WebhookTrigger) []Trigger {
	var translated []Trigger
	for _, trigger := range triggers {
		translated = append(translated, Trigger{
			Name:            trigger.Name,
			EventType:       trigger.Spec.EventType,
			URI:             trigger.Spec.URI,
			Additive:        isTrue(trigger.Spec.Additive),
			Filter:          rawJSON(trigger.Spec.Filter),
			PayloadTemplate: rawJSON(trigger.Spec.PayloadTemplate),
		})
	}
	return translated
}

func rawJSON(object *runtime.RawExtension) json.RawMessage {
	if object == nil {
		return nil
	}
	return object.Raw
}
