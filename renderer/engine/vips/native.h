#ifndef DARKROOM_NATIVE_H
#define DARKROOM_NATIVE_H

#include <stddef.h>

#include <vips/vips.h>

/* Closes every loader that libvips has; those that are wanted are opened one by one. */
void darkroom_block_loaders(void);

/* Opens one loader or saver by its class name, such as "VipsForeignLoadJpegBuffer". */
void darkroom_open_operation(const char *class_name);

/* Opens a buffer with one typed loader; the buffer must live as long as the image. Options are "name=value,..." */
int darkroom_load(const char *loader, const void *bytes, size_t length, const char *options, VipsImage **out);

/* Writes an image with one typed saver. The bytes are the caller's. */
int darkroom_save(const char *saver, VipsImage *image, const char *options, VipsBlob **bytes);

/* Decodes every pixel and keeps none; -1 when the picture is damaged. */
int darkroom_decode_all(VipsImage *image);

/* An image of 8-bit pixels, which must live as long as it. */
VipsImage *darkroom_from_memory(const void *pixels, size_t length, int width, int height, int bands);

/* Evaluates an image into memory, in place. */
int darkroom_materialise(void *image);

/* Takes all metadata but the colour profile off a freshly opened image, in place. */
void darkroom_forget_metadata(void *image);

#endif
