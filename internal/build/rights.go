package build

import (
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// RendererServiceAccount is the identity of the renderer. No pod gets its token unasked.
func RendererServiceAccount(e *Environment) *corev1ac.ServiceAccountApplyConfiguration {
	return corev1ac.ServiceAccount(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithAutomountServiceAccountToken(false)
}

// RendererRole lets the renderer read its environment, the one Secret with its keys and those of its imports, read and write the configuration of
// its namespace, as the Admin API asks it to, and report what it holds. It can list no Secrets.
func RendererRole(e *Environment) *rbacv1ac.RoleApplyConfiguration {
	return rbacv1ac.Role(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithRules(
			rbacv1ac.PolicyRule().
				WithAPIGroups(v1alpha1.GroupName).
				WithResources("productenvironments").
				WithResourceNames(e.name()).
				WithVerbs("get", "list", "watch"),
			rbacv1ac.PolicyRule().
				WithAPIGroups(v1alpha1.GroupName).
				WithResources("productenvironments/status").
				WithResourceNames(e.name()).
				WithVerbs("patch"),
			rbacv1ac.PolicyRule().
				WithAPIGroups(v1alpha1.GroupName).
				WithResources("metadatafields", "metadatarules", "streamingprofiles", "transformations", "uploadmappings", "uploadpresets", "webhooktriggers").
				WithVerbs("create", "delete", "get", "list", "update", "watch"),
			rbacv1ac.PolicyRule().
				WithAPIGroups(v1alpha1.GroupName).
				WithResources("assetimports").
				WithVerbs("get", "list", "watch"),
			rbacv1ac.PolicyRule().
				WithAPIGroups(v1alpha1.GroupName).
				WithResources("assetimports/status", "webhooktriggers/status").
				WithVerbs("patch"),
			rbacv1ac.PolicyRule().
				WithAPIGroups("").
				WithResources("secrets").
				WithResourceNames(KeysSecretName(e.name())).
				WithVerbs("get", "watch"),
		).
		WithRules(importSecrets(e)...)
}

// importSecrets lets the renderer read the Secrets that imports into its environment name. Whoever may create an import can
// have them sent to where it says.
func importSecrets(e *Environment) []*rbacv1ac.PolicyRuleApplyConfiguration {
	if len(e.ImportSecrets) == 0 {
		return nil
	}
	return []*rbacv1ac.PolicyRuleApplyConfiguration{
		rbacv1ac.PolicyRule().WithAPIGroups("").WithResources("secrets").WithResourceNames(e.ImportSecrets...).WithVerbs("get"),
	}
}

// RendererRoleBinding gives the renderer its Role.
func RendererRoleBinding(e *Environment) *rbacv1ac.RoleBindingApplyConfiguration {
	return rbacv1ac.RoleBinding(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithRoleRef(rbacv1ac.RoleRef().
			WithAPIGroup("rbac.authorization.k8s.io").
			WithKind("Role").
			WithName(RendererName(e.name()))).
		WithSubjects(rbacv1ac.Subject().
			WithKind("ServiceAccount").
			WithName(RendererName(e.name())).
			WithNamespace(e.namespace()))
}
