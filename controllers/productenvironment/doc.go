// Package productenvironment reconciles ProductEnvironments: a short loop that gathers, checks the rules, ensures one
// thing after the other, one file each, and writes the status once if it changed.
//
// Hazard: claiming a cloud name relies on reads that see our own writes, and on one process reconciling at a time:
// the manager needs leader election and the options of package controllers.
package productenvironment
