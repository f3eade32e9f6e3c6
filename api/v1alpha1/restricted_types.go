package v1alpha1

// RestrictedType is what unsigned URLs may be refused.
// +kubebuilder:validation:Enum=fetch;list;multi;sprite;facebook;twitter;twitter_name;gravatar;youtube;vimeo;dailymotion;hulu;animoto;worldstarhiphop;remote_layers;asset_values
type RestrictedType string

// What may be restricted and is no delivery type.
const (
	// RestrictList is the delivery type of lists by tag.
	RestrictList RestrictedType = "list"
	// RestrictRemoteLayers are layers that are fetched.
	RestrictRemoteLayers RestrictedType = "remote_layers"
	// RestrictAssetValues are tags, context and metadata in conditions and variables.
	RestrictAssetValues RestrictedType = "asset_values"
)

// RemoteType says where the pictures of a delivery type come from.
type RemoteType struct {
	// type is the delivery type in URLs.
	// +required
	// +kubebuilder:validation:Enum=facebook;twitter;twitter_name;gravatar;youtube;vimeo;dailymotion;hulu;animoto;worldstarhiphop
	Type string `json:"type"`

	// url is what is fetched, with {id} in the place of the ID.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/{}]+/') && self.contains('{id}')",message="must be an http or https URL with {id} in its path or query"
	URL string `json:"url"`
}
