// Package certs serves admission under certificates that the operator makes for itself: a certificate authority and a
// leaf in a Secret, renewed at two thirds of their life, and the authority in the webhook configuration.
//
// It runs beside the controllers and never in their way: whatever fails here is logged and tried again, and meanwhile
// the API server goes without admission.
package certs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// Life of certificates. Authority and leaf live equally long, so that one look-ahead is two thirds of both.
const (
	lifetime   = 90 * 24 * time.Hour
	renewAhead = lifetime / 3
	checkEvery = 12 * time.Hour
)

// retryAfter is the wait before the next try after something failed.
const retryAfter = 30 * time.Second

// tries counts those of this process: no two controllers of a process may have the same name.
var tries atomic.Int64

// Server serves admission. All fields are required but Host, Port, Names and RetryAfter.
type Server struct {
	// Config reaches the API server.
	Config *rest.Config
	// Scheme knows the kinds that Add registers webhooks for.
	Scheme *runtime.Scheme
	// Secret holds the certificates. It must exist, and may be empty.
	Secret types.NamespacedName
	// Service is the name of the Service, in the namespace of the Secret, by which the API server calls.
	Service string
	// Names are further DNS names of the leaf.
	Names []string
	// Configuration is the name of the ValidatingWebhookConfiguration that is given the authority.
	Configuration string
	// Dir is the folder at which the Secret is mounted.
	Dir string
	// Host and Port are where to listen; by default every address, port 9443.
	Host string
	Port int
	// Add registers the webhooks on a manager, at each try on another one.
	Add func(ctrl.Manager) error
	// RetryAfter is the wait before the next try after something failed; zero is half a minute.
	RetryAfter time.Duration
	// Logger gets what fails.
	Logger logr.Logger
}

var _ manager.LeaderElectionRunnable = (*Server)(nil)

// NeedLeaderElection is false: every replica serves.
func (*Server) NeedLeaderElection() bool { return false }

// Start serves until ctx ends. It returns nil.
func (s *Server) Start(ctx context.Context) error {
	for {
		if err := s.serve(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error(err, "admission is not served, it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(cmp.Or(s.RetryAfter, retryAfter)):
		}
	}
}

// serve runs a manager of its own, because the rotator ends the one that it runs in when the certificates or the
// configuration do not come.
func (s *Server) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m, err := ctrl.NewManager(s.Config, ctrl.Options{
		Scheme:        s.Scheme,
		Metrics:       metricsserver.Options{BindAddress: "0"},
		WebhookServer: webhook.NewServer(webhook.Options{Host: s.Host, Port: s.Port, CertDir: s.Dir}),
		Logger:        s.Logger,
	})
	if err != nil {
		return fmt.Errorf("making the manager of admission: %w", err)
	}
	host := s.Service + "." + s.Secret.Namespace + ".svc"
	ready := make(chan struct{})
	err = rotator.AddRotator(m, &rotator.CertRotator{
		SecretKey:              s.Secret,
		CertDir:                s.Dir,
		CAName:                 "darkroom-admission",
		CAOrganization:         "darkroom",
		DNSName:                host,
		ExtraDNSNames:          s.Names,
		IsReady:                ready,
		Webhooks:               []rotator.WebhookInfo{{Name: s.Configuration, Type: rotator.Validating}},
		FieldOwner:             "darkroom-admission",
		ControllerName:         fmt.Sprintf("admission-certificates-%d", tries.Add(1)),
		CaCertDuration:         lifetime,
		ServerCertDuration:     lifetime,
		LookaheadInterval:      renewAhead,
		RotationCheckFrequency: checkEvery,
	})
	if err != nil {
		return fmt.Errorf("adding the rotator of certificates: %w", err)
	}
	failed := make(chan error, 1)
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-ready:
		}
		if err := s.Add(m); err != nil {
			failed <- err
			stop()
		}
	}()
	err = m.Start(ctx)
	select {
	case refused := <-failed:
		return errors.Join(refused, err)
	default:
		return err
	}
}
