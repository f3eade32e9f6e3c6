package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// EventTypeAll is the event type of a trigger that fires for every event.
const EventTypeAll = "all"

// TriggerURIType says how a trigger's notifications travel.
//
// +kubebuilder:validation:Enum=webhook;flow;poll
type TriggerURIType string

// URI types of a trigger.
const (
	// TriggerURITypeWebhook posts to an HTTP address.
	TriggerURITypeWebhook TriggerURIType = "webhook"
	// TriggerURITypeFlow starts a flow.
	TriggerURITypeFlow TriggerURIType = "flow"
	// TriggerURITypePoll keeps messages until somebody asks for them.
	TriggerURITypePoll TriggerURIType = "poll"
)

// TriggerAuthScheme says how a trigger's notifications are signed.
//
// +kubebuilder:validation:Enum=default;legacy_hmac;eddsa_v2
type TriggerAuthScheme string

// Authentication schemes of a trigger.
const (
	// TriggerAuthSchemeDefault signs in both ways.
	TriggerAuthSchemeDefault TriggerAuthScheme = "default"
	// TriggerAuthSchemeLegacyHMAC sends X-Cld-Signature only.
	TriggerAuthSchemeLegacyHMAC TriggerAuthScheme = "legacy_hmac"
	// TriggerAuthSchemeEdDSAV2 sends X-Cld-Signature_v2 only.
	TriggerAuthSchemeEdDSAV2 TriggerAuthScheme = "eddsa_v2"
)

// FilterLanguage is the language of a trigger's filter.
//
// +kubebuilder:validation:Enum=jsonlogic
type FilterLanguage string

// FilterLanguageJSONLogic is JSONLogic.
const FilterLanguageJSONLogic FilterLanguage = "jsonlogic"

// WebhookTriggerSpec says which events are notified to whom.
//
// +kubebuilder:validation:XValidation:rule="(has(self.uriType) && self.uriType == 'poll') == self.uri.startsWith('poll://')",message="uri is poll://<channel> exactly when uriType is poll"
// +kubebuilder:validation:XValidation:rule="(has(self.uriType) && self.uriType != 'webhook') || self.uri.startsWith('https://') || self.uri.startsWith('http://')",message="uri of a webhook starts with https:// or http://"
// +kubebuilder:validation:XValidation:rule="!has(self.filterLanguage) || has(self.filter)",message="filterLanguage needs a filter"
type WebhookTriggerSpec struct {
	// environmentRef names the product environment whose events are notified.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// eventType is the type of the events, such as upload or delete, or all.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[a-z][a-z0-9_]*$`
	EventType string `json:"eventType"`

	// uri is where notifications go: an HTTP address, poll://<channel>, or poll://* for the batch ID of the call.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	URI string `json:"uri"`

	// uriType says how notifications travel. When absent it is webhook.
	// +optional
	URIType TriggerURIType `json:"uriType,omitempty"`

	// additive makes the trigger fire even for calls that name a notification URL of their own. When absent it is false.
	// +optional
	Additive *bool `json:"additive,omitempty"`

	// filter is a JSONLogic object, at most 16 KiB as JSON, that is evaluated over the notification; only what it accepts is
	// sent. Example: {"==":[{"var":"resource_type"},"image"]}.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +kubebuilder:pruning:PreserveUnknownFields
	Filter *runtime.RawExtension `json:"filter,omitempty"`

	// filterLanguage is the language of filter. When absent it is jsonlogic.
	// +optional
	FilterLanguage FilterLanguage `json:"filterLanguage,omitempty"`

	// payloadTemplate is an object, nested at will, of Mustache texts, at most 16 KiB as JSON. Rendered, it replaces the
	// notification and is what gets signed. Texts see event (what is known of the event itself), asset, folder, eager, error,
	// and raw (the whole notification); nothing is escaped. Example: {"text":"{{asset.public_id}}: {{event.notification_type}}"}.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +kubebuilder:pruning:PreserveUnknownFields
	PayloadTemplate *runtime.RawExtension `json:"payloadTemplate,omitempty"`

	// authScheme says how notifications are signed. When absent it is default.
	// +optional
	AuthScheme TriggerAuthScheme `json:"authScheme,omitempty"`
}

// WebhookTriggerStatus is the observed state of a webhook trigger.
type WebhookTriggerStatus struct {
	ConfigurationStatus `json:",inline"`

	// deliveries is what the renderers saw of the receiver. It is written when the receiver begins or ceases to fail,
	// and at most every five minutes otherwise.
	// +optional
	Deliveries *TriggerDeliveries `json:"deliveries,omitempty"`
}

// TriggerDeliveries sums up what came of a trigger's notifications.
type TriggerDeliveries struct {
	// delivered counts the notifications that the receiver took.
	// +optional
	Delivered int64 `json:"delivered,omitempty"`

	// failed counts the attempts that failed. A notification is tried up to four times.
	// +optional
	Failed int64 `json:"failed,omitempty"`

	// givenUp counts the notifications that were given up after their last attempt.
	// +optional
	GivenUp int64 `json:"givenUp,omitempty"`

	// deadLetters counts the notifications that were given up and are kept, for 30 days, so that they can be sent again.
	// +optional
	DeadLetters int64 `json:"deadLetters,omitempty"`

	// consecutiveFailures counts the attempts that failed since the receiver last took a notification.
	// +optional
	ConsecutiveFailures int64 `json:"consecutiveFailures,omitempty"`

	// lastDeliveryTime is when the receiver last took a notification.
	// +optional
	LastDeliveryTime *metav1.Time `json:"lastDeliveryTime,omitempty"`

	// lastFailureTime is when an attempt last failed.
	// +optional
	LastFailureTime *metav1.Time `json:"lastFailureTime,omitempty"`

	// lastFailure says why an attempt last failed.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastFailure string `json:"lastFailure,omitempty"`
}

// WebhookTrigger sends notifications about events of a product environment.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=wtr,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Event",type=string,JSONPath=`.spec.eventType`
// +kubebuilder:printcolumn:name="URI",type=string,JSONPath=`.spec.uri`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Delivered",type=date,JSONPath=`.status.deliveries.lastDeliveryTime`
// +kubebuilder:printcolumn:name="Failing",type=integer,JSONPath=`.status.deliveries.consecutiveFailures`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type WebhookTrigger struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the trigger that the user wishes.
	// +required
	Spec WebhookTriggerSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status WebhookTriggerStatus `json:"status,omitzero"`
}

// WebhookTriggerList is a list of webhook triggers.
//
// +kubebuilder:object:root=true
type WebhookTriggerList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the webhook triggers.
	Items []WebhookTrigger `json:"items"`
}
