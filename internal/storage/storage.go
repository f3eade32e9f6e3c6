// Package storage brings up the place where the bytes of an environment live. A reconciler knows no vendor, only a
// Provisioner from the set it was given.
package storage

import (
	"context"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// Provisioner brings up one kind of storage.
type Provisioner interface {
	// Ensure brings the storage of an environment to its spec and says how it is. An error is tried again.
	Ensure(ctx context.Context, e *build.Environment) (conditions.Part, error)
	// Teardown deletes the data of an environment. Where nothing is left, or what is there is not ours, there is
	// nothing to do and no error.
	Teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) error
}

// Provisioners are the kinds of storage that are reconciled, by kind as rules.Effective names it.
type Provisioners map[string]Provisioner
