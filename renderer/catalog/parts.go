package catalog

import (
	"log/slog"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
)

// parts is what is known of the configuration. A part that was not read from the cluster yet is taken from the stored
// snapshot, so that each part goes live as soon as it can.
type parts struct {
	stored *Snapshot

	environment *Environment
	keys        []Key
	keysKnown   bool
	// configuration holds the rest, kind by kind.
	configuration []part
}

func (p *parts) restore(stored *Snapshot) { p.stored = stored }

// live says that every part was read from the cluster.
func (p *parts) live() bool {
	return p.environment != nil && p.keysKnown && !slices.ContainsFunc(p.configuration, func(part part) bool { return !part.known() })
}

// snapshot is what the parts make; nil while something is unknown.
func (p *parts) snapshot() *Snapshot {
	if !p.live() && p.stored == nil {
		return nil
	}
	snapshot := &Snapshot{}
	if p.stored != nil {
		*snapshot = *p.stored
	}
	if p.environment != nil {
		snapshot.Environment = *p.environment
	}
	if p.keysKnown {
		snapshot.PrimaryKey, snapshot.WebhookKey = "", ""
		snapshot.Keys = make(map[string]Key, len(p.keys))
		for i, key := range p.keys {
			if i == 0 {
				snapshot.PrimaryKey = key.APIKey
			}
			if key.Webhooks && snapshot.WebhookKey == "" {
				snapshot.WebhookKey = key.APIKey
			}
			snapshot.Keys[key.APIKey] = key
		}
	}
	for _, part := range p.configuration {
		if part.known() {
			part.fill(snapshot)
		}
	}
	return snapshot
}

// setEnvironment takes the ProductEnvironment. None, or one that breaks a rule, leaves the settings in effect as
// they are.
func (p *parts) setEnvironment(objects []client.Object, logger *slog.Logger) {
	for _, object := range objects {
		environment, ok := object.(*v1alpha1.ProductEnvironment)
		if !ok {
			continue
		}
		if errs := rules.ValidateProductEnvironment(environment); len(errs) > 0 && (p.environment != nil || p.stored != nil) {
			logger.Warn("the product environment is invalid, its earlier settings stay in effect", "error", errs.ToAggregate())
			continue
		}
		p.environment = translateEnvironment(environment)
	}
}

// setKeys takes the Secret with the keys. Without it, or when it cannot be read, no key is enabled: a key that cannot be
// proven to be enabled must not work.
func (p *parts) setKeys(objects []client.Object, logger *slog.Logger) {
	p.keysKnown, p.keys = true, nil
	for _, object := range objects {
		secret, ok := object.(*corev1.Secret)
		if !ok {
			continue
		}
		keys, err := config.ParseKeys(secret.Data[config.KeysFile])
		if err != nil {
			logger.Error("the Secret with the access keys cannot be read, no key is enabled", "secret", secret.Name, "error", err)
			continue
		}
		for _, key := range keys {
			p.keys = append(p.keys, Key(key))
		}
	}
}

// olderThan compares resource versions; what cannot be compared is not older.
func olderThan(version, other string) bool {
	order, err := resourceversion.CompareResourceVersion(version, other)
	return err == nil && order < 0
}
