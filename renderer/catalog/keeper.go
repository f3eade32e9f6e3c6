package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// storedName is the name under which the snapshot is kept.
const storedName = "catalog"

// stored is the kept form. Namespace and Name guard against a database that was handed to another environment.
type stored struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Snapshot  *Snapshot `json:"snapshot"`
}

// keeper saves what is published, the latest only, beside the publishing.
type keeper struct {
	snapshots       Snapshots
	namespace, name string
	logger          *slog.Logger
	// pending holds the newest snapshot that is to be saved.
	pending chan *Snapshot
	// saved is the form that was saved last, so that nothing is written when nothing has changed.
	saved []byte
}

func newKeeper(options KubernetesOptions, logger *slog.Logger) *keeper {
	return &keeper{
		snapshots: options.Snapshots,
		namespace: options.Namespace,
		name:      options.Environment,
		logger:    logger,
		pending:   make(chan *Snapshot, 1),
	}
}

// load reads what was saved last; nil when there is nothing of use.
func (k *keeper) load(ctx context.Context) *Snapshot {
	if k.snapshots == nil {
		return nil
	}
	data, err := k.snapshots.LoadSnapshot(ctx, storedName)
	if err != nil {
		k.logger.InfoContext(ctx, "there is no stored configuration to begin with", "error", err)
		return nil
	}
	var found stored
	if err := json.Unmarshal(data, &found); err != nil || found.Snapshot == nil {
		// The error may quote secrets.
		k.logger.WarnContext(ctx, "the stored configuration cannot be read and is ignored")
		return nil
	}
	if found.Namespace != k.namespace || found.Name != k.name {
		k.logger.WarnContext(ctx, "the stored configuration is of another environment and is ignored", "namespace", found.Namespace, "environment", found.Name)
		return nil
	}
	k.saved = data
	return found.Snapshot
}

// keep hands a snapshot over for saving and never blocks: an older one that still waits is dropped. Calls must not overlap.
func (k *keeper) keep(snapshot *Snapshot) {
	select {
	case <-k.pending:
	default:
	}
	k.pending <- snapshot
}

// run saves until ctx ends, and then what is still waiting.
func (k *keeper) run(ctx context.Context) {
	const retry = 5 * time.Second
	for {
		select {
		case snapshot := <-k.pending:
			if k.save(ctx, snapshot) {
				continue
			}
			pause(ctx, retry)
			select {
			case k.pending <- snapshot:
			default: // A newer one came meanwhile.
			}
		case <-ctx.Done():
			select {
			case snapshot := <-k.pending:
				last, cancel := context.WithTimeout(context.WithoutCancel(ctx), retry)
				defer cancel()
				k.save(last, snapshot)
			default:
			}
			return
		}
	}
}

func (k *keeper) save(ctx context.Context, snapshot *Snapshot) bool {
	data, err := json.Marshal(stored{Namespace: k.namespace, Name: k.name, Snapshot: snapshot})
	if err != nil {
		k.logger.ErrorContext(ctx, "the configuration cannot be written as JSON", "error", err)
		return true
	}
	if bytes.Equal(data, k.saved) {
		return true
	}
	if err := k.snapshots.SaveSnapshot(ctx, storedName, data); err != nil {
		k.logger.WarnContext(ctx, "the configuration could not be stored, a restart without the API server would serve an older one", "error", err)
		return false
	}
	k.saved = data
	return true
}
