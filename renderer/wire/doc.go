// Package wire is what the Upload and Admin APIs share on the wire: request parameters in every dialect that the
// SDKs speak, answers and errors, and the JSON form of assets.
package wire
