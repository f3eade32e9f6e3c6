package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MetadataFieldType is the type of the values of a metadata field.
//
// +kubebuilder:validation:Enum=string;integer;date;enum;set
type MetadataFieldType string

// Types of metadata fields.
const (
	MetadataFieldString  MetadataFieldType = "string"
	MetadataFieldInteger MetadataFieldType = "integer"
	MetadataFieldDate    MetadataFieldType = "date"
	MetadataFieldEnum    MetadataFieldType = "enum"
	MetadataFieldSet     MetadataFieldType = "set"
)

// MetadataFieldSpec defines a structured metadata field.
//
// +kubebuilder:validation:XValidation:rule="self.type == oldSelf.type",message="type is fixed after creation"
// +kubebuilder:validation:XValidation:rule="has(self.datasource) == (self.type in ['enum', 'set'])",message="datasource is required for the types enum and set, and forbidden for others"
// +kubebuilder:validation:XValidation:rule="!has(self.allowDynamicListValues) || !self.allowDynamicListValues || self.type in ['enum', 'set']",message="allowDynamicListValues is for the types enum and set"
// +kubebuilder:validation:XValidation:rule="!has(self.defaultValue) || has(self.defaultValue.values) == (self.type == 'set')",message="defaultValue has values for the type set, and value for others"
// +kubebuilder:validation:XValidation:rule="!has(self.validation) || self.type in ['string', 'integer', 'date']",message="validation is for the types string, integer and date"
type MetadataFieldSpec struct {
	// environmentRef names the product environment that the field belongs to.
	// +required
	EnvironmentRef EnvironmentReference `json:"environmentRef"`

	// externalID is the field's ID in the APIs. The object's name when not set. It is fixed after creation.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ExternalID string `json:"externalID,omitempty"`

	// label is the name that people see.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Label string `json:"label"`

	// type of the field's values. It is fixed after creation.
	// +required
	Type MetadataFieldType `json:"type"`

	// mandatory refuses uploads that neither give a value nor get the default value. When absent it is false.
	// +optional
	Mandatory *bool `json:"mandatory,omitempty"`

	// defaultValue is given to uploads that bring none.
	// +optional
	DefaultValue *MetadataValue `json:"defaultValue,omitempty"`

	// validation is what values must satisfy.
	// +optional
	Validation *MetadataValidation `json:"validation,omitempty"`

	// datasource holds the choices of a field of type enum or set.
	// +optional
	Datasource *MetadataDatasource `json:"datasource,omitempty"`

	// restrictions say where the field is shown and may be changed.
	// +optional
	Restrictions *MetadataRestrictions `json:"restrictions,omitempty"`

	// defaultDisabled refuses values until a metadata rule enables the field. When absent it is false.
	// +optional
	DefaultDisabled *bool `json:"defaultDisabled,omitempty"`

	// allowDynamicListValues adds unknown values of a field of type enum or set when they are assigned. They are kept
	// in the library, never written here. When absent it is false.
	// +optional
	AllowDynamicListValues *bool `json:"allowDynamicListValues,omitempty"`

	// position of the field among the others; fields without one come last, oldest first.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Position *int32 `json:"position,omitempty"`
}

// MetadataDatasource is the list of choices of a field.
type MetadataDatasource struct {
	// values are the choices, in the order in which they are listed.
	// +required
	// +listType=map
	// +listMapKey=externalID
	// +kubebuilder:validation:MaxItems=3000
	Values []MetadataDatasourceValue `json:"values"`
}

// DatasourceState says whether a choice can be assigned.
//
// +kubebuilder:validation:Enum=active;inactive
type DatasourceState string

// States of a choice.
const (
	DatasourceActive   DatasourceState = "active"
	DatasourceInactive DatasourceState = "inactive"
)

// MetadataDatasourceValue is one choice.
type MetadataDatasourceValue struct {
	// externalID is what assets hold and requests send.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ExternalID string `json:"externalID"`

	// value is what people see.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Value string `json:"value"`

	// state is inactive for a choice that was deleted softly: assets keep it, none can get it. When absent it is active.
	// +optional
	State DatasourceState `json:"state,omitempty"`
}

// MetadataRestrictions say where a field is shown and may be changed.
type MetadataRestrictions struct {
	// readonlyUI shows the field in the console without letting people change it.
	// +optional
	ReadonlyUI *bool `json:"readonlyUI,omitempty"`

	// hiddenUI hides the field in the console.
	// +optional
	HiddenUI *bool `json:"hiddenUI,omitempty"`

	// excludedFromSearch leaves the field out of free text search.
	// +optional
	ExcludedFromSearch *bool `json:"excludedFromSearch,omitempty"`
}

// MetadataValidationType is the kind of a validation.
//
// +kubebuilder:validation:Enum=greater_than;less_than;strlen;strregex;and
type MetadataValidationType string

// Kinds of validations.
const (
	ValidationGreaterThan MetadataValidationType = "greater_than"
	ValidationLessThan    MetadataValidationType = "less_than"
	ValidationStrlen      MetadataValidationType = "strlen"
	ValidationStrregex    MetadataValidationType = "strregex"
	ValidationAnd         MetadataValidationType = "and"
)

// MetadataValidation is a condition on values, or several that must all hold.
//
// +kubebuilder:validation:XValidation:rule="has(self.rules) == (self.type == 'and')",message="rules are for the type and, which needs them"
type MetadataValidation struct {
	// type of the validation; and joins the rules.
	// +required
	Type MetadataValidationType `json:"type"`

	MetadataBound `json:",inline"`

	// rules that must all hold.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Rules []MetadataValidationRule `json:"rules,omitempty"`
}

// MetadataValidationRule is one of the conditions that and joins.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'and'",message="and cannot be nested"
type MetadataValidationRule struct {
	// type of the validation.
	// +required
	Type MetadataValidationType `json:"type"`

	MetadataBound `json:",inline"`
}

// MetadataBound is what a value is compared with.
type MetadataBound struct {
	// value is the bound of greater_than and less_than: an integer written in digits, or a date as YYYY-MM-DD.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^(-?[0-9]{1,19}|[0-9]{4}-[0-9]{2}-[0-9]{2})$`
	Value string `json:"value,omitempty"`

	// equals makes the bound itself allowed. When absent it is false.
	// +optional
	Equals *bool `json:"equals,omitempty"`

	// min is the least length of strlen, in characters.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1048576
	Min *int32 `json:"min,omitempty"`

	// max is the greatest length of strlen, in characters.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1048576
	Max *int32 `json:"max,omitempty"`

	// regex is the regular expression (RE2) of strregex that the whole value must match.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Regex string `json:"regex,omitempty"`
}

// MetadataFieldStatus is the observed state of a metadata field.
type MetadataFieldStatus struct {
	ConfigurationStatus `json:",inline"`
}

// MetadataField defines a structured metadata field of a product environment.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:validation:XValidation:rule="(has(self.spec.externalID) ? self.spec.externalID : self.metadata.name) == (has(oldSelf.spec.externalID) ? oldSelf.spec.externalID : oldSelf.metadata.name)",message="spec.externalID is fixed after creation"
// +kubebuilder:resource:shortName=mdf,categories=darkroom
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Field",type=string,JSONPath=`.status.externalName`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Label",type=string,JSONPath=`.spec.label`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type MetadataField struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the field that the user wishes.
	// +required
	Spec MetadataFieldSpec `json:"spec"`

	// status is what the operator saw last.
	// +optional
	Status MetadataFieldStatus `json:"status,omitzero"`
}

// MetadataFieldList is a list of metadata fields.
//
// +kubebuilder:object:root=true
type MetadataFieldList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`
	// items are the metadata fields.
	Items []MetadataField `json:"items"`
}
