#include <vips/vips.h>
#include <vips/vector.h>

#include <string.h>

#include "native.h"

void
darkroom_block_loaders(void)
{
	vips_block_untrusted_set(TRUE);
	vips_operation_block_set("VipsForeignLoad", TRUE);
	vips_vector_set_enabled(TRUE);
}

void
darkroom_open_loader(const char *class_name)
{
	vips_operation_block_set(class_name, FALSE);
}

/* The pixels are not wanted, only that they can be made. */
static int
look_at_nothing(VipsRegion *region, void *seq, void *a, void *b, gboolean *stop)
{
	return 0;
}

static int
open_strictly(const char *loader, VipsBlob *blob, int all_pages, VipsImage **out)
{
	if (all_pages)
		return vips_call(loader, blob, out, "access", VIPS_ACCESS_SEQUENTIAL,
			"fail_on", VIPS_FAIL_ON_TRUNCATED, "n", -1, NULL);
	return vips_call(loader, blob, out, "access", VIPS_ACCESS_SEQUENTIAL,
		"fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
}

int
darkroom_verify(const char *loader, void *bytes, size_t length, int all_pages)
{
	VipsBlob *blob = vips_blob_new(NULL, bytes, length);
	VipsImage *image = NULL;
	int result = open_strictly(loader, blob, all_pages, &image);

	vips_area_unref(VIPS_AREA(blob));
	if (result == 0) {
		result = vips_sink(image, NULL, look_at_nothing, NULL, NULL, NULL);
		g_object_unref(image);
	}
	return result;
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
