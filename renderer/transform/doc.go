// Package transform is the delivery-URL grammar: it takes a URL path apart (ParsePath) and turns a
// transformation string into a typed plan (Parse) with one canonical spelling (Plan.String). It is pure: it
// looks nothing up, except named transformations through the callback it is given, and never sees a picture.
//
// Every error is a *problem.Problem whose message names the offending piece.
package transform
