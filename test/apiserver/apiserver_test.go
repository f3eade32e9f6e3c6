package apiserver_test

import (
	"errors"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/darkroom-media/darkroom/test/apiserver"
)

func TestStartServesTheAPIWithOurKinds(t *testing.T) {
	environment, err := apiserver.Start(t.TempDir())
	if errors.Is(err, apiserver.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Error(err)
		}
	})
	client, err := kubernetes.NewForConfig(environment.Config)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := client.Discovery().ServerResourcesForGroupVersion("media.darkroom.dev/v1alpha1")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, resource := range resources.APIResources {
		found[resource.Name] = true
	}
	for _, want := range []string{"productenvironments", "accesskeys", "uploadpresets"} {
		if !found[want] {
			t.Errorf("%s are not served", want)
		}
	}
}
