// Command console serves the Provisioning API of a namespace.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/console/provisioning"
)

// grace is how long requests in flight may take when the process ends.
const grace = 25 * time.Second

// options are the command line.
type options struct{ listen, namespace, credentials string }

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", ":8080", "the `address` to serve at")
	flag.StringVar(&o.namespace, "namespace", "", "the `namespace` of the product environments")
	flag.StringVar(&o.credentials, "credentials", "/etc/darkroom/provisioning", "the `folder` with the files account_id, api_key and api_secret")
	flag.Parse()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := run(o, logger); err != nil {
		logger.Error("The console ended", "error", err)
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT.
func run(o options, logger *slog.Logger) error {
	if o.namespace == "" {
		return errors.New("--namespace is required")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	cluster, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme), rbacv1.AddToScheme(scheme)); err != nil {
		return err
	}
	api, err := client.New(cluster, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	server := provisioning.New(provisioning.Options{
		Client: api, Namespace: o.namespace, Credentials: func() (provisioning.Credentials, error) { return readCredentials(o.credentials) }, Logger: logger,
	})
	return serve(ctx, o.listen, handler(server, o.credentials), logger)
}

// readCredentials reads a mounted Secret.
func readCredentials(folder string) (provisioning.Credentials, error) {
	var c provisioning.Credentials
	for name, into := range map[string]*string{"account_id": &c.AccountID, "api_key": &c.APIKey, "api_secret": &c.APISecret} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return c, err
		}
		if *into = strings.TrimSpace(string(content)); *into == "" {
			return c, fmt.Errorf("%s is empty", filepath.Join(folder, name))
		}
	}
	return c, nil
}

// handler adds what probes ask for.
func handler(server http.Handler, credentials string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := readCredentials(credentials); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.Handle("/v1_1/provisioning/", server)
	mux.Handle("/v2/accounts/", server)
	return mux
}

func serve(ctx context.Context, address string, handler http.Handler, logger *slog.Logger) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	logger.Info("Serving", "address", address)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return server.Shutdown(draining)
}
