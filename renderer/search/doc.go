// Package search answers searches for assets and folders in the protocol's terms, for the Admin API and for signed search
// URLs. The contract is section 14 of admin-api.md and section 7 of signing.md; the searching itself is the library's.
package search
