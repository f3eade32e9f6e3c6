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
		for _, class := range []string{f.loaderClass, f.saverClass} {
			if class == "" {
				continue
			}
			name := C.CString(class)
			C.darkroom_open_operation(name)
			C.free(unsafe.Pointer(name))
		}
	}
}

// loadBuffer opens bytes with one loader of libvips, whatever they look like. The bytes must not be in Go's memory,
// and must live as long as the image.
func loadBuffer(loader string, data []byte, options ...string) (*govips.ImageRef, error) {
	runtime.LockOSThread() // the error buffer is read by the thread that filled it
	defer runtime.UnlockOSThread()
	name, text := C.CString(loader), C.CString(strings.Join(options, ","))
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	image := new(*C.VipsImage)
	if C.darkroom_load(name, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)), text, image) != 0 {
		return nil, takeError("load")
	}
	return wrap(unsafe.Pointer(*image))
}

// saveBuffer writes an image with one saver of libvips.
func saveBuffer(saver string, image *govips.ImageRef, options ...string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name, text := C.CString(saver), C.CString(strings.Join(options, ","))
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(text))
	blob := new(*C.VipsBlob)
	result := C.darkroom_save(name, vipsImage(image), text, blob)
	runtime.KeepAlive(image)
	if result != 0 {
		return nil, takeError("save")
	}
	defer C.vips_area_unref((*C.VipsArea)(unsafe.Pointer(*blob)))
	var length C.size_t
	bytes := C.vips_blob_get(*blob, &length)
	return C.GoBytes(bytes, C.int(length)), nil
}

// decodeAll decodes all pixels and keeps none. The error says what is damaged.
func decodeAll(image *govips.ImageRef) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	result := C.darkroom_decode_all(vipsImage(image))
	runtime.KeepAlive(image)
	if result != 0 {
		return takeError("verify")
	}
	return nil
}

// fromMemory is an image of 8-bit pixels that are not in Go's memory and live as long as it.
func fromMemory(pixels []byte, of size, bands int) (*govips.ImageRef, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	image := C.darkroom_from_memory(unsafe.Pointer(unsafe.SliceData(pixels)), C.size_t(len(pixels)), C.int(of.w), C.int(of.h), C.int(bands))
	if image == nil {
		return nil, takeError("take over pixels")
	}
	return wrap(unsafe.Pointer(image))
}

// wrap makes an image of govips of a VipsImage, which it takes over.
func wrap(image unsafe.Pointer) (*govips.ImageRef, error) {
	wrapped, err := govips.Black(1, 1)
	if err != nil {
		C.g_object_unref(C.gpointer(image))
		return nil, err
	}
	field := (*unsafe.Pointer)(unsafe.Pointer(reflect.ValueOf(wrapped).Elem().FieldByName("image").UnsafeAddr()))
	C.g_object_unref(C.gpointer(*field))
	*field = image
	return wrapped, nil
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
