// Package build makes every object that the operator owns, and nothing else: pure functions from a product
// environment to apply configurations. No client, no context, no clock, no randomness; the same input gives the same
// bytes. What a function leaves out, the operator has no opinion on.
//
// Hazard: whatever changes the output of Deployment restarts renderers on the next upgrade of the operator, so a
// change there needs a reason.
package build
