package build_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

func TestTheRendererReadsTheConfigurationItIsGiven(t *testing.T) {
	for name := range environments() {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata", name, "configmap.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			configMap := &corev1.ConfigMap{}
			if err := yaml.Unmarshal(content, configMap); err != nil {
				t.Fatal(err)
			}
			read, err := config.Parse([]byte(configMap.Data["config.json"]))
			if err != nil {
				t.Fatal(err)
			}
			if want := build.RendererConfig(environment(name)); !reflect.DeepEqual(read, want) {
				t.Errorf("read %+v, want %+v", read, want)
			}
		})
	}
}

func TestTheRendererReadsTheKeysItIsGiven(t *testing.T) {
	for name, keys := range map[string][]config.Key{
		"none": {},
		"two":  {{Name: "a", APIKey: "1", APISecret: "x"}, {Name: "b", APIKey: "2", APISecret: "y", AdminSignatures: true}},
	} {
		t.Run(name, func(t *testing.T) {
			secret, err := build.KeysSecret(environment("minimal"), keys)
			if err != nil {
				t.Fatal(err)
			}
			read, err := config.ParseKeys(secret.Data[config.KeysFile])
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(read, keys) {
				t.Errorf("read %v, want %v", read, keys)
			}
		})
	}
}

func TestPodsRestartOnlyWhenTheConfigurationFileChanges(t *testing.T) {
	hash := func(change func(*build.Environment)) string {
		e := environment("minimal")
		change(e)
		e.Effective = rules.Effective(e.Object)
		configuration, err := build.RendererConfigMap(e)
		if err != nil {
			t.Fatal(err)
		}
		return build.Deployment(e, configuration).Spec.Template.Annotations[build.AnnotationConfigHash]
	}
	unchanged := hash(func(*build.Environment) {})
	live := hash(func(e *build.Environment) { e.Object.Spec.DisplayName = "Shop"; e.Object.Spec.CloudName = "other" })
	if live != unchanged {
		t.Error("a change that is live through the catalog restarts the pods")
	}
	spec := environments()["full"]
	if restart := hash(func(e *build.Environment) { e.Object.Spec.Renderer = spec.Renderer }); restart == unchanged {
		t.Error("a change of the configuration file does not restart the pods")
	}
}

func TestTheEngineContainerHoldsNothingWorthStealing(t *testing.T) {
	for name := range environments() {
		e := environment(name)
		configuration, err := build.RendererConfigMap(e)
		if err != nil {
			t.Fatal(err)
		}
		pod := build.Deployment(e, configuration).Spec.Template.Spec
		if *pod.AutomountServiceAccountToken {
			t.Errorf("%s: the token is mounted into all containers", name)
		}
		for _, container := range pod.Containers {
			if *container.Name != build.ContainerEngine {
				continue
			}
			if len(container.Env) > 0 || len(container.EnvFrom) > 0 {
				t.Errorf("%s: the engine has environment variables", name)
			}
			for _, mount := range container.VolumeMounts {
				if *mount.Name != "socket" {
					t.Errorf("%s: the engine mounts %s", name, *mount.Name)
				}
			}
		}
	}
}

func TestPodsMeetTheRestrictedStandard(t *testing.T) {
	for name := range environments() {
		e := environment(name)
		configuration, err := build.RendererConfigMap(e)
		if err != nil {
			t.Fatal(err)
		}
		pod := build.Deployment(e, configuration).Spec.Template.Spec
		if s := pod.SecurityContext; !*s.RunAsNonRoot || *s.RunAsUser == 0 || *s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: pod security context %+v", name, s)
		}
		for _, container := range pod.Containers {
			s := container.SecurityContext
			if *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
				t.Errorf("%s: security context of %s: %+v", name, *container.Name, s)
			}
		}
		for _, volume := range pod.Volumes {
			if volume.HostPath != nil {
				t.Errorf("%s: volume %s is of the host", name, *volume.Name)
			}
		}
	}
}

func TestServiceIsWhereTheRulesSayTheEnvironmentIs(t *testing.T) {
	e := environment("minimal")
	service := build.Service(e)
	if got, want := *service.Name+"."+*service.Namespace+".svc", rules.ServiceHost("main", "shop"); got != want {
		t.Errorf("the Service is %s, the rules say %s", got, want)
	}
}

func TestDataIsNeverLeftToTheGarbageCollector(t *testing.T) {
	for name := range environments() {
		if claim := build.VolumeClaim(environment(name)); claim != nil && len(claim.OwnerReferences) > 0 {
			t.Errorf("%s: the volume claim has an owner", name)
		}
	}
}
