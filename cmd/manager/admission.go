package main

import (
	"errors"
	"flag"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/darkroom-media/darkroom/internal/certs"
	"github.com/darkroom-media/darkroom/webhooks"
)

// admissionOptions are the flags of admission.
type admissionOptions struct {
	serve                          bool
	namespace                      string
	secret, service, configuration string
	dir                            string
}

func (o *admissionOptions) add(flags *flag.FlagSet) {
	flags.BoolVar(&o.serve, "webhooks", false, "serve admission webhooks")
	flags.StringVar(&o.namespace, "namespace", "", "the namespace that the manager runs in")
	flags.StringVar(&o.secret, "webhook-secret", "darkroom-webhook-certificate", "the Secret, in that namespace, that holds the certificate of the webhooks")
	flags.StringVar(&o.service, "webhook-service", "darkroom-webhook-service", "the Service in front of the webhooks")
	flags.StringVar(&o.configuration, "webhook-configuration", "darkroom-validating-webhook-configuration", "the ValidatingWebhookConfiguration that leads to the webhooks")
	flags.StringVar(&o.dir, "webhook-cert-dir", "/var/run/darkroom/webhook", "the folder at which the Secret is mounted")
}

func (o *admissionOptions) check() error {
	if o.serve && o.namespace == "" {
		return errors.New("--webhooks needs --namespace")
	}
	return nil
}

// addAdmission serves admission beside the controllers, which do not depend on it.
func addAdmission(manager ctrl.Manager, o *admissionOptions) error {
	return manager.Add(&certs.Server{
		Config:        manager.GetConfig(),
		Scheme:        manager.GetScheme(),
		Secret:        types.NamespacedName{Namespace: o.namespace, Name: o.secret},
		Service:       o.service,
		Configuration: o.configuration,
		Dir:           o.dir,
		Add:           addWebhooks,
		Logger:        manager.GetLogger().WithName("admission"),
	})
}

func addWebhooks(manager ctrl.Manager) error {
	return webhooks.SetupWithManager(manager, parseTransformation)
}
