package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MetadataRuleState says whether a rule is followed.
//
// +kubebuilder:validation:Enum=active;inactive
type MetadataRuleState string

// States of a metadata rule.
const (
	MetadataRuleActive   MetadataRuleState = "active"
	MetadataRuleInactive MetadataRuleState = "inactive"
)

// MetadataRuleSpec makes one metadata field depend on others.
type MetadataRuleSpec struct {
	// environmentRef names the product environment that the rule belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// name of the rule, for people. The object's name when not set.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// metadataFieldID is the external ID of the field that the result applies to.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	MetadataFieldID string `json:"metadataFieldID"`

	// condition under which the result applies.
	// +required
	Condition MetadataRuleCondition `json:"condition"`

	// result is what happens to the field.
	// +required
	Result MetadataRuleResult `json:"result"`

	// state is inactive for a rule that is not followed. When absent it is active.
	// +optional
	State MetadataRuleState `json:"state,omitempty"`

	// position of the rule in the order in which rules are followed; rules without one come last, oldest first.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Position *int32 `json:"position,omitempty"`
}

// MetadataRuleCondition is a test of a field, or groups of tests joined by and or or.
//
// +kubebuilder:validation:XValidation:rule="[has(self.metadataFieldID), has(self.and), has(self.or)].filter(x, x).size() == 1",message="set exactly one of metadataFieldID, and, or"
// +kubebuilder:validation:XValidation:rule="[has(self.populated), has(self.equals), has(self.includes)].filter(x, x).size() == (has(self.metadataFieldID) ? 1 : 0)",message="a field is tested by exactly one of populated, equals, includes"
type MetadataRuleCondition struct {
	MetadataRuleTest `json:",inline"`

	// and holds when all of its conditions hold.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	And []MetadataRuleGroup `json:"and,omitempty"`

	// or holds when one of its conditions holds.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Or []MetadataRuleGroup `json:"or,omitempty"`
}

// MetadataRuleGroup is a test of a field, or tests joined by and or or.
//
// +kubebuilder:validation:XValidation:rule="[has(self.metadataFieldID), has(self.and), has(self.or)].filter(x, x).size() == 1",message="set exactly one of metadataFieldID, and, or"
// +kubebuilder:validation:XValidation:rule="[has(self.populated), has(self.equals), has(self.includes)].filter(x, x).size() == (has(self.metadataFieldID) ? 1 : 0)",message="a field is tested by exactly one of populated, equals, includes"
type MetadataRuleGroup struct {
	MetadataRuleTest `json:",inline"`

	// and holds when all of its tests hold.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	And []MetadataRuleTest `json:"and,omitempty"`

	// or holds when one of its tests holds.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Or []MetadataRuleTest `json:"or,omitempty"`
}

// MetadataRuleTest is a test of the value of a field.
type MetadataRuleTest struct {
	// metadataFieldID is the external ID of the field that is tested.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	MetadataFieldID string `json:"metadataFieldID,omitempty"`

	// populated tests whether the field has a value.
	// +optional
	Populated *bool `json:"populated,omitempty"`

	// equals tests whether the field has exactly this value.
	// +optional
	Equals *MetadataValue `json:"equals,omitempty"`

	// includes tests whether a field of type set holds all of these choices, or another field one of these values.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=255
	Includes []string `json:"includes,omitempty"`
}

// MetadataRuleResult is what a rule does to its field.
//
// +kubebuilder:validation:XValidation:rule="has(self.enable) || has(self.activateValues) || has(self.applyValue) || has(self.setMandatory)",message="a result sets at least one of enable, activateValues, applyValue, setMandatory"
type MetadataRuleResult struct {
	// enable lets the field take values.
	// +optional
	Enable *bool `json:"enable,omitempty"`

	// activateValues limits or extends the choices of the field.
	// +optional
	ActivateValues *ActivateValues `json:"activateValues,omitempty"`

	// applyValue gives the field a value.
	// +optional
	ApplyValue *ApplyValue `json:"applyValue,omitempty"`

	// setMandatory makes the field mandatory.
	// +optional
	SetMandatory *bool `json:"setMandatory,omitempty"`
}

// ActivateValuesMode says how activated choices combine with those that were active.
//
// +kubebuilder:validation:Enum=override;append
type ActivateValuesMode string

// Modes of activating choices.
const (
	ActivateValuesOverride ActivateValuesMode = "override"
	ActivateValuesAppend   ActivateValuesMode = "append"
)

// ActivateValues are the choices that a rule activates.
//
// +kubebuilder:validation:XValidation:rule="(has(self.all) && self.all) != has(self.externalIDs)",message="set either all to true or externalIDs"
type ActivateValues struct {
	// all activates every choice.
	// +optional
	All *bool `json:"all,omitempty"`

	// externalIDs are the choices that become active.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	ExternalIDs []string `json:"externalIDs,omitempty"`

	// mode says how externalIDs combine with the choices that were active. When absent it is override.
	// +optional
	Mode ActivateValuesMode `json:"mode,omitempty"`
}

// ApplyValueMode says how an applied value combines with what the field holds.
//
// +kubebuilder:validation:Enum=default;append
type ApplyValueMode string

// Modes of applying a value.
const (
	ApplyValueDefault ApplyValueMode = "default"
	ApplyValueAppend  ApplyValueMode = "append"
)

// ApplyValue is a value that a rule gives to its field.
type ApplyValue struct {
	MetadataValue `json:",inline"`

	// mode is default, for a field without a value, or append, for a field of type set. When absent it is default.
	// +optional
	Mode ApplyValueMode `json:"mode,omitempty"`
}

// MetadataRuleStatus is the observed state of a metadata rule.
type MetadataRuleStatus struct {
	ConfigurationStatus `json:",inline"`
}

// MetadataRule makes a metadata field of a product environment depend on the values of others.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=mdr,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Field",type=string,JSONPath=`.spec.metadataFieldID`
// +kubebuilder:printcolumn:name="Position",type=integer,JSONPath=`.spec.position`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type MetadataRule struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the rule that the user wishes.
	// +required
	Spec MetadataRuleSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status MetadataRuleStatus `json:"status,omitzero"`
}

// MetadataRuleList is a list of metadata rules.
//
// +kubebuilder:object:root=true
type MetadataRuleList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the metadata rules.
	Items []MetadataRule `json:"items"`
}
