package v1alpha1

// Annotations by which a user asks for something once. They are no part of a spec, because what they ask for is an
// act and not a state.
const (
	// AnnotationAllowRename, on a ProductEnvironment, lets spec.cloudName change however many assets are stored. Any
	// value but "false" does.
	AnnotationAllowRename = GroupName + "/allow-rename"
	// AnnotationRotate, on an AccessKey, rotates the key once for every new value.
	AnnotationRotate = GroupName + "/rotate"
	// AnnotationRun, on an AssetImport, runs the import again, from its beginning, for every new value.
	AnnotationRun = GroupName + "/run"
)
