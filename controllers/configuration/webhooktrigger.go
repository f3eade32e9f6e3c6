package configuration

import (
	"context"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// What came of a trigger's notifications the renderers report themselves.
func webhookTriggers() kind[*v1alpha1.WebhookTrigger] {
	return kind[*v1alpha1.WebhookTrigger]{
		name: "webhooktrigger", word: "WebhookTrigger", list: &v1alpha1.WebhookTriggerList{},
		validate: rules.ValidateWebhookTrigger, check: checkTrigger,
	}
}

// checkTrigger looks at which private addresses the environment opens.
func checkTrigger(_ context.Context, _ client.Reader, trigger *v1alpha1.WebhookTrigger, environment *v1alpha1.ProductEnvironment) (conditions.Part, error) {
	if problems := rules.CheckTriggerAddress(trigger, rules.Effective(environment)); len(problems) > 0 {
		return conditions.Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonPrivateAddress, problems.ToAggregate().Error()), nil
	}
	part := inUse("WebhookTrigger")
	part.Message = strings.Join(append([]string{part.Message}, rules.WarnWebhookTrigger(trigger)...), "; ")
	return part, nil
}
