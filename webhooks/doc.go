// Package webhooks answers admission reviews of the custom resources: it decodes, asks internal/rules and answers. It
// decides nothing by itself, so that the reconcilers, which ask the same rules, come to the same answer.
//
// Admission is advice: it is registered with failurePolicy Ignore, gives the user an early and clear error, and may be
// away. What is valid and has no effect, or is not supported, is let through with a warning. Two updates are always let through, because refusing them would do harm: those that leave the spec as it is
// (the operator's finalizers and status, somebody's labels), and those of an object that is being deleted (its
// finalizer must go).
package webhooks
