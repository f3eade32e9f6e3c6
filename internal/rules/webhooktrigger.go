package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/jsonlogic"
	"github.com/darkroom-media/darkroom/internal/payload"
)

// maxTriggerJSON bounds a filter and a payload template each, in bytes of JSON.
const maxTriggerJSON = 16 << 10

// eventTypes are those of the protocol. One that this version does not send yet is no mistake.
func eventTypes() []string {
	return []string{v1alpha1.EventTypeAll, "access_control_changed", "bulk_refresh_auto_fetch", "create_folder", "delete", "delete_by_token",
		"delete_folder", "eager", "error", "explode", "generate_archive", "info", "invalidate_custom_cdn", "moderation",
		"moderation_summary", "move", "move_or_rename_asset_folder", "multi", "publish", "related_assets", "rename", "report",
		"resource_context_changed", "resource_display_name_changed", "resource_metadata_changed", "resource_tags_changed",
		"restore_asset_version", "sprite", "upload"}
}

// ValidateWebhookTrigger says what is wrong with trigger.
func ValidateWebhookTrigger(trigger *v1alpha1.WebhookTrigger) field.ErrorList {
	spec, path := &trigger.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	if !slices.Contains(eventTypes(), spec.EventType) {
		errs = append(errs, field.NotSupported(path.Child("eventType"), spec.EventType, eventTypes()))
	}
	errs = append(errs, validateOneOf(path.Child("uriType"), spec.URIType, v1alpha1.TriggerURITypeWebhook, v1alpha1.TriggerURITypeFlow, v1alpha1.TriggerURITypePoll)...)
	errs = append(errs, validateTriggerURI(spec, path.Child("uri"))...)
	errs = append(errs, validateOneOf(path.Child("filterLanguage"), spec.FilterLanguage, v1alpha1.FilterLanguageJSONLogic)...)
	if spec.FilterLanguage != "" && spec.Filter == nil {
		errs = append(errs, field.Required(path.Child("filter"), "filterLanguage needs a filter"))
	}
	errs = append(errs, validateObject(spec.Filter, path.Child("filter"), func(raw []byte) error {
		_, err := jsonlogic.Parse(raw)
		return err
	})...)
	errs = append(errs, validateObject(spec.PayloadTemplate, path.Child("payloadTemplate"), func(raw []byte) error {
		_, err := payload.Parse(raw)
		return err
	})...)
	return append(errs, validateOneOf(path.Child("authScheme"), spec.AuthScheme, v1alpha1.TriggerAuthSchemeDefault, v1alpha1.TriggerAuthSchemeLegacyHMAC, v1alpha1.TriggerAuthSchemeEdDSAV2)...)
}

// UnsupportedInWebhookTrigger names what is valid in trigger but beyond what renderers deliver. Such a trigger is not in
// use: to deliver in another way than it asks for would send what nobody can verify, or where nobody listens.
func UnsupportedInWebhookTrigger(trigger *v1alpha1.WebhookTrigger) field.ErrorList {
	spec, path := &trigger.Spec, field.NewPath("spec")
	var errs field.ErrorList
	unsupported := func(name string, is bool) {
		if is {
			errs = append(errs, field.Forbidden(path.Child(name), "renderers do not deliver this"))
		}
	}
	unsupported("uriType", spec.URIType == v1alpha1.TriggerURITypeFlow)
	unsupported("authScheme", spec.AuthScheme == v1alpha1.TriggerAuthSchemeEdDSAV2)
	return errs
}

// WarnWebhookTrigger names what is valid in trigger but unwise.
func WarnWebhookTrigger(trigger *v1alpha1.WebhookTrigger) []string {
	if u, err := url.Parse(trigger.Spec.URI); err == nil && u.Scheme == "http" {
		return []string{"spec.uri: notifications travel unencrypted over http; they are signed all the same"}
	}
	return nil
}

// CheckTriggerAddress refuses a trigger whose URL names a private address that its environment has not opened. Names are
// judged by the renderer, with every address that they lead to, when it calls them.
func CheckTriggerAddress(trigger *v1alpha1.WebhookTrigger, environment *Environment) field.ErrorList {
	host, closed := ClosedHost(trigger.Spec.URI, environment.FetchAllowedCIDRs, environment.FetchHostAliases)
	if !closed {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec", "uri"),
		fmt.Sprintf("%s is a private address that spec.uploads.fetch.allowedCIDRs of the ProductEnvironment does not open", host))}
}

// ClosedHost says whether a URL names a private address, by its number or as localhost, that the open ranges do not hold, and
// gives the host as the URL writes it. A name with an alias leads where that says. It is for operator and renderer alike.
func ClosedHost(rawURL string, openCIDRs []string, aliases map[string]string) (host string, closed bool) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme == "poll" {
		return "", false
	}
	host = strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if _, ok := aliases[host]; ok {
		return "", false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1}).String()
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return "", false
	}
	address = address.Unmap().WithZone("")
	return u.Hostname(), isPrivate(address) && !slices.ContainsFunc(openCIDRs, func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix.Contains(address)
	})
}

func isPrivate(address netip.Addr) bool {
	carrierGrade := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)
	return address.IsPrivate() || address.IsLoopback() || address.IsUnspecified() || address.IsLinkLocalUnicast() ||
		address.IsMulticast() || carrierGrade.Contains(address)
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

// validateObject checks free-form JSON that must be an object that parse takes. Its content stays out of the message.
func validateObject(object *runtime.RawExtension, path *field.Path, parse func(raw []byte) error) field.ErrorList {
	if object == nil {
		return nil
	}
	if len(object.Raw) > maxTriggerJSON {
		return field.ErrorList{field.TooLong(path, field.OmitValueType{}, maxTriggerJSON)}
	}
	raw := bytes.TrimSpace(object.Raw)
	if !json.Valid(raw) || raw[0] != '{' {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be an object")}
	}
	if err := parse(raw); err != nil {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, err.Error())}
	}
	return nil
}
