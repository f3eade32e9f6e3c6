package rules

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxPayloadTemplate bounds a payload template, in bytes of JSON.
const maxPayloadTemplate = 16 << 10

var eventTypePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// ValidateWebhookTrigger says what is wrong with trigger. Any well-formed event type is accepted: one that nothing
// sends yet is no mistake.
func ValidateWebhookTrigger(trigger *v1alpha1.WebhookTrigger) field.ErrorList {
	spec, path := &trigger.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	if !eventTypePattern.MatchString(spec.EventType) {
		errs = append(errs, field.Invalid(path.Child("eventType"), spec.EventType, "must be an event type such as upload, or all"))
	}
	errs = append(errs, validateOneOf(path.Child("uriType"), spec.URIType, v1alpha1.TriggerURITypeWebhook, v1alpha1.TriggerURITypeFlow, v1alpha1.TriggerURITypePoll)...)
	errs = append(errs, validateTriggerURI(spec, path.Child("uri"))...)
	errs = append(errs, validateOneOf(path.Child("filterLanguage"), spec.FilterLanguage, v1alpha1.FilterLanguageJSONLogic)...)
	if spec.FilterLanguage != "" && spec.Filter == nil {
		errs = append(errs, field.Required(path.Child("filter"), "filterLanguage needs a filter"))
	}
	errs = append(errs, validateObject(spec.Filter, path.Child("filter"))...)
	errs = append(errs, validateObject(spec.PayloadTemplate, path.Child("payloadTemplate"))...)
	if spec.PayloadTemplate != nil && len(spec.PayloadTemplate.Raw) > maxPayloadTemplate {
		errs = append(errs, field.TooLong(path.Child("payloadTemplate"), field.OmitValueType{}, maxPayloadTemplate))
	}
	return append(errs, validateOneOf(path.Child("authScheme"), spec.AuthScheme, v1alpha1.TriggerAuthSchemeDefault, v1alpha1.TriggerAuthSchemeLegacyHMAC, v1alpha1.TriggerAuthSchemeEdDSAV2)...)
}

func validateTriggerURI(spec *v1alpha1.WebhookTriggerSpec, path *field.Path) field.ErrorList {
	if spec.URI == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	channel, polled := strings.CutPrefix(spec.URI, "poll://")
	switch {
	case polled != (spec.URIType == v1alpha1.TriggerURITypePoll):
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be poll://<channel> exactly when uriType is poll")}
	case polled && channel == "":
		return field.ErrorList{field.Invalid(path, spec.URI, "must name a channel, or * for the batch ID of the call")}
	case polled || spec.URIType == v1alpha1.TriggerURITypeFlow:
		return nil
	}
	return validateHTTPURL(spec.URI, path)
}

// validateObject checks free-form JSON that must be an object. Its content stays out of the message.
func validateObject(object *runtime.RawExtension, path *field.Path) field.ErrorList {
	if object == nil {
		return nil
	}
	if raw := bytes.TrimSpace(object.Raw); !json.Valid(raw) || raw[0] != '{' {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be an object")}
	}
	return nil
}
