package build

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// SecretTypeBinding is the type of the Secrets for apps, as the Service Binding convention names it.
const SecretTypeBinding corev1.SecretType = "servicebinding.io/cloudinary"

// KeysSecret holds all enabled keys of an environment, in the order given, as the renderer reads them.
func KeysSecret(e *Environment, keys []config.Key) (*corev1ac.SecretApplyConfiguration, error) {
	if keys == nil {
		keys = []config.Key{}
	}
	content, err := config.MarshalKeys(keys)
	if err != nil {
		return nil, fmt.Errorf("writing the keys of the renderer: %w", err)
	}
	return corev1ac.Secret(KeysSecretName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentKeys)).
		WithOwnerReferences(e.owner()).
		WithType(corev1.SecretTypeOpaque).
		WithData(map[string][]byte{config.KeysFile: content}), nil
}

// EnvironmentCredentials is the Secret for apps of an environment.
func EnvironmentCredentials(e *Environment, entries map[string][]byte) *corev1ac.SecretApplyConfiguration {
	return credentials(e.namespace(), e.name(), e.name(), entries).WithOwnerReferences(e.owner())
}

// AccessKeyCredentials is the Secret for apps of one access key.
func AccessKeyCredentials(key *v1alpha1.AccessKey, entries map[string][]byte) *corev1ac.SecretApplyConfiguration {
	return credentials(key.Namespace, key.Name, key.Spec.EnvironmentRef.Name, entries).
		WithOwnerReferences(owner("AccessKey", key.Name, string(key.UID)))
}

// credentials is a Secret for apps. The pair in it can be generated only once, so it is never rebuilt from nothing
// while the Secret exists.
func credentials(namespace, name, environment string, entries map[string][]byte) *corev1ac.SecretApplyConfiguration {
	return corev1ac.Secret(CredentialsSecretName(name), namespace).
		WithLabels(Labels(environment, ComponentCredentials)).
		WithType(SecretTypeBinding).
		WithData(entries)
}
