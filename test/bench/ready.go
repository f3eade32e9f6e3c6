package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

const (
	readyBar    = 5.0 // seconds over a bare Deployment
	readyRounds = 5
)

// ready measures, in turn, apply → Ready of a ProductEnvironment and apply → Available of a bare Deployment with the
// same pod (the environment's own Deployment, whose claim, configuration and Secrets are all there already).
func ready(ctx context.Context) error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), mediav1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	configuration, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	cluster, err := client.NewWithWatch(configuration, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-"}}
	if err := cluster.Create(ctx, namespace); err != nil {
		return err
	}
	defer func() { _ = cluster.Delete(context.WithoutCancel(ctx), namespace) }()

	var operated, bare, differences []float64
	for round := range readyRounds {
		name := fmt.Sprintf("round-%d", round)
		ours, err := environmentSeconds(ctx, cluster, namespace.Name, name)
		if err != nil {
			return err
		}
		theirs, err := deploymentSeconds(ctx, cluster, namespace.Name, name)
		if err != nil {
			return err
		}
		operated, bare, differences = append(operated, ours), append(bare, theirs), append(differences, ours-theirs)
	}
	fmt.Printf("| case | bare Deployment, s | ProductEnvironment, s | difference (median of %d) | bar |\n|---|---|---|---|---|\n| apply → Ready | %.1f | %.1f | %.1f | ≤ %.0f |\n",
		readyRounds, median(bare), median(operated), median(differences), readyBar)
	if median(differences) > readyBar {
		return fmt.Errorf("an environment takes %.1f s longer than a bare Deployment, more than %.0f", median(differences), readyBar)
	}
	return nil
}

func environmentSeconds(ctx context.Context, cluster client.WithWatch, namespace, name string) (float64, error) {
	begin := time.Now()
	object := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	object.Spec.DeletionPolicy = mediav1alpha1.DeletionDelete
	if err := cluster.Create(ctx, object); err != nil {
		return 0, err
	}
	err := await(ctx, cluster, &mediav1alpha1.ProductEnvironmentList{}, object, func(o client.Object) bool {
		return meta.IsStatusConditionTrue(o.(*mediav1alpha1.ProductEnvironment).Status.Conditions, "Ready")
	})
	return time.Since(begin).Seconds(), err
}

// deploymentSeconds takes the environment's Deployment out of the operator's hands (the environment is scaled to
// nothing) and applies its pod as a Deployment of its own.
func deploymentSeconds(ctx context.Context, cluster client.WithWatch, namespace, name string) (float64, error) {
	operated := &appsv1.Deployment{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name + "-renderer"}, operated); err != nil {
		return 0, err
	}
	environment := &mediav1alpha1.ProductEnvironment{}
	if err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, environment); err != nil {
		return 0, err
	}
	none := int32(0)
	environment.Spec.Renderer = &mediav1alpha1.RendererSpec{Replicas: &none}
	if err := cluster.Update(ctx, environment); err != nil {
		return 0, err
	}
	err := await(ctx, cluster, &appsv1.DeploymentList{}, operated, func(o client.Object) bool {
		return o.(*appsv1.Deployment).Status.Replicas == 0 && o.(*appsv1.Deployment).Spec.Replicas != nil && *o.(*appsv1.Deployment).Spec.Replicas == 0
	})
	if err != nil {
		return 0, err
	}

	labels := map[string]string{"bench": name}
	bare := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-bare"}}
	bare.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	bare.Spec.Strategy = operated.Spec.Strategy
	bare.Spec.Template = *operated.Spec.Template.DeepCopy()
	bare.Spec.Template.Labels = labels
	begin := time.Now()
	if err := cluster.Create(ctx, bare); err != nil {
		return 0, err
	}
	err = await(ctx, cluster, &appsv1.DeploymentList{}, bare, func(o client.Object) bool {
		return o.(*appsv1.Deployment).Status.ReadyReplicas == 1
	})
	seconds := time.Since(begin).Seconds()
	return seconds, errors.Join(err, cluster.Delete(ctx, bare, client.PropagationPolicy(metav1.DeletePropagationForeground)), cluster.Delete(ctx, environment))
}

// await watches one object until it is as wanted, for two minutes at most.
func await(ctx context.Context, cluster client.WithWatch, list client.ObjectList, object client.Object, wanted func(client.Object) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	events, err := cluster.Watch(ctx, list, client.InNamespace(object.GetNamespace()), client.MatchingFields{"metadata.name": object.GetName()})
	if err != nil {
		return err
	}
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %T %s: %w", object, object.GetName(), ctx.Err())
		case event, open := <-events.ResultChan():
			if !open {
				return fmt.Errorf("the watch for %T %s ended", object, object.GetName())
			}
			if found, ok := event.Object.(client.Object); ok && event.Type != watch.Deleted && wanted(found) {
				return nil
			}
		}
	}
}
