package vips

// #cgo pkg-config: vips
// #include <stdlib.h>
// #include <vips/vips.h>
// #include "native.h"
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"unsafe"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// This file and native.c hold the few libvips calls that govips does not offer.

// blockLoaders closes all loaders of libvips and opens those of the registry, in their reading-from-memory variant only.
func blockLoaders(formats []format) {
	C.darkroom_block_loaders()
	for _, f := range formats {
		name := C.CString(f.loaderClass)
		C.darkroom_open_loader(name)
		C.free(unsafe.Pointer(name))
	}
}

// verify decodes all pixels and keeps none. The error says what is damaged.
func verify(f *format, data []byte) error {
	runtime.LockOSThread() // the error buffer is read by the thread that filled it
	defer runtime.UnlockOSThread()
	operation := C.CString(f.loader)
	defer C.free(unsafe.Pointer(operation))
	result := C.darkroom_verify(operation, unsafe.Pointer(&data[0]), C.size_t(len(data)), boolInt(f.pages))
	runtime.KeepAlive(data)
	if result != 0 {
		return takeError("verify")
	}
	return nil
}

// materialise evaluates the pipeline behind an image into memory, in place, so that the pixels may be read in any
// order and more than once.
func materialise(image *govips.ImageRef) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	result := C.darkroom_materialise(imagePointer(image))
	runtime.KeepAlive(image)
	if result != 0 {
		return takeError("materialise")
	}
	return nil
}

// forgetMetadata takes everything but the colour profile off a freshly opened image, in place: what we need is in the
// source, and a left-over page height would be taken for frames.
func forgetMetadata(image *govips.ImageRef) {
	C.darkroom_forget_metadata(imagePointer(image))
	runtime.KeepAlive(image)
}

// imagePointer is the VipsImage behind a govips image, which govips keeps to itself.
func imagePointer(image *govips.ImageRef) unsafe.Pointer {
	return reflect.ValueOf(image).Elem().FieldByName("image").UnsafePointer()
}

// clearErrors forgets what decoders complained about in pictures that were shown nevertheless.
func clearErrors() { C.vips_error_clear() }

// takeError returns and clears the error buffer of libvips.
func takeError(doing string) error {
	text := strings.TrimSpace(C.GoString(C.vips_error_buffer()))
	C.vips_error_clear()
	if text == "" {
		return errors.New("libvips failed without a message")
	}
	return fmt.Errorf("%s: %s", doing, text)
}

func boolInt(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
