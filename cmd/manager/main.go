// Command manager is the operator: it reconciles the custom resources of Darkroom.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
)

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	controllers    controllers.Options
	metricsAddress string
	probeAddress   string
	leaderElection bool
	admission      admissionOptions
	askServices    bool
	verbosity      int
}

func parse(arguments []string) (*options, error) {
	o := &options{}
	o.controllers.Registry = metrics.Registry
	o.controllers.ParseTransformation = parseTransformation
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flags.StringVar(&o.controllers.Images.Renderer, "renderer-image", "darkroom/renderer:dev", "the renderer's image for environments whose spec names none")
	flags.StringVar(&o.controllers.Images.Engine, "engine-image", "darkroom/engine:dev", "the engine's image for environments whose spec names none")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0", "where metrics are served, for example :8080; 0 serves none")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served")
	flags.BoolVar(&o.leaderElection, "leader-elect", false, "let one of several managers work and the others stand by")
	flags.BoolVar(&o.askServices, "ask-services", inCluster(), "ask an environment's Service whether it answers before the environment is Ready; by default where the manager runs in the cluster")
	o.admission.add(flags)
	flags.IntVar(&o.verbosity, "v", 0, "how much is logged: 0 to 3 say what happened, 4 and 5 how")
	if err := flags.Parse(arguments); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.askServices {
		o.controllers.AskService = productenvironment.AskOverHTTP
	}
	return o, o.admission.check()
}

// inCluster says that the manager runs in a pod, from which Services can be reached.
func inCluster() bool {
	_, err := rest.InClusterConfig()
	return err == nil
}

func run(ctx context.Context, arguments []string) error {
	o, err := parse(arguments)
	if err != nil {
		return err
	}
	// logr's verbosity is slog's level with the opposite sign.
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.Level(-o.verbosity)})))
	manager, err := newManager(o)
	if err != nil {
		return err
	}
	if err := controllers.Add(ctx, manager, o.controllers); err != nil {
		return err
	}
	if o.admission.serve {
		if err := addAdmission(manager, &o.admission); err != nil {
			return fmt.Errorf("adding admission: %w", err)
		}
	}
	// +kubebuilder:scaffold:builder
	if err := manager.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return fmt.Errorf("adding the health check: %w", err)
	}
	if err := manager.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return fmt.Errorf("adding the readiness check: %w", err)
	}
	return manager.Start(ctx)
}

func newManager(o *options) (ctrl.Manager, error) {
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	// +kubebuilder:scaffold:scheme
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Cache:                         controllers.CacheOptions(),
		Client:                        controllers.ClientOptions(),
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElection,
		LeaderElectionID:              "manager.media.darkroom.dev",
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	return manager, nil
}
