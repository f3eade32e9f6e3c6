// Package wasm runs custom functions: WebAssembly modules that make a picture of a picture. A module exports
//
//	alloc(size) pointer
//	dealloc(pointer, size)
//	transform(width, height, image, metadata, metadataSize) pointer
//
// where the image is RGBA, row by row, the metadata is JSON, and the result begins with its width and height, each four
// bytes, big-endian, before its pixels. Modules may import env.trace(pointer, size), env.abort and WASI, which gives them
// no files. Each run is an instance of its own, interpreted, with bounds on memory and on instructions.
package wasm
