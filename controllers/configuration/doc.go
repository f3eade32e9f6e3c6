// Package configuration reconciles the kinds that configure a product environment by being read. There is nothing to
// bring up: one reconciler, the same for all, says whether the renderers use an object. A file for each kind says what is
// its own.
package configuration
