// Package expression reads the language of searches into a tree. It is pure: it knows the grammar, and neither fields
// nor databases. The grammar is section 1 of the contract's search-expressions.md.
package expression
