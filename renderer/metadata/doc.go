// Package metadata is structured metadata on assets: it reads the form in which requests give values, checks them
// against the fields of the environment and makes the values that an asset holds. It is pure: it reads and writes
// nothing.
//
// Values of an asset are, by the type of their field: an int64 for integer, a string for string, date (YYYY-MM-DD) and
// enum (a datasource external ID), and a []string of datasource external IDs for set.
package metadata
