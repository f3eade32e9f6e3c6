// Package storage brings up the place where the bytes of an environment live. A reconciler knows no vendor, only a
// Provisioner from the set it was given.
package storage

import (
	"context"
	"errors"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// Record writes the identity of a bucket into the status of its environment, before the bucket is made. An identity
// without name says that there is no bucket after all.
type Record func(ctx context.Context, identity v1alpha1.BucketStatus) error

// ErrUnfinished says that a teardown got on and has more to do.
var ErrUnfinished = errors.New("there is more to delete")

// Provisioner brings up one kind of storage.
type Provisioner interface {
	// Ensure brings the storage of an environment to its spec and says how it is. An error is tried again; of what only
	// looking again can change it is a *conditions.UntilError.
	Ensure(ctx context.Context, e *build.Environment, record Record) (conditions.Part, error)
	// Teardown deletes the data of an environment. Where nothing is left, or what is there is not ours, there is
	// nothing to do and no error. The error is ErrUnfinished where it got on and did not finish within ctx.
	Teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) error
}

// Provisioners are the kinds of storage that are reconciled, by kind as rules.Effective names it.
type Provisioners map[string]Provisioner
