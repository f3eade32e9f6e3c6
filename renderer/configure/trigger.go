package configure

import (
	"encoding/json"
	"net/http"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/jsonlogic"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func (e *Editor) showsTrigger(trigger *v1alpha1.WebhookTrigger) wire.Object {
	spec := &trigger.Spec
	shown := wire.Object{
		"id": trigger.Name, "product_environment_id": e.objects.Reference().Name, "uri": spec.URI, "event_type": spec.EventType,
		"uri_type": string(v1alpha1.TriggerURITypeWebhook), "additive": spec.Additive != nil && *spec.Additive,
		"filter": nil, "filter_language": nil, "payload_template": nil, "auth_scheme": string(v1alpha1.TriggerAuthSchemeDefault),
		"created_at": wire.Time(trigger.CreationTimestamp.Time), "updated_at": wire.Time(updatedAt(trigger)),
	}
	if spec.URIType != "" {
		shown["uri_type"] = string(spec.URIType)
	}
	if spec.AuthScheme != "" {
		shown["auth_scheme"] = string(spec.AuthScheme)
	}
	if spec.Filter != nil {
		shown["filter"] = json.RawMessage(spec.Filter.Raw)
		shown["filter_language"] = string(v1alpha1.FilterLanguageJSONLogic)
	}
	if spec.PayloadTemplate != nil {
		shown["payload_template"] = json.RawMessage(spec.PayloadTemplate.Raw)
	}
	if deliveries := trigger.Status.Deliveries; deliveries != nil {
		shown["deliveries"] = showDeliveries(deliveries)
	}
	return shown
}

// showDeliveries is what came of a trigger's notifications; the protocol has no such key.
func showDeliveries(deliveries *v1alpha1.TriggerDeliveries) wire.Object {
	shown := wire.Object{
		"delivered": deliveries.Delivered, "failed": deliveries.Failed, "given_up": deliveries.GivenUp, "dead_letters": deliveries.DeadLetters,
		"consecutive_failures": deliveries.ConsecutiveFailures, "last_delivery_at": nil, "last_failure_at": nil, "last_failure": nil,
	}
	if at := deliveries.LastDeliveryTime; at != nil {
		shown["last_delivery_at"] = wire.Time(at.Time)
	}
	if at := deliveries.LastFailureTime; at != nil {
		shown["last_failure_at"], shown["last_failure"] = wire.Time(at.Time), deliveries.LastFailure
	}
	return shown
}

func noTrigger(id string) *problem.Problem {
	return problem.NotFound("Trigger %s not found", wire.Printable(id))
}

// maxTriggers bounds the triggers that the API makes for an environment.
const maxTriggers = 30

// triggers are the triggers, the oldest first.
func (e *Editor) triggers(r *Request) ([]*v1alpha1.WebhookTrigger, error) {
	return all[*v1alpha1.WebhookTrigger](e, r, catalog.KindWebhookTrigger)
}

// listTriggers answers GET /triggers, the oldest first.
func (e *Editor) listTriggers(r *Request) (wire.Object, error) {
	triggers, err := e.triggers(r)
	if err != nil {
		return nil, err
	}
	shown := []wire.Object{}
	event := r.Params.String("event_type")
	for _, trigger := range triggers {
		if event == "" || trigger.Spec.EventType == event {
			shown = append(shown, e.showsTrigger(trigger))
		}
	}
	return wire.Object{"triggers": shown, "total": len(shown)}, nil
}

// showTrigger answers GET /triggers/<id>.
func (e *Editor) showTrigger(r *Request) (wire.Object, error) {
	trigger, err := find[*v1alpha1.WebhookTrigger](e, r, catalog.KindWebhookTrigger, r.Path[0], noTrigger(r.Path[0]))
	if err != nil {
		return nil, err
	}
	return e.showsTrigger(trigger), nil
}

// readTrigger sets what the request gives.
func readTrigger(params wire.Params, spec *v1alpha1.WebhookTriggerSpec) error {
	for name, text := range map[string]*string{"uri": &spec.URI, "event_type": &spec.EventType, "uri_type": (*string)(&spec.URIType),
		"filter_language": (*string)(&spec.FilterLanguage), "auth_scheme": (*string)(&spec.AuthScheme)} {
		if params.Has(name) {
			*text = params.String(name)
		}
	}
	if params.Has("new_uri") {
		spec.URI = params.String("new_uri")
	}
	if params.Has("additive") {
		additive, err := params.Bool("additive", false)
		if err != nil {
			return err
		}
		spec.Additive = &additive
	}
	for name, object := range map[string]**runtime.RawExtension{"filter": &spec.Filter, "payload_template": &spec.PayloadTemplate} {
		if params.Has(name) {
			*object = &runtime.RawExtension{Raw: []byte(params.String(name))}
		}
	}
	return nil
}

// sameTrigger says that two triggers do the same.
func sameTrigger(a, b *v1alpha1.WebhookTrigger) bool {
	return a.Name != b.Name && a.Spec.URI == b.Spec.URI && a.Spec.EventType == b.Spec.EventType
}

// unlikeOthers refuses a trigger that does what another one does.
func unlikeOthers(triggers []*v1alpha1.WebhookTrigger, trigger *v1alpha1.WebhookTrigger) error {
	for _, other := range triggers {
		if sameTrigger(trigger, other) {
			return problem.Conflict("A trigger for %s to %s already exists: %s", wire.Printable(trigger.Spec.EventType), wire.Printable(trigger.Spec.URI), other.Name)
		}
	}
	return nil
}

// createTrigger answers POST /triggers, with 201.
func (e *Editor) createTrigger(r *Request) (wire.Object, error) {
	trigger := &v1alpha1.WebhookTrigger{Spec: v1alpha1.WebhookTriggerSpec{EnvironmentRef: e.objects.Reference()}}
	for _, name := range []string{"uri", "event_type"} {
		if _, err := required(r, name); err != nil {
			return nil, err
		}
	}
	if err := readTrigger(r.Params, &trigger.Spec); err != nil {
		return nil, err
	}
	trigger.Name = "trigger-" + randomName()
	triggers, err := e.triggers(r)
	if err != nil {
		return nil, err
	}
	if len(triggers) >= maxTriggers {
		return nil, problem.BadRequest("There are %d triggers already, which is the most that an environment can have", len(triggers))
	}
	if err := unlikeOthers(triggers, trigger); err != nil {
		return nil, err
	}
	if err := create(e, r, catalog.KindWebhookTrigger, trigger, rules.ValidateWebhookTrigger, problem.Conflict("Trigger %s already exists", trigger.Name)); err != nil {
		return nil, err
	}
	r.Status = http.StatusCreated
	return e.showsTrigger(trigger), nil
}

// updateTrigger answers PUT /triggers/<id>.
func (e *Editor) updateTrigger(r *Request) (wire.Object, error) {
	trigger, err := change(e, r, catalog.KindWebhookTrigger, r.Path[0], rules.ValidateWebhookTrigger, noTrigger(r.Path[0]), func(trigger *v1alpha1.WebhookTrigger) error {
		if err := readTrigger(r.Params, &trigger.Spec); err != nil {
			return err
		}
		triggers, err := e.triggers(r)
		if err != nil {
			return err
		}
		return unlikeOthers(triggers, trigger)
	})
	if err != nil {
		return nil, err
	}
	shown := e.showsTrigger(trigger)
	shown["message"] = "ok"
	return shown, nil
}

// deleteTrigger answers DELETE /triggers/<id>.
func (e *Editor) deleteTrigger(r *Request) (wire.Object, error) {
	if _, err := remove[*v1alpha1.WebhookTrigger](e, r, catalog.KindWebhookTrigger, r.Path[0], noTrigger(r.Path[0])); err != nil {
		return nil, err
	}
	return wire.Object{"message": "ok"}, nil
}

// testTrigger answers POST /triggers/<id>/test: whether the filter takes the sample. Nothing is sent.
func (e *Editor) testTrigger(r *Request) (wire.Object, error) {
	trigger, err := find[*v1alpha1.WebhookTrigger](e, r, catalog.KindWebhookTrigger, r.Path[0], noTrigger(r.Path[0]))
	if err != nil {
		return nil, err
	}
	text, err := required(r, "sample_data")
	if err != nil {
		return nil, err
	}
	var sample map[string]any
	if err := json.Unmarshal([]byte(text), &sample); err != nil {
		return nil, problem.BadRequest("Invalid sample_data: not a JSON object")
	}
	result := true
	if filter := trigger.Spec.Filter; filter != nil {
		rule, err := jsonlogic.Parse(filter.Raw)
		if err == nil {
			result, err = rule.Accepts(sample)
		}
		if err != nil {
			return nil, problem.BadRequest("The filter cannot be evaluated: %s", err)
		}
	}
	return wire.Object{"trigger_id": trigger.Name, "filter_present": trigger.Spec.Filter != nil, "filter_result": result}, nil
}
