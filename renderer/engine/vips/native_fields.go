package vips

// #include <stdlib.h>
// #include <vips/vips.h>
import "C"

import (
	"runtime"
	"unsafe"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// This file reads and writes the fields that libvips attaches to images.

// Names of fields.
const (
	fieldPages      = "n-pages"
	fieldPageHeight = "page-height"
	fieldDelay      = "delay"
	fieldLoop       = "loop"
	fieldEXIF       = "exif-data"
	fieldIPTC       = "iptc-data"
	fieldXMP        = "xmp-data"
	fieldICC        = "icc-profile-data"
	fieldOrient     = "orientation"
	fieldPhotoshop  = "photoshop-data"
	fieldChroma     = "jpeg-chroma-subsample"
)

// intField is a number, or the fallback when there is none.
func intField(image *govips.ImageRef, name string, fallback int) int {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	var value C.int
	if C.vips_image_get_typeof(vipsImage(image), field) == 0 || C.vips_image_get_int(vipsImage(image), field, &value) != 0 {
		return fallback
	}
	return int(value)
}

// intsField is a list of numbers, nil when there is none.
func intsField(image *govips.ImageRef, name string) []int {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	values, count := new(*C.int), new(C.int)
	if C.vips_image_get_typeof(vipsImage(image), field) == 0 || C.vips_image_get_array_int(vipsImage(image), field, values, count) != 0 {
		return nil
	}
	list := make([]int, *count)
	for i, v := range unsafe.Slice(*values, int(*count)) {
		list[i] = int(v)
	}
	return list
}

// blobField is a copy of bytes, nil when there are none.
func blobField(image *govips.ImageRef, name string) []byte {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	data, length := new(unsafe.Pointer), new(C.size_t)
	if C.vips_image_get_typeof(vipsImage(image), field) == 0 {
		return nil
	}
	if C.vips_image_get_blob(vipsImage(image), field, data, length) != 0 {
		return nil
	}
	return C.GoBytes(*data, C.int(*length))
}

// textField is a text, empty when there is none.
func textField(image *govips.ImageRef, name string) string {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	text := new(*C.char)
	if C.vips_image_get_typeof(vipsImage(image), field) == 0 {
		return ""
	}
	if C.vips_image_get_string(vipsImage(image), field, text) != 0 {
		return ""
	}
	return C.GoString(*text)
}

func setInt(image *govips.ImageRef, name string, value int) {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	C.vips_image_set_int(vipsImage(image), field, C.int(value))
}

func setInts(image *govips.ImageRef, name string, values []int) {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	list := make([]C.int, len(values))
	for i, v := range values {
		list[i] = C.int(v)
	}
	C.vips_image_set_array_int(vipsImage(image), field, unsafe.SliceData(list), C.int(len(list)))
}

func setBlob(image *govips.ImageRef, name string, value []byte) {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	C.vips_image_set_blob_copy(vipsImage(image), field, unsafe.Pointer(unsafe.SliceData(value)), C.size_t(len(value)))
}

func setText(image *govips.ImageRef, name, value string) {
	defer runtime.KeepAlive(image)
	field, text := C.CString(name), C.CString(value)
	defer C.free(unsafe.Pointer(field))
	defer C.free(unsafe.Pointer(text))
	C.vips_image_set_string(vipsImage(image), field, text)
}

// removeField takes a field off.
func removeField(image *govips.ImageRef, name string) {
	defer runtime.KeepAlive(image)
	field := C.CString(name)
	defer C.free(unsafe.Pointer(field))
	C.vips_image_remove(vipsImage(image), field)
}

// setDensity sets the resolution in dots per inch.
func setDensity(image *govips.ImageRef, dpi float64) {
	defer runtime.KeepAlive(image)
	const millimetersPerInch = 25.4
	at := (*C.VipsImage)(imagePointer(image))
	at.Xres, at.Yres = C.double(dpi/millimetersPerInch), C.double(dpi/millimetersPerInch)
}

// density is the resolution in dots per inch; libvips says one dot per millimetre when the file says nothing.
func density(image *govips.ImageRef) float64 {
	defer runtime.KeepAlive(image)
	return float64(vipsImage(image).Xres) * 25.4
}

func vipsImage(image *govips.ImageRef) *C.VipsImage { return (*C.VipsImage)(imagePointer(image)) }
