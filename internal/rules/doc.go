// Package rules says what a custom resource means: which specs are valid, and which values are in effect where a spec
// gives none. It is pure, so that admission, the reconcilers and the renderer's catalog come to the same answer.
//
// The schemas of the custom resources hold most of these rules too. They are repeated here because admission is
// advice: an object that was written before a rule was added, or past a webhook that was away, must not reach a
// renderer. Errors carry field paths; messages never quote a value that may be secret.
package rules
