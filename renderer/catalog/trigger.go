package catalog

import (
	"encoding/json"
	"log/slog"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// useTriggers takes those webhook triggers that are valid, of this environment, and of a sort that is delivered.
func (p *parts) useTriggers(logger *slog.Logger) {
	var triggers []Trigger
	for _, object := range oldestFirst(p.triggers) {
		trigger, ok := object.(*v1alpha1.WebhookTrigger)
		if !ok || trigger.Spec.EnvironmentRef.Name != p.environmentName {
			continue
		}
		errs := append(rules.ValidateWebhookTrigger(trigger), rules.UnsupportedInWebhookTrigger(trigger)...)
		if len(errs) > 0 {
			logger.Warn("a webhook trigger is invalid and not in use", "trigger", trigger.Name, "error", errs.ToAggregate())
			continue
		}
		triggers = append(triggers, Trigger{
			Name:            trigger.Name,
			EventType:       trigger.Spec.EventType,
			URI:             trigger.Spec.URI,
			Additive:        isTrue(trigger.Spec.Additive),
			Filter:          rawJSON(trigger.Spec.Filter),
			PayloadTemplate: rawJSON(trigger.Spec.PayloadTemplate),
		})
	}
	p.usedTriggers = triggers
}

func rawJSON(object *runtime.RawExtension) json.RawMessage {
	if object == nil {
		return nil
	}
	return object.Raw
}
