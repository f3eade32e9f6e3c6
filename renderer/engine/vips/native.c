#include <vips/vips.h>
#include <vips/vector.h>

#include <string.h>

#include "native.h"

void
darkroom_block_loaders(void)
{
	vips_block_untrusted_set(TRUE);
	vips_operation_block_set("VipsForeignLoad", TRUE);
	vips_operation_block_set("VipsForeignSaveMagick", TRUE);
	vips_vector_set_enabled(TRUE);
}

void
darkroom_open_operation(const char *class_name)
{
	vips_operation_block_set(class_name, FALSE);
}

/* The pixels are not wanted, only that they can be made. */
static int
look_at_nothing(VipsRegion *region, void *seq, void *a, void *b, gboolean *stop)
{
	return 0;
}

int
darkroom_load(const char *loader, const void *bytes, size_t length, const char *options, VipsImage **out)
{
	VipsOperation *operation = vips_operation_new(loader);
	VipsBlob *blob;
	int result = -1;

	if (!operation)
		return -1;
	blob = vips_blob_new(NULL, bytes, length);
	g_object_set(operation, "buffer", blob, NULL);
	vips_area_unref(VIPS_AREA(blob));
	if (vips_object_set_from_string(VIPS_OBJECT(operation), options) == 0 &&
		vips_cache_operation_buildp(&operation) == 0) {
		g_object_get(operation, "out", out, NULL);
		result = 0;
	}
	vips_object_unref_outputs(VIPS_OBJECT(operation));
	g_object_unref(operation);
	return result;
}

int
darkroom_save(const char *saver, VipsImage *image, const char *options, VipsBlob **bytes)
{
	VipsOperation *operation = vips_operation_new(saver);
	int result = -1;

	if (!operation)
		return -1;
	g_object_set(operation, "in", image, NULL);
	if (vips_object_set_from_string(VIPS_OBJECT(operation), options) == 0 &&
		vips_cache_operation_buildp(&operation) == 0) {
		*bytes = NULL;
		g_object_get(operation, "buffer", bytes, NULL);
		result = *bytes ? 0 : -1;
	}
	vips_object_unref_outputs(VIPS_OBJECT(operation));
	g_object_unref(operation);
	return result;
}

int
darkroom_decode_all(VipsImage *image)
{
	return vips_sink(image, NULL, look_at_nothing, NULL, NULL, NULL);
}

int
darkroom_materialise(void *image)
{
	if (vips_image_wio_input((VipsImage *) image))
		return -1;
	vips_image_remove((VipsImage *) image, VIPS_META_SEQUENTIAL);
	return 0;
}

void
darkroom_forget_metadata(void *image)
{
	char **fields = vips_image_get_fields((VipsImage *) image);
	char **field;

	/* The fields that describe the pixels themselves are no metadata and cannot be removed. That the pixels come from top
	 * to bottom only is metadata, and operations look at it. */
	for (field = fields; *field; field++)
		if (strcmp(*field, VIPS_META_ICC_NAME) != 0 && strcmp(*field, VIPS_META_SEQUENTIAL) != 0)
			vips_image_remove((VipsImage *) image, *field);
	g_strfreev(fields);
}

VipsImage *
darkroom_from_memory(const void *pixels, size_t length, int width, int height, int bands)
{
	VipsImage *image = vips_image_new_from_memory(pixels, length, width, height, bands, VIPS_FORMAT_UCHAR);

	if (image)
		image->Type = bands > 2 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W;
	return image;
}
