package productenvironment

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// SetupWithManager adds the controller to manager. What it owns wakes it by the label that everything of ours
// carries, not by the owner reference, so that an owner reference that was removed comes back, too.
func (r *Reconciler) SetupWithManager(manager ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(manager).
		Named("productenvironment").
		For(&v1alpha1.ProductEnvironment{}, builder.WithPredicates(predicate.Or(watch.SpecOrMetadata(), watch.QuotasReported()))).
		Watches(&appsv1.Deployment{}, watch.LabelledEnvironment()).
		Watches(&corev1.Service{}, watch.LabelledEnvironment()).
		Watches(&networkingv1.NetworkPolicy{}, watch.LabelledEnvironment()).
		Watches(&policyv1.PodDisruptionBudget{}, watch.LabelledEnvironment()).
		Watches(&corev1.ServiceAccount{}, watch.LabelledEnvironment()).
		Watches(&rbacv1.Role{}, watch.LabelledEnvironment()).
		Watches(&rbacv1.RoleBinding{}, watch.LabelledEnvironment()).
		Watches(&corev1.ConfigMap{}, watch.LabelledEnvironment()).
		Watches(&corev1.Secret{}, watch.LabelledEnvironment()).
		Watches(&corev1.PersistentVolumeClaim{}, watch.LabelledEnvironment()).
		Watches(&corev1.Pod{}, watch.LabelledEnvironment()).
		Watches(&v1alpha1.AccessKey{}, watch.ReferredEnvironment(), builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&v1alpha1.AssetImport{}, watch.ReferredEnvironment(), builder.WithPredicates(watch.SpecOrMetadata())).
		Watches(&v1alpha1.ProductEnvironment{}, watch.RivalsForCloudName(manager.GetClient()), builder.WithPredicates(watch.CloudNameReleased())).
		WithOptions(controller.Options{ReconciliationTimeout: time.Minute}).
		Complete(r)
}
