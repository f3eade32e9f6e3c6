package build

import "github.com/darkroom-media/darkroom/api/v1alpha1"

// FieldManager is the name under which the operator applies what it owns.
const FieldManager = "darkroom"

// Labels that the operator puts on everything it owns.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelComponent = "app.kubernetes.io/component"
	LabelPartOf    = "app.kubernetes.io/part-of"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// LabelEnvironment names the ProductEnvironment, in the namespace of the object.
	LabelEnvironment = v1alpha1.GroupName + "/environment"
)

// ManagedBy is the value of LabelManagedBy on everything that the operator owns.
const ManagedBy = "darkroom"

// Components, the values of LabelComponent.
const (
	ComponentRenderer    = "renderer"
	ComponentStorage     = "storage"
	ComponentBackup      = "backup"
	ComponentCredentials = "credentials"
	// ComponentKeys marks the Secret from which the renderer reads all enabled keys.
	ComponentKeys = "keys"
)

// Annotations.
const (
	// AnnotationConfigHash, on the pod template, restarts the pods when the configuration file changes.
	AnnotationConfigHash = v1alpha1.GroupName + "/config-hash"
	// AnnotationCloudName, on the volume claim, keeps the cloud name beside retained data.
	AnnotationCloudName = v1alpha1.GroupName + "/cloud-name"
)

// Names of the containers of a renderer pod.
const (
	ContainerRenderer = "renderer"
	ContainerEngine   = "engine"
)

// RendererName is the name of the Deployment, ServiceAccount, Role, RoleBinding and ConfigMap of an environment.
func RendererName(environment string) string { return environment + "-renderer" }

// ServiceName is the name of the Service in front of the renderer.
func ServiceName(environment string) string { return environment + "-media" }

// VolumeClaimName is the name of the claim that holds the data of an environment.
func VolumeClaimName(environment string) string { return environment + "-data" }

// BackupClaimName is the name of the claim that holds the backups of an environment.
func BackupClaimName(environment string) string { return environment + "-backup" }

// KeysSecretName is the name of the Secret with all enabled keys of an environment, read by its renderer.
func KeysSecretName(environment string) string { return environment + "-keys" }

// CredentialsSecretName is the name of the Secret for apps, of an environment or of an access key.
func CredentialsSecretName(owner string) string { return owner + "-credentials" }

// RootKeyName is the name of the access key that every environment has of its own.
func RootKeyName(environment string) string { return environment + "-root" }

// MediaLibraryPresetExternalName is the name in the APIs of the preset that an environment begins with.
const MediaLibraryPresetExternalName = "media_library"

// MediaLibraryPresetName is the name of the object of that preset.
func MediaLibraryPresetName(environment string) string { return environment + "-media-library" }

// Labels are the labels of an owned object of an environment.
func Labels(environment, component string) map[string]string {
	return map[string]string{
		LabelName:        "darkroom-" + component,
		LabelInstance:    environment,
		LabelComponent:   component,
		LabelPartOf:      "darkroom",
		LabelManagedBy:   ManagedBy,
		LabelEnvironment: environment,
	}
}

// Evidence are the labels by which an object of an environment is known to be the operator's.
func Evidence(environment string) map[string]string {
	return map[string]string{LabelManagedBy: ManagedBy, LabelEnvironment: environment}
}

// PodSelector selects the renderer pods of an environment.
func PodSelector(environment string) map[string]string {
	return map[string]string{LabelEnvironment: environment, LabelComponent: ComponentRenderer}
}
